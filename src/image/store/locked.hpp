// SPDX-License-Identifier: Apache-2.0
//
// locked: files and directories that are their own lock: whoever works on one holds it, and
// one that nobody holds was left behind.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::image {

enum class Wait : std::uint8_t { No, Yes };
enum class Missing : std::uint8_t { Make, Leave };
enum class Of : std::uint8_t { File, Directory };

struct Locking {
    Of of = Of::File;
    Missing missing = Missing::Make;
    Wait wait = Wait::Yes;
};

/// Open (files: for reading and writing), locked, and still what its name leads to. Nothing if
/// somebody else has it (Wait::No), or if there is none (Missing::Leave).
[[nodiscard]] Result<std::optional<UniqueFd>> lock_at(FdView root, const std::string& path,
                                                      const Locking& how);

/// A new file below tmp/, locked.
struct Temporary {
    std::string path{};
    UniqueFd file{};
};
[[nodiscard]] Result<Temporary> make_temporary(FdView root);

/// A file appears at its name with all of the text, or not at all, also if the machine crashes.
[[nodiscard]] Result<void> write_durably(FdView root, const std::string& path,
                                         std::string_view text);

/// A file, or a directory with all it holds; links are not followed. Nothing there is no error.
[[nodiscard]] Result<void> remove_tree(FdView directory, const std::string& name);

}  // namespace oci::image
