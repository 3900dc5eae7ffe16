// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/whiteouts.hpp"

#include <dirent.h>
#include <fcntl.h>

#include "base/explain.hpp"
#include "image/unpack/entry_path.hpp"
#include "image/unpack/removal.hpp"

namespace oci::image::unpack {
namespace {

constexpr int to_directory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

/// What is there, or nothing.
Result<std::optional<struct stat>> look(FdView directory, const char* name, std::string_view path) {
    const auto status = kernel::status_of(directory, name);
    if (status) return std::optional<struct stat>{status.value()};
    if (status.error().code == ENOENT) return std::optional<struct stat>{};
    return explain(Result<std::optional<struct stat>>{Failure{static_cast<Error>(status.error())}},
                   "layer: {}: cannot look at it", shown(path));
}

Result<UniqueFd> open_directory(FdView directory, const char* name, std::string_view path) {
    return explain(kernel::open_at(directory, name, to_directory),
                   "layer: {}: cannot open the directory", shown(path));
}

}  // namespace

Result<void> Whiteouts::remove(std::string_view directory, std::string_view name) {
    Directory* found = OCI_TRY(directories_.open(directory, Missing::Ignore));
    if (found == nullptr) return {};
    const std::string text{name};
    return form_ == LayerForm::Overlay ? hide(*found, text) : remove_old(*found, text);
}

Result<void> Whiteouts::remove_content(std::string_view directory) {
    Directory* found = OCI_TRY(directories_.open(directory, Missing::Ignore));
    if (found == nullptr) return {};
    if (form_ == LayerForm::Overlay)
        return found->path.empty() ? hide_root() : hide_content(*found);
    // What is there after the first time is of this layer.
    if (changes_.hides_below(found->path)) return {};
    const std::string path = found->path;
    found->touched = true;
    OCI_TRY(remove_old_content(found->fd, path));
    changes_.opaque.insert(path);
    return {};
}

// ---- for overlayfs ------------------------------------------------------------------

Result<void> Whiteouts::hide(Directory& directory, const std::string& name) {
    // A whiteout that hides nothing would be seen as a device.
    if (changes_.hides_below(directory.path)) return {};
    const std::string path = join(directory.path, name);
    const auto below = OCI_TRY(lower_.find(path));
    if (!below) return {};
    changes_.removed.insert(path);
    const auto here = OCI_TRY(look(directory.fd, name.c_str(), path));
    if (!here) {
        directory.touched = true;
        return explain(kernel::make_node(directory.fd, name.c_str(), S_IFCHR, 0),
                       "layer: {}: cannot make a whiteout", shown(path));
    }
    if (!S_ISDIR(here->st_mode)) return {};
    Directory* made = OCI_TRY(directories_.enter(directory, name));
    return hide_content(*made);
}

Result<void> Whiteouts::hide_content(Directory& directory) {
    if (changes_.hides_below(directory.path)) return {};
    const auto below = OCI_TRY(lower_.find(directory.path));
    if (!below || !S_ISDIR(below->status.st_mode)) return {};
    OCI_TRY(directories_.make_opaque(directory));
    directory.touched = true;
    return remove_whiteouts(directory.fd, directory.path);
}

/// overlayfs merges the roots in any case: each name in them is hidden by itself.
Result<void> Whiteouts::hide_root() {
    for (const FdView layer : lower_.layers()) {
        const auto hide_child = [&](const Child& child) -> Result<void> {
            Directory* root = OCI_TRY(directories_.open(""));
            return hide(*root, std::string{child.name});
        };
        OCI_TRY(for_each_child(layer, "", hide_child));
    }
    return {};
}

/// Of a directory that has just become opaque, and all below.
Result<void> Whiteouts::remove_whiteouts(FdView directory, const std::string& path) {
    return for_each_child(directory, path, [&](const Child& child) -> Result<void> {
        const std::string below = join(path, child.name);
        const auto here = OCI_TRY(look(directory, child.name.data(), below));
        if (here && S_ISDIR(here->st_mode)) {
            const UniqueFd inside = OCI_TRY(open_directory(directory, child.name.data(), below));
            return remove_whiteouts(inside, below);
        }
        if (!here || !is_whiteout(*here)) return {};
        return explain(kernel::remove(directory, child.name.data()),
                       "layer: {}: cannot remove the whiteout", shown(below));
    });
}

// ---- onto a tree --------------------------------------------------------------------

Result<void> Whiteouts::remove_old(Directory& directory, const std::string& name) {
    const std::string path = join(directory.path, name);
    const auto here = OCI_TRY(look(directory.fd, name.c_str(), path));
    if (!here) return {};
    if (changes_.made.contains(path)) {
        if (!S_ISDIR(here->st_mode) || changes_.hides_below(path)) return {};
        Directory* made = OCI_TRY(directories_.enter(directory, name));
        made->touched = true;
        OCI_TRY(remove_old_content(made->fd, path));
        changes_.opaque.insert(path);
        return {};
    }
    directory.touched = true;
    const bool was_directory = OCI_TRY(remove_all(directory.fd, name.c_str(), path));
    if (was_directory) directories_.forget(path);
    return {};
}

Result<void> Whiteouts::remove_old_content(FdView directory, const std::string& path) {
    return for_each_child(directory, path, [&](const Child& child) -> Result<void> {
        const std::string below = join(path, child.name);
        if (!changes_.made.contains(below)) {
            const bool was_directory = OCI_TRY(remove_all(directory, child.name.data(), below));
            if (was_directory) directories_.forget(below);
            return {};
        }
        const auto here = OCI_TRY(look(directory, child.name.data(), below));
        if (!here || !S_ISDIR(here->st_mode)) return {};
        const UniqueFd inside = OCI_TRY(open_directory(directory, child.name.data(), below));
        return remove_old_content(inside, below);
    });
}

}  // namespace oci::image::unpack
