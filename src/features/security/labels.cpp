// SPDX-License-Identifier: Apache-2.0
#include "features/security/labels.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <climits>
#include <span>
#include <string_view>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/private_procfs.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::labels {
namespace {

/// A newline or a NUL would end the command that the kernel reads.
Result<void> check_text(const char* pointer, std::string_view text) {
    if (text.find_first_of(std::string_view{"\n\0", 2}) != std::string_view::npos)
        return fail(ErrorKind::InvalidConfig, "{}: has a newline or a NUL byte", pointer);
    return {};
}

/// An attribute of the calling thread. Its directory is reached by number:
/// "thread-self" is a symlink, and those are refused on the way.
kernel::SysResult<UniqueFd> open_attribute(FdView procfs, std::string_view name) noexcept {
    std::array<char, NAME_MAX> path{};
    const std::string_view thread =
        OCI_TRY(kernel::read_link(procfs, "thread-self", std::span{path}.first(64)));
    constexpr std::string_view directory = "/attr/";
    char* end = path.data() + thread.size();
    end = std::copy(directory.begin(), directory.end(), end);
    end = std::copy(name.begin(), name.end(), end);
    *end = '\0';
    return kernel::open_beneath(procfs, path.data(), O_WRONLY);
}

kernel::SysResult<void> write_whole(FdView file, std::string_view text) noexcept {
    const std::size_t count = OCI_TRY(kernel::write_some(file, text));
    if (count != text.size()) return kernel::refuse(EIO, "write");
    return {};
}

kernel::SysResult<void> set_apparmor_profile(FdView procfs, std::string_view command) noexcept {
    auto file = open_attribute(procfs, "apparmor/exec");
    // A kernel without stacked security modules has the old name alone.
    if (!file && file.error().code == ENOENT) file = open_attribute(procfs, "exec");
    if (!file) return Failure{file.error()};
    return write_whole(file.value(), command);
}

kernel::SysResult<void> set_selinux_label(FdView procfs, std::string_view label) noexcept {
    const UniqueFd file = OCI_TRY(open_attribute(procfs, "exec"));
    return write_whole(file, label);
}

}  // namespace

Result<Plan> plan(const Process& process, bool apparmor_enabled, bool selinux_enabled) {
    const std::string& profile = process.apparmor_profile;
    const std::string& label = process.selinux_label;
    OCI_TRY(check_text("/process/apparmorProfile", profile));
    OCI_TRY(check_text("/process/selinuxLabel", label));
    const bool wants_profile = !profile.empty() && (apparmor_enabled || profile != "unconfined");
    if (wants_profile && !apparmor_enabled)
        return with(
            fail(ErrorKind::Unsupported,
                 "/process/apparmorProfile: AppArmor is not enabled on this host"),
            {.code = "lsm-missing", .hint = "remove \"" + profile + "\", or boot with AppArmor"});
    if (!label.empty() && !selinux_enabled)
        return with(
            fail(ErrorKind::Unsupported,
                 "/process/selinuxLabel: SELinux is not enabled on this host"),
            {.code = "lsm-missing", .hint = "remove \"" + label + "\", or boot with SELinux"});
    return Plan{wants_profile ? "exec " + profile : std::string{}, label};
}

kernel::SysResult<void> enter(const Plan& plan, Progress& progress) noexcept {
    if (plan.apparmor_command.empty() && plan.selinux_label.empty()) return {};
    // Engines look for a path of this form to tell a missing profile from other failures.
    constexpr std::string_view apparmor =
        "unable to set apparmor profile `/proc/self/attr/apparmor/exec`";
    constexpr std::string_view selinux = "unable to set selinux label `/proc/self/attr/exec`";
    progress.subject = plan.apparmor_command.empty() ? selinux : apparmor;
    const UniqueFd procfs = OCI_TRY(kernel::open_private_procfs(kernel::ProcfsPart::Processes));
    if (!plan.apparmor_command.empty()) {
        OCI_TRY(set_apparmor_profile(procfs, plan.apparmor_command));
    }
    if (plan.selinux_label.empty()) return {};
    progress.subject = selinux;
    return set_selinux_label(procfs, plan.selinux_label);
}

}  // namespace oci::labels
