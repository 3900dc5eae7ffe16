// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/systemd/connection.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "kernel/process.hpp"
#include "kernel/socket.hpp"

namespace oci::cgroups::systemd {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::size_t longest_line = 4096;

/// What nobody asks for must not pile up.
constexpr std::size_t most_answers = 64;
constexpr std::size_t most_signals = 256;

}  // namespace

Result<Connection> Connection::open(const std::string& socket) {
    auto connected = kernel::connect_to(socket, kernel::SocketKind::Stream, patience.count());
    UniqueFd fd = OCI_TRY(explain(std::move(connected), "{}", socket));
    Connection connection{std::move(fd)};
    OCI_TRY(explain(connection.authenticate(), "{}", socket));
    return connection;
}

/// SASL as the specification of D-Bus has it. EXTERNAL without a name: the other side takes the
/// credentials that the kernel tells it. In a user namespace our own idea of our uid is wrong.
Result<void> Connection::authenticate() {
    const Deadline deadline = deadline_from_now();
    OCI_TRY(write({"\0AUTH EXTERNAL\r\n", 16}));
    std::string answer = OCI_TRY(read_line(deadline));
    if (answer == "DATA" || answer.starts_with("DATA ")) {
        OCI_TRY(write("DATA\r\n"));
        answer = OCI_TRY(read_line(deadline));
    }
    if (!answer.starts_with("OK ") && answer != "OK")
        return fail(ErrorKind::System, "it refuses to know us: {}", escape_for_display(answer));
    return write("BEGIN\r\n");
}

Result<void> Connection::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::span<const char> left{bytes};
        const std::size_t sent =
            OCI_TRY(explain(kernel::send_some(socket_, std::as_bytes(left)), "cannot speak"));
        bytes.remove_prefix(sent);
    }
    return {};
}

Result<void> Connection::fill(Deadline deadline) {
    using std::chrono::milliseconds;
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    const int most = static_cast<int>(std::max<std::int64_t>(left.count(), 0));
    const bool readable =
        OCI_TRY(explain(kernel::wait_readable(socket_, most), "cannot wait for an answer"));
    if (!readable) return fail(ErrorKind::System, "no answer within {} s", patience.count());
    std::array<std::byte, 16384> bytes;
    const kernel::Packet packet =
        OCI_TRY(explain(kernel::receive_packet(socket_, bytes), "cannot hear the answer"));
    if (packet.size == 0) return fail(ErrorKind::System, "the connection was closed");
    buffer_.append(reinterpret_cast<const char*>(bytes.data()), packet.size);
    return {};
}

Result<std::string> Connection::read_line(Deadline deadline) {
    for (;;) {
        if (const std::size_t end = buffer_.find(line_end); end != std::string::npos) {
            std::string line = buffer_.substr(0, end);
            buffer_.erase(0, end + line_end.size());
            return line;
        }
        if (buffer_.size() > longest_line)
            return fail(ErrorKind::System, "it does not speak D-Bus");
        OCI_TRY(fill(deadline));
    }
}

Result<Message> Connection::next(Deadline deadline) {
    while (buffer_.size() < fixed_header) OCI_TRY(fill(deadline));
    const std::size_t length = OCI_TRY(message_length(buffer_));
    while (buffer_.size() < length) OCI_TRY(fill(deadline));
    auto message = unmarshal(std::string_view{buffer_}.substr(0, length));
    buffer_.erase(0, length);
    return message;
}

void Connection::sort(Message message) {
    if (message.type == MessageType::Signal) {
        if (signals_.size() == most_signals) signals_.erase(signals_.begin());
        signals_.push_back(std::move(message));
        return;
    }
    const bool is_answer =
        message.type == MessageType::Return || message.type == MessageType::Error;
    if (!is_answer || message.reply_to == 0) return;
    if (answers_.size() == most_answers) answers_.erase(answers_.begin());
    answers_.insert_or_assign(message.reply_to, std::move(message));
}

Result<std::uint32_t> Connection::send(Message call) {
    call.serial = ++last_serial_;
    OCI_TRY(write(marshal(call)));
    return call.serial;
}

Result<Message> Connection::answer_to(std::uint32_t serial, Deadline deadline) {
    for (;;) {
        if (auto found = answers_.extract(serial)) return std::move(found.mapped());
        OCI_TRY(wait(deadline));
    }
}

Result<void> Connection::wait(Deadline deadline) {
    Message message = OCI_TRY(next(deadline));
    sort(std::move(message));
    return {};
}

}  // namespace oci::cgroups::systemd
