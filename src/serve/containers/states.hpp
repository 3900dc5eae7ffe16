// SPDX-License-Identifier: Apache-2.0
//
// states: what a container may be, and what follows from what a client wishes. Tables only; who
// acts is in containers.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace oci::serve {

enum class State : std::uint8_t {
    Pending,
    Fetching,
    Unpacking,
    Creating,
    Created,
    Running,
    Paused,
    Stopping,
    Stopped,
    Failed,
    Deleting,
};
inline constexpr int state_count = 11;

[[nodiscard]] std::string_view word_of(State state) noexcept;
[[nodiscard]] std::optional<State> state_named(std::string_view word) noexcept;
/// As the runtime specification has it: "creating", "created", "running", "paused", "stopped".
[[nodiscard]] std::string_view oci_status_of(State state) noexcept;

/// What PUT …/status may ask for.
enum class Wish : std::uint8_t { Running, Paused, Stopped };
[[nodiscard]] std::optional<Wish> wish_named(std::string_view word) noexcept;

enum class Act : std::uint8_t {
    Nothing,  ///< It is so already.
    Start,    ///< A new process.
    Freeze,
    Thaw,
    Stop,  ///< Signal, wait, SIGKILL.
    ThawAndStop,
    Drop,          ///< Nothing runs yet, and nothing is to be.
    Await,         ///< It is about to be so.
    NotReady,      ///< 409, later perhaps.
    Never,         ///< 409
    BeingDeleted,  ///< 409
};
[[nodiscard]] Act act_for(Wish wish, State state) noexcept;

/// What PUT of a container does where there is one of this name.
enum class PutAct : std::uint8_t {
    Nothing,   ///< The same is there.
    Again,     ///< The same has failed.
    Conflict,  ///< Another specification.
    Replace,   ///< Another one, and the client wants it so.
    BeingDeleted,
};
[[nodiscard]] PutAct put_act_for(State state, bool is_same, bool replaces) noexcept;

/// Nothing more happens by itself, until somebody wishes so or the process ends.
[[nodiscard]] bool is_settled(State state) noexcept;

}  // namespace oci::serve
