// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "base/index_list.hpp"
#include "base/named_values.hpp"
#include "base/text.hpp"
#include "base/words.hpp"
#include "commands/validate/checks.hpp"
#include "features/cgroups/cgroups.hpp"
#include "features/process/rlimits.hpp"
#include "features/rootfs/dev_directory.hpp"
#include "kernel/files.hpp"
#include "kernel/limits.hpp"
#include "kernel/text_file.hpp"

namespace oci::commands {
namespace {

bool exists(const std::string& path) {
    return static_cast<bool>(kernel::status_behind(kernel::here, path.c_str()));
}

/// The text of a small file of the kernel; empty if there is none.
std::string text_of(const std::string& path) {
    constexpr std::size_t enough = 65536;
    auto text = kernel::read_text(kernel::here, path.c_str(), enough);
    return text ? std::move(text).value() : std::string{};
}

bool has_word(std::string_view text, std::string_view word) {
    for (const std::string_view line : split(text, '\n'))
        for (const std::string_view each : split(line, ' '))
            for (const std::string_view part : split(each, '\t'))
                if (part == word) return true;
    return false;
}

constexpr std::array kernel_names{
    Named<NamespaceKind>{"pid", NamespaceKind::Pid},
    Named<NamespaceKind>{"net", NamespaceKind::Network},
    Named<NamespaceKind>{"mnt", NamespaceKind::Mount},
    Named<NamespaceKind>{"ipc", NamespaceKind::Ipc},
    Named<NamespaceKind>{"uts", NamespaceKind::Uts},
    Named<NamespaceKind>{"user", NamespaceKind::User},
    Named<NamespaceKind>{"cgroup", NamespaceKind::Cgroup},
    Named<NamespaceKind>{"time", NamespaceKind::Time},
};

void check_namespaces(const Subject& subject, Report& report) {
    const auto& entries = subject.spec.linux_section.namespaces;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const std::string name{name_of_value(kernel_names, entries[i].kind)};
        if (!exists("/proc/self/ns/" + name))
            report.error("namespace-unsupported", fmt::format("/linux/namespaces/{}/type", i),
                         fmt::format("this kernel has no {} namespaces",
                                     name_of_value(words::namespace_kinds, entries[i].kind)));
    }
    const Namespace* user = find_namespace(subject.spec, NamespaceKind::User);
    const bool is_new = user != nullptr && user->path.empty();
    if (is_new && trim(text_of("/proc/sys/user/max_user_namespaces")) == "0")
        report.error("user-namespaces-disabled", "/linux/namespaces",
                     "this host allows no user namespaces",
                     "sysctl -w user.max_user_namespaces=15000");
}

/// The controllers of the root: what no parent can hand down cannot be had.
void check_controllers(const Subject& subject, Report& report) {
    const auto plan =
        cgroups::plan(subject.spec, subject.facts, "validate", subject.settings.cgroup_driver);
    if (!plan || plan.value().location.mount_point.empty()) return;
    const std::string controllers =
        text_of(plan.value().location.mount_point + "/cgroup.controllers");
    for (const cgroups::Write& write : plan.value().writes) {
        const bool is_needed = !write.controller.empty() && !write.is_default;
        if (!is_needed || has_word(controllers, write.controller)) continue;
        report.error("controller-missing", write.property,
                     fmt::format("the cgroup controller \"{}\" is not available on this host",
                                 write.controller),
                     fmt::format("see {}/cgroup.controllers; a controller that cgroup v1 has "
                                 "mounted is not there: boot with "
                                 "systemd.unified_cgroup_hierarchy=1",
                                 plan.value().location.mount_point));
    }
}

void check_rlimits(const Subject& subject, const Process& process, Report& report) {
    const auto plan = rlimits::plan(process);
    if (!plan || subject.facts.is_host_root()) return;
    const auto& limits = plan.value().limits;
    for (std::size_t i = 0; i < limits.size(); ++i) {
        const auto current = kernel::hard_resource_limit(limits[i].resource);
        if (current && limits[i].hard > current.value())
            report.error("permission-denied", fmt::format("/process/rlimits/{}/hard", i),
                         fmt::format("{} is above the caller's own limit {}, which only root can "
                                     "raise",
                                     limits[i].hard, current.value()));
    }
}

void check_filesystems(const Subject& subject, Report& report) {
    const std::string known = text_of("/proc/filesystems");
    if (known.empty()) return;
    for (std::size_t i = 0; i < subject.spec.mounts.size(); ++i) {
        const Mount& mount = subject.spec.mounts[i];
        const std::string type = mount.type == "cgroup" ? "cgroup2" : mount.type;
        if (rootfs::is_bind(mount) || type.empty() || type == "none" || has_word(known, type))
            continue;
        report.warning("filesystem-unknown", fmt::format("/mounts/{}/type", i),
                       fmt::format("\"{}\" is not in /proc/filesystems", type), "modprobe " + type);
    }
}

void check_net_devices(const Subject& subject, Report& report) {
    for (const NetDevice& device : subject.spec.linux_section.net_devices)
        if (!exists("/sys/class/net/" + device.host_name))
            report.error("device-missing", "/linux/netDevices/" + device.host_name,
                         "there is no such network device on this host", "ip link show");
}

void check_seccomp_agent(const Subject& subject, Report& report) {
    const auto& seccomp = subject.spec.linux_section.seccomp;
    if (!seccomp || seccomp->listener_path.empty()) return;
    const auto status = kernel::status_behind(kernel::here, seccomp->listener_path.c_str());
    if (!status || !S_ISSOCK(status.value().st_mode))
        report.error("seccomp-agent-missing", "/linux/seccomp/listenerPath",
                     fmt::format("no agent listens at {}", seccomp->listener_path));
}

bool is_within(std::string_view wanted, const std::string& online) {
    const auto wanted_ranges = parse_index_list(wanted);
    auto all = parse_index_list(trim(online));
    if (!wanted_ranges || !all || all->empty()) return true;
    const unsigned before = count_indexes(*all);
    all->insert(all->end(), wanted_ranges->begin(), wanted_ranges->end());
    return count_indexes(*all) == before;
}

void check_numbers(const Subject& subject, Report& report) {
    const auto check = [&](const char* code, std::string pointer, const std::string& wanted,
                           const char* file) {
        const std::string online = text_of(file);
        if (!wanted.empty() && !is_within(wanted, online))
            report.error(
                code, std::move(pointer),
                fmt::format("\"{}\" names more than this host has: {}", wanted, trim(online)));
    };
    constexpr const char* nodes = "/sys/devices/system/node/has_memory";
    constexpr const char* processors = "/sys/devices/system/cpu/possible";
    const Linux& section = subject.spec.linux_section;
    if (section.memory_policy)
        check("node-missing", "/linux/memoryPolicy/nodes", section.memory_policy->nodes, nodes);
    check("node-missing", "/linux/resources/cpu/mems", section.resources.cpu.mems, nodes);
    check("processor-missing", "/linux/resources/cpu/cpus", section.resources.cpu.cpus, processors);
    if (!subject.spec.process) return;
    const ExecCpuAffinity& affinity = subject.spec.process->exec_cpu_affinity;
    check("processor-missing", "/process/execCPUAffinity/initial", affinity.initial, processors);
    check("processor-missing", "/process/execCPUAffinity/final", affinity.final, processors);
}

void check_mount_label(const Subject& subject, Report& report) {
    if (!subject.spec.linux_section.mount_label.empty() && !host::has_selinux())
        report.error("lsm-missing", "/linux/mountLabel", "this kernel runs without SELinux");
}

void check_intel_rdt(const Subject& subject, Report& report) {
    if (!subject.spec.linux_section.intel_rdt) return;
    if (!has_word(text_of("/proc/mounts"), "resctrl"))
        report.error("resctrl-missing", "/linux/intelRdt", "resctrl is not mounted on this host",
                     "mount -t resctrl resctrl /sys/fs/resctrl");
}

}  // namespace

void check_host(const Subject& subject, Report& report) {
    check_namespaces(subject, report);
    check_controllers(subject, report);
    if (subject.spec.process) check_rlimits(subject, *subject.spec.process, report);
    check_filesystems(subject, report);
    check_net_devices(subject, report);
    check_seccomp_agent(subject, report);
    check_numbers(subject, report);
    check_mount_label(subject, report);
    check_intel_rdt(subject, report);
}

}  // namespace oci::commands
