// SPDX-License-Identifier: Apache-2.0
//
// call: the command line of oci-rt-network.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "network/attach.hpp"

namespace oci::network {

struct Call {
    std::string verb{};   ///< "attach", "check", "detach", "reconcile", "list"; empty: an answer.
    std::string state{};  ///< Empty: the default.
    AttachRequest request{};
    pid_t pid = 0;  ///< 0: it stands in the state document on standard input.
    bool json = false;
    std::string answer{};  ///< To be printed instead of anything else.
};

/// InvalidConfig, with the code "usage".
[[nodiscard]] Result<Call> parse_call(const std::vector<std::string>& words);

}  // namespace oci::network
