// SPDX-License-Identifier: Apache-2.0
//
// launch: `oci-rt create`, with our ends of the container's streams kept.
#pragma once

#include "monitor/options.hpp"
#include "monitor/speech.hpp"
#include "monitor/verb.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::monitor {

struct Created {
    UniqueFd pidfd;
    Ends ends;
};

/// A container that waits for start. On a mishap of `create` there is none.
Outcome<Created> create_container(const Options& options, Caller& caller);

}  // namespace oci::monitor
