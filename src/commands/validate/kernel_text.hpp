// SPDX-License-Identifier: Apache-2.0
//
// kernel text: the small files in which the kernel says what it has.
#pragma once

#include <string>
#include <string_view>

#include "kernel/files.hpp"

namespace oci::commands {

[[nodiscard]] bool exists(const std::string& path);

/// The text of a small file; empty if there is none.
[[nodiscard]] std::string text_of(const std::string& path);

/// Whether one of the words between blanks and newlines is this one.
[[nodiscard]] bool has_word(std::string_view text, std::string_view word);

/// Whether a text like /proc/filesystems has a type, and says nothing of "nodev".
[[nodiscard]] bool needs_device(std::string_view filesystems, std::string_view type);

}  // namespace oci::commands
