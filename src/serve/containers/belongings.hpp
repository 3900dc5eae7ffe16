// SPDX-License-Identifier: Apache-2.0
//
// belongings: the descriptors that a monitor has of its container, and that another one needs to
// take its place (see monitor/protocol.hpp). As long as somebody has them, nothing is lost.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::serve {

struct Belongings {
    UniqueFd pidfd{};
    UniqueFd output{};  ///< With a terminal its master, as is input.
    UniqueFd error{};
    UniqueFd input{};

    [[nodiscard]] bool are_there() const noexcept { return pidfd && output; }

    /// "pidfd stdout stderr", and the descriptors in that order.
    [[nodiscard]] std::string names() const;
    [[nodiscard]] std::vector<int> numbers() const;
};

/// names: of those that came with hello. Without any, there are none.
[[nodiscard]] Belongings take_belongings(std::string_view names, std::span<UniqueFd> passengers);

/// Of a container that nobody has looked after for a while: its end, and the pipes that it still
/// writes to. What was written to them meanwhile is in them; a terminal cannot be found again.
/// process: its pidfd.
[[nodiscard]] Result<Belongings> find_belongings(int pid, FdView process);

}  // namespace oci::serve
