// SPDX-License-Identifier: Apache-2.0
//
// random name: what a container is called that nobody gave a name: "quiet_heron".
#pragma once

#include <cstdint>
#include <string>

namespace oci::image::run {

/// The same for the same number; thousands of different ones, and a number behind where `attempt`
/// says that many are taken.
[[nodiscard]] std::string random_name(std::uint64_t number, unsigned attempt);

}  // namespace oci::image::run
