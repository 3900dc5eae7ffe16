// SPDX-License-Identifier: Apache-2.0
//
// line: a connection to a container's monitor. monitor/protocol.hpp says what is said.
#pragma once

#include <array>
#include <string_view>

#include "monitor/protocol.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::commands {

class Line {
public:
    /// NotFound: nobody listens (any more).
    static Result<Line> connect(FdView directory);

    /// Sends a request and waits for its answer; what comes between is dropped.
    Result<void> ask(std::string_view packet, FdView passenger = FdView{-1});

    [[nodiscard]] FdView socket() const noexcept { return socket_; }

private:
    explicit Line(UniqueFd socket) noexcept : socket_{std::move(socket)} {}

    UniqueFd socket_;
};

}  // namespace oci::commands
