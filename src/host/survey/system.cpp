// SPDX-License-Identifier: Apache-2.0
#include "host/survey/system.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include <fmt/format.h>

#include "base/mountinfo.hpp"
#include "base/named_values.hpp"
#include "base/path.hpp"
#include "base/text.hpp"
#include "host/files.hpp"
#include "kernel/files.hpp"
#include "kernel/probes.hpp"
#include "kernel/text_file.hpp"

namespace oci::host {
namespace {

constexpr std::array families{
    Named<DistributionFamily>{"debian", DistributionFamily::Debian},
    Named<DistributionFamily>{"ubuntu", DistributionFamily::Debian},
    Named<DistributionFamily>{"fedora", DistributionFamily::Fedora},
    Named<DistributionFamily>{"rhel", DistributionFamily::Fedora},
    Named<DistributionFamily>{"centos", DistributionFamily::Fedora},
    Named<DistributionFamily>{"suse", DistributionFamily::Suse},
    Named<DistributionFamily>{"opensuse", DistributionFamily::Suse},
    Named<DistributionFamily>{"arch", DistributionFamily::Arch},
    Named<DistributionFamily>{"alpine", DistributionFamily::Alpine},
};

std::string_view unquoted(std::string_view value) {
    const bool is_quoted = value.size() > 1 && (value.front() == '"' || value.front() == '\'') &&
                           value.back() == value.front();
    return is_quoted ? value.substr(1, value.size() - 2) : value;
}

/// The value behind NAME= in lines of that form.
std::string_view value_of(std::string_view text, std::string_view name) {
    for (const std::string_view line : split(text, '\n'))
        if (line.starts_with(name) && line.substr(name.size()).starts_with('='))
            return unquoted(trim(line.substr(name.size() + 1)));
    return {};
}

/// The library that systemd's programs share is named after its version, which tells it
/// without asking anybody.
std::string systemd_version_in(FdView root, const std::string& path) {
    constexpr std::string_view before = "libsystemd-shared-";
    constexpr std::string_view behind = ".so";
    const auto directory = kernel::open_at(root, below(path), O_RDONLY | O_DIRECTORY);
    if (!directory) return {};
    const auto names = kernel::read_directory(directory.value());
    if (!names) return {};
    for (const std::string_view name : names.value())
        if (name.starts_with(before) && name.ends_with(behind))
            return std::string{
                name.substr(before.size(), name.size() - before.size() - behind.size())};
    return {};
}

bool is_socket(FdView root, const std::string& path) {
    const auto status = kernel::status_behind(root, below(path));
    return status && S_ISSOCK(status.value().st_mode);
}

}  // namespace

DistributionInfo distribution_in(std::string_view os_release) {
    DistributionInfo info{.name = escape_for_display(value_of(os_release, "PRETTY_NAME"))};
    for (const std::string_view key : {"ID", "ID_LIKE"})
        for (const std::string_view word : split(value_of(os_release, key), ' '))
            if (const auto family = value_named(families, word);
                family && info.family == DistributionFamily::Unknown)
                info.family = *family;
    return info;
}

std::string resctrl_in(std::string_view mountinfo) {
    for (const MountLine& mount : parse_mountinfo(mountinfo))
        if (mount.type == "resctrl") return mount.mount_point;
    return {};
}

DistributionInfo survey_distribution(FdView root) {
    const std::string text = text_of_file(root, "/etc/os-release");
    DistributionInfo info =
        distribution_in(text.empty() ? text_of_file(root, "/usr/lib/os-release") : text);
    info.has_grub = exists(root, "/etc/default/grub");
    return info;
}

SystemdInfo survey_systemd(FdView root, const UserInfo& user, std::string_view machine) {
    SystemdInfo info{.running = exists(root, "/run/systemd/system")};
    for (const std::string& path :
         {std::string{"/usr/lib/systemd"}, std::string{"/lib/systemd"},
          std::string{"/usr/lib64/systemd"}, fmt::format("/usr/lib/{}-linux-gnu/systemd", machine)})
        if (info.version.empty()) info.version = systemd_version_in(root, path);
    std::string bus = fmt::format("/run/user/{}/bus", user.uid);
    // In a user namespace it would be somebody else's.
    if (user.in_initial_user_namespace && is_socket(root, bus)) info.user_bus = std::move(bus);
    return info;
}

SeccompInfo survey_seccomp(FdView root) {
    SeccompInfo info{.actions = words_of_file(root, "/proc/sys/kernel/seccomp/actions_avail")};
    const std::string status = text_of_file(root, "/proc/self/status");
    for (const std::string_view line : split(status, '\n')) {
        constexpr std::string_view name = "Seccomp:";
        if (!line.starts_with(name)) continue;
        info.available = true;
        info.confined = trim(line.substr(name.size())) != "0";
    }
    return info;
}

SecurityInfo survey_security(FdView root) {
    SecurityInfo info;
    const std::string modules = text_of_file(root, "/sys/kernel/security/lsm");
    for (const std::string_view name : split(trim(modules), ','))
        if (!name.empty()) info.modules.emplace_back(name);
    info.apparmor = trim(text_of_file(root, "/sys/module/apparmor/parameters/enabled")) == "Y";
    info.selinux = exists(root, "/sys/fs/selinux/enforce");
    info.selinux_enforcing = number_in_file(root, "/sys/fs/selinux/enforce") == 1;
    return info;
}

ResctrlInfo survey_resctrl(FdView root) {
    return {.supported = knows_filesystem(text_of_file(root, "/proc/filesystems"), "resctrl"),
            .mount_point = resctrl_in(text_of_file(root, "/proc/self/mountinfo"))};
}

StateRootInfo survey_state_root(FdView root, const std::string& path) {
    std::string place = path;
    while (place != "/" && !exists(root, place)) place = parent_path(place);
    const auto access = kernel::check_access(root, below(place), W_OK | X_OK);
    if (access) return {.path = path, .writable = true, .detail = {}};
    return {.path = path,
            .detail = fmt::format("{}: {}", place, kernel::errno_text(access.error().code))};
}

}  // namespace oci::host
