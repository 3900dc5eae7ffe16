// SPDX-License-Identifier: Apache-2.0
//
// What a monitor does when it is asked.
#include <fcntl.h>

#include <array>
#include <csignal>

#include "base/flat_json.hpp"
#include "kernel/files.hpp"
#include "kernel/proc_files.hpp"
#include "kernel/socket.hpp"
#include "kernel/terminal.hpp"
#include "kernel/text_file.hpp"
#include "monitor/clock.hpp"
#include "monitor/monitor.hpp"
#include "monitor/protocol.hpp"

namespace oci::monitor {
void Monitor::greet(FdView socket) {
    const Ends& ends = speech_->ends();
    const Descriptors descriptors{.has_terminal = record_.terminal,
                                  .has_input = static_cast<bool>(ends.input)};
    std::array<int, kernel::Delivery::most_passengers> passengers{};
    std::size_t count = 0;
    // In the place of a stream that the container has closed: nothing comes from it, either.
    const auto nothing = kernel::open_at(kernel::here, "/dev/null", O_RDONLY);
    bool has_all = true;
    const auto add = [&](const UniqueFd& fd) {
        has_all = has_all && (fd || nothing);
        passengers[count++] = fd || !nothing ? fd.get() : nothing.value().get();
    };
    add(pidfd_);
    add(ends.output);
    if (!record_.terminal) add(ends.error);
    if (ends.input) add(ends.input);
    std::array<char, largest_packet> buffer;
    FlatJsonWriter json{buffer};
    json.text("type", "hello").number("version", protocol_version).text("id", options_.id);
    json.number("pid", pid_).number("startTime", static_cast<std::int64_t>(start_time_));
    json.text("logPath", record_.log_path).truth("terminal", record_.terminal);
    json.number("dropped", static_cast<std::int64_t>(speech_->log().dropped()));
    json.text("descriptors", has_all ? descriptors.names() : std::string_view{});
    const std::span<const int> beside{passengers.data(), has_all ? count : 0};
    (void)kernel::send_now(socket, json.finish(), beside);  // who does not take it hears no more
}

std::string_view Monitor::perform(const Request& request, std::span<UniqueFd> passengers) {
    switch (request.act) {
        case Act::Attach:
            if (!kernel::require_stream_socket(passengers[0]))
                return "attach takes a stream socket";
            if (!speech_->clients().add(std::move(passengers[0]), request.frames, request.input))
                return "too many are attached already";
            return {};
        case Act::Resize: return resize(request);
        case Act::CloseInput: speech_->close_input(); return {};
        case Act::ReopenLog:
            return speech_->log().reopen() ? std::string_view{} : "the log cannot be opened";
        case Act::ConfigureLog:
            record_.limits = request.limits;
            speech_->log().set_limits(request.limits);
            return write_record() ? std::string_view{} : "the record cannot be written";
        case Act::Stop: return stop(request);
        case Act::Reaped:
            if (!options_.adopts) return "the monitor sees the end itself";
            end_with(request.status);
            return {};
        case Act::Adopt: break;
    }
    return "only a monitor that was started with --adopt adopts";
}

std::string_view Monitor::resize(const Request& request) noexcept {
    if (!record_.terminal) return "the container has no terminal";
    const kernel::TerminalSize size{.rows = request.rows, .columns = request.columns};
    if (!speech_->ends().output || !kernel::set_terminal_size(speech_->ends().output, size))
        return "the terminal is gone";
    return {};
}

std::string_view Monitor::stop(const Request& request) noexcept {
    const auto sent = kernel::send_signal(pidfd_, request.signal);
    if (!sent && sent.error().code != ESRCH) return "the signal cannot be sent";
    if (request.timeout < 0) return {};
    const std::int64_t deadline = now_in_milliseconds() + request.timeout;
    if (!deadline_ || deadline < *deadline_) deadline_ = deadline;
    return {};
}

void Monitor::escalate() noexcept {
    deadline_.reset();
    if (!cgroup_.kill()) (void)kernel::send_signal(pidfd_, SIGKILL);  // it may have ended
}

void Monitor::tell_oom() {
    std::array<char, 128> buffer;
    FlatJsonWriter json{buffer};
    json.text("type", "oom");
    connections_->tell(
        json.number("oomKills", static_cast<std::int64_t>(cgroup_.oom_kills())).finish());
}

void Monitor::tell_input_closed() {
    has_input_ = false;
    connections_->tell(R"({"type":"stdin-closed"})");
}

/// From whoever has kept the descriptors of a monitor that was killed.
Outcome<void> Monitor::adopt() {
    std::array<char, largest_packet> buffer;
    constexpr int patience = 10'000;
    OCI_TRY(kernel::wait_readable(starter_.socket(), patience));
    kernel::Delivery delivery = OCI_TRY(kernel::receive_now(starter_.socket(), buffer));
    Request request;
    const std::string_view problem =
        delivery.is_cut
            ? std::string_view{"cut"}
            : read_request({buffer.data(), delivery.size}, delivery.passenger_count, request);
    if (!problem.empty() || request.act != Act::Adopt)
        return Failure{Mishap{"understand the packet", EBADMSG}};
    const UniqueFd state =
        OCI_TRY(kernel::open_at(kernel::here, options_.state, O_RDONLY | O_DIRECTORY));
    const std::string text = OCI_TRY(kernel::read_text(state, record_name, largest_packet));
    auto record = read_record(text);
    if (!record) return Failure{Mishap{"read the monitor's record", EBADMSG}};
    record_ = std::move(*record);
    if (record_.terminal != request.descriptors.has_terminal)
        return Failure{Mishap{"understand the packet", EBADMSG}};
    Ends ends;
    std::size_t next = 1;
    ends.output = std::move(delivery.passengers[next++]);
    if (!record_.terminal) ends.error = std::move(delivery.passengers[next++]);
    if (request.descriptors.has_input) ends.input = std::move(delivery.passengers[next]);
    OCI_TRY(settle(std::move(delivery.passengers[0]), std::move(ends)));
    if (!starter_.tell_started(pid_, {})) return Failure{Mishap{"starter", EPIPE}};
    return {};
}

}  // namespace oci::monitor
