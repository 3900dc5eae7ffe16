// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <optional>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/flat_json.hpp"
#include "base/phase.hpp"
#include "base/scope_exit.hpp"
#include "commands/container.hpp"
#include "commands/monitored/frames.hpp"
#include "commands/monitored/line.hpp"
#include "commands/monitored/traces.hpp"
#include "engine/raw_terminal.hpp"
#include "kernel/files.hpp"
#include "kernel/signals.hpp"
#include "kernel/socket.hpp"
#include "kernel/watch.hpp"

namespace oci {
namespace {

constexpr FdView own_input{STDIN_FILENO};

/// SIGWINCH as something to read; the mask as it was on destruction.
class SizeChanges {
public:
    static Result<SizeChanges> begin() {
        sigset_t wanted;
        ::sigemptyset(&wanted);
        ::sigaddset(&wanted, SIGWINCH);
        SizeChanges changes;
        (void)::pthread_sigmask(SIG_BLOCK, &wanted, &changes.before_);  // cannot fail so
        changes.signals_ = OCI_TRY(explain(kernel::open_signals(wanted), "cannot read signals"));
        return changes;
    }
    SizeChanges(SizeChanges&&) = default;
    SizeChanges& operator=(SizeChanges&&) = delete;
    SizeChanges(const SizeChanges&) = delete;
    SizeChanges& operator=(const SizeChanges&) = delete;
    ~SizeChanges() {
        if (signals_) (void)kernel::set_signal_mask(before_);
    }

    [[nodiscard]] FdView signals() const noexcept { return signals_; }

private:
    SizeChanges() = default;

    UniqueFd signals_;
    sigset_t before_{};
};

/// One who is attached: their terminal, the monitor, and what goes between.
class Visit {
public:
    Visit(commands::Line& line, UniqueFd stream, bool has_terminal, bool has_input)
        : line_{line},
          stream_{std::move(stream)},
          has_terminal_{has_terminal},
          input_is_open_{has_input} {}

    /// True: the container's streams have come to their end. False: detached.
    Result<bool> stay(const SizeChanges& changes) {
        send_size();
        for (;;) {
            std::array<pollfd, 3> wanted{pollfd{stream_.get(), POLLIN, 0},
                                         pollfd{input_is_open_ ? own_input.get() : -1, POLLIN, 0},
                                         pollfd{changes.signals().get(), POLLIN, 0}};
            OCI_TRY(explain(kernel::wait_for_any(wanted, -1), "cannot wait"));
            if (wanted[2].revents != 0 && kernel::next_signal(changes.signals())) send_size();
            if (wanted[1].revents != 0 && !pass_input()) return false;
            if (wanted[0].revents == 0) continue;
            const bool goes_on = OCI_TRY(pass_output());
            if (!goes_on) return true;
        }
    }

private:
    void send_size();
    bool pass_input();
    Result<bool> pass_output();

    commands::Line& line_;
    UniqueFd stream_;
    bool has_terminal_;
    bool input_is_open_;
    commands::Frames frames_;
    commands::DetachKeys keys_;
};

void Visit::send_size() {
    const auto size = kernel::terminal_size(own_input);
    if (!has_terminal_ || !size || size.value().rows == 0) return;
    std::array<char, 128> buffer;
    FlatJsonWriter json{buffer};
    json.text("type", "resize").number("rows", size.value().rows);
    // Who has no terminal any more needs no size.
    (void)line_.ask(json.number("columns", size.value().columns).finish());
}

/// False: the keys that detach were typed.
bool Visit::pass_input() {
    std::array<char, 4096> buffer;
    const auto count = kernel::read_some(own_input, buffer);
    if (!count && count.error().code == EAGAIN) return true;
    if (!count || count.value() == 0) {
        input_is_open_ = false;
        // The end of a file is the end of the container's input, that of a terminal is not.
        if (!has_terminal_) ::shutdown(stream_.get(), SHUT_WR);
        return true;
    }
    const std::string_view typed{buffer.data(), count.value()};
    const std::string passed = has_terminal_ ? keys_.pass(typed) : std::string{typed};
    if (!passed.empty() && !kernel::write_all(stream_, passed)) input_is_open_ = false;
    return !keys_.is_over();
}

/// False at the end.
Result<bool> Visit::pass_output() {
    std::array<char, 65536> buffer;
    const auto count = kernel::read_some(stream_, buffer);
    if (!count || count.value() == 0) return false;
    std::string_view left{buffer.data(), count.value()};
    for (;;) {
        const commands::Piece piece = frames_.take(left);
        if (piece.bytes.empty()) return true;
        const FdView place{piece.is_error ? STDERR_FILENO : STDOUT_FILENO};
        OCI_TRY(explain(kernel::write_all(place, piece.bytes), "cannot write the output"));
    }
}

Result<void> introduce(commands::Line& line, FdView stream, const AttachOptions& options,
                       bool has_terminal) {
    std::array<char, 128> buffer;
    FlatJsonWriter json{buffer};
    json.text("type", "attach").truth("frames", true);
    const std::string_view with_input = has_terminal ? "keep" : "close";
    json.text("input", options.input ? with_input : "none");
    return line.ask(json.finish(), stream);
}

}  // namespace

Result<int> Runtime::attach(const ContainerId& id, const AttachOptions& options) const {
    const commands::Container container =
        OCI_TRY(commands::find(settings_, id, commands::Locked::No));
    const FdView directory = container.directory.fd();
    const auto record = commands::monitor_of(directory);
    if (!record)
        return with(fail(ErrorKind::WrongStatus, "container {} has no monitor", id.text()),
                    {.phase = "monitor", .hint = "run it with --monitor"});
    commands::Line line = OCI_TRY(in_phase("monitor", commands::Line::connect(directory)));
    kernel::SocketPair pair = OCI_TRY(
        in_phase("monitor", explain(kernel::stream_socket_pair(), "cannot talk to the monitor")));
    const SizeChanges changes = OCI_TRY(in_phase("foreground", SizeChanges::begin()));
    OCI_TRY(in_phase("monitor", introduce(line, pair.second, options, record->terminal)));
    pair.second.reset();
    Visit visit{line, std::move(pair.first), record->terminal, options.input};
    {
        std::optional<engine::RawTerminal> raw;
        if (record->terminal && options.input) raw.emplace();
        const bool has_ended = OCI_TRY(in_phase("foreground", visit.stay(changes)));
        if (!has_ended) return 0;
    }
    const UniqueFd monitor = OCI_TRY(in_phase("monitor", commands::open_monitor(*record)));
    constexpr int patience = 10'000;
    if (monitor) (void)kernel::wait_readable(monitor, patience);  // it has the rest to write
    const auto exit = commands::exit_of(directory);
    if (exit) return exit->code;
    return with(fail(ErrorKind::System,
                     "the monitor has let go of us: it has ended, or we were too slow to read"),
                {.phase = "monitor"});
}

}  // namespace oci
