// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/lower_layers.hpp"

#include <fcntl.h>

#include <array>

#include "base/explain.hpp"
#include "image/unpack/entry_path.hpp"
#include "kernel/file_metadata.hpp"
#include "kernel/files.hpp"

namespace oci::image::unpack {
namespace {

constexpr int to_directory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

bool is_opaque(FdView directory, const char* attribute) {
    std::array<char, 8> value{};
    const auto found = kernel::get_attribute(directory, attribute, value);
    return found && found.value() == "y";
}

}  // namespace

const char* opaque_attribute(bool in_user_namespace) noexcept {
    return in_user_namespace ? "user.overlay.opaque" : "trusted.overlay.opaque";
}

bool is_whiteout(const struct stat& status) noexcept {
    return S_ISCHR(status.st_mode) && status.st_rdev == 0;
}

std::optional<FdView> LowerLayers::root() const {
    if (layers_.empty()) return std::nullopt;
    return layers_.front();
}

/// In one layer. What hides the layers below: a whiteout or an opaque directory, and anything on
/// the way that is no directory.
Result<LowerLayers::Next> LowerLayers::look(FdView layer, std::string_view path,
                                            Found& found) const {
    bool opaque = false;
    const auto cannot = [&](const kernel::SysError& error) {
        return explain(Result<Next>{Failure{static_cast<Error>(error)}},
                       "layer: {}: cannot look in a layer below", shown(path));
    };
    auto opened = kernel::open_at(layer, ".", to_directory);
    if (!opened) return cannot(opened.error());
    UniqueFd directory = std::move(opened).value();
    std::string_view rest = path;
    for (;;) {
        opaque = opaque || is_opaque(directory, opaque_attribute_);
        const std::size_t slash = rest.find('/');
        found.name = rest.substr(0, slash);
        if (slash == std::string_view::npos) break;
        rest.remove_prefix(slash + 1);
        auto next = kernel::open_at(directory, found.name.c_str(), to_directory);
        if (next) {
            directory = std::move(next).value();
            continue;
        }
        if (next.error().code == ENOENT) return opaque ? Next::Hidden : Next::LayerBelow;
        if (next.error().code == ENOTDIR || next.error().code == ELOOP) return Next::Hidden;
        return cannot(next.error());
    }
    const auto status = kernel::status_of(directory, found.name.c_str());
    if (!status) {
        if (status.error().code != ENOENT) return cannot(status.error());
        return opaque ? Next::Hidden : Next::LayerBelow;
    }
    if (is_whiteout(status.value())) return Next::Hidden;
    found.status = status.value();
    found.directory = std::move(directory);
    return Next::Found;
}

Result<std::optional<LowerLayers::Found>> LowerLayers::find(std::string_view path) const {
    Found found{};
    for (const FdView layer : layers_) {
        const Next next = OCI_TRY(look(layer, path, found));
        if (next == Next::Found) return std::optional<Found>{std::move(found)};
        if (next == Next::Hidden) break;
    }
    return std::optional<Found>{};
}

}  // namespace oci::image::unpack
