// SPDX-License-Identifier: Apache-2.0
#include "image/digest.hpp"

#include <algorithm>
#include <array>

#include "base/explain.hpp"
#include "base/named_values.hpp"
#include "base/text.hpp"

namespace oci::image {
namespace {

constexpr std::array algorithms{
    Named<DigestAlgorithm>{"sha256", DigestAlgorithm::Sha256},
    Named<DigestAlgorithm>{"sha512", DigestAlgorithm::Sha512},
};

constexpr std::size_t digits_of(DigestAlgorithm algorithm) {
    return algorithm == DigestAlgorithm::Sha256 ? 64 : 128;
}

bool is_lower_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

std::string_view name_of(DigestAlgorithm algorithm) noexcept {
    return name_of_value(algorithms, algorithm);
}

Result<Digest> Digest::parse(std::string_view text) {
    const std::string shown = json_quoted(display_text(text, 160));
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos)
        return fail(ErrorKind::InvalidConfig, "{} is no digest: must be ALGORITHM:HEX", shown);
    const auto algorithm = value_named(algorithms, text.substr(0, colon));
    if (!algorithm)
        return fail(ErrorKind::Unsupported,
                    "{} is of an unknown algorithm: sha256 and sha512 are known", shown);
    const std::string_view hex = text.substr(colon + 1);
    if (hex.size() != digits_of(*algorithm) || !std::ranges::all_of(hex, is_lower_hex))
        return fail(ErrorKind::InvalidConfig, "{} is no digest: {} has {} of 0-9 and a-f", shown,
                    name_of(*algorithm), digits_of(*algorithm));
    return Digest{*algorithm, std::string{hex}};
}

std::string Digest::text() const { return std::string{name_of(algorithm_)} + ':' + hex_; }

}  // namespace oci::image
