// SPDX-License-Identifier: Apache-2.0
//
// hashing source: passes bytes on and hashes them: the digest of a blob below its decompressor, the
// diffID above it.
#pragma once

#include <cstdint>
#include <limits>
#include <utility>

#include "image/byte_source.hpp"
#include "image/hasher.hpp"

namespace oci::image::unpack {

class HashingSource final : public ByteSource {
public:
    static constexpr std::uint64_t any_size = std::numeric_limits<std::uint64_t>::max();

    /// With a size it stops there: what goes on is an error, as is what ends before.
    HashingSource(ByteSource& below, Hasher hasher, std::uint64_t size = any_size)
        : below_{below}, hasher_{std::move(hasher)}, size_{size} {}

    [[nodiscard]] Result<std::size_t> read(std::span<char> buffer) override;

    /// Reads what nobody has read, and answers the digest of all. Once only.
    [[nodiscard]] Result<Digest> finish();

private:
    ByteSource& below_;
    Hasher hasher_;
    std::uint64_t size_;
    std::uint64_t seen_ = 0;
};

}  // namespace oci::image::unpack
