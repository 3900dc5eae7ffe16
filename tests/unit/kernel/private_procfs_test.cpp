// SPDX-License-Identifier: Apache-2.0
#include "kernel/private_procfs.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/path_in_root.hpp"
#include "support/catch.hpp"

using namespace oci;
using kernel::ProcfsPart;

namespace {

/// The exit status of a child; 77: it lacked the privilege to try.
template <typename Act>
int in_child(Act act) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(act());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool has(FdView procfs, const char* path) {
    return static_cast<bool>(kernel::open_beneath(procfs, path, O_RDONLY));
}

}  // namespace

TEST_CASE("a private procfs is not the one at /proc") {
    const int answer = in_child([] {
        if (::unshare(CLONE_NEWNS) != 0 || ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, "") != 0)
            return 77;
        // What lies over a file of /proc is not met.
        if (::mount("/dev/null", "/proc/sys/kernel/shmmni", nullptr, MS_BIND, nullptr) != 0)
            return 77;
        const auto procfs = kernel::open_private_procfs(ProcfsPart::Everything);
        if (!procfs || !has(procfs.value(), "sys/kernel/shmmni")) return 1;
        const auto processes = kernel::open_private_procfs(ProcfsPart::Processes);
        if (!processes || has(processes.value(), "sys/kernel/shmmni")) return 2;
        const std::string own = std::to_string(::getpid()) + "/attr/current";
        return has(processes.value(), own.c_str()) ? 0 : 3;
    });
    CHECK((answer == 0 || answer == 77));
}

TEST_CASE("without a pid namespace of its own a user namespace uses /proc, but nothing over it") {
    const int answer = in_child([] {
        if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return 77;
        if (::mount("/dev/null", "/proc/sys/kernel/shmmni", nullptr, MS_BIND, nullptr) != 0)
            return 77;
        const auto procfs = kernel::open_private_procfs(ProcfsPart::Everything);
        if (!procfs) return 1;
        if (!has(procfs.value(), "sys/kernel/shmmax")) return 2;
        return has(procfs.value(), "sys/kernel/shmmni") ? 3 : 0;
    });
    CHECK((answer == 0 || answer == 77));
}

TEST_CASE("a /proc that is no procfs is refused, and the error says what is needed") {
    const int answer = in_child([] {
        if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return 77;
        if (::mount("none", "/proc", "tmpfs", 0, nullptr) != 0) return 77;
        const auto procfs = kernel::open_private_procfs(ProcfsPart::Everything);
        if (procfs || procfs.error().code != EPERM) return 1;
        return std::string_view{procfs.error().call}.find("user namespace") !=
                       std::string_view::npos
                   ? 0
                   : 2;
    });
    CHECK((answer == 0 || answer == 77));
}
