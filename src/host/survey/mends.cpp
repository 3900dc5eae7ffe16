// SPDX-License-Identifier: Apache-2.0
#include "host/survey/mends.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace oci::host {
namespace {

/// What makes the boot loader read /etc/default/grub again; empty: unknown.
std::string_view read_grub_again(const DistributionInfo& distribution) {
    if (!distribution.has_grub) return {};
    switch (distribution.family) {
        case DistributionFamily::Debian: return "update-grub";
        case DistributionFamily::Suse: return "grub2-mkconfig -o /boot/grub2/grub.cfg";
        case DistributionFamily::Arch: return "grub-mkconfig -o /boot/grub/grub.cfg";
        case DistributionFamily::Fedora:
        case DistributionFamily::Alpine:
        case DistributionFamily::Unknown: break;
    }
    return {};
}

/// The word of the command line that the host was booted with that sets the same.
std::string_view present(const HostInfo& host, std::string_view parameter) {
    const std::string_view name = parameter.substr(0, parameter.find('=') + 1);
    for (const std::string_view word : split(host.kernel.command_line, ' '))
        if (!name.empty() && word.starts_with(name)) return word;
    return {};
}

}  // namespace

std::string install_id_map_helpers(const HostInfo& host) {
    switch (host.distribution.family) {
        case DistributionFamily::Debian: return "apt-get install uidmap";
        case DistributionFamily::Fedora: return "dnf install shadow-utils";
        case DistributionFamily::Suse: return "zypper install shadow";
        case DistributionFamily::Arch: return "pacman -S shadow";
        case DistributionFamily::Alpine: return "apk add shadow-subids";
        case DistributionFamily::Unknown: break;
    }
    return "install newuidmap and newgidmap; their package is often called uidmap or shadow";
}

std::string boot_with(const HostInfo& host, std::string_view parameter) {
    const std::string_view wrong = present(host, parameter);
    if (host.distribution.family == DistributionFamily::Fedora)
        return fmt::format("grubby --update-kernel=ALL --args=\"{}\" && reboot", parameter);
    const std::string_view again = read_grub_again(host.distribution);
    if (again.empty())
        return fmt::format("boot with {} on the kernel's command line{}", parameter,
                           wrong.empty() ? "" : fmt::format(" instead of {}", wrong));
    if (!wrong.empty())
        return fmt::format("sed -i 's/{}/{}/' /etc/default/grub && {} && reboot", wrong, parameter,
                           again);
    return fmt::format("sed -i 's/^GRUB_CMDLINE_LINUX=\"/&{} /' /etc/default/grub && {} && reboot",
                       parameter, again);
}

std::string install_newer_kernel(const HostInfo& host) {
    switch (host.distribution.family) {
        case DistributionFamily::Debian: return "apt-get update && apt-get full-upgrade && reboot";
        case DistributionFamily::Fedora: return "dnf upgrade kernel && reboot";
        case DistributionFamily::Suse: return "zypper update kernel-default && reboot";
        case DistributionFamily::Arch: return "pacman -Syu && reboot";
        case DistributionFamily::Alpine: return "apk upgrade && reboot";
        case DistributionFamily::Unknown: break;
    }
    return "boot Linux 5.14 or later";
}

}  // namespace oci::host
