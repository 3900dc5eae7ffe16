// SPDX-License-Identifier: Apache-2.0
#include "host/survey/findings.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "host/survey/mends.hpp"
#include "host/survey/rules.hpp"

namespace oci::host {
namespace {

bool lacks(const HostInfo& host, std::string_view name) {
    const auto found = std::ranges::find(host.kernel.features, name, &KernelFeature::name);
    return found != host.kernel.features.end() && !found->available;
}

Maybe kernel_too_old(const HostInfo& host) {
    std::vector<std::string_view> names;
    for (const KernelFeature& feature : host.kernel.features)
        if (feature.need == KernelNeed::Always && !feature.available) names.push_back(feature.name);
    if (names.empty()) return std::nullopt;
    return Finding{Severity::Error, "kernel-feature-missing", "",
                   fmt::format("Linux {} has no {}: containers need Linux 5.14 or later",
                               host.kernel.release, fmt::join(names, ", ")),
                   install_newer_kernel(host)};
}

Maybe state_root_not_writable(const HostInfo& host) {
    if (host.state_root.writable) return std::nullopt;
    const std::string hint =
        host.user.is_host_root ? "oci-rt --root $(mktemp -d) …"
        : host.systemd.user_bus.empty()
            ? "export XDG_RUNTIME_DIR=$(mktemp -d)"
            : fmt::format("export XDG_RUNTIME_DIR=/run/user/{}", host.user.uid);
    return Finding{Severity::Error, "state-root-not-writable", "",
                   fmt::format("containers cannot be remembered in {}: {}", host.state_root.path,
                               host.state_root.detail),
                   hint};
}

Maybe seccomp_missing(const HostInfo& host) {
    if (!host.seccomp.available)
        return Finding{Severity::Warning, "seccomp-missing", "",
                       "the kernel has no seccomp: system calls cannot be filtered",
                       "boot a kernel with CONFIG_SECCOMP_FILTER"};
    if (!host.seccomp.library.empty()) return std::nullopt;
    return Finding{Severity::Warning, "seccomp-missing", "",
                   "oci-rt is built without libseccomp: system calls cannot be filtered",
                   "meson setup -Dseccomp=enabled build && ninja -C build install"};
}

Maybe seccomp_confined(const HostInfo& host) {
    if (!host.seccomp.confined) return std::nullopt;
    return Finding{Severity::Info, "seccomp-confined", "",
                   "a seccomp filter of somebody else is in force here and may refuse what "
                   "containers need",
                   ""};
}

Maybe overlay_missing(const HostInfo& host) {
    if (!lacks(host, "overlay")) return std::nullopt;
    return Finding{Severity::Info, "overlay-missing", "",
                   "there is no overlayfs, which engines stack images with", "modprobe overlay"};
}

Maybe fuse_missing(const HostInfo& host) {
    if (!lacks(host, "fuse") || !is_plain_user(host)) return std::nullopt;
    return Finding{Severity::Info, "fuse-missing", "",
                   "there is no FUSE, which engines of users stack images with", "modprobe fuse"};
}

Maybe resctrl_not_mounted(const HostInfo& host) {
    if (!host.resctrl.supported || !host.resctrl.mount_point.empty()) return std::nullopt;
    return Finding{Severity::Info, "resctrl-not-mounted", "",
                   "caches and memory bandwidth can be divided here, but resctrl is not mounted",
                   "mount -t resctrl resctrl /sys/fs/resctrl"};
}

constexpr std::array<Rule, 7> host_rules{
    kernel_too_old, state_root_not_writable, seccomp_missing, seccomp_confined, overlay_missing,
    fuse_missing,   resctrl_not_mounted,
};

std::vector<Finding> apply(std::initializer_list<std::span<const Rule>> all, const HostInfo& host) {
    std::vector<Finding> findings;
    for (const std::span<const Rule> rules : all)
        for (const Rule rule : rules)
            if (Maybe finding = rule(host)) findings.push_back(std::move(*finding));
    std::ranges::stable_sort(findings, {}, &Finding::severity);
    return findings;
}

}  // namespace

std::vector<Finding> findings_of(const HostInfo& host) {
    return apply({std::span<const Rule>{host_rules}, cgroup_rules(), user_rules()}, host);
}

std::vector<Finding> findings_about_users(const HostInfo& host) {
    return apply({user_rules()}, host);
}

}  // namespace oci::host
