// SPDX-License-Identifier: Apache-2.0
//
// Mounts: their sources on the host, their targets in the root, their options.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/path.hpp"
#include "base/shell.hpp"
#include "commands/validate/checks.hpp"
#include "commands/validate/container_files.hpp"
#include "features/rootfs/dev_directory.hpp"
#include "features/rootfs/mount_build.hpp"
#include "features/rootfs/mount_options.hpp"
#include "features/rootfs/mounts.hpp"
#include "host/files.hpp"
#include "kernel/files.hpp"

namespace oci::commands {
namespace {

/// A source on the host that is looked up before anything is made. Those below the root may
/// be made by an earlier mount.
bool has_source(const Subject& subject, const Mount& mount, std::string_view filesystems) {
    const std::string written = join_path(subject.bundle, mount.source);
    const auto options = mounts::parse_options(mount.options, "");
    if (!options || options.value().remount || mount.source.empty()) return true;
    if (is_below(clean_path(written), subject.rootfs)) return true;
    const bool is_device =
        mount.source.starts_with('/') && host::needs_device(filesystems, mount.type);
    if (!rootfs::is_bind(mount) && !is_device) return true;
    const bool follows = !options.value().no_follow_source && !options.value().copy_symlink;
    return static_cast<bool>(follows ? kernel::status_behind(kernel::here, written.c_str())
                                     : kernel::status_of(kernel::here, written.c_str()));
}

/// Those in a joined mount namespace are not ours to see.
void check_sources(const Subject& subject, Report& report) {
    const Namespace* mount_namespace = find_namespace(subject.spec, NamespaceKind::Mount);
    if (mount_namespace != nullptr && !mount_namespace->path.empty()) return;
    const std::string filesystems = host::text_of_file("/proc/filesystems");
    for (std::size_t i = 0; i < subject.spec.mounts.size(); ++i) {
        const Mount& mount = subject.spec.mounts[i];
        if (has_source(subject, mount, filesystems)) continue;
        const std::string source = clean_path(join_path(subject.bundle, mount.source));
        report.error("source-missing", fmt::format("/mounts/{}/source", i),
                     fmt::format("{} does not exist on this host", source),
                     rootfs::is_bind(mount) ? "mkdir -p " + shell_quoted(source) : "lsblk");
    }
}

/// Whether a directory is mounted on a file, or a file on a directory.
bool do_differ(Sight target, bool is_directory) {
    if (target == Sight::Unknown || target == Sight::Missing) return false;
    return (target == Sight::Directory) != is_directory;
}

void check_target(const mounts::Entry& entry, Sight target, Report& report) {
    if (entry.kind == mounts::EntryKind::Remount || entry.options.copy_symlink) return;
    bool is_directory = true;
    if (entry.kind == mounts::EntryKind::Bind) {
        const auto source = kernel::status_behind(kernel::here, entry.source.c_str());
        if (!source) return;
        is_directory = S_ISDIR(source.value().st_mode);
    }
    if (do_differ(target, is_directory))
        report.error("target-unfit", fmt::format("/mounts/{}/destination", entry.position),
                     fmt::format("in the root file system, {} is {}directory, but what is mounted "
                                 "there is {}",
                                 entry.destination, is_directory ? "no " : "a ",
                                 is_directory ? "one" : "none"));
}

/// Makes the file system without putting it anywhere, for what only the kernel can tell of
/// its options. Only of types that live in memory, and leave nothing.
void check_settings(const mounts::Entry& entry, Report& report) {
    if (entry.kind != mounts::EntryKind::Filesystem || entry.options.settings.empty()) return;
    if (entry.type != "tmpfs" && entry.type != "devpts") return;
    const auto made = mounts::make_filesystem(entry, std::nullopt);
    if (!made && made.error().code == EINVAL)
        report.error("mount-option-refused", fmt::format("/mounts/{}/options", entry.position),
                     fmt::format("the kernel refuses the options: {}", made.error().call));
}

}  // namespace

void check_mounts(const Subject& subject, const ContainerFiles& files, Report& report) {
    check_sources(subject, report);
    const auto plan = mounts::plan(subject.spec, subject.bundle, "");
    if (!plan) return;  // is told as the failure of a plan
    constexpr std::size_t most = 1000;
    const auto& entries = plan.value().entries;
    for (std::size_t i = 0; i < std::min(entries.size(), most); ++i) {
        check_target(entries[i], files.target(i), report);
        if (!plan.value().has_label) check_settings(entries[i], report);
    }
}

}  // namespace oci::commands
