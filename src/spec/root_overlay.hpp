// SPDX-License-Identifier: Apache-2.0
//
// root overlay: the file that says what a root is put together from. It is no part of config.json,
// and whoever makes an image has no say in it.
#pragma once

#include <string>
#include <string_view>

#include "oci-rt/error.hpp"
#include "oci-rt/options.hpp"
#include "oci-rt/result.hpp"

namespace oci::spec {

/// Strict: a member that is unknown or missing is an error, which names it.
[[nodiscard]] Result<RootOverlay> read_root_overlay(std::string_view text);
[[nodiscard]] std::string root_overlay_text(const RootOverlay& overlay);

/// A container made from an image, by the program that does that: what is left to do is to run it.
struct PreparedContainer {
    std::string id{};
    std::string bundle{};
    std::string overlay{};    ///< A file; empty: the bundle has its root by itself.
    std::string directory{};  ///< Of all that belongs to the container.
    std::string storage{};
    bool terminal = false;
    bool interactive = false;  ///< Standard input is passed on.
    bool detach = false;
    bool remove = false;  ///< At its end.
};

[[nodiscard]] Result<PreparedContainer> read_prepared_container(std::string_view text);
[[nodiscard]] std::string prepared_container_text(const PreparedContainer& container);

}  // namespace oci::spec
