// SPDX-License-Identifier: Apache-2.0
//
// Limits as what they are in cgroup v2: lines written to files, in an order.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::cgroups {

/// One write(2) to one file of a cgroup.
struct Write {
    std::string property;    ///< JSON pointer of where it comes from.
    std::string controller;  ///< Whose file it is; empty: of cgroups as such.
    std::string file;
    std::string value;
    bool is_default = false;      ///< Nothing is lost if there is no such file.
    bool may_be_missing = false;  ///< Likewise, but the controller must be enabled.
    /// Written instead if there is no such file, or not for this disk. Empty: that is an error.
    std::string other_file;
    std::string other_value;
    /// cpu.max and cpu.max.burst bound each other: which goes first depends on the old values.
    bool retry_after_others = false;
    /// A limit that could keep init itself from being made: written once it is there.
    bool after_clone = false;
    std::string usage_file;  ///< Not empty: refuse a value below the number in this file.
};

using Writes = std::vector<Write>;

/// Whether any of them limits something.
[[nodiscard]] bool limits_anything(const Writes& writes) noexcept;

/// The first write that cannot do without a controller; nullptr if none needs it.
[[nodiscard]] const Write* first_that_needs(const Writes& writes,
                                            std::string_view controller) noexcept;

/// Called before the files of a write are written to.
using BeforeWrite = std::function<void(const Write& write)>;

/// Carries them out in a cgroup; `place` names it in messages.
Result<void> apply(const Writes& writes, FdView directory, std::string_view place,
                   const BeforeWrite& before = {});

}  // namespace oci::cgroups
