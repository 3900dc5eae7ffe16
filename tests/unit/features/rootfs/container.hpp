// SPDX-License-Identifier: Apache-2.0
//
// A root file system in a temporary directory, and a child in namespaces of its
// own in which the acts of the room meet the real kernel.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "features/rootfs/console.hpp"
#include "features/rootfs/devices.hpp"
#include "features/rootfs/masks.hpp"
#include "features/rootfs/mounts.hpp"
#include "features/rootfs/rootfs.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/text_file.hpp"
#include "support/catch.hpp"

namespace oci::test {

/// Leaves a trial with the text of what is not so.
#define EXPECT(condition)                                                                   \
    do {                                                                                    \
        if (!(condition)) return std::to_string(__LINE__) + ": " + std::string{#condition}; \
    } while (false)

/// Leaves a trial with the error of a system call.
#define EXPECT_DONE(act)                                                                     \
    do {                                                                                     \
        const auto& done = (act);                                                            \
        if (!done)                                                                           \
            return std::to_string(__LINE__) + ": " + std::string{done.error().call} + ": " + \
                   kernel::errno_text(done.error().code);                                    \
    } while (false)

inline void write_file(const std::filesystem::path& path, const std::string& text) {
    std::ofstream{path} << text;
}

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

class Bundle {
public:
    Bundle() {
        std::string name = "/tmp/oci-rt-test-XXXXXX";
        path = ::mkdtemp(name.data());
        std::filesystem::permissions(path, std::filesystem::perms{0755});
        std::filesystem::create_directories(rootfs());
        std::filesystem::create_directories(outside());
        spec.oci_version = "1.2.0";
        spec.root.path = "rootfs";
        for (const NamespaceKind kind :
             {NamespaceKind::Mount, NamespaceKind::Pid, NamespaceKind::Network, NamespaceKind::Ipc})
            spec.linux_section.namespaces.push_back({kind, ""});
    }
    Bundle(const Bundle&) = delete;
    Bundle& operator=(const Bundle&) = delete;
    Bundle(Bundle&&) = delete;
    Bundle& operator=(Bundle&&) = delete;
    ~Bundle() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }

    [[nodiscard]] std::filesystem::path rootfs() const { return path / "rootfs"; }
    /// A directory of the host that no container may touch.
    [[nodiscard]] std::filesystem::path outside() const { return path / "outside"; }

    void add_mount(std::string destination, std::string type, std::string source,
                   std::vector<std::string> options = {}) {
        spec.mounts.push_back({std::move(destination),
                               std::move(type),
                               std::move(source),
                               std::move(options),
                               {},
                               {}});
    }

    std::filesystem::path path;
    Spec spec;
};

enum class As { Root, UserNamespace };

inline bool can_be(As who) { return who == As::UserNamespace || ::geteuid() == 0; }

/// Runs a trial as init of new namespaces. Empty text: all was as expected.
inline std::string in_namespaces(As who, const std::function<std::string()>& trial) {
    int channel[2];
    if (::pipe(channel) != 0) return "pipe";
    const uid_t uid = ::geteuid();
    const gid_t gid = ::getegid();
    const pid_t child = ::fork();
    if (child == 0) {
        int flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWCGROUP;
        if (who == As::UserNamespace) flags |= CLONE_NEWUSER;
        std::string report;
        if (::unshare(flags) != 0) report = "cannot unshare";
        if (who == As::UserNamespace) {
            write_file("/proc/self/setgroups", "deny");
            write_file("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1\n");
            write_file("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1\n");
        }
        const pid_t init = ::fork();
        if (init == 0) {
            ::umask(0);
            if (report.empty()) report = trial();
            const auto written = ::write(channel[1], report.data(), report.size());
            ::_exit(written == static_cast<ssize_t>(report.size()) ? 0 : 1);
        }
        int status = 0;
        ::waitpid(init, &status, 0);
        ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
    }
    ::close(channel[1]);
    std::string report;
    char buffer[512];
    for (ssize_t size = 0; (size = ::read(channel[0], buffer, sizeof buffer)) > 0;)
        report.append(buffer, static_cast<std::size_t>(size));
    ::close(channel[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0 && report.empty()) report = "the child died: " + std::to_string(status);
    return report;
}

/// What init would do with the plans of a bundle, stage by stage.
struct Container {
    explicit Container(const Bundle& bundle, const std::string& cgroup = {})
        : root_plan{rootfs::plan(bundle.spec, bundle.path, false).value()},
          mount_plan{mounts::plan(bundle.spec, bundle.path, cgroup).value()},
          device_plan{devices::plan(bundle.spec).value()},
          mask_plan{masks::plan(bundle.spec).value()} {}

    kernel::SysResult<void> enter_root() {
        root = OCI_TRY(rootfs::enter(root_plan, progress));
        return {};
    }
    kernel::SysResult<void> enter_mounts() {
        OCI_TRY(enter_root());
        return mounts::enter(mount_plan, root, progress);
    }
    kernel::SysResult<void> enter_devices() {
        OCI_TRY(enter_mounts());
        return devices::enter(device_plan, root, progress);
    }
    /// Everything, ending with the container's root as "/".
    kernel::SysResult<void> enter_all() {
        OCI_TRY(enter_devices());
        OCI_TRY(rootfs::pivot(root_plan, root, progress));
        OCI_TRY(masks::enter(mask_plan, root, progress));
        OCI_TRY(mounts::finish(mount_plan, root, progress));
        return rootfs::finish(root_plan, root, progress);
    }

    rootfs::Plan root_plan;
    mounts::Plan mount_plan;
    devices::Plan device_plan;
    masks::Plan mask_plan;
    UniqueFd root;
    Progress progress;
};

/// The error code of what has to fail; 0 if it did not.
template <typename T>
int code_of(const kernel::SysResult<T>& result) {
    return result ? 0 : result.error().code;
}

}  // namespace oci::test
