// SPDX-License-Identifier: Apache-2.0
#include "base/advice.hpp"

#include <array>
#include <cerrno>

namespace oci {
namespace {

struct Advice {
    std::string_view phase;  ///< Empty: any.
    int number;
    std::string_view text;
};

/// The first that fits counts: the general ones come last.
constexpr std::array advices{
    Advice{"clone", EPERM,
           "namespaces may be restricted on this host; \"oci-rt info\" tells by what"},
    Advice{"clone", ENOSPC,
           "the limit of namespaces is reached; see the sysctls user.max_*_namespaces"},
    Advice{"clone", EAGAIN, "the limit of processes is reached; see pids.max and \"ulimit -u\""},
    Advice{"clone", EUSERS, "user namespaces are nested too deep"},
    Advice{"namespaces", EINVAL, "the path may be of another kind of namespace"},
    Advice{"namespaces", EPERM, "joining takes CAP_SYS_ADMIN in the namespace's user namespace"},
    Advice{"mounts", ENODEV,
           "the kernel has no such file system; see /proc/filesystems and modprobe(8)"},
    Advice{"mounts", EPERM,
           "in a user namespace only some file systems may be mounted; bind the host's instead"},
    Advice{"mounts", EINVAL, "an option may be unknown to the file system; the kernel log may say"},
    Advice{"devices", EPERM, "nodes cannot be made in a user namespace; bind the host's node"},
    Advice{"pivot_root", EINVAL,
           "a root on a ramdisk cannot be pivoted; use --no-pivot"},
    Advice{"sysctl", ENOENT, "the kernel has no such parameter, or a module is not loaded"},
    Advice{"terminal", ENOSPC, "no terminal is left; see the sysctl kernel.pty.max"},
    Advice{"session keyring", EDQUOT,
           "the quota of keys is reached; see the sysctl kernel.keys.maxkeys, or use "
           "--no-new-keyring"},
    Advice{"credentials", EINVAL,
           "the id is not mapped; extend /linux/uidMappings and /linux/gidMappings"},
    Advice{"credentials", EPERM,
           "groups cannot be set in a user namespace whose setgroups file says deny"},
    Advice{"seccomp", EACCES,
           "loading a filter takes /process/noNewPrivileges, or CAP_SYS_ADMIN"},
    Advice{"seccomp", EBUSY, "a seccomp listener is there already: this runtime runs under one"},
    Advice{"label", ENOENT, "the profile may not be loaded; see aa-status(8)"},
    Advice{"scheduler", EPERM, "it takes CAP_SYS_NICE, or a higher RLIMIT_RTPRIO or RLIMIT_NICE"},
    Advice{"cgroup", EBUSY, "processes in an inner cgroup keep controllers from being handed down"},
    Advice{"cgroup", EACCES,
           "the cgroup is not delegated to this user; see systemd's Delegate="},
    Advice{"cgroup", EPERM,
           "the cgroup is not delegated to this user; see systemd's Delegate="},
    Advice{"", EMFILE, "raise the limit of open files: \"ulimit -n\""},
    Advice{"", ENFILE, "raise the host's limit of open files: the sysctl fs.file-max"},
    Advice{"", ENOSPC, "the disk or a quota is full: see \"df\" and \"df -i\""},
    Advice{"", EDQUOT, "a quota is used up"},
    Advice{"", EROFS, "the file system is read-only; choose another place with --root"},
    Advice{"", ENOMEM, "memory is short, or its limit is low"},
};

}  // namespace

std::string_view hint_of(const Error& error) noexcept {
    if (!error.hint.empty()) return error.hint;
    if (error.number == 0) return {};
    for (const Advice& advice : advices) {
        const bool is_there = advice.phase.empty() || advice.phase == error.phase;
        if (is_there && advice.number == error.number) return advice.text;
    }
    return {};
}

}  // namespace oci
