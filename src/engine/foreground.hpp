// SPDX-License-Identifier: Apache-2.0
//
// foreground: stay with a process until it ends, as a shell would expect:
// signals are passed on, the caller's terminal is raw while it lives.
#pragma once

#include <functional>

#include "engine/notify_proxy.hpp"
#include "kernel/process.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::engine {

/// Somebody who looks when their descriptor has something (POLLPRI; -1: never), and right when
/// the process has ended.
struct Lookout {
    std::function<FdView()> alarm;
    std::function<void()> look;
};

/// Takes over the caller's signals from construction to destruction; made
/// before the process is, so that no signal is lost on the way.
class Foreground {
public:
    static Result<Foreground> begin(bool reap_orphans);
    Foreground(Foreground&&) noexcept;
    Foreground& operator=(Foreground&&) = delete;
    Foreground(const Foreground&) = delete;
    Foreground& operator=(const Foreground&) = delete;
    ~Foreground();

    /// Until the process ends: its exit status as a shell says it. master: of
    /// the process's terminal, or invalid. notify: forwards meanwhile.
    Result<int> stay(const kernel::Process& process, UniqueFd master, NotifyProxy notify,
                     const Lookout& lookout);

private:
    Foreground(UniqueFd signals, const sigset_t& before, bool reap_orphans)
        : signals_{std::move(signals)}, before_{before}, reaps_{reap_orphans} {}

    /// The next signal: what it asks for is done, or the process hears of it.
    void handle_signal(const kernel::Process& process, FdView master) const;

    UniqueFd signals_;
    sigset_t before_{};
    bool reaps_ = false;
};

}  // namespace oci::engine
