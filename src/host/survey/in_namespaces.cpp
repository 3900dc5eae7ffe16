// SPDX-License-Identifier: Apache-2.0
#include "host/survey/in_namespaces.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "kernel/files.hpp"
#include "kernel/mount.hpp"
#include "kernel/namespace.hpp"
#include "kernel/probes.hpp"
#include "kernel/process.hpp"
#include "kernel/text_file.hpp"

namespace oci::host {
namespace {

using kernel::SysResult;

/// The child only calls what may be called after clone(): no heap.
using Act = SysResult<void> (*)() noexcept;
using Text = std::array<char, 128>;

template <typename... Args>
const char* write_into(Text& text, fmt::format_string<Args...> form, Args&&... args) noexcept {
    const auto end =
        fmt::format_to_n(text.data(), text.size() - 1, form, std::forward<Args>(args)...);
    *end.out = '\0';
    return text.data();
}

/// Maps one id to root of the new namespace that a process is in.
SysResult<void> map_one(pid_t pid, uid_t uid, gid_t gid) noexcept {
    Text path{};
    Text map{};
    // Refused where it was denied before, which is as good.
    (void)kernel::write_text(kernel::here, write_into(path, "/proc/{}/setgroups", pid), "deny");
    OCI_TRY(kernel::write_text(kernel::here, write_into(path, "/proc/{}/uid_map", pid),
                               write_into(map, "0 {} 1", uid)));
    return kernel::write_text(kernel::here, write_into(path, "/proc/{}/gid_map", pid),
                              write_into(map, "0 {} 1", gid));
}

int error_of(const SysResult<void>& result) noexcept { return result ? 0 : result.error().code; }

/// In a child that is root of a new user namespace, and has others.
int in_namespaces(std::uint64_t others, Act act) {
    constexpr int longest = 2000;  // milliseconds
    const uid_t uid = ::geteuid();
    const gid_t gid = ::getegid();
    auto child = kernel::clone({.flags = CLONE_NEWUSER | others});
    if (!child) return child.error().code;
    if (child.value().pid == 0) {
        (void)kernel::die_with_parent(SIGKILL);
        const auto mapped = map_one(::getpid(), uid, gid);
        ::_exit(mapped ? error_of(act()) : mapped.error().code);
    }
    const kernel::Process process{child.value().pid, std::move(child.value().pidfd)};
    const auto has_ended = kernel::wait_readable(process.pidfd(), longest);
    if (!has_ended || !has_ended.value()) return ETIMEDOUT;
    const auto exit = kernel::peek_exit(process.pidfd());
    if (!exit || exit.value().by_signal) return EINTR;
    return exit.value().status;
}

SysResult<UniqueFd> new_tmpfs() noexcept {
    const UniqueFd filesystem = OCI_TRY(kernel::open_filesystem("tmpfs"));
    OCI_TRY(kernel::create_filesystem(filesystem));
    return kernel::mount_filesystem(filesystem, 0);
}

SysResult<void> use_capability() noexcept { return kernel::unshare(CLONE_NEWUTS); }

SysResult<void> use_id_map() noexcept {
    const UniqueFd mount = OCI_TRY(new_tmpfs());
    kernel::Clone holder = OCI_TRY(kernel::clone({.flags = CLONE_NEWUSER}));
    if (holder.pid == 0) {
        (void)kernel::die_with_parent(SIGKILL);
        for (;;) ::pause();
    }
    const kernel::Process process{holder.pid, std::move(holder.pidfd)};  // killed on leaving
    OCI_TRY(map_one(process.pid(), 0, 0));
    Text path{};
    const UniqueFd user_namespace = OCI_TRY(kernel::open_at(
        kernel::here, write_into(path, "/proc/{}/ns/user", process.pid()), O_RDONLY));
    return kernel::set_id_map(mount, user_namespace, AT_RECURSIVE);
}

SysResult<void> use_overlay() noexcept {
    // Two lower directories and no upper one: nothing for the kernel to complain about in its log.
    const UniqueFd layers = OCI_TRY(new_tmpfs());
    OCI_TRY(kernel::make_directory(layers, "a", 0755));
    OCI_TRY(kernel::make_directory(layers, "b", 0755));
    const UniqueFd filesystem = OCI_TRY(kernel::open_filesystem("overlay"));
    Text lower{};
    OCI_TRY(kernel::set_string(
        filesystem, "lowerdir",
        write_into(lower, "/proc/self/fd/{0}/a:/proc/self/fd/{0}/b", layers.get())));
    return kernel::create_filesystem(filesystem);
}

SysResult<void> use_fuse() noexcept {
    const UniqueFd filesystem = OCI_TRY(kernel::open_filesystem("fuse"));
    const auto created = kernel::create_filesystem(filesystem);
    // It lacks its descriptor, which is looked for behind the permission.
    if (!created && created.error().code == EINVAL) return {};
    return created;
}

}  // namespace

int make_user_namespace() { return in_namespaces(0, use_capability); }
int map_ids_of_tmpfs() { return in_namespaces(CLONE_NEWNS, use_id_map); }
int mount_overlay() { return in_namespaces(CLONE_NEWNS, use_overlay); }
int mount_fuse() { return in_namespaces(CLONE_NEWNS, use_fuse); }

}  // namespace oci::host
