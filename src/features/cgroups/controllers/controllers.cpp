// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/controllers/controllers.hpp"

#include <array>

#include <fmt/ranges.h>

namespace oci::cgroups {
namespace {

constexpr std::array each_controller{
    cpuset::plan, cpu::plan,     memory::plan, pids::plan,
    io::plan,     hugetlb::plan, rdma::plan,   unified::plan,
};

}  // namespace

Result<Writes> plan_controllers(const Resources& resources) {
    Writes writes;
    for (const auto plan : each_controller) OCI_TRY(plan(resources, writes));
    return writes;
}

std::vector<std::string> warnings_of(const Resources& resources) {
    if (resources.ignored.empty()) return {};
    return {fmt::format("ignored, because cgroup v2 has nothing like it: {}",
                        fmt::join(resources.ignored, ", "))};
}

}  // namespace oci::cgroups
