// SPDX-License-Identifier: Apache-2.0
//
// request: a packet to the monitor, understood. See protocol.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "monitor/record.hpp"

namespace oci::monitor {

enum class Act : std::uint8_t {
    Attach,
    Resize,
    CloseInput,
    ReopenLog,
    ConfigureLog,
    Stop,
    Reaped,
    Adopt,
};

/// What becomes of the container's input from an attached client.
enum class Input : std::uint8_t { None, Keep, Close };

/// What the descriptors beside hello and adopt are.
struct Descriptors {
    bool has_terminal = false;
    bool has_input = false;

    [[nodiscard]] std::size_t count() const noexcept {
        return 2U + (has_terminal ? 0U : 1U) + (has_input ? 1U : 0U);
    }
    [[nodiscard]] std::string_view names() const noexcept;
};

struct Request {
    Act act = Act::Resize;
    bool frames = false;
    Input input = Input::None;
    std::uint16_t rows = 0;
    std::uint16_t columns = 0;
    int signal = 0;
    std::int64_t timeout = 0;  ///< Milliseconds; -1: for ever.
    int status = 0;
    LogLimits limits;
    Descriptors descriptors;
};

/// Strict: a member too many is an error, too. Empty: understood; else why not.
std::string_view read_request(std::string_view packet, std::size_t passengers,
                              Request& request) noexcept;

}  // namespace oci::monitor
