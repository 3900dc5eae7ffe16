// SPDX-License-Identifier: Apache-2.0
//
// What a container has said: one line of its log.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci {

enum class Stream : std::uint8_t { Output, Error };

struct LogLine {
    std::string time;  ///< RFC 3339 with nanoseconds, UTC.
    Stream stream = Stream::Output;
    std::string text;         ///< Without its line feed.
    bool is_complete = true;  ///< False: no line feed has come (yet).
};

/// An error ends the reading.
using LogSink = std::function<Result<void>(const LogLine&)>;

}  // namespace oci
