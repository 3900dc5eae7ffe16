// SPDX-License-Identifier: Apache-2.0
//
// starter: who has started the monitor, and waits to hear what became of it.
#pragma once

#include <sys/types.h>

#include <string_view>

#include "oci-rt/unique_fd.hpp"

namespace oci::monitor {

class Starter {
public:
    explicit Starter(UniqueFd socket) noexcept : socket_{std::move(socket)} {}

    /// Whether it still waits.
    [[nodiscard]] bool is_there() const noexcept;

    /// What oci-rt has said on the way, and then what became of it. False: nobody heard.
    bool tell_started(pid_t pid, std::string_view words) noexcept;
    void tell_failed(std::string_view act, int code, std::string_view words) noexcept;

    /// Readable when the starter has confirmed, or is gone.
    [[nodiscard]] FdView socket() const noexcept { return socket_; }
    /// False: it is gone without having heard. Either way nothing will come any more.
    bool has_heard() noexcept;

private:
    bool tell(std::string_view last, std::string_view words) noexcept;

    UniqueFd socket_;
};

}  // namespace oci::monitor
