// SPDX-License-Identifier: Apache-2.0
//
// file content: the bytes of a file, from an archive or from a file of a layer below.
#pragma once

#include <string_view>

#include "image/unpack/budget.hpp"
#include "image/unpack/tar_reader.hpp"

namespace oci::image::unpack {

/// The entry's content into an empty file; holes stay holes.
[[nodiscard]] Result<void> write_content(FdView file, const TarEntry& entry, TarReader& reader,
                                         Budget& budget, std::string_view path);

[[nodiscard]] Result<void> copy_content(FdView from, std::uint64_t size, FdView to, Budget& budget,
                                        std::string_view path);

}  // namespace oci::image::unpack
