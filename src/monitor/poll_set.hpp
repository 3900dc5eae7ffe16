// SPDX-License-Identifier: Apache-2.0
//
// poll set: what a turn of the loop waits for.
#pragma once

#include <poll.h>

#include <array>
#include <cstddef>
#include <span>

#include "kernel/watch.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::monitor {

class PollSet {
public:
    /// A place to ask occurred() about. A descriptor of -1 never has anything.
    std::size_t add(FdView fd, short events) noexcept {
        if (count_ == wanted_.size()) return nowhere;
        wanted_[count_] = {fd.get(), events, 0};
        return count_++;
    }

    [[nodiscard]] short occurred(std::size_t place) const noexcept {
        return place < count_ ? wanted_[place].revents : short{0};
    }

    /// False on time-out. milliseconds < 0: for ever.
    bool wait(int milliseconds) noexcept {
        const auto ready = kernel::wait_for_any({wanted_.data(), count_}, milliseconds);
        if (!ready) return true;  // out of memory in the kernel: look at nothing, and try again
        return ready.value();
    }

    static constexpr std::size_t nowhere = ~std::size_t{0};

private:
    std::array<pollfd, 48> wanted_{};
    std::size_t count_ = 0;
};

}  // namespace oci::monitor
