// SPDX-License-Identifier: Apache-2.0
#include "kernel/proc_files.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "kernel/process.hpp"
#include "support/catch.hpp"

TEST_CASE("a pidfd tells its pid, until the process is reaped", "[kernel]") {
    auto child = oci::kernel::clone({});
    REQUIRE(child);
    if (child.value().pid == 0) ::_exit(0);
    const auto pid = oci::kernel::pid_behind(child.value().pidfd);
    REQUIRE(pid);
    CHECK(pid.value() == child.value().pid);
    REQUIRE(oci::kernel::wait_for_exit(child.value().pidfd));
    const auto gone = oci::kernel::pid_behind(child.value().pidfd);
    REQUIRE_FALSE(gone);
    CHECK(gone.error().code == ESRCH);
}

TEST_CASE("another descriptor has no pid", "[kernel]") {
    const auto pid = oci::kernel::pid_behind(oci::FdView{0});
    REQUIRE_FALSE(pid);
    CHECK(pid.error().code == EINVAL);
}

TEST_CASE("a process that is not there is in no cgroup", "[kernel]") {
    auto child = oci::kernel::clone({});
    REQUIRE(child);
    if (child.value().pid == 0) ::_exit(0);
    REQUIRE(oci::kernel::wait_for_exit(child.value().pidfd));
    const auto gone = oci::kernel::cgroup_of(child.value().pid);
    REQUIRE_FALSE(gone);
    CHECK(gone.error().code == ENOENT);
    const auto own = oci::kernel::cgroup_of(::getpid());
    if (own)
        CHECK(own.value().starts_with('/'));
    else
        CHECK(own.error().code == EINVAL);
}

TEST_CASE("whoever was killed is ending, and whoever runs is not", "[kernel]") {
    auto child = oci::kernel::clone({});
    REQUIRE(child);
    if (child.value().pid == 0)
        for (;;) ::pause();
    const auto running = oci::kernel::process_status(child.value().pid);
    REQUIRE(running);
    CHECK_FALSE(running.value().is_ending);
    CHECK(running.value().start_time > 0);
    REQUIRE(oci::kernel::send_signal(child.value().pidfd, SIGKILL));
    // Between taking the signal and exiting it is neither; a zombie it is at the latest.
    auto killed = oci::kernel::process_status(child.value().pid);
    for (int look = 0; look < 1000 && killed && !killed.value().is_ending; ++look) {
        ::usleep(1000);
        killed = oci::kernel::process_status(child.value().pid);
    }
    REQUIRE(killed);
    CHECK(killed.value().is_ending);
    REQUIRE(oci::kernel::wait_for_exit(child.value().pidfd));
    CHECK_FALSE(oci::kernel::process_status(child.value().pid));
}
