// SPDX-License-Identifier: Apache-2.0
//
// host devices: what stat(2) says of devices that a container is to have.
#pragma once

#include <vector>

#include "image/run/config.hpp"
#include "image/run/options.hpp"

namespace oci::image::program {

/// all: those of /dev as well.
[[nodiscard]] Result<std::vector<run::HostDevice>> find_devices(
    const std::vector<run::Device>& devices, bool all);

}  // namespace oci::image::program
