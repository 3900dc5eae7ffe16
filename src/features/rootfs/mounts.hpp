// SPDX-License-Identifier: Apache-2.0
//
// mounts: the list /mounts. A target is resolved once, to a descriptor; a mount
// is complete before it gets its place; there is no remounting in between.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "features/progress.hpp"
#include "features/rootfs/id_maps.hpp"
#include "features/rootfs/mount_options.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::mounts {

enum class EntryKind : unsigned char { Filesystem, Bind, Remount };

struct Entry {
    EntryKind kind{};
    std::size_t position = 0;  ///< N of /mounts/N
    std::string destination;   ///< Clean and absolute, in the container.
    std::string subject;       ///< For the report if it fails: "/data (/mounts/7)".
    std::string type;          ///< As fsopen(2) knows it; empty unless Filesystem.
    std::string source;  ///< Bind: absolute path on the host. Else what the kernel shall show.
    Options options;
    bool late_readonly = false;       ///< Read-only only in finish(): things are made in it before.
    bool ordinary_directory = false;  ///< procfs, sysfs: no symlink on the way to the target.
    bool inherits_mode = false;       ///< tmpfs without mode=
    bool belongs_on_procfs = false;   ///< At /proc, or at one of the few allowed places below.
    /// A path of the host to bind if the kernel refuses the file system; empty: none.
    std::string substitute;
    bool substitute_at_once = false;  ///< Do not try the file system at all.
    bool group_may_lack = false;      ///< By prepare(): devpts whose gid= may not be mapped here.
    /// Index in Plan::id_maps of what changes the owners that the mount shows.
    std::optional<std::size_t> id_map;
    bool id_map_is_recursive = false;
    FdView user_namespace{-1};     ///< By prepare(), from id_map.
    UniqueFd opened;               ///< By prepare(): what is to be mounted, as a detached mount.
    bool keeps_locks = false;      ///< By prepare(): init's own mount of the source is better.
    bool yields_to_locks = false;  ///< By prepare(): nobody here could take back what is locked.
};

struct Plan {
    std::vector<Entry> entries;
    std::vector<IdMap> id_maps;
    std::string root_path;  ///< Sources below it are opened by init, after earlier entries.
    bool has_user_namespace = false;
    bool joins_mount_namespace = false;  ///< Sources are paths there: the parent cannot look.
    bool has_label = false;              ///< /linux/mountLabel is an option of some entry.
    Propagation propagation = Propagation::Unset;
};

/// What plan() says of one entry by itself.
Result<void> check_entry(const Spec& spec, std::size_t position, const std::string& bundle);

/// cgroup_path: the container's cgroup directory on the host; may be empty.
Result<Plan> plan(const Spec& spec, const std::string& bundle, const std::string& cgroup_path);

/// Makes the id maps. With a user namespace: opens the sources, and makes file systems
/// with an id map, with the rights of the parent. For the parent.
Result<void> prepare(Plan& plan);

/// Where the cgroup has come to be, if not where it was planned. Before prepare_cgroup().
void set_cgroup(Plan& plan, const std::string& cgroup_path);

/// The same for the container's cgroup, as soon as there is one. For the parent.
Result<void> prepare_cgroup(Plan& plan);

/// Before the change of root: sources are paths of the host. A mount at "/"
/// replaces root.
kernel::SysResult<void> enter(const Plan& plan, UniqueFd& root, Progress& progress) noexcept;

/// After devices, console and masks: the read-only that had to wait. Before rootfs::finish.
kernel::SysResult<void> finish(const Plan& plan, FdView root, Progress& progress) noexcept;

}  // namespace oci::mounts
