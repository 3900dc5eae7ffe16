// SPDX-License-Identifier: Apache-2.0
//
// name: what clients call a container (a name and a tag, unique as a pair), what the runtime calls
// it, and what an image may be called.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace oci::serve {

struct Name {
    std::string name{};
    std::string tag{};

    [[nodiscard]] std::string text() const { return name + ":" + tag; }
    auto operator<=>(const Name&) const = default;
};

/// "alpine", "alpine:3.19", "library/alpine": the grammar of repositories, at most 255 characters;
/// no tag is "latest". No digest.
[[nodiscard]] std::optional<Name> parse_name(std::string_view text);

/// "alpine_3.19-1a2b3c4d": letters, digits, "_", "." and "-", and for each name another one.
[[nodiscard]] std::string runtime_id(const Name& name);

/// What an image is called that nobody has named: "docker.io/library/alpine:latest".
[[nodiscard]] std::string image_of(const Name& name);

/// [HOST[:PORT]/]NAME[:TAG][@sha256:…], of which nothing can be taken for an option or a path.
[[nodiscard]] bool is_image_reference(std::string_view text);

/// Where an image with this reference comes from: "quay.io", "localhost:5000"; "docker.io" unless
/// it says so.
[[nodiscard]] std::string_view registry_of(std::string_view reference);

}  // namespace oci::serve
