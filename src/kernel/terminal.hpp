// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <termios.h>

#include <cstdint>

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::kernel {

struct TerminalSize {
    std::uint16_t rows = 0;
    std::uint16_t columns = 0;
};

/// The slave of a master, without naming it by a path (TIOCGPTPEER).
SysResult<UniqueFd> open_terminal_peer(FdView master) noexcept;
SysResult<void> unlock_terminal(FdView master) noexcept;
SysResult<TerminalSize> terminal_size(FdView terminal) noexcept;
SysResult<void> set_terminal_size(FdView terminal, TerminalSize size) noexcept;

/// Makes the slave the controlling terminal of the caller's session.
SysResult<void> become_controlling_terminal(FdView slave) noexcept;

SysResult<termios> terminal_attributes(FdView terminal) noexcept;
SysResult<void> set_terminal_attributes(FdView terminal, const termios& attributes) noexcept;

}  // namespace oci::kernel
