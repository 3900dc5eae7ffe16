// SPDX-License-Identifier: Apache-2.0
#include "features/sysctl.hpp"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/files.hpp"
#include "kernel/text_file.hpp"
#include "support/catch.hpp"

using namespace oci;

namespace {

Spec with(std::string key, std::vector<NamespaceKind> kinds, std::string value = "1") {
    Spec spec;
    for (const NamespaceKind kind : kinds) spec.linux_section.namespaces.push_back({kind, {}});
    spec.linux_section.sysctl = {{std::move(key), std::move(value)}};
    return spec;
}

const std::vector<NamespaceKind> all{NamespaceKind::Ipc, NamespaceKind::Network, NamespaceKind::Uts,
                                     NamespaceKind::User};

/// The path that a key is written to; empty if it is refused.
std::string path_of(const std::string& key) {
    const auto plan = sysctl::plan(with(key, all));
    return plan ? plan.value().entries.at(0).path : std::string{};
}

bool is_allowed(const std::string& key, std::vector<NamespaceKind> kinds) {
    return static_cast<bool>(sysctl::plan(with(key, std::move(kinds))));
}

/// Runs in a child with a namespace of its own: true, false, or skipped without the privilege.
template <typename Act>
int in_new_namespaces(int flags, Act act) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(::unshare(flags) != 0 ? 77 : act() ? 0 : 1);
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("dots and slashes both separate the components of a parameter") {
    CHECK(path_of("net.ipv4.ip_forward") == "sys/net/ipv4/ip_forward");
    CHECK(path_of("net/ipv4/ip_forward") == "sys/net/ipv4/ip_forward");
    CHECK(path_of("kernel.shm_rmid_forced") == "sys/kernel/shm_rmid_forced");
    CHECK(path_of("fs.mqueue.msg_max") == "sys/fs/mqueue/msg_max");
}

TEST_CASE("the separator that does not come first stands for a dot in a name") {
    const std::string expected = "sys/net/ipv4/conf/eno2.100/rp_filter";
    CHECK(path_of("net/ipv4/conf/eno2.100/rp_filter") == expected);
    CHECK(path_of("net.ipv4.conf.eno2/100.rp_filter") == expected);
}

TEST_CASE("parameters of the host are refused") {
    for (const char* key : {"kernel.core_pattern", "kernel/core_pattern", "vm.swappiness",
                            "fs.file-max", "kernel.msgmax2", "kernel.sem.x", "net", "kernel", "",
                            "netfilter.x", "fs.mqueue", "fs.mqueuex.y", "kernel.ctrl-alt-del"})
        CHECK(path_of(key).empty());
}

TEST_CASE("no component of a parameter leads elsewhere") {
    for (const char* key :
         {"net/../kernel/ctrl-alt-del", "net.ipv4/../../kernel/ctrl-alt-del", "fs.mqueue./../..",
          "fs/mqueue/../../kernel/core_pattern", "kernel.shm_rmid_forced/../ctrl-alt-del",
          "kernel/shm_rmid_forced/../ctrl-alt-del", "net.//.//.kernel.core_pattern", "net..ipv4",
          "net./.ipv4", "/net/ipv4/ip_forward", ".net.ipv4", "net.", "net/", "net/./ipv4",
          "net//ipv4"})
        CHECK(path_of(key).empty());
    CHECK(path_of(std::string{"net.ipv4\0x", 10}).empty());
}

TEST_CASE("a parameter needs the namespace that holds it") {
    CHECK(is_allowed("net.ipv4.ip_forward", {NamespaceKind::Network}));
    CHECK_FALSE(is_allowed("net.ipv4.ip_forward", {NamespaceKind::Ipc, NamespaceKind::Uts}));
    CHECK(is_allowed("kernel.sem", {NamespaceKind::Ipc}));
    CHECK_FALSE(is_allowed("kernel.sem", {NamespaceKind::Network}));
    CHECK(is_allowed("fs.mqueue.msg_max", {NamespaceKind::Ipc}));
    CHECK_FALSE(is_allowed("fs.mqueue.msg_max", {}));
    CHECK(is_allowed("kernel.domainname", {NamespaceKind::Uts}));
    CHECK_FALSE(is_allowed("kernel.domainname", {NamespaceKind::Ipc}));
    CHECK(is_allowed("user.max_user_namespaces", {NamespaceKind::User}));
    CHECK_FALSE(is_allowed("user.max_user_namespaces", {NamespaceKind::Network}));
}

TEST_CASE("the host name has a property of its own") {
    const auto plan = sysctl::plan(with("kernel.hostname", all));
    REQUIRE_FALSE(plan);
    CHECK(plan.error().kind == ErrorKind::InvalidConfig);
    CHECK(plan.error().hint.find("hostname property") != std::string::npos);
}

TEST_CASE("a value is one line") {
    CHECK_FALSE(sysctl::plan(with("kernel.sem", all, "1\n2")));
    CHECK_FALSE(sysctl::plan(with("kernel.sem", all, std::string{"1\0", 2})));
    CHECK(sysctl::plan(with("kernel.sem", all, "32000 1024000000\t500 32000")));
}

TEST_CASE("a namespace that is joined must not be the caller's") {
    Spec spec = with("net.ipv4.ip_forward", {});
    spec.linux_section.namespaces = {{NamespaceKind::Network, "/proc/self/ns/net"}};
    const auto own = sysctl::plan(spec);
    REQUIRE(own);
    REQUIRE(own.value().joined.size() == 1);
    const auto refused = sysctl::prepare(own.value());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::InvalidConfig);

    spec.linux_section.namespaces[0].path = "/proc/self/ns/uts";  // any other will do here
    const auto other = sysctl::plan(spec);
    REQUIRE(other);
    CHECK(sysctl::prepare(other.value()));

    spec.linux_section.namespaces[0].path = "/no/such/namespace";
    const auto missing = sysctl::plan(spec);
    REQUIRE(missing);
    CHECK_FALSE(sysctl::prepare(missing.value()));
}

TEST_CASE("a parameter is written in the namespace of the writer") {
    const char* file = "/proc/sys/kernel/shmmni";
    const auto before = kernel::read_text(kernel::here, file, 100);
    REQUIRE(before);
    const auto plan = sysctl::plan(with("kernel.shmmni", all, "123"));
    REQUIRE(plan);
    const int answer = in_new_namespaces(CLONE_NEWIPC | CLONE_NEWNS, [&] {
        Progress progress;
        if (!sysctl::enter(plan.value(), progress)) return false;
        const auto after = kernel::read_text(kernel::here, file, 100);
        return progress.subject == "kernel.shmmni" && after && after.value() == "123\n";
    });
    CHECK((answer == 0 || answer == 77));
    const auto after = kernel::read_text(kernel::here, file, 100);
    CHECK((after && after.value() == before.value()));
}

TEST_CASE("a parameter that does not exist is named") {
    const auto plan = sysctl::plan(with("net.no_such.parameter", all));
    REQUIRE(plan);
    const int answer = in_new_namespaces(CLONE_NEWNET | CLONE_NEWNS, [&] {
        Progress progress;
        const auto entered = sysctl::enter(plan.value(), progress);
        return !entered && entered.error().code == ENOENT &&
               progress.subject == "net.no_such.parameter";
    });
    CHECK((answer == 0 || answer == 77));
}
