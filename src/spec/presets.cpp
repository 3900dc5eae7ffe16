// SPDX-License-Identifier: Apache-2.0
#include "spec/presets.hpp"

#include <algorithm>
#include <array>

#include "base/explain.hpp"
#include "spec/names.hpp"

namespace oci::spec {
namespace {

using Changes = std::string_view;

constexpr std::string_view dev = "nosuid strictatime mode=755 size=65536k";
constexpr std::string_view masked_paths =
    "/proc/acpi /proc/asound /proc/interrupts /proc/kcore /proc/keys /proc/latency_stats "
    "/proc/sched_debug /proc/scsi /proc/timer_list /proc/timer_stats "
    "/sys/devices/virtual/powercap /sys/firmware";
constexpr std::string_view readonly_paths =
    "/proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger";

constexpr Changes deny_devices = R"(/linux/resources/devices=[{"allow":false,"access":"rwm"}])";

// ---- without a preset: few rights ------------------------------------------------

constexpr std::array plain_changes{
    Changes{R"(/process/rlimits=[{"type":"RLIMIT_NOFILE","hard":1024,"soft":1024}])"},
    Changes{"/process/noNewPrivileges=true"},
    Changes{"/root/readonly=true"},
};
constexpr std::array plain_changes_for_root{deny_devices};

// ---- docker ----------------------------------------------------------------------

constexpr std::string_view docker_capabilities =
    "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP "
    "NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE";

/// The default devices by name, and /dev/fuse denied although nothing allows it.
constexpr std::array docker_changes_for_root{
    Changes{"/process/user/additionalGids=[0]"},
    Changes{"/process/oomScoreAdj=0"},
    Changes{R"(/linux/sysctl={"net.ipv4.ip_unprivileged_port_start":"0",)"
            R"("net.ipv4.ping_group_range":"0 2147483647"})"},
    Changes{R"(/linux/resources/devices=[{"allow":false,"access":"rwm"},)"
            R"({"allow":true,"type":"c","major":1,"minor":5,"access":"rwm"},)"
            R"({"allow":true,"type":"c","major":1,"minor":3,"access":"rwm"},)"
            R"({"allow":true,"type":"c","major":1,"minor":9,"access":"rwm"},)"
            R"({"allow":true,"type":"c","major":1,"minor":8,"access":"rwm"},)"
            R"({"allow":true,"type":"c","major":5,"minor":0,"access":"rwm"},)"
            R"({"allow":true,"type":"c","major":5,"minor":1,"access":"rwm"},)"
            R"({"allow":false,"type":"c","major":10,"minor":229,"access":"rwm"}])"},
};

// ---- podman ----------------------------------------------------------------------

constexpr std::array podman_changes{
    Changes{R"(/process/env/-="container=podman")"},
    Changes{"/process/user/umask=18"},
};
constexpr std::array podman_changes_for_root{
    Changes{R"(/process/rlimits=[{"type":"RLIMIT_NOFILE","hard":1048576,"soft":1048576},)"
            R"({"type":"RLIMIT_NPROC","hard":1048576,"soft":1048576}])"},
    Changes{R"(/linux/sysctl={"net.ipv4.ping_group_range":"0 0"})"},
    deny_devices,
    Changes{"/linux/resources/pids/limit=2048"},
};

// ---- kubernetes: of a pod that asks for nothing (BestEffort) -----------------------

constexpr std::array kubernetes_changes{Changes{"/process/oomScoreAdj=1000"}};
constexpr std::array kubernetes_changes_for_root{
    Changes{"/process/user/additionalGids=[0]"},
    deny_devices,
    Changes{"/linux/resources/cpu/shares=2"},
    Changes{R"(/linux/resources/unified={"memory.oom.group":"1"})"},
};

constexpr std::array presets{
    Preset{.name = "",
           .capabilities = "AUDIT_WRITE KILL NET_BIND_SERVICE",
           .dev_options = dev,
           .cgroup_options = "nosuid noexec nodev relatime ro",
           .masked_paths = masked_paths,
           .readonly_paths = readonly_paths,
           .changes = plain_changes,
           .changes_for_root = plain_changes_for_root},
    Preset{.name = "docker",
           .capabilities = docker_capabilities,
           .dev_options = dev,
           .cgroup_options = "ro nosuid noexec nodev",
           .masked_paths = masked_paths,
           .readonly_paths = readonly_paths,
           .changes = {},
           .changes_for_root = docker_changes_for_root,
           .seccomp = DefaultProfile::Docker},
    Preset{.name = "podman",
           .capabilities = "CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE SETFCAP "
                           "SETGID SETPCAP SETUID SYS_CHROOT",
           .dev_options = "nosuid noexec strictatime mode=755 size=65536k",
           .cgroup_options = "rprivate nosuid noexec nodev relatime ro",
           .masked_paths = "/proc/acpi /proc/interrupts /proc/kcore /proc/keys "
                           "/proc/latency_stats /proc/sched_debug /proc/scsi /proc/timer_list "
                           "/proc/timer_stats /sys/dev/block /sys/devices/virtual/powercap "
                           "/sys/firmware /sys/fs/selinux",
           .readonly_paths = "/proc/asound /proc/bus /proc/fs /proc/irq /proc/sys "
                             "/proc/sysrq-trigger",
           .changes = podman_changes,
           .changes_for_root = podman_changes_for_root,
           .seccomp = DefaultProfile::Podman},
    Preset{.name = "kubernetes",
           .capabilities = docker_capabilities,
           .dev_options = dev,
           .cgroup_options = "nosuid noexec nodev relatime ro",
           .masked_paths = masked_paths,
           .readonly_paths = readonly_paths,
           .changes = kubernetes_changes,
           .changes_for_root = kubernetes_changes_for_root,
           .seccomp = DefaultProfile::Docker},
};

}  // namespace

Result<const Preset*> find_preset(std::string_view name) {
    const auto* const found = std::ranges::find(presets, name, &Preset::name);
    if (found != presets.end()) return found;
    std::vector<std::string_view> known;
    for (const Preset& preset : presets)
        if (!preset.name.empty()) known.push_back(preset.name);
    return fail(ErrorKind::InvalidConfig, "preset: {}", unknown_name(name, known));
}

}  // namespace oci::spec
