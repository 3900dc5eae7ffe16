// SPDX-License-Identifier: Apache-2.0
#include "commands/monitored/line.hpp"

#include <span>

#include "base/explain.hpp"
#include "base/flat_json.hpp"
#include "kernel/process.hpp"
#include "kernel/socket.hpp"

namespace oci::commands {
namespace {

constexpr int patience = 10'000;  // milliseconds; a monitor waits for disks only

}  // namespace

Result<Line> Line::connect(FdView directory) {
    auto socket =
        kernel::connect_at(directory, monitor::socket_name, kernel::SocketKind::Packet, 10);
    if (!socket && (socket.error().code == ENOENT || socket.error().code == ECONNREFUSED))
        return fail(ErrorKind::NotFound, "the container's monitor does not listen");
    UniqueFd connected =
        OCI_TRY(explain(std::move(socket), "cannot connect to the container's monitor"));
    return Line{std::move(connected)};
}

Result<void> Line::ask(std::string_view packet, FdView passenger) {
    const int beside = passenger.get();
    const std::span<const int> passengers{&beside, beside >= 0 ? 1U : 0U};
    OCI_TRY(explain(kernel::send_now(socket_, packet, passengers), "cannot ask the monitor"));
    for (;;) {
        const bool is_there = OCI_TRY(
            explain(kernel::wait_readable(socket_, patience), "cannot wait for the monitor"));
        if (!is_there) return fail(ErrorKind::System, "the monitor does not answer");
        std::array<char, monitor::largest_packet> buffer;
        const auto received = kernel::receive_now(socket_, buffer);
        if (!received || received.value().size == 0)
            return fail(ErrorKind::NotFound, "the monitor has ended");
        FlatJson json;
        if (!json.read({buffer.data(), received.value().size})) continue;
        const auto type = json.text("type");
        if (type == "done") return {};
        if (type == "error")
            return fail(ErrorKind::WrongStatus, "the monitor refuses: {}",
                        json.text("message").value_or(""));
    }
}

}  // namespace oci::commands
