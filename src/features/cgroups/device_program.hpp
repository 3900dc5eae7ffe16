// SPDX-License-Identifier: Apache-2.0
//
// Device tables as BPF instructions. Short, and every comparison shared: the
// kernel's verifier takes more than twice as long for twice the program.
#pragma once

#include "features/cgroups/device_filter.hpp"
#include "features/cgroups/device_table.hpp"

namespace oci::cgroups {

/// InvalidConfig if there are more devices than a jump can span.
Result<DeviceProgram> assemble_device_program(const DeviceTable& characters,
                                              const DeviceTable& blocks);

}  // namespace oci::cgroups
