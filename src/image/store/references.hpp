// SPDX-License-Identifier: Apache-2.0
//
// references: the names of what is in the store, in the layout's index.json. Names are whole
// references: "docker.io/library/debian:latest".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "image/documents.hpp"
#include "image/reference.hpp"
#include "image/store/store.hpp"

namespace oci::image {

inline constexpr std::string_view name_annotation = "org.opencontainers.image.ref.name";

struct NamedImage {
    std::string name{};  ///< Empty where somebody else wrote the index.
    Descriptor descriptor{};
};

/// In the order of the index.
[[nodiscard]] Result<std::vector<NamedImage>> references(const Store& store);

/// By a reference as people write it, or by the digest of a manifest or index alone. A reference
/// with a digest finds any image of that repository which has it. NotFound.
[[nodiscard]] Result<NamedImage> find_reference(const Store& store, std::string_view word);

/// In place of what had the name. Its content is held by a lease until then.
[[nodiscard]] Result<void> set_reference(const Store& store, const Reference& reference,
                                         const Descriptor& descriptor);

/// All names that `word` finds; what is not needed any more, prune() removes. Yields the names.
[[nodiscard]] Result<std::vector<std::string>> remove_reference(const Store& store,
                                                                std::string_view word);

}  // namespace oci::image
