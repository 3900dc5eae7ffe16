// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/path.hpp"
#include "base/text.hpp"
#include "commands/validate/checks.hpp"
#include "features/process/arguments.hpp"
#include "features/rootfs/dev_directory.hpp"
#include "features/rootfs/rootfs.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"

namespace oci::commands {
namespace {

bool exists(const std::string& path) {
    return static_cast<bool>(kernel::status_behind(kernel::here, path.c_str()));
}

void check_root(const Subject& subject, Report& report) {
    const auto plan = rootfs::plan(subject.spec, subject.bundle, /*no_pivot=*/false);
    if (!plan) return;  // is told as the failure of a plan
    const auto usable = rootfs::check(plan.value());
    if (usable) return;
    report.error("root-unusable", "/root/path", usable.error().message,
                 "unpack the image's files into " + subject.rootfs);
}

/// Whether a mount other than the root's provides this path.
bool is_mounted_over(const Spec& spec, const std::string& path) {
    return std::ranges::any_of(spec.mounts, [&](const Mount& mount) {
        return is_below(path, clean_path(mount.destination));
    });
}

/// A program that is not in the root, nor can be in a mount, will not be found.
void check_program(const Subject& subject, const Process& process, Report& report) {
    const auto plan = arguments::plan(process);
    if (!plan) return;
    const auto root = kernel::open_at(kernel::here, subject.rootfs.c_str(), O_PATH | O_DIRECTORY);
    if (!root) return;
    bool is_present = false;
    for (const std::string& candidate : plan.value().candidates) {
        const std::string path = clean_path(join_path(process.cwd, candidate));
        if (is_mounted_over(subject.spec, path)) return;
        const auto file = kernel::open_in_root(root.value(), path.c_str(), O_PATH);
        if (!file) continue;
        const auto status = kernel::status_of(file.value());
        if (!status || S_ISDIR(status.value().st_mode)) continue;
        if ((status.value().st_mode & 0111U) != 0) return;
        is_present = true;
    }
    const std::string why =
        is_present ? "no one may execute it: its mode has no x bit"
                   : (plan.value().is_searched ? "executable file not found in $PATH below "
                                               : "no such file below ") +
                         subject.rootfs;
    report.error(is_present ? "program-not-executable" : "program-not-found", "/process/args/0",
                 json_quoted(process.args[0]) + ": " + why);
}

/// Sources below the root may be made by an earlier mount, those in a joined
/// mount namespace are not ours to see.
void check_sources(const Subject& subject, Report& report) {
    const Namespace* mount_namespace = find_namespace(subject.spec, NamespaceKind::Mount);
    if (mount_namespace != nullptr && !mount_namespace->path.empty()) return;
    for (std::size_t i = 0; i < subject.spec.mounts.size(); ++i) {
        const Mount& mount = subject.spec.mounts[i];
        if (!rootfs::is_bind(mount) || mount.source.empty()) continue;
        const std::string source = clean_path(join_path(subject.bundle, mount.source));
        if (is_below(source, subject.rootfs)) continue;
        if (kernel::status_of(kernel::here, source.c_str())) continue;
        report.error("source-missing", fmt::format("/mounts/{}/source", i),
                     fmt::format("{} does not exist on this host", source), "mkdir -p " + source);
    }
}

void check_namespace_paths(const Subject& subject, Report& report) {
    const auto& entries = subject.spec.linux_section.namespaces;
    for (std::size_t i = 0; i < entries.size(); ++i)
        if (!entries[i].path.empty() && !exists(entries[i].path))
            report.error("namespace-missing", fmt::format("/linux/namespaces/{}/path", i),
                         fmt::format("{} does not exist on this host", entries[i].path));
}

void check_hook_list(std::string_view name, const std::vector<Hook>& hooks, Report& report) {
    for (std::size_t i = 0; i < hooks.size(); ++i) {
        const auto status = kernel::status_behind(kernel::here, hooks[i].path.c_str());
        const std::string pointer = fmt::format("/hooks/{}/{}/path", name, i);
        if (!status)
            report.error("hook-missing", pointer,
                         fmt::format("{} does not exist on this host", hooks[i].path));
        else if (!S_ISREG(status.value().st_mode) || (status.value().st_mode & 0111U) == 0)
            report.error("hook-not-executable", pointer,
                         fmt::format("{} is not an executable file", hooks[i].path),
                         "chmod +x " + hooks[i].path);
    }
}

/// startContainer hooks are files of the container.
void check_hooks(const Subject& subject, Report& report) {
    const Hooks& hooks = subject.spec.hooks;
    for (const auto& [name, list] :
         {std::pair{"prestart", &hooks.prestart}, std::pair{"createRuntime", &hooks.create_runtime},
          std::pair{"createContainer", &hooks.create_container},
          std::pair{"poststart", &hooks.poststart}, std::pair{"poststop", &hooks.poststop}})
        check_hook_list(name, *list, report);
}

/// In a user namespace nodes cannot be made: the host's are bound.
void check_devices(const Subject& subject, Report& report) {
    if (find_namespace(subject.spec, NamespaceKind::User) == nullptr) return;
    const auto& devices = subject.spec.linux_section.devices;
    for (std::size_t i = 0; i < devices.size(); ++i)
        if (devices[i].type != 'p' && !exists(devices[i].path))
            report.error("device-missing", fmt::format("/linux/devices/{}/path", i),
                         fmt::format("{} does not exist on this host, and in a user namespace the "
                                     "host's node is what is bound",
                                     devices[i].path));
}

}  // namespace

void check_files(const Subject& subject, Report& report) {
    check_root(subject, report);
    if (subject.spec.process) check_program(subject, *subject.spec.process, report);
    check_sources(subject, report);
    check_namespace_paths(subject, report);
    check_hooks(subject, report);
    check_devices(subject, report);
}

}  // namespace oci::commands
