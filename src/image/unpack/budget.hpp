// SPDX-License-Identifier: Apache-2.0
//
// budget: how much a layer may become. Whoever makes bytes or entries says so here first; one
// thread what it decompresses, another what it writes.
#pragma once

#include <atomic>
#include <cstdint>

#include "image/unpack/unpack.hpp"

namespace oci::image::unpack {

class Budget {
public:
    explicit Budget(const LayerLimits& limits) : limits_{limits} {}

    void packed(std::uint64_t bytes) noexcept { packed_ += bytes; }

    /// Bytes out of a decompressor; the ratio is judged, too.
    [[nodiscard]] Result<void> unpacked(std::uint64_t bytes);

    /// Bytes on disk that are not in the stream: holes, files copied up.
    [[nodiscard]] Result<void> besides(std::uint64_t bytes);

    [[nodiscard]] Result<void> entry();

    [[nodiscard]] std::uint64_t bytes() const noexcept { return unpacked_; }
    [[nodiscard]] std::uint64_t entries() const noexcept { return entries_; }

private:
    [[nodiscard]] Result<void> check_bytes() const;

    LayerLimits limits_;
    std::uint64_t packed_ = 0;
    std::atomic<std::uint64_t> unpacked_ = 0;
    std::atomic<std::uint64_t> besides_ = 0;
    std::uint64_t entries_ = 0;
};

}  // namespace oci::image::unpack
