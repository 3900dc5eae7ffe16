// SPDX-License-Identifier: Apache-2.0
//
// Paths as text. Nothing here looks at a file system, so nothing here may
// decide what a path of the container leads to: kernel/path_in_root does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace oci {

/// Absolute and without "", "." and ".." components; ".." stops at "/".
[[nodiscard]] std::string clean_path(std::string_view path);

/// path if it is absolute, else directory/path.
[[nodiscard]] std::string join_path(std::string_view directory, std::string_view path);

/// Whether a clean path is the given clean directory, or lies below it.
[[nodiscard]] bool is_below(std::string_view path, std::string_view directory) noexcept;

[[nodiscard]] std::string_view file_name(std::string_view path) noexcept;

/// "/" for a path with a single component.
[[nodiscard]] std::string_view parent_path(std::string_view path) noexcept;

/// All that lead to it, and itself: "/a", "/a/b" for "/a/b"; in the order in which they are made.
[[nodiscard]] std::vector<std::string> leading_paths(const std::string& path);

}  // namespace oci
