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
#include "features/rootfs/dev_directory.hpp"
#include "features/rootfs/filesystem_settings.hpp"

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

struct Namespaces {
    bool user;
    bool cgroup;
};

/// What holds for all entries.
struct Container {
    const Spec& spec;
    const std::string& bundle;
    const std::string& cgroup_path;
    Namespaces own;
    Label label;
};

Namespaces namespaces_of(const Spec& spec) {
    const auto has = [&](NamespaceKind kind) { return find_namespace(spec, kind) != nullptr; };
    return {has(NamespaceKind::User), has(NamespaceKind::Cgroup)};
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

void drop_settings(Entry& entry, const std::string& pointer) {
    if (entry.options.settings.empty()) return;
    log::warning("{}: a bind has no options of a file system: \"{}\" is ignored", pointer,
                 entry.options.settings[0].key);
    entry.options.settings.clear();
}

/// The kernel changes a bind by its attributes alone.
void drop_settings_of_bind(Entry& entry, const std::string& pointer) {
    if (!entry.options.bind && !entry.options.recursive_bind) return;
    drop_settings(entry, pointer);
    entry.options.superblock_flags.clear();
    entry.options.cleared_superblock_flags.clear();
}

/// A file system that is made for this entry is one mount: what holds for its
/// tree holds for it.
void join_recursive_attributes(Options& options) {
    options.set = (options.set & ~options.recursive_clear) | options.recursive_set;
    options.recursive_set = options.recursive_clear = 0;
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
    } else if (entry.type == "sysfs") {
        // Refused to whom the network namespace does not belong, and where the host's is covered.
        entry.substitute = "/sys";
    } else if (entry.type == "mqueue") {
        entry.substitute = "/dev/mqueue";
    }
}

bool plan_settings(Entry& entry, const Container& container) {
    Options& options = entry.options;
    join_recursive_attributes(options);
    entry.inherits_mode = entry.type == "tmpfs" && !options.has_setting("mode");
    // Flags of cgroup2 belong to the host's superblock, names of controllers to cgroup v1.
    if (entry.type == "cgroup2") options.settings.clear();
    if (needs_readonly_superblock(entry)) options.superblock_flags.emplace_back("ro");
    return add_label(container.label, entry.type, options);
}

void plan_filesystem(Entry& entry, const Mount& mount, const Container& container, Plan& plan) {
    entry.type = mount.type == "cgroup" ? "cgroup2" : mount.type;
    entry.source = mount.source.empty() || entry.type == "cgroup2" ? entry.type : mount.source;
    entry.ordinary_directory = entry.type == "proc" || entry.type == "sysfs";
    plan.has_label |= plan_settings(entry, container);
    const bool things_are_made_in_it = entry.type == "tmpfs" || entry.destination == "/dev";
    if (things_are_made_in_it && (entry.options.set & MOUNT_ATTR_RDONLY) != 0) {
        entry.late_readonly = true;
        entry.options.set &= ~std::uint64_t{MOUNT_ATTR_RDONLY};
    }
    plan_substitute(entry, container.own, container.cgroup_path);
}

Result<void> check_words(const Entry& entry, const Mount& mount, const std::string& pointer) {
    if (entry.kind == EntryKind::Bind && mount.source.empty())
        return fail(ErrorKind::InvalidConfig, "{}/source: a bind needs a source", pointer);
    if (entry.options.copy_up && entry.type != "tmpfs")
        return fail(ErrorKind::InvalidConfig, "{}/options: tmpcopyup is for tmpfs", pointer);
    return {};
}

/// Equal maps are one, and cost one process to make.
std::size_t index_of(IdMap map, std::vector<IdMap>& known) {
    const auto same =
        std::ranges::find_if(known, [&](const IdMap& one) { return one.has_maps_of(map); });
    const auto index = static_cast<std::size_t>(same - known.begin());
    if (same == known.end()) known.push_back(std::move(map));
    return index;
}

/// Without a word, the reach of the bind is that of its map.
Result<void> plan_owners(Entry& entry, const Mount& mount, const Container& container, Plan& plan,
                         const std::string& pointer) {
    const IdMapWords& words = entry.options.id_map;
    std::optional<IdMap> map = OCI_TRY(plan_id_map(container.spec, mount, words, pointer));
    if (!map) return {};
    if (entry.kind == EntryKind::Remount)
        return fail(ErrorKind::InvalidConfig, "{}: what is mounted already cannot get an id map",
                    pointer);
    entry.id_map = index_of(std::move(*map), plan.id_maps);
    entry.id_map_is_recursive = words.reach == IdMapWords::Reach::Unwritten
                                    ? entry.options.recursive_bind
                                    : words.reach == IdMapWords::Reach::Tree;
    return {};
}

Result<Entry> plan_entry(std::size_t position, const Container& container, Plan& plan) {
    const Mount& mount = container.spec.mounts[position];
    const std::string pointer = fmt::format("/mounts/{}", position);
    if (mount.destination.empty())
        return fail(ErrorKind::InvalidConfig, "{}/destination: must be set", pointer);
    Entry entry;
    entry.position = position;
    entry.destination = clean_path(mount.destination);
    entry.subject = fmt::format("{} ({})", entry.destination, pointer);
    entry.options = OCI_TRY(parse_options(mount.options, pointer));
    entry.kind = kind_of(mount, entry.options);
    if (entry.kind == EntryKind::Bind) {
        entry.source = join_path(container.bundle, mount.source);
        drop_settings(entry, pointer);
    }
    if (entry.kind == EntryKind::Filesystem) plan_filesystem(entry, mount, container, plan);
    if (entry.kind == EntryKind::Remount) drop_settings_of_bind(entry, pointer);
    OCI_TRY(fit_settings(entry.type, entry.options, pointer));
    OCI_TRY(check_words(entry, mount, pointer));
    OCI_TRY(plan_owners(entry, mount, container, plan, pointer));
    OCI_TRY(check_below_proc(entry, pointer));
    return entry;
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

Result<Plan> plan(const Spec& spec, const std::string& bundle, const std::string& cgroup_path) {
    Plan plan;
    const Namespaces own = namespaces_of(spec);
    const Namespace* mount_namespace = find_namespace(spec, NamespaceKind::Mount);
    plan.root_path = clean_path(join_path(bundle, spec.root.path));
    plan.has_user_namespace = own.user;
    plan.joins_mount_namespace = mount_namespace != nullptr && !mount_namespace->path.empty();
    plan.propagation = spec.linux_section.rootfs_propagation;
    const Label label = OCI_TRY(plan_label(spec));
    const Container container{spec, bundle, cgroup_path, own, label};
    for (std::size_t i = 0; i < spec.mounts.size(); ++i) {
        Entry entry = OCI_TRY(plan_entry(i, container, plan));
        plan.entries.push_back(std::move(entry));
    }
    stop_waiting_if_covered(plan.entries);
    return plan;
}

Result<void> check_entry(const Spec& spec, std::size_t position, const std::string& bundle) {
    Plan plan;
    const Label label = OCI_TRY(plan_label(spec));
    const Container container{spec, bundle, "", namespaces_of(spec), label};
    OCI_TRY(plan_entry(position, container, plan));
    return {};
}

}  // namespace oci::mounts
