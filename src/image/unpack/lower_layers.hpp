// SPDX-License-Identifier: Apache-2.0
//
// lower layers: what is to be seen at a path in the layers below, as overlayfs would show it.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::image::unpack {

/// "trusted.overlay.opaque", or "user.overlay.opaque" in a user namespace.
[[nodiscard]] const char* opaque_attribute(bool in_user_namespace) noexcept;

[[nodiscard]] bool is_whiteout(const struct stat& status) noexcept;

class LowerLayers {
public:
    LowerLayers(const std::vector<FdView>& top_first, bool in_user_namespace)
        : layers_{top_first}, opaque_attribute_{opaque_attribute(in_user_namespace)} {}

    struct Found {
        UniqueFd directory;  ///< That holds it.
        std::string name;
        struct stat status;
    };

    /// A clean path; symlinks on the way are not followed: they hide what is behind them. Nothing
    /// if there is nothing, or a whiteout.
    [[nodiscard]] Result<std::optional<Found>> find(std::string_view path) const;

    [[nodiscard]] const std::vector<FdView>& layers() const noexcept { return layers_; }
    /// Of the top layer.
    [[nodiscard]] std::optional<FdView> root() const;

private:
    enum class Next : unsigned char { Found, LayerBelow, Hidden };
    [[nodiscard]] Result<Next> look(FdView layer, std::string_view path, Found& found) const;

    std::vector<FdView> layers_;
    const char* opaque_attribute_;
};

}  // namespace oci::image::unpack
