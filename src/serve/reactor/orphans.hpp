// SPDX-License-Identifier: Apache-2.0
//
// orphans: processes that come to the service because who started them has ended: monitors, what
// hooks leave, and containers whose monitor was killed.
#pragma once

#include <sys/types.h>

#include <functional>

#include "serve/reactor/children.hpp"

namespace oci::serve {

class Orphans {
public:
    /// Whether it has reaped this process, which has ended.
    using Claim = std::function<bool(pid_t pid)>;

    explicit Orphans(Children& children);

    /// Asked of each before it is reaped and forgotten.
    void set_claim(Claim claim) { claim_ = std::move(claim); }

    /// At each SIGCHLD.
    void collect();

private:
    Children& children_;
    Claim claim_{};
};

}  // namespace oci::serve
