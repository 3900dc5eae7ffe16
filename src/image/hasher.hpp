// SPDX-License-Identifier: Apache-2.0
//
// hasher: the digest of a stream. The one place that knows libcrypto.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "image/digest.hpp"

namespace oci::image {

class Hasher {
public:
    [[nodiscard]] static Result<Hasher> start(DigestAlgorithm algorithm);

    [[nodiscard]] Result<void> update(std::span<const char> bytes);

    /// Ends the stream: the hasher takes no more.
    [[nodiscard]] Result<Digest> finish();

private:
    struct Context;
    struct Free {
        void operator()(Context* context) const noexcept;
    };
    Hasher(DigestAlgorithm algorithm, std::unique_ptr<Context, Free> context)
        : algorithm_{algorithm}, context_{std::move(context)} {}

    DigestAlgorithm algorithm_;
    std::unique_ptr<Context, Free> context_;
};

/// Of a text in memory.
[[nodiscard]] Result<Digest> digest_of(std::string_view bytes,
                                       DigestAlgorithm algorithm = DigestAlgorithm::Sha256);

}  // namespace oci::image
