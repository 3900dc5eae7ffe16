// SPDX-License-Identifier: Apache-2.0
//
// warnings: what is left out of a layer: a count and a first example for each kind, so that a
// layer of a million devices makes one line.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace oci::image::unpack {

enum class Omission : std::uint8_t {
    Device,            ///< A device node, which the policy or the kernel does not allow.
    RefusedAttribute,  ///< An extended attribute that the kernel does not let us set.
    ForeignAttribute,  ///< One that means something to the host alone.
    AufsFile,
    TrailingData,  ///< Behind the end of the archive.
};

class Warnings {
public:
    void add(Omission kind, std::string_view where);
    [[nodiscard]] std::vector<std::string> lines() const;

private:
    struct Seen {
        std::uint64_t count = 0;
        std::string first{};
    };
    std::array<Seen, 5> seen_{};
};

}  // namespace oci::image::unpack
