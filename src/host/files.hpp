// SPDX-License-Identifier: Apache-2.0
//
// files: looking at the files of a host below a root, which for tests is a
// directory that only looks like one. What cannot be read is as if empty.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci-rt/unique_fd.hpp"

namespace oci::host {

/// An absolute path as one below a root's descriptor; the root itself is ".".
[[nodiscard]] const char* below(const std::string& path) noexcept;

[[nodiscard]] std::string text_of_file(FdView root, const std::string& path);

/// Of the host that this process sees.
[[nodiscard]] std::string text_of_file(const std::string& path);

/// The words of its first line.
[[nodiscard]] std::vector<std::string> words_of_file(FdView root, const std::string& path);

/// A file that holds a single number.
[[nodiscard]] std::optional<std::uint64_t> number_in_file(FdView root, const std::string& path);

[[nodiscard]] bool exists(FdView root, const std::string& path);
[[nodiscard]] bool exists(const std::string& path);

/// The names of the directories in a directory.
[[nodiscard]] std::vector<std::string> directories_in(FdView root, const std::string& path);

/// Whether a text like /proc/filesystems names a file system.
[[nodiscard]] bool knows_filesystem(std::string_view filesystems, std::string_view name);

/// Whether it names one that is of a device: it does not say "nodev".
[[nodiscard]] bool needs_device(std::string_view filesystems, std::string_view name);

/// Whether one of the words between blanks and newlines is this one.
[[nodiscard]] bool has_word(std::string_view text, std::string_view word);

/// Where a program is found: fixed places, because PATH is the caller's. Empty: nowhere.
[[nodiscard]] std::string find_program(FdView root, std::string_view name);

}  // namespace oci::host
