// SPDX-License-Identifier: Apache-2.0
#include "spec/template.hpp"

#include <unistd.h>

#include <string_view>

#include <fmt/format.h>

#include "base/text.hpp"

namespace oci::spec {
namespace {

constexpr std::string_view head = R"json({
	"ociVersion": "1.3.0",
	"process": {
		"terminal": true,
		"user": {
			"uid": 0,
			"gid": 0
		},
		"args": [
			"sh"
		],
		"env": [
			"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			"TERM=xterm"
		],
		"cwd": "/",
		"capabilities": {
			"bounding": [
				"CAP_AUDIT_WRITE",
				"CAP_KILL",
				"CAP_NET_BIND_SERVICE"
			],
			"effective": [
				"CAP_AUDIT_WRITE",
				"CAP_KILL",
				"CAP_NET_BIND_SERVICE"
			],
			"permitted": [
				"CAP_AUDIT_WRITE",
				"CAP_KILL",
				"CAP_NET_BIND_SERVICE"
			]
		},
		"rlimits": [
			{
				"type": "RLIMIT_NOFILE",
				"hard": 1024,
				"soft": 1024
			}
		],
		"noNewPrivileges": true
	},
	"root": {
		"path": "rootfs",
		"readonly": true
	},
	"hostname": "oci-rt",
	"mounts": [
)json";

/// One entry of "mounts"; options are words between spaces.
struct MountEntry {
    std::string_view destination;
    std::string_view type;
    std::string_view source;
    std::string_view options;
};

/// The words between spaces as the lines of an array of strings.
std::string strings(std::string_view words, std::string_view indent) {
    std::string out;
    for (const std::string_view word : split(words, ' '))
        out += fmt::format("{}{}\"{}\"", out.empty() ? "" : ",\n", indent, word);
    return out + "\n";
}

std::string mount_text(const MountEntry& entry) {
    std::string out = fmt::format(
        "\t\t{{\n\t\t\t\"destination\": \"{}\",\n\t\t\t\"type\": \"{}\",\n\t\t\t\"source\": \"{}\"",
        entry.destination, entry.type, entry.source);
    if (!entry.options.empty())
        out +=
            fmt::format(",\n\t\t\t\"options\": [\n{}\t\t\t]", strings(entry.options, "\t\t\t\t"));
    return out + "\n\t\t}";
}

std::string mounts_text(bool is_rootless) {
    // Without a mapping for the tty group, devpts cannot give terminals to it;
    // sysfs can be mounted only by the owner of the network namespace.
    const MountEntry terminals{"/dev/pts", "devpts", "devpts",
                               is_rootless
                                   ? "nosuid noexec newinstance ptmxmode=0666 mode=0620"
                                   : "nosuid noexec newinstance ptmxmode=0666 mode=0620 gid=5"};
    const MountEntry sys = is_rootless
                               ? MountEntry{"/sys", "none", "/sys", "rbind nosuid noexec nodev ro"}
                               : MountEntry{"/sys", "sysfs", "sysfs", "nosuid noexec nodev ro"};
    const MountEntry entries[] = {
        {"/proc", "proc", "proc", "nosuid noexec nodev"},
        {"/dev", "tmpfs", "tmpfs", "nosuid strictatime mode=755 size=65536k"},
        terminals,
        {"/dev/shm", "tmpfs", "shm", "nosuid noexec nodev mode=1777 size=65536k"},
        {"/dev/mqueue", "mqueue", "mqueue", "nosuid noexec nodev"},
        sys,
        {"/sys/fs/cgroup", "cgroup", "cgroup", "nosuid noexec nodev relatime ro"},
    };
    std::string out;
    for (const MountEntry& entry : entries)
        out += fmt::format("{}{}", out.empty() ? "" : ",\n", mount_text(entry));
    return out + "\n\t],\n";
}

std::string mapping_text(std::string_view key, unsigned id) {
    return fmt::format(
        "\t\t\"{}\": [\n\t\t\t{{\n\t\t\t\t\"containerID\": 0,\n\t\t\t\t\"hostID\": {},\n"
        "\t\t\t\t\"size\": 1\n\t\t\t}}\n\t\t],\n",
        key, id);
}

constexpr std::string_view resources = R"json(		"resources": {
			"devices": [
				{
					"allow": false,
					"access": "rwm"
				}
			]
		},
)json";

std::string namespaces_text(std::string_view kinds) {
    std::string out;
    for (const std::string_view kind : split(kinds, ' '))
        out += fmt::format("{}\t\t\t{{\n\t\t\t\t\"type\": \"{}\"\n\t\t\t}}",
                           out.empty() ? "" : ",\n", kind);
    return fmt::format("\t\t\"namespaces\": [\n{}\n\t\t],\n", out);
}

std::string masked_paths() {
    std::string paths =
        "/proc/acpi /proc/asound /proc/interrupts /proc/kcore /proc/keys /proc/latency_stats "
        "/proc/sched_debug /proc/scsi /proc/timer_list /proc/timer_stats "
        "/sys/devices/virtual/powercap /sys/firmware";
    const long processors = ::sysconf(_SC_NPROCESSORS_CONF);
    for (long i = 0; i < processors; ++i)
        paths += fmt::format(" /sys/devices/system/cpu/cpu{}/thermal_throttle", i);
    return paths;
}

}  // namespace

std::string template_text(std::optional<std::pair<uid_t, gid_t>> rootless) {
    std::string out{head};
    out += mounts_text(rootless.has_value());
    out += "\t\"linux\": {\n";
    if (rootless) {
        out += mapping_text("uidMappings", rootless->first);
        out += mapping_text("gidMappings", rootless->second);
        out += namespaces_text("pid ipc uts mount cgroup user");
    } else {
        out += resources;
        out += namespaces_text("pid network ipc uts mount cgroup");
    }
    out += fmt::format("\t\t\"maskedPaths\": [\n{}\t\t],\n", strings(masked_paths(), "\t\t\t"));
    constexpr std::string_view readonly_paths =
        "/proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger";
    out += fmt::format("\t\t\"readonlyPaths\": [\n{}\t\t]\n", strings(readonly_paths, "\t\t\t"));
    return out + "\t}\n}\n";
}

}  // namespace oci::spec
