// SPDX-License-Identifier: Apache-2.0
//
// prune: removes what no name, no running process and no container leads to.
#pragma once

#include <cstdint>

#include "image/store/store.hpp"

namespace oci::image {

struct Pruned {
    std::uint64_t blobs = 0;
    std::uint64_t layers = 0;
    std::uint64_t leftovers = 0;  ///< Of processes that were killed.
    std::uint64_t bytes = 0;      ///< Of blobs and leftover files.
};

/// Others may go on working with the store. An image that is named and damaged stops it, as what
/// belongs to that cannot be known: verify() and remove_reference() come first.
[[nodiscard]] Result<Pruned> prune(const Store& store);

}  // namespace oci::image
