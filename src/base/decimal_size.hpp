// SPDX-License-Identifier: Apache-2.0
//
// decimal size: how much is fetched or stored, for people.
#pragma once

#include <cstdint>
#include <string>

namespace oci {

/// "812 B", "3.4 MB": powers of 1000, as disks and networks count.
[[nodiscard]] std::string decimal_size(std::uint64_t bytes);

}  // namespace oci
