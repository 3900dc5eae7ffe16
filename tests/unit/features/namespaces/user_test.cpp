// SPDX-License-Identifier: Apache-2.0
#include "features/namespaces/user.hpp"

#include <linux/sched.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "kernel/files.hpp"
#include "kernel/process.hpp"
#include "support/catch.hpp"
#include "support/in_child.hpp"

namespace {

using namespace oci;

Spec spec_with(std::vector<IdMapping> uids, std::vector<IdMapping> gids) {
    Spec spec;
    spec.linux_section.namespaces = {{NamespaceKind::User, ""}};
    spec.linux_section.uid_mappings = std::move(uids);
    spec.linux_section.gid_mappings = std::move(gids);
    return spec;
}

bool accepts(std::vector<IdMapping> map) {
    return static_cast<bool>(user::plan(spec_with(map, {{0, 0, 1}}), {})) &&
           static_cast<bool>(user::plan(spec_with({{0, 0, 1}}, map), {}));
}

std::string text_of(pid_t pid, const char* file) {
    std::ifstream stream{"/proc/" + std::to_string(pid) + "/" + file};
    std::string word;
    std::string text;
    while (stream >> word) text += (text.empty() ? "" : " ") + word;
    return text;
}

}  // namespace

TEST_CASE("mappings need a user namespace, and a new user namespace needs mappings") {
    Spec spec = spec_with({{0, 0, 1}}, {{0, 0, 1}});
    CHECK(user::plan(spec, {}));
    spec.linux_section.namespaces.clear();
    CHECK_FALSE(user::plan(spec, {}));
    CHECK_FALSE(user::plan(spec_with({}, {{0, 0, 1}}), {}));
    CHECK_FALSE(user::plan(spec_with({{0, 0, 1}}, {}), {}));
    CHECK(user::plan(Spec{}, {}));
}

TEST_CASE("mappings of a joined user namespace are its own") {
    Spec spec = spec_with({{0, 0, 1}}, {{0, 0, 1}});
    spec.linux_section.namespaces[0].path = "/proc/1/ns/user";
    const auto plan = user::plan(spec, {});
    REQUIRE(plan);
    CHECK_FALSE(plan.value().is_new);
}

TEST_CASE("a map has entries that exist and do not overlap") {
    CHECK(accepts({{0, 1000, 1}, {1, 100000, 65536}}));
    CHECK_FALSE(accepts({{0, 1000, 0}}));
    CHECK_FALSE(accepts({{0, 1000, 2}, {1, 5000, 1}}));
    CHECK_FALSE(accepts({{0, 1000, 2}, {7, 1001, 1}}));
    CHECK_FALSE(accepts({{0, 0xFFFFFFFFU, 1}}));
    CHECK_FALSE(accepts({{0xFFFFFF00U, 0, 0x100}}));
    CHECK_FALSE(accepts(std::vector<IdMapping>(341, IdMapping{0, 0, 1})));
}

TEST_CASE("without privilege only one's own id is mapped without a helper") {
    host::Facts facts;
    facts.effective_user = 1000;
    facts.effective_group = 1001;
    const auto own = user::plan(spec_with({{0, 1000, 1}}, {{0, 1001, 1}}), facts);
    REQUIRE(own);
    CHECK_FALSE(own.value().uids_by_helper);
    CHECK_FALSE(own.value().gids_by_helper);
    CHECK(own.value().deny_setgroups);
    CHECK_FALSE(user::may_set_groups(own.value()));
    const auto more = user::plan(
        spec_with({{0, 1000, 1}, {1, 100000, 5}}, {{0, 1001, 1}, {1, 100000, 5}}), facts);
    REQUIRE(more);
    CHECK(more.value().uids_by_helper);
    CHECK(more.value().gids_by_helper);
    CHECK_FALSE(more.value().deny_setgroups);
}

TEST_CASE("ids are translated by the map") {
    const auto plan = user::plan(spec_with({{0, 1000, 1}, {1, 5000, 10}}, {{0, 7, 1}}), {});
    REQUIRE(plan);
    CHECK(user::host_uid(plan.value(), 0) == 1000);
    CHECK(user::host_uid(plan.value(), 10) == 5009);
    CHECK(user::host_uid(plan.value(), 11) == -1);
    CHECK(user::host_gid(plan.value(), 0) == 7);
    CHECK(user::host_uid(user::Plan{}, 4000000000U) == 4000000000);
}

TEST_CASE("a child gets its maps and becomes root") {
    if (!test::is_root()) return;
    const auto plan = user::plan(
        spec_with({{0, 1000, 1}, {1, 5000, 10}}, {{0, 2000, 1}, {5, 6000, 1}}), host::Facts{});
    REQUIRE(plan);
    auto pipe = kernel::make_pipe();
    REQUIRE(pipe);
    auto child = kernel::clone({.flags = CLONE_NEWUSER});
    REQUIRE(child);
    if (child.value().pid == 0) {
        char byte = 0;
        (void)!::read(pipe.value().reader.get(), &byte, 1);
        Progress progress;
        const auto became = user::become_root(plan.value(), progress);
        const bool is_root = ::getuid() == 0 && ::getgid() == 0 && ::getgroups(0, nullptr) == 0;
        ::_exit(became && is_root ? 0 : 1);
    }
    const kernel::Process process{child.value().pid, std::move(child.value().pidfd)};
    const auto prepared = user::prepare_child(plan.value(), process.pid());
    INFO((prepared ? "" : prepared.error().message));
    CHECK(prepared);
    CHECK(text_of(process.pid(), "uid_map") == "0 1000 1 1 5000 10");
    CHECK(text_of(process.pid(), "gid_map") == "0 2000 1 5 6000 1");
    (void)kernel::write_all(pipe.value().writer, "x");
    CHECK(kernel::wait_for_exit(process.pidfd()).value().status == 0);
}

TEST_CASE("without privilege a child with a single id becomes root, without setgroups") {
    const int status = test::in_child([] {
        if (test::is_root() &&
            (::setresgid(1234, 1234, 1234) != 0 || ::setresuid(1234, 1234, 1234) != 0))
            return 1;
        host::Facts facts;
        facts.effective_user = ::geteuid();
        facts.effective_group = ::getegid();
        const auto plan = user::plan(
            spec_with({{0, facts.effective_user, 1}}, {{0, facts.effective_group, 1}}), facts);
        if (!plan) return 2;
        // setresuid made us undumpable, and our child's /proc files root's.
        if (!kernel::set_dumpable(true)) return 3;
        auto pipe = kernel::make_pipe();
        auto child = kernel::clone({.flags = CLONE_NEWUSER});
        if (!child) return 0;  // a host that forbids user namespaces
        if (child.value().pid == 0) {
            char byte = 0;
            (void)!::read(pipe.value().reader.get(), &byte, 1);
            Progress progress;
            const auto became = user::become_root(plan.value(), progress);
            ::_exit(became && ::getuid() == 0 && ::getgid() == 0 ? 0 : 1);
        }
        const kernel::Process process{child.value().pid, std::move(child.value().pidfd)};
        if (!user::prepare_child(plan.value(), process.pid())) return 4;
        if (text_of(process.pid(), "setgroups") != "deny") return 5;
        (void)kernel::write_all(pipe.value().writer, "x");
        return kernel::wait_for_exit(process.pidfd()).value().status == 0 ? 0 : 6;
    });
    CHECK(status == 0);
}
