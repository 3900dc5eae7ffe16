// SPDX-License-Identifier: Apache-2.0
#include "base/id_map_text.hpp"

#include <unistd.h>

#include <iterator>

#include <fmt/format.h>

namespace oci {

std::string id_map_text(const std::vector<IdMapping>& mappings) {
    std::string text;
    for (const IdMapping& entry : mappings)
        fmt::format_to(std::back_inserter(text), "{} {} {}\n", entry.container_id, entry.host_id,
                       entry.size);
    return text;
}

bool fits_id_map(const std::vector<IdMapping>& mappings) {
    return id_map_text(mappings).size() < static_cast<std::size_t>(::getpagesize());
}

}  // namespace oci
