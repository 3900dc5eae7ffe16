// SPDX-License-Identifier: Apache-2.0
#include "features/process/credentials.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/log.hpp"
#include "kernel/credentials.hpp"
#include "kernel/process.hpp"

namespace oci::credentials {
namespace {

/// setresuid(2) and its like read it as "leave as it is".
constexpr std::uint32_t no_id = ~std::uint32_t{0};

Result<void> check(const User& user) {
    if (user.uid == no_id) return fail(ErrorKind::InvalidConfig, "/process/user/uid: is no id");
    if (user.gid == no_id) return fail(ErrorKind::InvalidConfig, "/process/user/gid: is no id");
    for (std::size_t i = 0; i < user.additional_gids.size(); ++i)
        if (user.additional_gids[i] == no_id)
            return fail(ErrorKind::InvalidConfig, "/process/user/additionalGids/{}: is no id", i);
    if (user.umask > 0777)
        return fail(ErrorKind::InvalidConfig, "/process/user/umask: {} is above 511 (octal 777)",
                    user.umask);
    return {};
}

/// In a joined user namespace nobody can tell before whether setgroups is denied.
/// There init holds every capability, so EPERM means just that.
bool is_denial(const Plan& plan, const kernel::SysError& error) {
    return error.code == EPERM && plan.is_in_user_namespace;
}

kernel::SysResult<void> set_groups(Plan& plan, Progress& progress) noexcept {
    if (!plan.may_set_groups) return {};
    progress.subject = "additional groups";
    const auto set = kernel::set_supplementary_groups(plan.groups);
    plan.are_groups_denied = !set && is_denial(plan, set.error());
    return plan.are_groups_denied ? kernel::SysResult<void>{} : set;
}

kernel::SysResult<void> verify_groups(const Plan& plan) noexcept {
    if (!plan.may_set_groups || plan.are_groups_denied) return {};
    const std::size_t count = OCI_TRY(kernel::supplementary_groups({}));
    if (count != plan.groups.size()) return kernel::refuse(EPERM, "verify groups");
    std::array<std::uint32_t, 256> room{};
    if (count > room.size()) return {};
    const std::span<std::uint32_t> groups{room.data(), count};
    OCI_TRY(kernel::supplementary_groups(groups));
    std::ranges::sort(groups);
    if (!std::ranges::equal(groups, plan.groups)) return kernel::refuse(EPERM, "verify groups");
    return {};
}

}  // namespace

bool keeps_original_groups(const Spec& spec) {
    const auto found = spec.annotations.find("run.oci.keep_original_groups");
    return found != spec.annotations.end() && found->second != "0";
}

Result<Plan> plan(const Process& process, const host::Facts& facts, const Situation& situation) {
    OCI_TRY(check(process.user));
    const bool may_set_groups = situation.may_set_groups && !situation.keeps_groups;
    if (!may_set_groups && !process.user.additional_gids.empty())
        log::warning("/process/user/additionalGids: left out, because {}",
                     situation.keeps_groups ? "run.oci.keep_original_groups keeps the caller's"
                                            : "the user namespace does not allow setgroups");
    Plan plan;
    plan.uid = process.user.uid;
    plan.gid = process.user.gid;
    plan.umask = process.user.umask;
    if (may_set_groups) plan.groups = process.user.additional_gids;
    std::ranges::sort(plan.groups);
    plan.may_set_groups = may_set_groups;
    plan.is_in_user_namespace = situation.has_user_namespace || !facts.in_initial_user_namespace;
    plan.capabilities =
        OCI_TRY(capabilities::plan(process.capabilities, facts, situation.has_user_namespace));
    return plan;
}

kernel::SysResult<void> enter(Plan& plan, Progress& progress) noexcept {
    kernel::set_umask(plan.umask);
    progress.subject = "bounding capabilities";
    OCI_TRY(capabilities::drop_bounding(plan.capabilities));
    OCI_TRY(kernel::keep_capabilities_over_setuid(true));
    OCI_TRY(set_groups(plan, progress));
    progress.subject = "group";
    OCI_TRY(kernel::set_group(plan.gid));
    progress.subject = "user";
    OCI_TRY(kernel::set_user(plan.uid));
    progress.subject = "capabilities";
    return capabilities::apply(plan.capabilities, plan.retained);
}

kernel::SysResult<void> finish(const Plan& plan, Progress& progress) noexcept {
    OCI_TRY(capabilities::finish(plan.capabilities, plan.retained, progress));
    OCI_TRY(kernel::keep_capabilities_over_setuid(false));
    progress.subject = "credentials";
    OCI_TRY(kernel::verify_ids(plan.uid, plan.gid));
    OCI_TRY(verify_groups(plan));
    return capabilities::verify(plan.capabilities, plan.retained);
}

kernel::SysResult<void> give_up_retained(const Plan& plan, Progress& progress) noexcept {
    if (plan.retained == 0) return {};
    progress.subject = "capabilities";
    return capabilities::apply(plan.capabilities, 0);
}

}  // namespace oci::credentials
