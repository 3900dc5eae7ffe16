// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

namespace oci {

/// Runs an act on leaving the scope, unless released.
template <typename Act>
class ScopeExit {
public:
    explicit ScopeExit(Act act) : act_{std::move(act)} {}
    ScopeExit(const ScopeExit&) = delete;
    ScopeExit& operator=(const ScopeExit&) = delete;
    ScopeExit(ScopeExit&&) = delete;
    ScopeExit& operator=(ScopeExit&&) = delete;
    ~ScopeExit() {
        if (armed_) act_();
    }

    void release() noexcept { armed_ = false; }

private:
    Act act_;
    bool armed_ = true;
};

}  // namespace oci
