// SPDX-License-Identifier: Apache-2.0
//
// The writes of one controller as lines "FILE VALUE", which is how tests read.
#pragma once

#include <string>
#include <vector>

#include "features/cgroups/controllers/controllers.hpp"

namespace oci::test {

using Lines = std::vector<std::string>;

template <typename Plan>
[[nodiscard]] Lines lines_of(Plan plan, const Resources& resources) {
    cgroups::Writes writes;
    const auto planned = plan(resources, writes);
    if (!planned) return {"error: " + planned.error().message};
    Lines lines;
    for (const cgroups::Write& write : writes) lines.push_back(write.file + " " + write.value);
    return lines;
}

[[nodiscard]] inline bool is_error(const Lines& lines) {
    return lines.size() == 1 && lines[0].starts_with("error: /linux/resources/");
}

}  // namespace oci::test
