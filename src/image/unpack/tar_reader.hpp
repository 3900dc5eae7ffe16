// SPDX-License-Identifier: Apache-2.0
//
// tar reader: the entries of an archive, in their order. Strict where two readers could see two
// archives in the same bytes (CVE-2025-62518); names stay the bytes they are. A reader of our own:
// libarchive would pass a NUL in a path, a size said twice and an unknown type, and make one name
// of two that Unicode holds for alike.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "image/byte_source.hpp"
#include "image/unpack/pax.hpp"
#include "image/unpack/tar_header.hpp"

namespace oci::image::unpack {

class TarReader {
public:
    explicit TarReader(ByteSource& source);

    /// The next entry; false at the end of the archive. What is left of the one before is skipped.
    [[nodiscard]] Result<bool> next(TarEntry& entry);

    /// The next stored bytes of the entry, valid until the next call; empty at its end.
    [[nodiscard]] Result<std::span<const char>> data();

    /// Reads to the end of the stream; whether something else than zeros was behind the archive.
    [[nodiscard]] Result<bool> drain();

private:
    struct Extensions {
        std::optional<PaxRecords> pax{};
        std::optional<std::string> long_path{};  ///< GNU 'L'
        std::optional<std::string> long_link{};  ///< GNU 'K'
    };

    [[nodiscard]] Result<void> fill();
    [[nodiscard]] Result<std::optional<Block>> block();
    [[nodiscard]] Result<Block> needed_block();
    [[nodiscard]] Result<void> skip_entry();
    [[nodiscard]] Result<bool> is_end();
    [[nodiscard]] Result<std::string> content(std::uint64_t size, std::size_t most);
    [[nodiscard]] Result<std::string> long_name(const TarHeader& header);
    [[nodiscard]] Result<bool> read_extension(const TarHeader& header, Extensions& extensions);
    [[nodiscard]] Result<void> describe(TarHeader& header, Extensions& extensions, TarEntry& entry);
    [[nodiscard]] Result<void> read_old_sparse(TarHeader& header, TarEntry& entry);
    [[nodiscard]] Result<void> read_pax_sparse(PaxRecords& pax, TarEntry& entry);
    [[nodiscard]] Result<std::uint64_t> number_of_map(std::span<const char>& rest);
    [[nodiscard]] Result<void> read_map_in_data(TarEntry& entry);

    ByteSource& source_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::uint64_t left_ = 0;     ///< Of the entry's stored bytes.
    std::uint64_t padding_ = 0;  ///< Behind them.
};

}  // namespace oci::image::unpack
