// SPDX-License-Identifier: Apache-2.0
#include "base/decimal_size.hpp"

#include <array>
#include <string_view>

#include <fmt/format.h>

namespace oci {

std::string decimal_size(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 5> units{"B", "kB", "MB", "GB", "TB"};
    constexpr double thousand = 1000;
    auto amount = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (amount >= thousand && unit + 1 < units.size()) {
        amount /= thousand;
        ++unit;
    }
    return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", amount, units[unit]);
}

}  // namespace oci
