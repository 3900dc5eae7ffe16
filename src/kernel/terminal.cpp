// SPDX-License-Identifier: Apache-2.0
#include "kernel/terminal.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>

namespace oci::kernel {

SysResult<UniqueFd> open_terminal_peer(FdView master) noexcept {
    const long fd = OCI_TRY(answer(
        "ioctl(TIOCGPTPEER)", ::ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)));
    return UniqueFd{static_cast<int>(fd)};
}

SysResult<void> unlock_terminal(FdView master) noexcept {
    const int unlocked = 0;
    OCI_TRY(answer("ioctl(TIOCSPTLCK)", ::ioctl(master.get(), TIOCSPTLCK, &unlocked)));
    return {};
}

SysResult<TerminalSize> terminal_size(FdView terminal) noexcept {
    winsize size{};
    OCI_TRY(answer("ioctl(TIOCGWINSZ)", ::ioctl(terminal.get(), TIOCGWINSZ, &size)));
    return TerminalSize{size.ws_row, size.ws_col};
}

SysResult<void> set_terminal_size(FdView terminal, TerminalSize size) noexcept {
    winsize wanted{};
    wanted.ws_row = size.rows;
    wanted.ws_col = size.columns;
    OCI_TRY(answer("ioctl(TIOCSWINSZ)", ::ioctl(terminal.get(), TIOCSWINSZ, &wanted)));
    return {};
}

SysResult<void> become_controlling_terminal(FdView slave) noexcept {
    OCI_TRY(answer("ioctl(TIOCSCTTY)", ::ioctl(slave.get(), TIOCSCTTY, 0)));
    return {};
}

SysResult<termios> terminal_attributes(FdView terminal) noexcept {
    termios attributes{};
    OCI_TRY(answer("tcgetattr", ::tcgetattr(terminal.get(), &attributes)));
    return attributes;
}

SysResult<void> set_terminal_attributes(FdView terminal, const termios& attributes) noexcept {
    OCI_TRY(answer("tcsetattr", ::tcsetattr(terminal.get(), TCSANOW, &attributes)));
    return {};
}

}  // namespace oci::kernel
