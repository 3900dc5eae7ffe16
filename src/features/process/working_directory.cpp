// SPDX-License-Identifier: Apache-2.0
#include "features/process/working_directory.hpp"

#include <cerrno>

#include "base/explain.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/process.hpp"

namespace oci::working_directory {

Result<Plan> plan(const std::string& cwd) {
    if (!cwd.starts_with('/'))
        return fail(ErrorKind::InvalidConfig, "/process/cwd: \"{}\" is not absolute", cwd);
    if (cwd.find('\0') != std::string::npos)
        return fail(ErrorKind::InvalidConfig, "/process/cwd: contains a NUL byte");
    return Plan{cwd};
}

void make_missing(const Plan& plan, FdView root) noexcept {
    // enter() meets the same obstacle and says so.
    (void)kernel::make_in_root(root, plan.path.c_str(), kernel::Kind::Directory);
}

kernel::SysResult<bool> try_enter(const Plan& plan, FdView root, Progress& progress) noexcept {
    const auto entered = enter(plan, root, progress);
    if (entered) return true;
    if (entered.error().code == EACCES) return false;
    return Failure{entered.error()};
}

kernel::SysResult<void> enter(const Plan& plan, FdView root, Progress& progress) noexcept {
    progress.subject = plan.path;
    const UniqueFd directory =
        OCI_TRY(kernel::make_in_root(root, plan.path.c_str(), kernel::Kind::Directory));
    OCI_TRY(kernel::change_directory(directory));
    return kernel::require_reachable_directory();
}

}  // namespace oci::working_directory
