// SPDX-License-Identifier: Apache-2.0
//
// entry path: the path of an entry as text, without any question to the file system.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::image::unpack {

inline constexpr std::size_t longest_path = 4095;  ///< bytes
inline constexpr std::size_t longest_component = 255;
inline constexpr std::size_t most_components = 256;

/// Relative, without "", "." and ".." components; "" is the root. An absolute path is one below
/// the root; ".." is refused, as no writer of layers has a reason for it. Also refused: NUL, and
/// what is longer than the limits.
[[nodiscard]] Result<std::string> clean_entry_path(std::string_view path);

/// "" for a path of one component.
[[nodiscard]] std::string_view parent_of(std::string_view path) noexcept;
[[nodiscard]] std::string_view name_in(std::string_view path) noexcept;

[[nodiscard]] std::string join(std::string_view directory, std::string_view name);

/// Whether the path is the directory ("": the root), or below it.
[[nodiscard]] bool is_at_or_below(std::string_view path, std::string_view directory) noexcept;

/// For messages: in quotes, nothing of it drives a terminal.
[[nodiscard]] std::string shown(std::string_view path);

enum class Mark : std::uint8_t {
    None,
    Whiteout,  ///< ".wh.NAME"
    Opaque,    ///< ".wh..wh..opq"
    Aufs,  ///< Below ".wh..wh.…": what Docker's oldest driver kept there, and all others skip.
};

struct Marked {
    Mark mark = Mark::None;
    std::string_view name{};  ///< Whiteout: of what goes.
};

/// Of a clean path. A whiteout of nothing, of "." or "..", or on the way to something, is refused.
[[nodiscard]] Result<Marked> mark_of(std::string_view path);

}  // namespace oci::image::unpack
