// SPDX-License-Identifier: Apache-2.0
//
// One thing that somebody should know of, and what to do about it.
#pragma once

#include <cstdint>
#include <string>

namespace oci {

enum class Severity : std::uint8_t {
    Error,    ///< It does not work.
    Warning,  ///< A part of it does not work.
    Info,     ///< It works; good to know.
};

struct Finding {
    Severity severity = Severity::Error;
    std::string code;     ///< For programs, one of a documented list: "subordinate-ids-missing".
    std::string pointer;  ///< JSON pointer to what it is about; may be empty.
    std::string message;  ///< What is so: one line.
    std::string hint;     ///< The exact command or change that mends it; may be empty.
};

}  // namespace oci
