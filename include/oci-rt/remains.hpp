// SPDX-License-Identifier: Apache-2.0
//
// What is left of a container that nobody will ask for again.
#pragma once

#include <cstdint>
#include <string>

namespace oci {

enum class RemainsKind : std::uint8_t {
    Unfinished,   ///< Its creator was killed.
    Damaged,      ///< Its state cannot be read, and no process of it is left.
    EarlierBoot,  ///< The machine has been started again since.
};

struct Remains {
    std::string id;
    RemainsKind kind = RemainsKind::Unfinished;
    bool is_gone = false;  ///< Nothing is left now.
    std::string why_not;   ///< Empty, if it is gone or nothing was tried.
};

}  // namespace oci
