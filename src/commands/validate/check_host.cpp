// SPDX-License-Identifier: Apache-2.0
//
// What the kernel must have: file systems, security modules, nodes, processors.
#include <algorithm>
#include <array>

#include "base/index_list.hpp"
#include "base/shell.hpp"
#include "base/text.hpp"
#include "base/words.hpp"
#include "commands/validate/checks.hpp"
#include "features/intel_rdt/intel_rdt.hpp"
#include "features/namespaces/namespaces.hpp"
#include "features/process/rlimits.hpp"
#include "features/rootfs/dev_directory.hpp"
#include "features/rootfs/mounts.hpp"
#include "features/sysctl.hpp"
#include "host/files.hpp"
#include "kernel/limits.hpp"
#include "spec/json.hpp"

namespace oci::commands {
namespace {

void check_namespaces(const Subject& subject, Report& report) {
    const std::vector<std::string> known = namespaces::names_in_kernel();
    const auto& entries = subject.spec.linux_section.namespaces;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const std::string_view name = name_of_value(words::namespace_kinds, entries[i].kind);
        if (std::ranges::find(known, name) == known.end())
            report.error("namespace-unsupported", fmt::format("/linux/namespaces/{}/type", i),
                         fmt::format("this kernel has no {} namespaces", name));
    }
}

void check_rlimits(const Subject& subject, const Process& process, Report& report) {
    const auto plan = rlimits::plan(process);
    if (!plan || subject.facts.is_host_root()) return;
    const auto& limits = plan.value().limits;
    for (std::size_t i = 0; i < limits.size(); ++i) {
        const auto current = kernel::hard_resource_limit(limits[i].resource);
        if (current && limits[i].hard > current.value())
            report.warning("permission-denied", fmt::format("/process/rlimits/{}/hard", i),
                           fmt::format("{} is above the caller's own limit {}, which only root "
                                       "can raise: it stays at that",
                                       limits[i].hard, current.value()));
    }
}

/// Those that a user namespace may mount (FS_USERNS_MOUNT).
bool is_for_user_namespaces(std::string_view type) {
    constexpr std::array<std::string_view, 12> types{
        "proc",    "sysfs",   "tmpfs", "ramfs",  "devpts", "mqueue",
        "cgroup2", "overlay", "fuse",  "binder", "bpf",    "binfmt_misc",
    };
    return std::ranges::find(types, type) != types.end();
}

/// Modules may load when they are asked for, so that none of this is sure.
void check_filesystem(const Subject& subject, std::size_t i, std::string_view known,
                      Report& report) {
    const Mount& mount = subject.spec.mounts[i];
    std::string type = mount.type == "cgroup" ? "cgroup2" : mount.type;
    type = type.substr(0, type.find('.'));  // "fuse.sshfs"
    if (rootfs::is_bind(mount) || type.empty() || type == "none") return;
    const std::string pointer = fmt::format("/mounts/{}/type", i);
    if (!host::has_word(known, type))
        report.warning("filesystem-unknown", pointer,
                       fmt::format("\"{}\" is not in /proc/filesystems", type),
                       "modprobe " + shell_quoted(type));
    else if (find_namespace(subject.spec, NamespaceKind::User) != nullptr &&
             !is_for_user_namespaces(type))
        report.warning("filesystem-privileged", pointer,
                       fmt::format("\"{}\" cannot be mounted in a user namespace", type));
}

void check_filesystems(const Subject& subject, Report& report) {
    const std::string known = host::text_of_file("/proc/filesystems");
    if (known.empty()) return;
    for (std::size_t i = 0; i < subject.spec.mounts.size(); ++i)
        check_filesystem(subject, i, known, report);
}

enum class Fit : std::uint8_t { All, Some, None };

/// How many of the wanted numbers are in a file of the kernel such as "0-3".
Fit fit_of(std::string_view wanted, std::string_view present) {
    const auto ranges = parse_index_list(wanted);
    auto all = parse_index_list(trim(present));
    if (!ranges || ranges->empty() || !all || all->empty()) return Fit::All;
    const unsigned wanted_count = count_indexes(*ranges);
    const unsigned before = count_indexes(*all);
    all->insert(all->end(), ranges->begin(), ranges->end());
    const unsigned missing = count_indexes(*all) - before;
    if (missing == 0) return Fit::All;
    return missing == wanted_count ? Fit::None : Fit::Some;
}

/// What is wanted of nodes or processors, and whether some of them would do.
struct Wanted {
    const char* code;
    const char* pointer;
    std::string numbers;
    const char* file;
    Severity if_none = Severity::Error;
    Severity if_some = Severity::Error;
};

void check_numbers(const Subject& subject, Report& report) {
    constexpr const char* nodes = "/sys/devices/system/node/has_memory";
    constexpr const char* processors = "/sys/devices/system/cpu/possible";
    const Linux& section = subject.spec.linux_section;
    const MemoryPolicy policy = section.memory_policy.value_or(MemoryPolicy{});
    const bool is_relative = std::ranges::count(policy.flags, MemoryPolicyFlag::RelativeNodes) != 0;
    const ExecCpuAffinity affinity =
        subject.spec.process ? subject.spec.process->exec_cpu_affinity : ExecCpuAffinity{};
    // A policy and an affinity make do with those that are there; the latter is for exec alone.
    const std::array all{
        Wanted{"node-missing", "/linux/memoryPolicy/nodes", is_relative ? "" : policy.nodes, nodes,
               Severity::Error, Severity::Warning},
        Wanted{"node-missing", "/linux/resources/cpu/mems", section.resources.cpu.mems, nodes},
        Wanted{"processor-missing", "/linux/resources/cpu/cpus", section.resources.cpu.cpus,
               processors},
        Wanted{"processor-missing", "/process/execCPUAffinity/initial", affinity.initial,
               processors, Severity::Warning, Severity::Warning},
        Wanted{"processor-missing", "/process/execCPUAffinity/final", affinity.final, processors,
               Severity::Warning, Severity::Warning},
    };
    for (const Wanted& wanted : all) {
        const std::string present = wanted.numbers.empty() ? "" : host::text_of_file(wanted.file);
        const Fit fit = fit_of(wanted.numbers, present);
        if (fit == Fit::All) continue;
        report.add(
            {fit == Fit::None ? wanted.if_none : wanted.if_some, wanted.code, wanted.pointer,
             fmt::format("\"{}\" names more than this host has: {}", wanted.numbers, trim(present)),
             ""});
    }
}

/// Those of a device are there only where the device is.
bool is_of_device(std::string_view path) {
    constexpr std::array<std::string_view, 4> folders{"sys/net/ipv4/conf/", "sys/net/ipv4/neigh/",
                                                      "sys/net/ipv6/conf/", "sys/net/ipv6/neigh/"};
    return std::ranges::any_of(folders, [&](auto folder) { return path.starts_with(folder); });
}

/// A new namespace has the parameters that the caller's has.
void check_sysctls(const Subject& subject, Report& report) {
    const auto plan = sysctl::plan(subject.spec);
    if (!plan || !plan.value().joined.empty() || !host::exists("/proc/sys/kernel")) return;
    for (const sysctl::Entry& entry : plan.value().entries)
        if (!is_of_device(entry.path) && !host::exists("/proc/" + entry.path))
            report.error("parameter-missing", "/linux/sysctl" + spec::pointer_step(entry.key),
                         "this kernel has no such parameter, or its module is not loaded");
}

void check_labels(const Subject& subject, Report& report) {
    constexpr const char* selinux = "this kernel runs without SELinux";
    const auto& process = subject.spec.process;
    if (process && !process->apparmor_profile.empty() &&
        process->apparmor_profile != "unconfined" && !host::has_apparmor())
        report.error("lsm-missing", "/process/apparmorProfile",
                     "this kernel runs without AppArmor");
    if (process && !process->selinux_label.empty() && !host::has_selinux())
        report.error("lsm-missing", "/process/selinuxLabel", selinux);
    if (subject.spec.linux_section.mount_label.empty() || host::has_selinux()) return;
    const auto plan = mounts::plan(subject.spec, subject.bundle, "");
    if (!plan || plan.value().has_label)
        report.error("lsm-missing", "/linux/mountLabel", selinux);
    else
        report.warning("no-effect", "/linux/mountLabel", "there is no mount that takes a label");
}

void check_intel_rdt(const Subject& subject, Report& report) {
    const auto plan = intel_rdt::plan(subject.spec, "validate");
    if (!plan) return;
    const auto mount_point = intel_rdt::find_mount_point(plan.value());
    if (!mount_point)
        report.error("resctrl-missing", "/linux/intelRdt", "resctrl is not mounted on this host",
                     "mount -t resctrl resctrl /sys/fs/resctrl");
    else
        report.note(intel_rdt::expect(plan.value(), mount_point.value()));
}

}  // namespace

void check_host(const Subject& subject, Report& report) {
    check_namespaces(subject, report);
    if (subject.spec.process) check_rlimits(subject, *subject.spec.process, report);
    check_filesystems(subject, report);
    check_numbers(subject, report);
    check_sysctls(subject, report);
    check_labels(subject, report);
    check_intel_rdt(subject, report);
}

}  // namespace oci::commands
