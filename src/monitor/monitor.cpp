// SPDX-License-Identifier: Apache-2.0
#include "monitor/monitor.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "base/flat_json.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/proc_files.hpp"
#include "kernel/signals.hpp"
#include "kernel/socket.hpp"
#include "kernel/terminal.hpp"
#include "kernel/text_file.hpp"
#include "monitor/clock.hpp"
#include "monitor/protocol.hpp"

namespace oci::monitor {
namespace {

constexpr int unknown_code = 255;
constexpr std::int64_t wait_for_reaper = 10'000;  // milliseconds

kernel::SysResult<std::string> boot_id() {
    const std::string text =
        OCI_TRY(kernel::read_text(kernel::here, "/proc/sys/kernel/random/boot_id", 128));
    return std::string{trim(text)};
}

}  // namespace

Monitor::Monitor(const Options& options, UniqueFd signals, std::string oom_score, UniqueFd starter)
    : options_{options},
      signals_{std::move(signals)},
      oom_score_{std::move(oom_score)},
      starter_{std::move(starter)},
      caller_{options, oom_score_} {}

int Monitor::run() {
    const auto begun = options_.adopts ? adopt() : begin();
    if (!begun) {
        starter_.tell_failed(begun.error().act, begun.error().code, caller_.words().view());
        return 1;
    }
    stay();
    if (waits_for_starter_) hear_starter();
    if (is_abandoned_) {
        remove_again();
        return 1;
    }
    finish();
    if (options_.removes) remove_again();
    return 0;
}

Outcome<void> Monitor::begin() {
    auto begun = make_and_start();
    if (!begun) remove_again();
    return begun;
}

Outcome<void> Monitor::make_and_start() {
    Created created = OCI_TRY(create_container(options_, caller_));
    record_.limits = options_.limits;
    record_.terminal = options_.terminal;
    OCI_TRY(settle(std::move(created.pidfd), std::move(created.ends)));
    return start();
}

/// A container that exists becomes ours: its log, its socket, and the note of who we are.
Outcome<void> Monitor::settle(UniqueFd pidfd, Ends ends) {
    pidfd_ = std::move(pidfd);
    OCI_TRY(identify());
    state_ = OCI_TRY(kernel::open_at(kernel::here, options_.state, O_RDONLY | O_DIRECTORY));
    cgroup_ = Cgroup::of(state_);
    if (record_.log_path.empty())
        record_.log_path = options_.log != nullptr ? std::string{options_.log}
                                                   : std::string{options_.state} + "/" + log_name;
    LogFile log = OCI_TRY(LogFile::open(record_.log_path, record_.limits));
    has_input_ = static_cast<bool>(ends.input);
    speech_.emplace(std::move(ends), std::move(log));
    OCI_TRY(write_record());
    connections_ = OCI_TRY(Connections::listen(state_, socket_name));
    return {};
}

/// One that is adopted may have ended meanwhile: then its end is all there is to know.
Outcome<void> Monitor::identify() {
    const auto pid = kernel::pid_behind(pidfd_);
    if (!pid && options_.adopts) return {};
    pid_ = OCI_TRY(pid);
    const kernel::ProcessStatus init = OCI_TRY(kernel::process_status(pid_));
    start_time_ = init.start_time;
    return {};
}

Outcome<void> Monitor::write_record() {
    const kernel::ProcessStatus self = OCI_TRY(kernel::process_status(::getpid()));
    record_.pid = ::getpid();
    record_.start_time = self.start_time;
    record_.boot_id = OCI_TRY(boot_id());
    std::array<char, largest_packet> buffer;
    const std::string_view text = write(buffer, record_);
    if (text.empty()) return Failure{Mishap{"write the monitor's record", ENAMETOOLONG}};
    OCI_TRY(kernel::replace_text(state_, record_name, text, 0600));
    return {};
}

Outcome<void> Monitor::start() {
    // Who does not hear of a container shall not have one.
    if (!starter_.is_there()) return Failure{Mishap{"starter", EPIPE}};
    // Before anything that it says.
    record_.started = time_now().view();
    OCI_TRY(caller_.call("start", {}, &*speech_));
    OCI_TRY(write_record());
    if (!starter_.tell_started(pid_, caller_.words().view()))
        return Failure{Mishap{"starter", EPIPE}};
    waits_for_starter_ = true;
    caller_.words().clear();
    return {};
}

/// `delete` would wait for the monitor that the record names.
void Monitor::remove_again() {
    if (!caller_.has_created()) return;
    connections_.reset();
    if (state_) {
        (void)kernel::remove(state_, record_name);
        (void)kernel::remove(state_, socket_name);
    }
    std::string force = "--force";
    Words said = caller_.words();
    // What is left is told by its own error; the first one is the one that counts.
    (void)caller_.call("delete", {force.data()}, speech_ ? &*speech_ : nullptr);
    caller_.words() = said;
}

void Monitor::stay() {
    const Doorman doorman{
        .greet = [this](FdView socket) { greet(socket); },
        .perform = [this](const Request& request,
                          std::span<UniqueFd> passengers) { return perform(request, passengers); }};
    while (!exit_ && !is_abandoned_) {
        PollSet set;
        const std::size_t end = set.add(unseen_deadline_ ? FdView{-1} : FdView{pidfd_}, POLLIN);
        const std::size_t child = set.add(signals_, POLLIN);
        const std::size_t memory = set.add(cgroup_.alarm(), POLLPRI);
        const std::size_t starter =
            set.add(waits_for_starter_ ? starter_.socket() : FdView{-1}, POLLIN);
        connections_->watch(set);
        speech_->watch(set);
        const bool is_awake = set.wait(patience());
        if (!is_awake && speech_->has_spare_memory()) speech_->release_memory();
        speech_->handle(set);
        if (set.occurred(memory) != 0 && cgroup_.look()) tell_oom();
        if (set.occurred(child) != 0) reap_orphans();
        connections_->handle(set, doorman);
        if (has_input_ && !speech_->ends().input) tell_input_closed();
        if (deadline_ && now_in_milliseconds() >= *deadline_) escalate();
        if (set.occurred(starter) != 0) hear_starter();
        if (set.occurred(end) != 0) look_for_end();
        if (unseen_deadline_) look_for_end_seen_by_others();
    }
}

/// A container may end before its starter has said that it knows of it.
void Monitor::hear_starter() {
    constexpr int longest = 10'000;
    waits_for_starter_ = false;
    (void)kernel::wait_readable(starter_.socket(), longest);
    is_abandoned_ = !starter_.has_heard();
}

int Monitor::patience() const noexcept {
    constexpr std::int64_t a_moment = 50, quiet = 1000, longest = 3'600'000;
    if (unseen_deadline_) return static_cast<int>(a_moment);
    std::int64_t milliseconds = speech_->has_spare_memory() ? quiet : -1;
    if (deadline_) {
        const std::int64_t left =
            std::clamp<std::int64_t>(*deadline_ - now_in_milliseconds(), 0, longest);
        milliseconds = milliseconds < 0 ? left : std::min(left, milliseconds);
    }
    return static_cast<int>(milliseconds);
}

/// Processes of hooks, and those of a container without a pid namespace, come to us.
void Monitor::reap_orphans() noexcept {
    (void)kernel::next_signal(signals_);  // one stands for many
    for (;;) {
        siginfo_t info{};
        if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return;
        if (info.si_pid == 0 || info.si_pid == pid_) return;
        (void)::waitid(P_PID, static_cast<id_t>(info.si_pid), &info, WEXITED | WNOHANG);
    }
}

void Monitor::look_for_end() noexcept {
    const auto exit = kernel::wait_for_exit(pidfd_);
    if (exit && exit.value().exited)
        return end_with(exit.value().by_signal ? exit.value().status - 128
                                               : exit.value().status << 8);
    // It is not our child: whoever reaps it may tell us, and so may the kernel then.
    unseen_deadline_ = now_in_milliseconds() + wait_for_reaper;
}

void Monitor::look_for_end_seen_by_others() noexcept {
    if (exit_) return;
    const auto exit = kernel::exit_of_reaped(pidfd_);
    if (exit)
        return end_with(exit.value().by_signal ? exit.value().status - 128
                                               : exit.value().status << 8);
    if (now_in_milliseconds() >= *unseen_deadline_) end_with(unknown_code << 8);
}

void Monitor::end_with(int wait_status) noexcept {
    (void)cgroup_.look();
    ExitRecord ended;
    ended.signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
    ended.code = ended.signal != 0 ? 128 + ended.signal : WEXITSTATUS(wait_status);
    ended.oom_killed = cgroup_.oom_kills() > 0;
    ended.started = record_.started;
    ended.finished = time_now().view();
    exit_ = std::move(ended);
}

void Monitor::finish() {
    speech_->drain();
    std::array<char, largest_packet> buffer;
    if (cgroup_.oom_kills() > 0)
        (void)kernel::replace_text(state_, "oom-kills", std::to_string(cgroup_.oom_kills()), 0600);
    const std::string_view text = write(buffer, *exit_);
    constexpr int attempts = 60;
    for (int i = 0; i < attempts && !write_exit(text); ++i) ::sleep(1);
    connections_->tell(write(buffer, *exit_, "exited"));
    (void)kernel::remove(state_, socket_name);
    speech_->part();
}

/// True: written, or there is no place any more.
bool Monitor::write_exit(std::string_view text) {
    const auto written = kernel::replace_text(state_, exit_name, text, 0600);
    return written || written.error().code == ENOENT;
}

}  // namespace oci::monitor
