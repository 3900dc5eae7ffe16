// SPDX-License-Identifier: Apache-2.0
#include "engine/notify_proxy.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"
#include "kernel/socket.hpp"

namespace oci::engine {
namespace {

constexpr std::size_t longest_datagram = 4096;  // the manager takes no longer one
constexpr int patience_for_sending = 5;         // seconds
constexpr int patience_for_barrier = 30'000;    // milliseconds
constexpr int most_at_the_end = 64;             // datagrams

/// Nothing about processes, descriptors or the barrier: these are ours to say.
constexpr std::array<std::string_view, 7> passed_on{
    "READY", "RELOADING", "STOPPING", "STATUS", "ERRNO", "WATCHDOG", "EXTEND_TIMEOUT_USEC",
};

bool is_passed_on(std::string_view line) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return false;
    // The manager throws a datagram with a NUL away as a whole.
    if (line.find('\0') != std::string_view::npos) return false;
    return std::ranges::find(passed_on, line.substr(0, equals)) != passed_on.end();
}

}  // namespace

std::string notify::forwardable(std::string_view datagram) {
    std::string lines;
    for (const std::string_view line : split(datagram, '\n')) {
        if (!is_passed_on(line)) continue;
        if (!lines.empty()) lines += '\n';
        lines += line;
    }
    return lines;
}

bool notify::says_ready(std::string_view lines) {
    return std::ranges::count(split(lines, '\n'), "READY=1") != 0;
}

Result<NotifyProxy> NotifyProxy::begin(UniqueFd socket, const std::string& address, Init init) {
    UniqueFd manager = OCI_TRY(explain(kernel::connect_to(address, kernel::SocketKind::Datagram),
                                       "cannot connect to NOTIFY_SOCKET {}", address));
    OCI_TRY(explain(kernel::set_send_timeout(manager, patience_for_sending),
                    "cannot set up the connection to NOTIFY_SOCKET"));
    return NotifyProxy{std::move(socket), std::move(manager), std::move(init)};
}

void NotifyProxy::forward() {
    std::array<char, longest_datagram + 1> buffer;
    // read(2) takes no control messages: the kernel closes descriptors that came along.
    const auto size = kernel::read_some(socket_, buffer);
    if (!size) return socket_.reset();
    if (size.value() > longest_datagram) return;
    const std::string lines = notify::forwardable({buffer.data(), size.value()});
    if (lines.empty()) return;
    tell(lines);
    if (notify::says_ready(lines)) is_ready_ = true;
}

void NotifyProxy::forward_rest() {
    for (int count = 0; socket_ && count < most_at_the_end; ++count) {
        const auto ready = kernel::wait_readable(socket_, 0);
        if (!ready || !ready.value()) return;
        forward();
    }
}

void NotifyProxy::wait_until_ready() {
    if (!socket_) return;
    while (!is_ready_) {
        std::array<pollfd, 2> wanted{pollfd{socket_.get(), POLLIN, 0},
                                     pollfd{init_.pidfd.get(), POLLIN, 0}};
        const auto ready = kernel::answer("poll", ::poll(wanted.data(), wanted.size(), -1));
        if (!ready && ready.error().code == EINTR) continue;
        if (!ready) return log::warning("cannot wait for the container to be ready");
        // What was said before the end comes before the end.
        if (wanted[0].revents != 0)
            forward();
        else if (wanted[1].revents != 0 || !init_.pidfd)
            return;
    }
    hand_over();
}

void NotifyProxy::hand_over() {
    tell(fmt::format("MAINPID={}", init_.pid));
    // The manager asks the kernel who sent a message, so we stay until it has read ours.
    auto pipe = kernel::make_pipe();
    if (!pipe) return;
    tell("BARRIER=1", pipe.value().writer);
    pipe.value().writer.reset();
    const auto done = kernel::wait_readable(pipe.value().reader, patience_for_barrier);
    if (!done || !done.value()) log::warning("the service manager does not read NOTIFY_SOCKET");
}

void NotifyProxy::tell(std::string_view text, FdView passenger) {
    const auto sent = kernel::send_packet(manager_, std::as_bytes(std::span{text}), passenger);
    if (sent || has_warned_) return;
    has_warned_ = true;
    log::warning("cannot notify the service manager: {}", kernel::errno_text(sent.error().code));
}

}  // namespace oci::engine
