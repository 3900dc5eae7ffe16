// SPDX-License-Identifier: Apache-2.0
//
// What went wrong: a kind for programs, a message for people.
#pragma once

#include <cstdint>
#include <string>

namespace oci {

/// What a caller can do about an error; the CLI turns it into an exit status.
enum class ErrorKind : std::uint8_t {
    InvalidConfig,  ///< Correct config.json, the process file or the options.
    NotFound,       ///< No such container.
    AlreadyExists,  ///< The id is taken.
    WrongStatus,    ///< The container is not in a status that allows this verb.
    Unsupported,    ///< This host or build cannot do it.
    System,         ///< A system call failed.
};

/// All but kind and message may be empty.
struct Error {
    ErrorKind kind = ErrorKind::System;
    std::string message;    ///< What failed, where and why: one line, without the hint.
    std::string code{};     ///< Finer than kind, one of the documented list; empty: as kind.
    std::string phase{};    ///< The step that failed: "mounts", "createRuntime", "clone".
    std::string pointer{};  ///< JSON pointer into config.json: "/mounts/3/options".
    int number = 0;         ///< errno
    std::string hint{};     ///< What to do about it.
};

}  // namespace oci
