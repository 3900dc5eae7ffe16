// SPDX-License-Identifier: Apache-2.0
//
// digest: the name of content by its hash: "sha256:" and 64 hexadecimal digits. A text becomes a
// Digest before it may become a path or an address (CVE-2024-3727).
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::image {

enum class DigestAlgorithm : std::uint8_t { Sha256, Sha512 };

[[nodiscard]] std::string_view name_of(DigestAlgorithm algorithm) noexcept;

class Digest {
public:
    /// image-spec, descriptor.md "Digests": "ALGORITHM:HEX", of lower case and exactly as long as
    /// the algorithm wants. InvalidConfig says what is wrong about it.
    [[nodiscard]] static Result<Digest> parse(std::string_view text);

    /// Of what a hasher gave: `hex` is as parse() wants it.
    Digest(DigestAlgorithm algorithm, std::string hex)
        : algorithm_{algorithm}, hex_{std::move(hex)} {}

    [[nodiscard]] DigestAlgorithm algorithm() const noexcept { return algorithm_; }
    [[nodiscard]] const std::string& hex() const noexcept { return hex_; }
    [[nodiscard]] std::string text() const;

    friend auto operator<=>(const Digest&, const Digest&) = default;

private:
    DigestAlgorithm algorithm_ = DigestAlgorithm::Sha256;
    std::string hex_;
};

}  // namespace oci::image
