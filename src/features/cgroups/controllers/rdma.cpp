// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "features/cgroups/controllers/controllers.hpp"

namespace oci::cgroups::rdma {
namespace {

/// It becomes a word of a line.
bool is_device_name(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

Result<void> plan(const Resources& resources, Writes& writes) {
    for (const RdmaLimit& limit : resources.rdma) {
        const std::string property =
            fmt::format("/linux/resources/rdma/{}", escape_for_display(limit.device));
        if (!is_device_name(limit.device))
            return fail(ErrorKind::InvalidConfig, "{}: not the name of a device", property);
        std::string line = limit.device;
        if (limit.hca_handles) line += fmt::format(" hca_handle={}", *limit.hca_handles);
        if (limit.hca_objects) line += fmt::format(" hca_object={}", *limit.hca_objects);
        if (line == limit.device) continue;
        writes.push_back({.property = property,
                          .controller = "rdma",
                          .file = "rdma.max",
                          .value = std::move(line)});
    }
    return {};
}

}  // namespace oci::cgroups::rdma
