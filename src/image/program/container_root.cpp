// SPDX-License-Identifier: Apache-2.0
#include "image/program/container_root.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <fmt/ranges.h>

#include "base/explain.hpp"
#include "base/phase.hpp"
#include "image/store/containers.hpp"
#include "kernel/files.hpp"
#include "kernel/mount.hpp"
#include "kernel/namespace.hpp"
#include "kernel/overlay.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/process.hpp"

namespace oci::image::program {
namespace {

using kernel::SysResult;

constexpr const char* tree_name = "rootfs";
constexpr std::string_view mounting = "mount";  ///< The one phase that has another way.
constexpr int as_directory = O_RDONLY | O_DIRECTORY;

Result<UniqueFd> make_directory(FdView parent, const char* name, mode_t mode) {
    OCI_TRY(explain(kernel::make_directory(parent, name, mode), "cannot make {}", name));
    OCI_TRY(explain(kernel::change_mode(parent, name, mode), "cannot make {}", name));
    return explain(kernel::open_beneath(parent, name, as_directory), "cannot open {}", name);
}

/// Nothing of what is mounted from now on is seen by others, or stays when this process ends.
SysResult<void> leave_mounts_of_host() noexcept {
    OCI_TRY(kernel::unshare(CLONE_NEWNS));
    return kernel::set_attributes(kernel::here, "/", {.propagation = MS_SLAVE}, AT_RECURSIVE);
}

/// The paths are relative to the store, which is the working directory.
SysResult<UniqueFd> mount_layers(const RootOverlay& overlay, const std::string& target) {
    std::vector<const char*> lower;
    for (const std::string& each : overlay.lower) lower.push_back(each.c_str());
    const bool in_user_namespace = !kernel::is_in_initial_user_namespace();
    auto made = kernel::make_overlay({.lower = lower,
                                      .upper = overlay.upper.c_str(),
                                      .work = overlay.work.c_str(),
                                      .user_attributes = in_user_namespace});
    if (made || made.error().code != EINVAL) return made;
    const std::string options =
        fmt::format("lowerdir={},upperdir={},workdir={}{}", fmt::join(overlay.lower, ":"),
                    overlay.upper, overlay.work, in_user_namespace ? ",userxattr" : "");
    OCI_TRY(kernel::mount_overlay(options.c_str(), target.c_str(), 0));
    return kernel::open_at(kernel::here, target.c_str(), as_directory);
}

/// The root itself looks like that of the topmost layer.
SysResult<void> look_like(FdView layer, FdView upper) {
    const struct stat status = OCI_TRY(kernel::status_of(layer));
    OCI_TRY(kernel::change_owner(upper, "", status.st_uid, status.st_gid));
    return kernel::change_mode(upper, "", status.st_mode & 07777U);
}

/// In an image without layers there is nothing but the root.
Result<void> add_empty_layer(FdView directory, const std::string& path, RootOverlay& overlay) {
    if (!overlay.lower.empty()) return {};
    OCI_TRY(make_directory(directory, "empty", 0755));
    overlay.lower.push_back(path + "/empty");
    return {};
}

/// Also tries whether the kernel takes it.
Result<ContainerRoot> make_overlay_root(const Store& store, const NamedImage& named,
                                        const UnpackRequest& unpack, const RootRequest& request,
                                        FdView directory) {
    PreparedLayers layers = OCI_TRY(prepare_layers(store, named, unpack));
    const UniqueFd upper = OCI_TRY(make_directory(directory, "upper", 0755));
    OCI_TRY(make_directory(directory, "work", 0700));
    RootOverlay now{.directory = store.path(),
                    .lower = layers.paths,
                    .upper = request.path + "/upper",
                    .work = request.path + "/work"};
    OCI_TRY(add_empty_layer(directory, request.path, now));
    const UniqueFd top =
        OCI_TRY(explain(kernel::open_at(store.root(), now.lower.front().c_str(), as_directory),
                        "cannot open the top layer"));
    OCI_TRY(explain(look_like(top, upper), "cannot set the owner of the root"));
    ContainerRoot root;
    root.tree =
        OCI_TRY(in_phase(mounting, explain(mount_layers(now, request.path + "/" + tree_name),
                                           "cannot mount the layers")));
    root.held.layers = layers.image.chain;
    root.image = std::move(layers.image);
    root.warnings = std::move(layers.warnings);
    root.lease.emplace(std::move(layers.lease));
    const std::string later = place::container(request.id);
    now.upper = later + "/upper";
    now.work = later + "/work";
    now.is_volatile = request.is_brief;
    if (now.lower.front().starts_with(request.path)) now.lower.front() = later + "/empty";
    root.overlay = std::move(now);
    return root;
}

Result<ContainerRoot> make_copied_root(const Store& store, const NamedImage& named,
                                       const UnpackRequest& unpack, UniqueFd tree) {
    FlatTree flat = OCI_TRY(unpack_flat(store, named, tree, unpack));
    ContainerRoot root;
    root.image = std::move(flat.image);
    root.warnings = std::move(flat.warnings);
    root.tree = std::move(tree);
    return root;
}

}  // namespace

Result<ContainerRoot> make_root(const Store& store, const NamedImage& named,
                                const UnpackRequest& unpack, const RootRequest& request,
                                FdView directory) {
    UniqueFd tree = OCI_TRY(make_directory(directory, tree_name, 0755));
    if (request.mode == run::RootMode::Copy)
        return make_copied_root(store, named, unpack, std::move(tree));
    // In this order: a descriptor stays in the mount namespace that it was opened in, and only the
    // working directory is taken along.
    OCI_TRY(explain(kernel::change_directory(store.root()), "cannot enter the store"));
    OCI_TRY(explain(leave_mounts_of_host(), "cannot make a mount namespace"));
    auto root = make_overlay_root(store, named, unpack, request, directory);
    if (root || request.mode == run::RootMode::Overlay || root.error().phase != mounting)
        return root;
    auto copied = make_copied_root(store, named, unpack, std::move(tree));
    if (copied)
        copied.value().warnings.push_back(root.error().message +
                                          ": all of the image is copied instead");
    return copied;
}

}  // namespace oci::image::program
