// SPDX-License-Identifier: Apache-2.0
#include "features/namespaces/namespaces.hpp"

#include <linux/sched.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "support/catch.hpp"
#include "support/in_child.hpp"
#include "support/temporary_directory.hpp"

namespace {

using namespace oci;

Spec spec_with(std::vector<Namespace> namespaces) {
    Spec spec;
    spec.linux_section.namespaces = std::move(namespaces);
    return spec;
}

std::string error_of_preparing(std::vector<Namespace> entries) {
    auto plan = namespaces::plan(spec_with(std::move(entries)));
    const auto prepared = namespaces::prepare(plan.value());
    return prepared ? "" : prepared.error().message;
}

ino_t inode(const char* path) {
    struct stat status {};
    return ::stat(path, &status) == 0 ? status.st_ino : 0;
}

}  // namespace

TEST_CASE("new namespaces become flags of clone") {
    const auto plan =
        namespaces::plan(spec_with({{NamespaceKind::Pid, ""}, {NamespaceKind::Mount, ""}}));
    REQUIRE(plan);
    CHECK(plan.value().clone_flags == (CLONE_NEWPID | CLONE_NEWNS));
    CHECK_FALSE(plan.value().needs_intermediate);
}

TEST_CASE("a cgroup namespace is unshared later") {
    const auto plan = namespaces::plan(spec_with({{NamespaceKind::Cgroup, ""}}));
    REQUIRE(plan);
    CHECK(plan.value().clone_flags == 0);
    CHECK(plan.value().unshare_cgroup);
}

TEST_CASE("a time namespace needs an intermediate process only for offsets") {
    Spec spec = spec_with({{NamespaceKind::Time, ""}});
    const auto plain = namespaces::plan(spec);
    CHECK(plain.value().clone_flags == CLONE_NEWTIME);
    CHECK_FALSE(plain.value().needs_intermediate);
    spec.linux_section.boottime_offset = TimeOffset{5, 0};
    const auto shifted = namespaces::plan(spec);
    CHECK(shifted.value().clone_flags == 0);
    CHECK(shifted.value().unshare_time);
    CHECK(shifted.value().needs_intermediate);
}

TEST_CASE("a type of namespace is given once") {
    CHECK_FALSE(namespaces::plan(
        spec_with({{NamespaceKind::Pid, ""}, {NamespaceKind::Pid, "/proc/1/ns/pid"}})));
}

TEST_CASE("a namespace to join must be one, and of its type") {
    const test::TemporaryDirectory files;
    const std::string plain = files.write("plain", "");
    const std::string fifo = files.path("fifo");
    REQUIRE(::mkfifo(fifo.c_str(), 0644) == 0);
    CHECK(error_of_preparing({{NamespaceKind::Ipc, "/proc/self/ns/ipc"}}).empty());
    CHECK(error_of_preparing({{NamespaceKind::Ipc, plain}}) ==
          "/linux/namespaces/0/path: " + plain + " is not a namespace");
    CHECK(error_of_preparing({{NamespaceKind::Ipc, fifo}}).find("not a namespace") !=
          std::string::npos);
    CHECK(error_of_preparing({{NamespaceKind::Ipc, "/proc/self/ns/uts"}}) ==
          "/linux/namespaces/0/path: /proc/self/ns/uts is a uts namespace, not a ipc namespace");
    CHECK(error_of_preparing({{NamespaceKind::Mount, ""}, {NamespaceKind::Ipc, "/nowhere"}})
              .starts_with("/linux/namespaces/1/path: cannot open /nowhere"));
}

TEST_CASE("one's own namespaces are not joined, but for the mount namespace") {
    auto plan = namespaces::plan(spec_with({{NamespaceKind::User, "/proc/self/ns/user"},
                                            {NamespaceKind::Mount, "/proc/self/ns/mnt"},
                                            {NamespaceKind::Network, "/proc/self/ns/net"}}));
    REQUIRE(namespaces::prepare(plan.value()));
    REQUIRE(plan.value().joins.size() == 1);
    CHECK(plan.value().joins[0].flag == CLONE_NEWNS);
    CHECK(plan.value().needs_intermediate);
}

TEST_CASE("names are the spec's") {
    CHECK(namespaces::names_of_all() == std::vector<std::string>{"cgroup", "ipc", "mount",
                                                                 "network", "pid", "time", "user",
                                                                 "uts"});
}

TEST_CASE("every namespace that this process is in is in the kernel") {
    const auto names = namespaces::names_in_kernel();
    CHECK(std::ranges::count(names, "mount") == 1);
    CHECK(std::ranges::count(names, "user") ==
          static_cast<long>(::access("/proc/self/ns/user", F_OK) == 0));
}

TEST_CASE("namespaces of another user namespace are joined after it") {
    if (!test::is_root()) return;
    int ready[2];
    int done[2];
    REQUIRE(::pipe(ready) == 0);
    REQUIRE(::pipe(done) == 0);
    // A process that holds a user and a uts namespace of its own.
    const pid_t holder = ::fork();
    if (holder == 0) {
        ::close(done[1]);
        const char answer = ::unshare(CLONE_NEWUSER | CLONE_NEWUTS) == 0 ? 'y' : 'n';
        (void)!::write(ready[1], &answer, 1);
        char byte = 0;
        (void)!::read(done[0], &byte, 1);
        ::_exit(0);
    }
    char answer = 0;
    REQUIRE(::read(ready[0], &answer, 1) == 1);
    const std::string base = "/proc/" + std::to_string(holder) + "/ns/";
    const auto result = test::in_child([&] {
        const std::string user = base + "user";
        const std::string uts = base + "uts";
        auto plan =
            namespaces::plan(spec_with({{NamespaceKind::Uts, uts}, {NamespaceKind::User, user}}));
        if (!namespaces::prepare(plan.value())) return 1;
        // Without privilege the uts namespace can be joined only from inside the user namespace;
        // with it, at once.
        Progress progress;
        const auto joined = namespaces::join(plan.value(), progress);
        if (!joined) return 2;
        if (inode("/proc/self/ns/user") != inode(user.c_str())) return 3;
        return inode("/proc/self/ns/uts") == inode(uts.c_str()) ? 0 : 4;
    });
    ::close(done[1]);
    ::close(done[0]);
    ::close(ready[0]);
    ::close(ready[1]);
    int status = 0;
    ::waitpid(holder, &status, 0);
    if (answer == 'y') CHECK(result == 0);
}

TEST_CASE("a cgroup namespace is unshared only if planned") {
    if (!test::is_root()) return;
    const auto changed = [](bool wanted) {
        return test::in_child([wanted] {
            const ino_t before = inode("/proc/self/ns/cgroup");
            Progress progress;
            namespaces::Plan plan;
            plan.unshare_cgroup = wanted;
            if (!namespaces::enter_cgroup(plan, progress)) return 2;
            return before == inode("/proc/self/ns/cgroup") ? 0 : 1;
        });
    };
    CHECK(changed(true) == 1);
    CHECK(changed(false) == 0);
}
