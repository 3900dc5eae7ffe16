// SPDX-License-Identifier: Apache-2.0
#include "base/explain.hpp"
#include "base/text.hpp"
#include "features/cgroups/controllers/controllers.hpp"

namespace oci::cgroups::cpuset {
namespace {

Result<void> add(std::string_view name, const std::string& list, Writes& writes) {
    if (list.empty()) return {};
    const std::string property = fmt::format("/linux/resources/cpu/{}", name);
    if (list.find_first_not_of("0123456789,-:/ \n") != std::string::npos)
        return fail(ErrorKind::InvalidConfig, "{}: \"{}\" is no list like \"0-3,7\"", property,
                    escape_for_display(list));
    writes.push_back({.property = property,
                      .controller = "cpuset",
                      .file = fmt::format("cpuset.{}", name),
                      .value = list});
    return {};
}

}  // namespace

Result<void> plan(const Resources& resources, Writes& writes) {
    OCI_TRY(add("cpus", resources.cpu.cpus, writes));
    return add("mems", resources.cpu.mems, writes);
}

}  // namespace oci::cgroups::cpuset
