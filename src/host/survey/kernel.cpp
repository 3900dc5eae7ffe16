// SPDX-License-Identifier: Apache-2.0
#include "host/survey/kernel.hpp"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/membership.hpp"
#include "base/text.hpp"
#include "host/files.hpp"
#include "host/survey/in_namespaces.hpp"
#include "kernel/bpf.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/probes.hpp"
#include "kernel/process.hpp"
#include "kernel/seccomp.hpp"

namespace oci::host {
namespace {

struct Answer {
    bool available = false;
    std::string detail;
};

Answer from_errno(int code) {
    if (code == 0) return {.available = true};
    return {.detail = kernel::errno_text(code)};
}

template <typename T>
Answer from(const kernel::SysResult<T>& result) {
    return from_errno(result ? 0 : result.error().code);
}

/// Any error but the one for "there is no such thing" comes from a kernel that has it.
Answer unless(const kernel::SysResult<void>& result, int code) {
    return from_errno(!result && result.error().code == code ? code : 0);
}

Answer clone3(FdView /*root*/) {
    auto child = kernel::clone({});
    if (child && child.value().pid == 0) ::_exit(0);
    if (!child) return from(child);
    const kernel::Process process{child.value().pid, std::move(child.value().pidfd)};
    return from(kernel::wait_for_exit(process.pidfd()));
}

Answer openat2(FdView root) { return from(kernel::open_in_root(root, ".", O_PATH | O_DIRECTORY)); }

Answer clone_into_cgroup(FdView /*root*/) {
    const auto result = kernel::clone_into_no_cgroup();
    return from_errno(!result && result.error().code == EBADF ? 0 : ENOSYS);
}

Answer mount_setattr(FdView /*root*/) {
    return unless(kernel::set_attributes_of_no_mount(), ENOSYS);
}

Answer pidfd(FdView /*root*/) { return from(kernel::open_pidfd(::getpid())); }

Answer idmapped_tmpfs(FdView /*root*/) { return from_errno(map_ids_of_tmpfs()); }

/// "6.1.0-18-amd64": whether it is at least that.
bool is_release_from(std::string_view release, int major, int minor) {
    const auto parts = split(release, '.');
    if (parts.size() < 2) return false;
    const std::string_view second = parts[1].substr(0, parts[1].find_first_not_of("0123456789"));
    const int first = parse_number<int>(parts[0]).value_or(0);
    return first > major || (first == major && parse_number<int>(second).value_or(0) >= minor);
}

/// The root of all cgroups has no such file, so any of its children is asked, too.
Answer cgroup_kill(FdView root) {
    const std::string membership = text_of_file(root, "/proc/self/cgroup");
    const std::string_view own = cgroup_in(membership);
    for (const std::string mount : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
        if (!own.empty() && exists(root, fmt::format("{}{}/cgroup.kill", mount, own)))
            return {.available = true};
        if (!exists(root, mount + "/cgroup.procs")) continue;
        for (const std::string& child : directories_in(root, mount))
            if (exists(root, fmt::format("{}/{}/cgroup.kill", mount, child)))
                return {.available = true};
    }
    // There may be no other cgroup, and none is made to find out.
    utsname names{};
    if (::uname(&names) == 0 && is_release_from(names.release, 5, 14)) return {.available = true};
    return {.detail = "found in no cgroup"};
}

/// The kernel verifies the program "allow everything", and forgets it.
Answer device_filter(FdView /*root*/) {
    constexpr std::array<bpf_insn, 2> program{
        bpf_insn{
            .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 1},
        bpf_insn{.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
    return from(kernel::load_device_program(program));
}

Answer time_namespaces(FdView root) {
    return {.available = exists(root, "/proc/self/ns/time"), .detail = {}};
}

Answer seccomp_notify(FdView /*root*/) {
    return {.available = kernel::knows_seccomp_flag(SECCOMP_FILTER_FLAG_NEW_LISTENER),
            .detail = {}};
}

Answer seccomp_wait_killable(FdView /*root*/) {
    constexpr unsigned flags =
        SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    return {.available = kernel::knows_seccomp_flag(flags), .detail = {}};
}

Answer landlock(FdView /*root*/) {
    const auto version = kernel::landlock_version();
    if (!version) return from(version);
    return {.available = true, .detail = fmt::format("version {}", version.value())};
}

Answer filesystem(FdView root, std::string_view name) {
    if (knows_filesystem(text_of_file(root, "/proc/filesystems"), name))
        return {.available = true, .detail = {}};
    return {.detail = "not built in, and its module is not loaded"};
}

Answer overlay(FdView root) { return filesystem(root, "overlay"); }

Answer fuse(FdView root) {
    Answer answer = filesystem(root, "fuse");
    if (!answer.available || exists(root, "/dev/fuse")) return answer;
    return {.detail = "there is no /dev/fuse"};
}

/// Not asked where it is unknown: asking would load its module.
Answer in_user_namespace(const Answer& known, int (*probe)()) {
    return known.available ? from_errno(probe()) : known;
}

Answer overlay_in_user_namespace(FdView root) {
    return in_user_namespace(overlay(root), mount_overlay);
}

Answer fuse_in_user_namespace(FdView root) { return in_user_namespace(fuse(root), mount_fuse); }

struct Probe {
    const char* name;
    KernelNeed need;
    Answer (*ask)(FdView root);
};
constexpr std::array probes{
    Probe{"clone3", KernelNeed::Always, clone3},
    Probe{"clone-into-cgroup", KernelNeed::Always, clone_into_cgroup},
    Probe{"pidfd", KernelNeed::Always, pidfd},
    Probe{"openat2", KernelNeed::Always, openat2},
    Probe{"mount-setattr", KernelNeed::Always, mount_setattr},
    Probe{"cgroup-kill", KernelNeed::Sometimes, cgroup_kill},
    Probe{"device-filter", KernelNeed::Sometimes, device_filter},
    Probe{"time-namespaces", KernelNeed::Sometimes, time_namespaces},
    Probe{"idmapped-tmpfs", KernelNeed::Sometimes, idmapped_tmpfs},
    Probe{"seccomp-notify", KernelNeed::Sometimes, seccomp_notify},
    Probe{"seccomp-wait-killable", KernelNeed::Sometimes, seccomp_wait_killable},
    Probe{"landlock", KernelNeed::Sometimes, landlock},
    Probe{"overlay", KernelNeed::Sometimes, overlay},
    Probe{"overlay-in-user-namespace", KernelNeed::Sometimes, overlay_in_user_namespace},
    Probe{"fuse", KernelNeed::Sometimes, fuse},
    Probe{"fuse-in-user-namespace", KernelNeed::Sometimes, fuse_in_user_namespace},
};

}  // namespace

KernelInfo survey_kernel(FdView root) {
    KernelInfo info;
    utsname names{};
    if (::uname(&names) == 0) {
        info.release = names.release;
        info.machine = names.machine;
    }
    info.command_line = trim(text_of_file(root, "/proc/cmdline"));
    for (const Probe& probe : probes) {
        Answer answer = probe.ask(root);
        info.features.push_back(
            {probe.name, probe.need, answer.available, std::move(answer.detail)});
    }
    return info;
}

void probe_user_namespace(UserNamespaceInfo& info) {
    Answer answer = from_errno(make_user_namespace());
    info.available = answer.available;
    info.detail = std::move(answer.detail);
}

}  // namespace oci::host
