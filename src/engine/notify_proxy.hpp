// SPDX-License-Identifier: Apache-2.0
//
// notify proxy: what a container says at its socket, as far as the service
// manager may hear it from us. The container is not trusted: a datagram is
// bounded, read as lines and nothing more, and brings no descriptors.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::engine {

namespace notify {

/// The lines of a datagram that may be passed on, as they are; may be empty.
std::string forwardable(std::string_view datagram);

/// Whether one of the lines is "READY=1".
bool says_ready(std::string_view lines);

}  // namespace notify

class NotifyProxy {
public:
    /// The container's first process, whose end ends the waiting.
    struct Init {
        pid_t pid = 0;
        UniqueFd pidfd;
    };

    NotifyProxy() = default;  ///< Of a container that has nothing to tell.

    /// address: the manager's socket, a path or "@name".
    static Result<NotifyProxy> begin(UniqueFd socket, const std::string& address, Init init);

    /// Readable when forward() has something to do; -1 if there never is.
    [[nodiscard]] FdView socket() const noexcept { return socket_; }

    /// The next datagram. The container runs on whether or not the manager listens.
    void forward();

    /// What has come and was not read, up to a bound. Does not wait.
    void forward_rest();

    /// Until the container is ready; then the manager learns which process to
    /// watch, and is waited for. Also until the process ends.
    void wait_until_ready();

private:
    NotifyProxy(UniqueFd socket, UniqueFd manager, Init init)
        : socket_{std::move(socket)}, manager_{std::move(manager)}, init_{std::move(init)} {}

    void tell(std::string_view text, FdView passenger = FdView{-1});
    void hand_over();

    UniqueFd socket_;
    UniqueFd manager_;
    Init init_;
    bool is_ready_ = false;
    bool has_warned_ = false;
};

}  // namespace oci::engine
