// SPDX-License-Identifier: Apache-2.0
//
// tar header: one block of 512 bytes in any of its dialects: V7, ustar (POSIX), star, GNU.
#pragma once

#include <cstdint>
#include <span>

#include "image/unpack/tar_entry.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::image::unpack {

inline constexpr std::size_t block_size = 512;
using Block = std::span<const char, block_size>;

[[nodiscard]] constexpr std::uint64_t padded(std::uint64_t size) {
    return (size + block_size - 1) / block_size * block_size;
}

struct TarHeader {
    char type = '0';
    std::string path{};
    std::string link{};
    std::uint64_t size = 0;
    std::uint64_t uid = 0;  ///< Not yet judged: pax may have another.
    std::uint64_t gid = 0;
    mode_t mode = 0;
    unsigned major = 0;
    unsigned minor = 0;
    std::int64_t modified = 0;
    // Of type 'S', GNU's old sparse files:
    std::uint64_t real_size = 0;
    std::vector<Extent> extents{};
    bool extents_go_on = false;  ///< In a block of their own.
};

[[nodiscard]] bool is_zero(Block block) noexcept;

/// InvalidConfig unless the checksum is right and all numbers are.
[[nodiscard]] Result<TarHeader> parse_header(Block block);

/// A block that extents go on in; whether they go on behind it.
[[nodiscard]] Result<bool> parse_more_extents(Block block, std::vector<Extent>& extents);

}  // namespace oci::image::unpack
