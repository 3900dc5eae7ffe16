// SPDX-License-Identifier: Apache-2.0
//
// What happens to a container while somebody listens.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "oci-rt/result.hpp"
#include "oci-rt/stats.hpp"

namespace oci {

enum class EventKind : std::uint8_t {
    Stats,        ///< Time for the next numbers.
    OutOfMemory,  ///< The OOM killer ended a process of the container.
    Pressure,     ///< Somebody waited for a resource for long.
    Created,      ///< At the beginning, if the container waits for start.
    Started,
    Paused,  ///< Also at the beginning, if it is.
    Resumed,
    Exited,  ///< The last event.
};

struct Event {
    EventKind kind{};
    std::string id;              ///< Of the container.
    std::optional<Stats> stats;  ///< Of EventKind::Stats.
    std::string resource;        ///< Of EventKind::Pressure: "cpu", "memory", "io".
    std::optional<PressureStats> pressure;
};

/// An error ends the listening, and is its result.
using EventSink = std::function<Result<void>(const Event& event)>;

}  // namespace oci
