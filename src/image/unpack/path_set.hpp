// SPDX-License-Identifier: Apache-2.0
//
// path set: which paths a layer has made, in 16 bytes or less each: a layer may have two million.
// It keeps hashes under a secret key; that two paths share one does not happen to anybody.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace oci::image::unpack {

class PathSet {
public:
    PathSet();
    /// Whether it was not there before.
    bool insert(std::string_view path);
    [[nodiscard]] bool contains(std::string_view path) const;

private:
    [[nodiscard]] std::uint64_t hash_of(std::string_view path) const;
    [[nodiscard]] std::size_t slot_of(std::uint64_t hash) const;
    void grow();

    std::uint64_t key_[2];
    std::vector<std::uint64_t> slots_;  ///< 0: free. Their number is a power of two.
    std::size_t used_ = 0;
};

}  // namespace oci::image::unpack
