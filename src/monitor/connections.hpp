// SPDX-License-Identifier: Apache-2.0
//
// connections: who talks to the monitor over mon.sock. protocol.hpp says what.
#pragma once

#include <array>
#include <functional>
#include <span>
#include <string_view>

#include "kernel/socket.hpp"
#include "monitor/poll_set.hpp"
#include "monitor/request.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::monitor {

/// What the connections need of who owns them.
struct Doorman {
    /// The first packet, with its descriptors; sent by greet's caller.
    std::function<void(FdView socket)> greet;
    /// Empty: done; else why not.
    std::function<std::string_view(const Request&, std::span<UniqueFd> passengers)> perform;
};

class Connections {
public:
    static kernel::SysResult<Connections> listen(FdView directory, const char* name);

    void watch(PollSet& set);
    void handle(const PollSet& set, const Doorman& doorman);

    /// To everybody; who does not take it is let go.
    void tell(std::string_view packet);

private:
    explicit Connections(UniqueFd listener) noexcept : listener_{std::move(listener)} {}

    void accept(const Doorman& doorman);
    /// False: the connection is to end.
    static bool serve(FdView socket, const Doorman& doorman);

    UniqueFd listener_;
    std::array<UniqueFd, 16> sockets_;
    std::array<std::size_t, 17> places_{};
};

}  // namespace oci::monitor
