// SPDX-License-Identifier: Apache-2.0
//
// interruption: SIGHUP, SIGINT and SIGTERM while something is made or removed. They end nothing
// half-way: what is made looks for them where it waits, and goes back; what is removed, is removed.
#pragma once

#include <csignal>

#include "oci-rt/unique_fd.hpp"

namespace oci::engine {

/// Holds them back for the calling thread, for as long as it lives. Those that come are used up
/// then: either they were heeded, or what they should have stopped is done.
class Interruption {
public:
    Interruption() noexcept;
    Interruption(const Interruption&) = delete;
    Interruption& operator=(const Interruption&) = delete;
    Interruption(Interruption&&) = delete;
    Interruption& operator=(Interruption&&) = delete;
    ~Interruption();

    /// Readable when there is one; none where no descriptor could be had, and signals act as ever.
    [[nodiscard]] FdView fd() const noexcept { return FdView{signals_}; }

private:
    sigset_t before_{};
    UniqueFd signals_;
};

}  // namespace oci::engine
