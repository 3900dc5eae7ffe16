// SPDX-License-Identifier: Apache-2.0
//
// Limits as what they are in cgroup v2: lines written to files, in an order.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::cgroups {

/// One write(2) to one file of a cgroup.
struct Write {
    std::string property;    ///< JSON pointer of where it comes from.
    std::string controller;  ///< Must be enabled; empty: the value is the kernel's own default.
    std::string file;
    std::string value;
    /// Written instead if the file does not exist. Empty: that is an error.
    std::string other_file;
    std::string other_value;
    bool may_be_missing = false;  ///< No such file: nothing to limit.
    /// cpu.max and cpu.max.burst bound each other: which goes first depends on the old values.
    bool retry_after_others = false;
    std::string usage_file;  ///< Not empty: refuse a value below the number in this file.
};

using Writes = std::vector<Write>;

/// Whether any of them limits something.
[[nodiscard]] bool limits_anything(const Writes& writes) noexcept;

/// Names of the controllers they need, each once.
[[nodiscard]] std::vector<std::string> needed_controllers(const Writes& writes);

/// Carries them out in a cgroup; `place` names it in messages.
Result<void> apply(const Writes& writes, FdView directory, std::string_view place);

}  // namespace oci::cgroups
