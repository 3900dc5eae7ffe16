// SPDX-License-Identifier: Apache-2.0
//
// Device rules that overlap, made into a table that does not: for every device
// number what is allowed in the end. The rules' order is gone then.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>

namespace oci::cgroups {

/// One rule. bits: BPF_DEVCG_ACC_*; no number: any.
struct DeviceAccess {
    bool allow = false;
    char type = 'a';  ///< 'a', 'b' or 'c'
    std::optional<std::uint32_t> major;
    std::optional<std::uint32_t> minor;
    unsigned bits = 0;
};

/// Allowed bits by minor number, and for all others.
struct MinorTable {
    std::map<std::uint32_t, unsigned> minors;
    unsigned otherwise = 0;

    bool operator==(const MinorTable&) const = default;
};

/// A table for each major number that differs, and the one for all others.
struct DeviceTable : MinorTable {
    std::map<std::uint32_t, MinorTable> majors;
};

/// For one type of device, 'b' or 'c'. Each access bit is decided by the last rule that names it.
[[nodiscard]] DeviceTable tabulate(std::span<const DeviceAccess> rules, char type);

/// Whether all devices are treated alike.
[[nodiscard]] inline bool is_uniform(const DeviceTable& table) noexcept {
    return table.majors.empty() && table.minors.empty();
}

}  // namespace oci::cgroups
