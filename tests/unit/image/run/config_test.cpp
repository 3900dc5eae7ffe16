// SPDX-License-Identifier: Apache-2.0
#include "image/run/config.hpp"

#include <algorithm>

#include "image/run/network_files.hpp"
#include "image/run/random_name.hpp"
#include "spec/read.hpp"
#include "spec/template.hpp"
#include "support/catch.hpp"

using namespace oci;
using namespace oci::image;

namespace {

Spec spec_of(const run::Options& options, const run::Situation& situation = {.id = "box"}) {
    spec::TemplateRequest request;
    request.preset = "docker";
    request.assignments = run::assignments_of(options, situation).value();
    const auto text = spec::template_text(request);
    INFO((text ? std::string{} : text.error().message));
    REQUIRE(text);
    return spec::read(text.value()).value();
}

}  // namespace

TEST_CASE("what nobody asked for is as the preset has it") {
    const Spec spec = spec_of({});
    CHECK(spec.linux_section.seccomp.has_value());
    CHECK(find_namespace(spec, NamespaceKind::Network) != nullptr);
    CHECK(find_namespace(spec, NamespaceKind::User) == nullptr);
    CHECK_FALSE(spec.root.readonly);
}

TEST_CASE("the network of the host is no namespace, and has no sysctls") {
    run::Options options;
    options.network = run::Network::Host;
    const Spec spec = spec_of(options);
    CHECK(find_namespace(spec, NamespaceKind::Network) == nullptr);
    CHECK(spec.linux_section.sysctl.empty());
}

TEST_CASE("capabilities are those of the preset, and what is added and dropped") {
    run::Options options;
    const auto names = [&] { return run::capabilities_of(options).value(); };
    const std::size_t usual = names().size();
    options.dropped_capabilities = {"CAP_CHOWN"};
    CHECK(names().size() == usual - 1);
    options.added_capabilities = {"CAP_SYS_TIME", "CAP_KILL"};
    CHECK(names().size() == usual);
    options.dropped_capabilities = {"ALL"};
    CHECK(names() == std::vector<std::string>{"CAP_SYS_TIME", "CAP_KILL"});
    options.dropped_capabilities = {"CAP_BPF"};
    options.added_capabilities = {"ALL"};
    CHECK(names().size() == 40);
}

TEST_CASE("a privileged container has no masks and all devices") {
    run::Options options;
    options.privileged = true;
    const Spec spec = spec_of(options);
    CHECK(spec.linux_section.masked_paths.empty());
    CHECK(spec.linux_section.readonly_paths.empty());
}

TEST_CASE("a later mount at a place replaces an earlier one, and shallow ones come first") {
    spec::TemplateRequest request;
    request.preset = "docker";
    const std::string config = spec::template_text(request).value();
    const auto text = run::with_mounts(config,
                                       {{"/a/b", "bind", "/x", {"rbind"}},
                                        {"/a", "bind", "/y", {"rbind"}},
                                        {"/dev/shm", "bind", "/z", {"rbind"}},
                                        {"/a/b", "tmpfs", "tmpfs", {}}},
                                       true);
    REQUIRE(text);
    const Spec spec = spec::read(text.value()).value();
    std::vector<std::string> places;
    for (const Mount& mount : spec.mounts) places.push_back(mount.destination);
    CHECK(std::ranges::count(places, "/dev/shm") == 1);
    CHECK(std::ranges::count(places, "/a/b") == 1);
    CHECK(spec.mounts[spec.mounts.size() - 1].type == "tmpfs");
    CHECK(std::ranges::find(places, "/a") < std::ranges::find(places, "/a/b"));
    const auto sys = std::ranges::find(spec.mounts, "/sys", &Mount::destination);
    CHECK(std::ranges::count(sys->options, "ro") == 0);
}

TEST_CASE("the container's own name is in its files") {
    const run::NetworkFiles alone = run::network_files(run::Network::None, "box", "x", "y");
    CHECK(alone.hosts.find("box") != std::string::npos);
    CHECK(alone.hostname == "box\n");
    const run::NetworkFiles host =
        run::network_files(run::Network::Host, "box", "10.0.0.1 db", "nameserver 10.0.0.2\n");
    CHECK(host.hosts.starts_with("10.0.0.1 db\n"));
    CHECK(host.resolv_conf == "nameserver 10.0.0.2\n");
}

TEST_CASE("on a bridge only name servers count that can be reached from there") {
    const run::NetworkFiles files = run::network_files(
        run::Network::Bridge, "box", "10.0.0.1 db",
        "nameserver 127.0.0.53\nnameserver ::1\nnameserver  10.0.0.2\noptions edns0\n");
    CHECK(files.resolv_conf == "nameserver  10.0.0.2\noptions edns0\n");
    CHECK(files.hosts.find("box") == std::string::npos);  // it comes with the address
    CHECK(files.hosts.find("db") == std::string::npos);
    CHECK(run::has_distant_server("nameserver 10.0.0.2"));
    CHECK_FALSE(run::has_distant_server("nameserver 127.0.0.53\n# nameserver 10.0.0.2\n"));
    CHECK_FALSE(run::has_distant_server(""));
}

TEST_CASE("a random name is a name") {
    for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{12345}, ~std::uint64_t{0}}) {
        CHECK(run::is_name(run::random_name(number, 0)));
        CHECK(run::is_name(run::random_name(number, 20)));
    }
    CHECK(run::random_name(1, 0) != run::random_name(2, 0));
}
