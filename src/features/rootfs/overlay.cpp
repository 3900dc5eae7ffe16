// SPDX-License-Identifier: Apache-2.0
#include "features/rootfs/overlay.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include <fmt/ranges.h>

#include "base/explain.hpp"
#include "base/path.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/mount.hpp"
#include "kernel/overlay.hpp"
#include "kernel/process.hpp"

namespace oci::rootfs {
namespace {

using kernel::SysResult;

constexpr std::size_t longest_name = 255;
constexpr std::size_t longest_options = 4095;  // a page, with the zero at its end

/// Below the directory, and without what separates names in the options of a mount.
Result<void> check_name(std::string_view name) {
    const auto parts = split(name, '/');
    const bool is_plain = std::ranges::none_of(
        parts, [](std::string_view part) { return part.empty() || part == "." || part == ".."; });
    if (is_plain && name.size() <= longest_name &&
        name.find_first_of(std::string_view{":,\\\"\n\0", 6}) == std::string_view::npos)
        return {};
    return fail(
        ErrorKind::InvalidConfig,
        "root overlay: \"{}\" is no path below its directory, or has one of : , \\ \" in it",
        display_text(name, longest_name));
}

std::string options_of(const RootOverlay& overlay, bool user_attributes) {
    std::string text = fmt::format("lowerdir={},upperdir={},workdir={}",
                                   fmt::join(overlay.lower, ":"), overlay.upper, overlay.work);
    if (user_attributes) text += ",userxattr";
    if (overlay.is_volatile) text += ",volatile";
    return text;
}

constexpr int as_directory = O_PATH | O_DIRECTORY;

SysResult<void> add_layer(FdView filesystem, const char* key, FdView tree,
                          const std::string& name) {
    const UniqueFd layer = OCI_TRY(kernel::open_at(tree, name.c_str(), as_directory));
    return kernel::set_file(filesystem, key, layer);
}

/// All layers lie in one mount, of which the owners are mapped. What is written is not: it is the
/// parent who makes the place to work in, and has no id there.
SysResult<UniqueFd> make_mapped(const RootOverlay& layers, FdView user_namespace) {
    const UniqueFd place =
        OCI_TRY(kernel::open_at(kernel::here, layers.directory.c_str(), as_directory));
    const UniqueFd tree = OCI_TRY(kernel::clone_tree(place, "", 0));
    OCI_TRY(kernel::set_id_map(tree, user_namespace, 0));
    const UniqueFd filesystem = OCI_TRY(kernel::open_filesystem("overlay"));
    for (const std::string& name : layers.lower)
        OCI_TRY(add_layer(filesystem, "lowerdir+", tree, name));
    OCI_TRY(add_layer(filesystem, "upperdir", place, layers.upper));
    OCI_TRY(add_layer(filesystem, "workdir", place, layers.work));
    if (layers.is_volatile) OCI_TRY(kernel::set_flag(filesystem, "volatile"));
    OCI_TRY(kernel::create_filesystem(filesystem));
    return kernel::mount_filesystem(filesystem, 0);
}

SysResult<UniqueFd> make(const OverlayPlan& plan) noexcept {
    std::array<const char*, most_overlay_layers> lower{};
    const std::size_t count = std::min(plan.layers.lower.size(), lower.size());
    for (std::size_t i = 0; i < count; ++i) lower[i] = plan.layers.lower[i].c_str();
    return kernel::make_overlay({.lower = {lower.data(), count},
                                 .upper = plan.layers.upper.c_str(),
                                 .work = plan.layers.work.c_str(),
                                 .user_attributes = plan.user_attributes,
                                 .is_volatile = plan.layers.is_volatile});
}

}  // namespace

Result<OverlayPlan> plan_overlay(const RootOverlay& overlay, bool in_user_namespace) {
    if (!overlay.directory.starts_with('/'))
        return fail(ErrorKind::InvalidConfig, "root overlay: \"{}\" is no absolute path",
                    display_text(overlay.directory, longest_name));
    if (overlay.lower.empty() || overlay.lower.size() > most_overlay_layers)
        return fail(ErrorKind::InvalidConfig, "root overlay: {} layers, 1 to {} are possible",
                    overlay.lower.size(), most_overlay_layers);
    for (const std::string& name : overlay.lower) OCI_TRY(check_name(name));
    OCI_TRY(check_name(overlay.upper));
    OCI_TRY(check_name(overlay.work));
    OverlayPlan plan;
    plan.layers = overlay;
    plan.user_attributes = in_user_namespace;
    plan.options = options_of(overlay, in_user_namespace);
    return plan;
}

Result<void> prepare_overlay(OverlayPlan& plan) {
    if (!plan.id_map) return {};
    OCI_TRY(mounts::prepare_id_map(*plan.id_map));
    auto made = make_mapped(plan.layers, plan.id_map->user_namespace);
    if (!made && made.error().code == EINVAL)
        return fail(ErrorKind::Unsupported,
                    "root overlay: this kernel cannot map the owners of layers (Linux 6.15 can)");
    plan.mount =
        OCI_TRY(explain(std::move(made), "root overlay: cannot mount {} with mapped owners",
                        plan.layers.directory));
    return {};
}

SysResult<UniqueFd> enter_overlay(const OverlayPlan& plan, const char* place,
                                  Progress& progress) noexcept {
    progress.subject = plan.layers.directory;
    if (plan.mount) {
        const UniqueFd target = OCI_TRY(kernel::open_at(kernel::here, place, as_directory));
        OCI_TRY(kernel::attach_mount(plan.mount, target));
        return kernel::duplicate(plan.mount);
    }
    OCI_TRY(kernel::change_directory(plan.layers.directory.c_str()));
    auto made = make(plan);
    if (!made && made.error().code == EINVAL)
        return enter_overlay_by_options(plan, place, progress);
    const UniqueFd target =
        OCI_TRY(kernel::open_at(kernel::here, place, O_PATH | O_DIRECTORY | O_NOFOLLOW));
    UniqueFd root = OCI_TRY(std::move(made));
    OCI_TRY(kernel::attach_mount(root, target));
    return root;
}

SysResult<UniqueFd> enter_overlay_by_options(const OverlayPlan& plan, const char* place,
                                             Progress& progress) noexcept {
    progress.subject = plan.layers.directory;
    if (plan.options.size() > longest_options) return kernel::refuse(E2BIG, "mount");
    OCI_TRY(kernel::change_directory(plan.layers.directory.c_str()));
    OCI_TRY(kernel::mount_overlay(plan.options.c_str(), place, 0));
    return kernel::open_at(kernel::here, place, O_PATH | O_DIRECTORY | O_NOFOLLOW);
}

}  // namespace oci::rootfs
