// SPDX-License-Identifier: Apache-2.0
//
// reference: what people call an image: "debian", "localhost:5000/team/app:1.2",
// "registry.example/app@sha256:…".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "image/digest.hpp"

namespace oci::image {

struct Reference {
    std::string registry{};    ///< "docker.io", "localhost:5000", "[::1]:5000"
    std::string repository{};  ///< "library/debian"
    std::string tag{};         ///< Empty only with a digest.
    std::optional<Digest> digest{};

    friend bool operator==(const Reference&, const Reference&) = default;
};

/// The grammar of distribution's references: [HOST[:PORT]/]PATH[:TAG][@DIGEST], a name of at most
/// 255 bytes. The first part is a host if it has a "." or ":" or is "localhost". Without a host the
/// name is of docker.io, without a "/" below its "library/"; without tag and digest it is "latest".
/// No scheme, no user, nothing but ASCII. InvalidConfig says what is wrong, and where.
[[nodiscard]] Result<Reference> parse_reference(std::string_view text);

/// In full: "docker.io/library/debian:latest".
[[nodiscard]] std::string text_of(const Reference& reference);

/// The host to ask: what people call docker.io answers at registry-1.docker.io.
[[nodiscard]] std::string host_of(const Reference& reference);

}  // namespace oci::image
