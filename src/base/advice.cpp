// SPDX-License-Identifier: Apache-2.0
#include "base/advice.hpp"

#include <array>
#include <cerrno>

#include "base/details.hpp"
#include "base/text.hpp"

namespace oci {
namespace {

struct Advice {
    std::string_view phase;  ///< Empty: any but execution.
    std::string_view call;   ///< Empty: any.
    int number;
    std::string_view text;
    Code code{};
};

constexpr std::string_view disk_is_full =
    "the disk or a quota is used up: see \"df\" and \"df -i\"";
constexpr std::string_view not_mapped =
    "extend /linux/uidMappings and /linux/gidMappings, or choose an id that they name";

/// The first that fits counts. Only what is sure: no advice is better than a wrong one.
constexpr std::array advices{
    Advice{"clone", "", EPERM,
           "namespaces may be restricted on this host; \"oci-rt info\" tells by what",
           "namespace-denied"},
    Advice{"clone", "", ENOSPC,
           "a limit of namespaces is reached, their number or their depth; see the sysctls "
           "user.max_*_namespaces",
           "namespace-limit"},
    Advice{"clone", "", EAGAIN,
           "the limit of processes is reached; see pids.max and \"ulimit -u\""},
    Advice{"clone", "", ENOMEM,
           "a pid namespace that is joined may have lost its first process; else memory is short"},
    Advice{"cgroup namespace", "", ENOSPC,
           "the limit of namespaces is reached; see the sysctl user.max_cgroup_namespaces",
           "namespace-limit"},
    Advice{"namespaces", "setns", EPERM,
           "joining a namespace takes CAP_SYS_ADMIN in the user namespace that owns it",
           "namespace-denied"},
    Advice{"mounts", "fsopen", ENODEV,
           "no such type is in /proc/filesystems, and no module provides it", "filesystem-unknown"},
    Advice{"mounts", "mkdir", EROFS,
           "there is no such mount point, and it cannot be made; make it in the image"},
    Advice{"mounts", "open", EROFS,
           "there is no such mount point, and it cannot be made; make it in the image"},
    Advice{"mounts", "mkdir", ENOSPC, disk_is_full},
    Advice{"mounts", "fsconfig", EPERM,
           "in a user namespace only some file systems can be mounted: bind what the host has "
           "mounted instead"},
    Advice{
        "mounts", "fsmount", EPERM,
        "in a user namespace proc and sysfs can be mounted only by who sees all of them: nothing "
        "may hide parts of the caller's /proc and /sys"},
    Advice{"rootfs", "mount_setattr", EINVAL,
           "the caller's own root must be a mount point, which in a chroot it may not be"},
    Advice{"pivot_root", "pivot_root", EINVAL,
           "a root on a ramdisk cannot be pivoted; use --no-pivot"},
    Advice{"sysctl", "openat2", ENOENT,
           "the kernel has no such parameter, or the module that has it is not loaded",
           "sysctl-missing"},
    Advice{"terminal", "openat2", ENOSPC,
           "no terminal is left; see the sysctl kernel.pty.max, and max= of the devpts mount"},
    Advice{"session keyring", "keyctl", EDQUOT,
           "the quota of keys is used up; see the sysctl kernel.keys.maxkeys, or use "
           "--no-new-keyring"},
    Advice{"credentials", "setgroups", EINVAL, not_mapped, "id-not-mapped"},
    Advice{"credentials", "setresgid", EINVAL, not_mapped, "id-not-mapped"},
    Advice{"credentials", "setresuid", EINVAL, not_mapped, "id-not-mapped"},
    Advice{"seccomp", "seccomp", EBUSY,
           "a process has one listener only, and this runtime runs under another"},
    Advice{"label", "write", ENOENT, "the profile may not be loaded; see aa-status(8)"},
    Advice{"state", "", ENOSPC, disk_is_full},
    Advice{"state", "", EDQUOT, disk_is_full},
    Advice{"state", "", EROFS, "choose another place with --root"},
    Advice{"deliver", "", ENOSPC, disk_is_full},
    Advice{"output", "", ENOSPC, disk_is_full},
    Advice{"", "", EMFILE, "raise the limit of open files: \"ulimit -n\""},
    Advice{"", "", ENFILE, "raise the host's limit of open files: the sysctl fs.file-max"},
};

/// Of a program that is executed, not of this one.
bool is_execution(std::string_view phase) { return phase == "exec" || phase == "execve"; }

/// call: null if it is not known.
const Advice* find(const Error& error, const std::string_view* call) noexcept {
    if (error.number == 0 || is_execution(error.phase)) return nullptr;
    for (const Advice& advice : advices) {
        const bool is_there = advice.phase.empty() || advice.phase == error.phase;
        const bool is_it = advice.call.empty() || (call != nullptr && advice.call == *call);
        if (is_there && is_it && advice.number == error.number) return &advice;
    }
    return nullptr;
}

}  // namespace

void advise(Error& error, std::string_view call) {
    const Advice* const advice = find(error, &call);
    if (advice == nullptr) return;
    if (error.code.empty()) error.code = advice->code.name();
    if (error.hint.empty()) error.hint = advice->text;
}

std::string_view hint_of(const Error& error) noexcept {
    if (!error.hint.empty()) return error.hint;
    const Advice* const advice = find(error, nullptr);
    return advice == nullptr ? std::string_view{} : advice->text;
}

std::string text_of(const Error& error) {
    constexpr std::size_t longest_message = 3072;
    constexpr std::size_t longest_hint = 1000;
    std::string text = display_text(error.message, longest_message);
    if (const std::string_view hint = hint_of(error); !hint.empty())
        text += "; " + display_text(hint, longest_hint);
    return text;
}

}  // namespace oci
