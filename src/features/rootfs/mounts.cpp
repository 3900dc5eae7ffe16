// SPDX-License-Identifier: Apache-2.0
//
// The decisions about /mounts; the acts are in mount_build.cpp and mount_place.cpp.
#include "features/rootfs/mounts.hpp"

#include <sys/mount.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/path.hpp"
#include "base/text.hpp"
#include "features/rootfs/dev_directory.hpp"

namespace oci::mounts {
namespace {

/// What lxcfs and CRIU put into procfs. Anything else there could catch what
/// runtimes write to /proc (CVE-2019-16884, CVE-2025-52881).
constexpr std::array<std::string_view, 10> allowed_below_proc{
    "/proc/cpuinfo",
    "/proc/diskstats",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/swaps",
    "/proc/uptime",
    "/proc/loadavg",
    "/proc/slabinfo",
    "/proc/sys/kernel/ns_last_pid",
    "/proc/sys/crypto/fips_enabled",
};

/// fsconfig(2) takes no longer text as one value.
constexpr std::size_t longest_setting = 255;

struct Namespaces {
    bool user;
    bool network;
    bool ipc;
    bool cgroup;
};

Namespaces namespaces_of(const Spec& spec) {
    const auto has = [&](NamespaceKind kind) { return find_namespace(spec, kind) != nullptr; };
    return {has(NamespaceKind::User), has(NamespaceKind::Network), has(NamespaceKind::Ipc),
            has(NamespaceKind::Cgroup)};
}

EntryKind kind_of(const Mount& mount, const Options& options) {
    if (options.remount) return EntryKind::Remount;
    if (rootfs::is_bind(mount)) return EntryKind::Bind;
    const bool names_no_filesystem = mount.type.empty() || mount.type == "none";
    return names_no_filesystem ? EntryKind::Remount : EntryKind::Filesystem;
}

Result<void> check_below_proc(Entry& entry, const std::string& pointer) {
    if (!is_below(entry.destination, "/proc")) return {};
    if (entry.destination == "/proc") {
        if (entry.kind == EntryKind::Filesystem && entry.type != "proc")
            return fail(ErrorKind::InvalidConfig,
                        "{}: /proc can only be a proc file system, not \"{}\"", pointer,
                        entry.type);
    } else if (std::ranges::find(allowed_below_proc, entry.destination) ==
               allowed_below_proc.end()) {
        return fail(ErrorKind::InvalidConfig, "{}: nothing may be mounted at {} inside /proc",
                    pointer, entry.destination);
    }
    entry.belongs_on_procfs = true;
    return {};
}

void plan_bind(Entry& entry, const Mount& mount, const std::string& bundle,
               const std::string& pointer) {
    entry.source = join_path(bundle, mount.source);
    if (entry.options.settings.empty()) return;
    log::warning("{}: a bind has no options of a file system: \"{}\" is ignored", pointer,
                 entry.options.settings[0].key);
    entry.options.settings.clear();
}

/// A file system that is made for this entry is one mount: what holds for its
/// tree holds for it.
void join_recursive_attributes(Options& options) {
    options.set = (options.set & ~options.recursive_clear) | options.recursive_set;
    options.recursive_set = options.recursive_clear = 0;
}

/// overlay takes layers one by one where the list is too long for one value.
void split_long_layers(Options& options) {
    std::vector<Setting> settings;
    for (Setting& setting : options.settings) {
        if (setting.key != "lowerdir" || setting.value.size() <= longest_setting) {
            settings.push_back(std::move(setting));
            continue;
        }
        for (const std::string_view layer : split(setting.value, ':'))
            settings.push_back({"lowerdir+", std::string{layer}, false});
    }
    options.settings = std::move(settings);
}

/// A file system on a device has to be told: the kernel would open the device for writing.
bool needs_readonly_superblock(const Entry& entry) {
    constexpr std::array<std::string_view, 7> without_device{
        "tmpfs", "proc", "sysfs", "cgroup2", "mqueue", "devpts", "overlay",
    };
    return (entry.options.set & MOUNT_ATTR_RDONLY) != 0 && entry.source.starts_with('/') &&
           std::ranges::find(without_device, entry.type) == without_device.end();
}

void plan_substitute(Entry& entry, const Namespaces& own, const std::string& cgroup_path) {
    if (entry.type == "cgroup2") {
        // A fresh mount would show the whole hierarchy where there is no cgroup namespace.
        entry.substitute = cgroup_path.empty() ? "/sys/fs/cgroup" : cgroup_path;
        entry.substitute_at_once = !own.cgroup;
    } else if (entry.type == "sysfs" && (own.user || !own.network)) {
        entry.substitute = "/sys";
    } else if (entry.type == "mqueue" && !own.ipc) {
        entry.substitute = "/dev/mqueue";
    }
}

void plan_filesystem(Entry& entry, const Mount& mount, const Spec& spec, const Namespaces& own,
                     const std::string& cgroup_path) {
    entry.type = mount.type == "cgroup" ? "cgroup2" : mount.type;
    entry.source = mount.source.empty() || entry.type == "cgroup2" ? entry.type : mount.source;
    entry.ordinary_directory = entry.type == "proc" || entry.type == "sysfs";
    entry.inherits_mode = entry.type == "tmpfs" && !entry.options.has_setting("mode");
    join_recursive_attributes(entry.options);
    // Flags of cgroup2 belong to the host's superblock, names of controllers to cgroup v1.
    if (entry.type == "cgroup2") entry.options.settings.clear();
    if (entry.type == "overlay") split_long_layers(entry.options);
    const bool can_be_labelled = !entry.ordinary_directory && entry.type != "cgroup2";
    if (can_be_labelled && !spec.linux_section.mount_label.empty())
        entry.options.settings.push_back({"context", spec.linux_section.mount_label, false});
    if (needs_readonly_superblock(entry)) entry.options.superblock_flags.emplace_back("ro");
    const bool things_are_made_in_it = entry.type == "tmpfs" || entry.destination == "/dev";
    if (things_are_made_in_it && (entry.options.set & MOUNT_ATTR_RDONLY) != 0) {
        entry.late_readonly = true;
        entry.options.set &= ~std::uint64_t{MOUNT_ATTR_RDONLY};
    }
    plan_substitute(entry, own, cgroup_path);
}

Result<void> check_words(const Entry& entry, const Mount& mount, const Namespaces& own,
                         const std::string& pointer) {
    const bool has_map = !mount.uid_mappings.empty() || !mount.gid_mappings.empty();
    if (has_map)
        return fail(ErrorKind::Unsupported, "{}/{}: id-mapped mounts are not supported", pointer,
                    mount.uid_mappings.empty() ? "gidMappings" : "uidMappings");
    // Podman leaves the bare word where there is nothing to map.
    if (entry.options.id_mapped && own.user)
        return fail(ErrorKind::Unsupported, "{}/options: id-mapped mounts are not supported",
                    pointer);
    if (entry.kind == EntryKind::Bind && mount.source.empty())
        return fail(ErrorKind::InvalidConfig, "{}/source: a bind needs a source", pointer);
    if (entry.options.copy_up && entry.type != "tmpfs")
        return fail(ErrorKind::InvalidConfig, "{}/options: tmpcopyup is for tmpfs", pointer);
    if (entry.kind == EntryKind::Remount && !entry.options.settings.empty())
        return fail(ErrorKind::Unsupported,
                    "{}/options: \"{}\" cannot be changed on a file system that is mounted",
                    pointer, entry.options.settings[0].key);
    for (const Setting& setting : entry.options.settings)
        if (setting.value.size() > longest_setting)
            return fail(ErrorKind::Unsupported,
                        "{}/options: the value of \"{}\" is longer than {} bytes", pointer,
                        setting.key, longest_setting);
    return {};
}

/// What is covered by a later mount cannot be found again, so it cannot wait.
void stop_waiting_if_covered(std::vector<Entry>& entries) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto covers = [&](const Entry& later) {
            return later.kind != EntryKind::Remount &&
                   is_below(entries[i].destination, later.destination);
        };
        if (!entries[i].late_readonly) continue;
        if (std::none_of(entries.begin() + static_cast<std::ptrdiff_t>(i) + 1, entries.end(),
                         covers))
            continue;
        entries[i].late_readonly = false;
        entries[i].options.set |= MOUNT_ATTR_RDONLY;
    }
}

}  // namespace

Result<Entry> plan_entry(const Spec& spec, std::size_t position, const std::string& bundle,
                         const std::string& cgroup_path) {
    const Mount& mount = spec.mounts[position];
    const Namespaces own = namespaces_of(spec);
    const std::string pointer = fmt::format("/mounts/{}", position);
    if (mount.destination.empty())
        return fail(ErrorKind::InvalidConfig, "{}/destination: must be set", pointer);
    Entry entry;
    entry.position = position;
    entry.destination = clean_path(mount.destination);
    entry.options = OCI_TRY(parse_options(mount.options, pointer));
    entry.kind = kind_of(mount, entry.options);
    if (entry.kind == EntryKind::Bind) plan_bind(entry, mount, bundle, pointer);
    if (entry.kind == EntryKind::Filesystem) plan_filesystem(entry, mount, spec, own, cgroup_path);
    OCI_TRY(check_words(entry, mount, own, pointer));
    OCI_TRY(check_below_proc(entry, pointer));
    return entry;
}

Result<Plan> plan(const Spec& spec, const std::string& bundle, const std::string& cgroup_path) {
    Plan plan;
    const Namespace* mount_namespace = find_namespace(spec, NamespaceKind::Mount);
    plan.root_path = clean_path(join_path(bundle, spec.root.path));
    plan.has_user_namespace = find_namespace(spec, NamespaceKind::User) != nullptr;
    plan.joins_mount_namespace = mount_namespace != nullptr && !mount_namespace->path.empty();
    plan.propagation = spec.linux_section.rootfs_propagation;
    for (std::size_t i = 0; i < spec.mounts.size(); ++i) {
        Entry entry = OCI_TRY(plan_entry(spec, i, bundle, cgroup_path));
        plan.entries.push_back(std::move(entry));
    }
    stop_waiting_if_covered(plan.entries);
    return plan;
}

}  // namespace oci::mounts
