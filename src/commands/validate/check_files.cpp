// SPDX-License-Identifier: Apache-2.0
//
// Files of the host that the configuration names.
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>

#include "base/path.hpp"
#include "base/shell.hpp"
#include "commands/validate/checks.hpp"
#include "features/net_devices/net_devices.hpp"
#include "features/rootfs/devices.hpp"
#include "features/rootfs/rootfs.hpp"
#include "features/seccomp/seccomp.hpp"
#include "kernel/files.hpp"

namespace oci::commands {
namespace {

void check_root(const Subject& subject, Report& report) {
    const auto plan = rootfs::plan(subject.spec, subject.bundle, /*no_pivot=*/false);
    if (!plan) return;  // is told as the failure of a plan
    const auto usable = rootfs::check(plan.value());
    if (usable) return;
    const auto status = kernel::status_of(kernel::here, plan.value().path.c_str());
    const std::string path = shell_quoted(subject.rootfs);
    constexpr std::string_view prefix = "/root/path: ";
    report.error("root-unusable", "/root/path", usable.error().message.substr(prefix.size()),
                 status ? "" : fmt::format("mkdir -p {0} && tar -C {0} -xf rootfs.tar", path));
}

bool is_missing(const std::string& path) {
    const auto status = kernel::status_behind(kernel::here, path.c_str());
    return !status && (status.error().code == ENOENT || status.error().code == ENOTDIR);
}

void check_namespace_paths(const Subject& subject, Report& report) {
    const auto& entries = subject.spec.linux_section.namespaces;
    for (std::size_t i = 0; i < entries.size(); ++i)
        if (entries[i].path.starts_with('/') && is_missing(entries[i].path))
            report.error("namespace-missing", fmt::format("/linux/namespaces/{}/path", i),
                         fmt::format("{} does not exist on this host", entries[i].path));
}

/// In a user namespace nodes cannot be made: the host's are bound.
void check_devices(const Subject& subject, Report& report) {
    const auto plan = devices::plan(subject.spec);
    if (!plan || !plan.value().has_own_dev || !plan.value().bind_only) return;
    const auto& devices = subject.spec.linux_section.devices;
    for (std::size_t i = 0; i < devices.size(); ++i) {
        const Device& device = devices[i];
        if (device.type == 'p') continue;
        const auto status = kernel::status_of(kernel::here, clean_path(device.path).c_str());
        const mode_t type = device.type == 'b' ? S_IFBLK : S_IFCHR;
        if (status && (status.value().st_mode & S_IFMT) == type &&
            status.value().st_rdev == makedev(device.major, device.minor))
            continue;
        report.error("device-missing", fmt::format("/linux/devices/{}/path", i),
                     fmt::format("the host has no such device at {}, and in a user namespace the "
                                 "host's node is what is bound",
                                 device.path));
    }
}

/// One by one, so that each has its say.
void check_net_devices(const Subject& subject, Report& report) {
    const auto& devices = subject.spec.linux_section.net_devices;
    if (devices.size() > Report::most) return;  // no host has so many
    for (const NetDevice& device : devices) {
        const auto found = net_devices::prepare({{device}});
        if (!found)
            report.error("device-missing", "/linux/netDevices/" + device.host_name,
                         "there is no such network device in this network namespace",
                         "ip link show");
    }
}

/// Only what a rule asks for is connected to.
void check_seccomp_agent(const Subject& subject, Report& report) {
    const auto plan = seccomp::plan(subject.spec);
    if (!plan) return;
    const auto reachable = seccomp::check_socket(plan.value().listener);
    if (!reachable)
        report.error("seccomp-agent-missing", "/linux/seccomp/listenerPath",
                     fmt::format("no agent listens at {}", plan.value().listener.path));
}

}  // namespace

void check_files(const Subject& subject, Report& report) {
    if (!report.has_error("/root/path")) check_root(subject, report);
    check_namespace_paths(subject, report);
    check_devices(subject, report);
    check_net_devices(subject, report);
    check_seccomp_agent(subject, report);
}

}  // namespace oci::commands
