// SPDX-License-Identifier: Apache-2.0
#include "monitor/starter.hpp"

#include <poll.h>

#include <array>

#include "base/flat_json.hpp"
#include "kernel/socket.hpp"

namespace oci::monitor {

bool Starter::is_there() const noexcept {
    pollfd wanted{socket_.get(), 0, 0};
    return ::poll(&wanted, 1, 0) == 0;  // else it has hung up
}

bool Starter::tell_started(pid_t pid, std::string_view words) noexcept {
    std::array<char, 64> buffer;
    return tell(FlatJsonWriter{buffer}.text("type", "started").number("pid", pid).finish(), words);
}

void Starter::tell_failed(std::string_view act, int code, std::string_view words) noexcept {
    std::array<char, 512> buffer;
    FlatJsonWriter json{buffer};
    json.text("type", "failed").text("act", act).number("code", code);
    (void)tell(json.finish(), words);  // who is gone does not ask
    socket_.reset();
}

bool Starter::tell(std::string_view last, std::string_view words) noexcept {
    // Two packets in any case, and an empty one would look like the end.
    if (!kernel::send_now(socket_, words.empty() ? std::string_view{"\n"} : words)) return false;
    return static_cast<bool>(kernel::send_now(socket_, last));
}

bool Starter::has_heard() noexcept {
    std::array<char, 1> byte;
    const auto received = kernel::receive_now(socket_, byte);
    const bool has = received && received.value().size == 1;
    socket_.reset();
    return has;
}

}  // namespace oci::monitor
