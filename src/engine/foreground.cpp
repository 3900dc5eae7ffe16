// SPDX-License-Identifier: Apache-2.0
#include "engine/foreground.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "base/explain.hpp"
#include "engine/raw_terminal.hpp"
#include "kernel/files.hpp"
#include "kernel/signals.hpp"
#include "kernel/terminal.hpp"

namespace oci::engine {
namespace {

constexpr FdView own_input{STDIN_FILENO};
constexpr FdView own_output{STDOUT_FILENO};

void copy_size(FdView master) {
    const auto size = kernel::terminal_size(own_input);
    if (size && size.value().rows != 0)
        (void)kernel::set_terminal_size(master, size.value());  // the container may have gone
}

/// Moves what is there from one descriptor to the other; false at the end of either.
bool relay(FdView from, FdView to) {
    std::array<char, 16384> buffer;
    const auto count = kernel::read_some(from, buffer);
    if (!count) return count.error().code == EAGAIN;
    if (count.value() == 0) return false;
    return static_cast<bool>(kernel::write_all(to, {buffer.data(), count.value()}));
}

/// Children that were handed to us as subreaper, and are not the process we wait for.
void reap_orphans(pid_t spared) {
    siginfo_t info{};
    while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
        if (info.si_pid == spared) return;
        (void)::waitid(P_PID, static_cast<id_t>(info.si_pid), &info, WEXITED | WNOHANG);
        info = {};
    }
}

bool is_passed_on(int signal) {
    return signal != SIGCHLD && signal != SIGWINCH && signal != SIGURG;
}

/// The two directions between the caller's terminal and the container's.
struct Session {
    UniqueFd master;
    bool input_open = true;

    [[nodiscard]] bool is_open() const noexcept { return static_cast<bool>(master); }

    void pump(short input_events, short master_events) {
        if (input_events != 0 && input_open && !relay(own_input, master)) input_open = false;
        // EIO on the master: the last slave was closed.
        if (master_events != 0 && !relay(master, own_output)) master.reset();
    }

    /// What was written before the end and not yet read.
    void drain() {
        if (!master) return;
        const int flags = ::fcntl(master.get(), F_GETFL);
        ::fcntl(master.get(), F_SETFL, flags | O_NONBLOCK);
        std::array<char, 16384> buffer;
        for (;;) {
            const auto count = kernel::read_some(master, buffer);
            if (!count || count.value() == 0) return;
            if (!kernel::write_all(own_output, {buffer.data(), count.value()})) return;
        }
    }
};

}  // namespace

Result<Foreground> Foreground::begin(bool reap_orphans) {
    if (reap_orphans)
        OCI_TRY(explain(kernel::set_child_subreaper(true), "cannot become a subreaper"));
    const sigset_t all = kernel::all_signals();
    const sigset_t before = OCI_TRY(explain(kernel::set_signal_mask(all), "cannot block signals"));
    UniqueFd signals = OCI_TRY(explain(kernel::open_signals(all), "cannot read signals"));
    return Foreground{std::move(signals), before, reap_orphans};
}

Foreground::Foreground(Foreground&& other) noexcept
    : signals_{std::move(other.signals_)}, before_{other.before_}, reaps_{other.reaps_} {}

Foreground::~Foreground() {
    if (!signals_) return;
    (void)kernel::set_signal_mask(before_);  // cannot fail with a mask that was in force
    if (reaps_) (void)kernel::set_child_subreaper(false);
}

void Foreground::handle_signal(const kernel::Process& process, FdView master) const {
    const auto signal = kernel::next_signal(signals_);
    if (!signal || signal.value() == 0) return;
    if (signal.value() == SIGWINCH && master.get() >= 0) copy_size(master);
    if (signal.value() == SIGCHLD && reaps_) reap_orphans(process.pid());
    if (is_passed_on(signal.value()))
        (void)kernel::send_signal(process.pidfd(), signal.value());  // it may be gone
}

Result<int> Foreground::stay(const kernel::Process& process, UniqueFd master, NotifyProxy notify,
                             const Lookout& lookout) {
    const bool has_terminal = static_cast<bool>(master);
    Session session{std::move(master)};
    std::optional<RawTerminal> raw;
    if (has_terminal) {
        raw.emplace();
        copy_size(session.master);
    }
    for (;;) {
        std::array<pollfd, 6> wanted{
            pollfd{signals_.get(), POLLIN, 0},
            pollfd{process.pidfd().get(), POLLIN, 0},
            pollfd{session.is_open() ? session.master.get() : -1, POLLIN, 0},
            pollfd{session.is_open() && session.input_open ? own_input.get() : -1, POLLIN, 0},
            pollfd{notify.socket().get(), POLLIN, 0},
            pollfd{lookout.alarm().get(), POLLPRI, 0}};
        const auto ready = kernel::answer("poll", ::poll(wanted.data(), wanted.size(), -1));
        if (!ready && ready.error().code != EINTR)
            return explain(kernel::SysResult<int>{Failure{ready.error()}}, "cannot wait");
        if (wanted[0].revents != 0) handle_signal(process, session.master);
        if (wanted[1].revents != 0 || wanted[5].revents != 0) lookout.look();
        session.pump(wanted[3].revents, wanted[2].revents);
        if (wanted[4].revents != 0) notify.forward();
        if (wanted[1].revents == 0) continue;
        session.drain();
        notify.forward_rest();
        const kernel::Exit exit = OCI_TRY(explain(kernel::wait_for_exit(process.pidfd()),
                                                  "cannot wait for process {}", process.pid()));
        return exit.status;
    }
}

}  // namespace oci::engine
