// SPDX-License-Identifier: Apache-2.0
#include "features/namespaces/namespaces.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "kernel/credentials.hpp"
#include "kernel/files.hpp"
#include "kernel/namespace.hpp"

namespace oci::namespaces {
namespace {

struct Known {
    NamespaceKind kind;
    int flag;
    std::string_view name;
    /// What a child of ours would be in; null: joining one's own is not the same as nothing.
    const char* own;
};

constexpr std::array all_kinds{
    Known{NamespaceKind::Cgroup, CLONE_NEWCGROUP, "cgroup", "/proc/self/ns/cgroup"},
    Known{NamespaceKind::Ipc, CLONE_NEWIPC, "ipc", "/proc/self/ns/ipc"},
    // Joining a mount namespace moves root and working directory to its top.
    Known{NamespaceKind::Mount, CLONE_NEWNS, "mount", nullptr},
    Known{NamespaceKind::Network, CLONE_NEWNET, "network", "/proc/self/ns/net"},
    Known{NamespaceKind::Pid, CLONE_NEWPID, "pid", "/proc/self/ns/pid_for_children"},
    Known{NamespaceKind::Time, CLONE_NEWTIME, "time", "/proc/self/ns/time_for_children"},
    Known{NamespaceKind::User, CLONE_NEWUSER, "user", "/proc/self/ns/user"},
    Known{NamespaceKind::Uts, CLONE_NEWUTS, "uts", "/proc/self/ns/uts"},
};

const Known& known(NamespaceKind kind) { return *std::ranges::find(all_kinds, kind, &Known::kind); }

const Known& known_by_flag(int flag) { return *std::ranges::find(all_kinds, flag, &Known::flag); }

std::string_view name_of_flag(int flag) {
    const auto* const found = std::ranges::find(all_kinds, flag, &Known::flag);
    return found == all_kinds.end() ? "unknown" : found->name;
}

bool has_time_offsets(const Spec& spec) {
    return spec.linux_section.monotonic_offset || spec.linux_section.boottime_offset;
}

void add_new(Plan& plan, NamespaceKind kind, bool with_offsets) {
    if (kind == NamespaceKind::Cgroup)
        plan.unshare_cgroup = true;
    else if (kind == NamespaceKind::Time && with_offsets)
        plan.unshare_time = true;
    else
        plan.clone_flags |= static_cast<unsigned>(known(kind).flag);
}

Result<void> open_target(Join& join) {
    // O_NONBLOCK: a path that is a FIFO instead must not hold us.
    constexpr int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
    join.fd = OCI_TRY(
        with_if(ENOENT,
                explain(kernel::open_at(kernel::here, join.path.c_str(), flags),
                        "/linux/namespaces/{}/path: cannot open {}", join.index, join.path),
                {.code = "namespace-missing", .hint = "whose namespace it was may have ended"}));
    const auto type = kernel::namespace_type(join.fd);
    if (!type)
        return fail(ErrorKind::InvalidConfig, "/linux/namespaces/{}/path: {} is not a namespace",
                    join.index, join.path);
    if (type.value() != join.flag)
        return fail(ErrorKind::InvalidConfig,
                    "/linux/namespaces/{}/path: {} is a {} namespace, not a {} namespace",
                    join.index, join.path, name_of_flag(type.value()), name_of_flag(join.flag));
    return {};
}

bool is_own(const Join& join) {
    const char* const own = known_by_flag(join.flag).own;
    if (own == nullptr) return false;
    const auto ours = kernel::status_behind(kernel::here, own);
    const auto theirs = kernel::status_of(join.fd);
    return ours && theirs && ours.value().st_ino == theirs.value().st_ino &&
           ours.value().st_dev == theirs.value().st_dev;
}

kernel::SysResult<void> join_one(const Join& join, Progress& progress) noexcept {
    progress.subject = join.subject;
    return kernel::join_namespace(join.fd, join.flag);
}

/// EPERM and EINVAL: not mapped or not allowed there, so it stays the overflow id.
kernel::SysResult<void> unless_unmapped(kernel::SysResult<void> changed) noexcept {
    if (!changed && (changed.error().code == EPERM || changed.error().code == EINVAL)) return {};
    return changed;
}

kernel::SysResult<void> become_root_there(bool keeps_groups) noexcept {
    if (!keeps_groups) OCI_TRY(unless_unmapped(kernel::set_supplementary_groups({})));
    OCI_TRY(unless_unmapped(kernel::set_group(0)));
    return unless_unmapped(kernel::set_user(0));
}

}  // namespace

Result<Plan> plan(const Spec& spec) {
    Plan plan;
    const std::vector<Namespace>& entries = spec.linux_section.namespaces;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const Namespace& entry = entries[i];
        const auto before = entries.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::any_of(entries.begin(), before,
                        [&](const Namespace& other) { return other.kind == entry.kind; }))
            return fail(ErrorKind::InvalidConfig,
                        "/linux/namespaces/{}: a second {} namespace; give each type once", i,
                        known(entry.kind).name);
        if (entry.path.empty())
            add_new(plan, entry.kind, has_time_offsets(spec));
        else
            plan.joins.push_back({known(entry.kind).flag, entry.path, UniqueFd{}, i,
                                  fmt::format("{} (/linux/namespaces/{}/path)", entry.path, i)});
    }
    plan.needs_intermediate = !plan.joins.empty() || plan.unshare_time;
    return plan;
}

Result<void> prepare(Plan& plan) {
    for (Join& join : plan.joins) {
        OCI_TRY(open_target(join));
    }
    // The kernel refuses to join one's own user namespace (EINVAL), and without
    // privilege any other of one's own (EPERM).
    std::erase_if(plan.joins, is_own);
    return {};
}

kernel::SysResult<void> join(const Plan& plan, Progress& progress) noexcept {
    const Join* user = nullptr;
    std::uint64_t later = 0;
    for (const Join& join : plan.joins) {
        if (join.flag == CLONE_NEWUSER) {
            user = &join;
            continue;
        }
        const auto joined = join_one(join, progress);
        if (joined) continue;
        if (joined.error().code != EPERM) return joined;
        later |= static_cast<unsigned>(join.flag);
    }
    if (user != nullptr) {
        OCI_TRY(join_one(*user, progress));
        OCI_TRY(become_root_there(plan.keeps_groups));
    }
    // What the caller may not join, the root of that user namespace may.
    for (const Join& join : plan.joins) {
        if ((later & static_cast<unsigned>(join.flag)) == 0) continue;
        OCI_TRY(join_one(join, progress));
    }
    return {};
}

kernel::SysResult<void> enter_cgroup(const Plan& plan, Progress& progress) noexcept {
    if (!plan.unshare_cgroup) return {};
    progress.subject = "cgroup";
    return kernel::unshare(CLONE_NEWCGROUP);
}

std::vector<std::string> names_of_all() {
    std::vector<std::string> names;
    for (const Known& entry : all_kinds) names.emplace_back(entry.name);
    return names;
}

std::vector<std::string> names_in_kernel() {
    // Nobody's kernel is without mount namespaces.
    if (!kernel::status_behind(kernel::here, "/proc/self/ns/mnt")) return names_of_all();
    std::vector<std::string> names;
    for (const Known& entry : all_kinds)
        if (entry.own == nullptr || kernel::status_behind(kernel::here, entry.own))
            names.emplace_back(entry.name);
    return names;
}

}  // namespace oci::namespaces
