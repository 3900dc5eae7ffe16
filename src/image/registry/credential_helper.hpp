// SPDX-License-Identifier: Apache-2.0
//
// credential helper: a program docker-credential-NAME, which keeps passwords elsewhere.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "image/registry/credentials.hpp"

namespace oci::image::registry {

inline constexpr std::chrono::seconds patience_with_helpers{10};

/// Runs "docker-credential-HELPER get" with the server on its standard input, and no descriptor of
/// ours but that. Nothing if it knows none. `path`: PATH, of which only absolute parts count.
[[nodiscard]] Result<std::optional<Credentials>> ask_helper(
    std::string_view path, std::string_view helper, std::string_view server,
    std::chrono::seconds patience = patience_with_helpers);

/// What it says: {"Username": …, "Secret": …}, where the user "<token>" means an identity token.
[[nodiscard]] Result<Credentials> read_helper_answer(std::string_view text);

}  // namespace oci::image::registry
