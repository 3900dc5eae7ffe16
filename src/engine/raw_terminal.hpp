// SPDX-License-Identifier: Apache-2.0
//
// raw terminal: the caller's, as long as a container's takes its place.
#pragma once

#include <unistd.h>

#include "kernel/terminal.hpp"

namespace oci::engine {

/// Standard input in raw mode, if it is a terminal; as it was on destruction.
class RawTerminal {
public:
    RawTerminal() {
        auto attributes = kernel::terminal_attributes(FdView{STDIN_FILENO});
        if (!attributes) return;  // standard input is no terminal
        before_ = attributes.value();
        termios raw = before_;
        ::cfmakeraw(&raw);
        is_raw_ = static_cast<bool>(kernel::set_terminal_attributes(FdView{STDIN_FILENO}, raw));
    }
    RawTerminal(const RawTerminal&) = delete;
    RawTerminal& operator=(const RawTerminal&) = delete;
    RawTerminal(RawTerminal&&) = delete;
    RawTerminal& operator=(RawTerminal&&) = delete;
    ~RawTerminal() {
        if (is_raw_)  // best effort
            (void)kernel::set_terminal_attributes(FdView{STDIN_FILENO}, before_);
    }

    [[nodiscard]] bool is_raw() const noexcept { return is_raw_; }

private:
    termios before_{};
    bool is_raw_ = false;
};

}  // namespace oci::engine
