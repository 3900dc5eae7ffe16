// SPDX-License-Identifier: Apache-2.0
//
// One file per controller: what its part of linux.resources means as writes.
// Engines send zeros for what they leave alone, so zero means unset unless said.
#pragma once

#include <string>
#include <vector>

#include "features/cgroups/writes.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::cgroups {

/// All of them, in the order in which their files are to be written.
Result<Writes> plan_controllers(const Resources& resources);

/// Of properties that only cgroup v1 has.
std::vector<std::string> warnings_of(const Resources& resources);

namespace cpuset {
Result<void> plan(const Resources& resources, Writes& writes);
}
namespace cpu {
Result<void> plan(const Resources& resources, Writes& writes);
}
namespace memory {
Result<void> plan(const Resources& resources, Writes& writes);
}
namespace pids {
/// A limit of zero is a limit.
Result<void> plan(const Resources& resources, Writes& writes);
}  // namespace pids
namespace io {
/// A rate of zero takes a limit away, as in cgroup v1.
Result<void> plan(const Resources& resources, Writes& writes);
}  // namespace io
namespace hugetlb {
/// A limit of zero is a limit.
Result<void> plan(const Resources& resources, Writes& writes);
}  // namespace hugetlb
namespace rdma {
Result<void> plan(const Resources& resources, Writes& writes);
}
namespace unified {
/// Files of cgroup v2 by name. To be planned last: they override what was converted.
Result<void> plan(const Resources& resources, Writes& writes);
}  // namespace unified

}  // namespace oci::cgroups
