// SPDX-License-Identifier: Apache-2.0
//
// monitor: a container's life from create to its end, looked after.
#pragma once

#include <ctime>
#include <optional>
#include <string>

#include "kernel/process.hpp"
#include "monitor/cgroup.hpp"
#include "monitor/connections.hpp"
#include "monitor/launch.hpp"
#include "monitor/options.hpp"
#include "monitor/record.hpp"
#include "monitor/speech.hpp"
#include "monitor/starter.hpp"

namespace oci::monitor {

class Monitor {
public:
    /// Where it waits for SIGCHLD, and what its children's OOM score is.
    Monitor(const Options& options, UniqueFd signals, std::string oom_score, UniqueFd starter);

    /// The exit status of the monitor.
    int run();

private:
    Outcome<void> begin();
    Outcome<void> make_and_start();
    Outcome<void> adopt();
    Outcome<void> settle(UniqueFd pidfd, Ends ends);
    Outcome<void> identify();
    Outcome<void> start();
    Outcome<void> write_record();
    void remove_again();

    void stay();
    void hear_starter();
    int patience() const noexcept;
    void reap_orphans() noexcept;
    void look_for_end() noexcept;
    void look_for_end_seen_by_others() noexcept;
    void end_with(int wait_status) noexcept;

    void greet(FdView socket);
    std::string_view perform(const Request& request, std::span<UniqueFd> passengers);
    std::string_view resize(const Request& request) noexcept;
    std::string_view stop(const Request& request) noexcept;
    void escalate() noexcept;
    void tell_oom();
    void tell_input_closed();

    void finish();
    bool write_exit(std::string_view text);

    const Options& options_;
    UniqueFd signals_;
    std::string oom_score_;
    Starter starter_;
    Caller caller_;
    bool waits_for_starter_ = false;
    bool is_abandoned_ = false;  ///< The starter was gone before it knew.

    UniqueFd state_;
    UniqueFd pidfd_;
    pid_t pid_ = 0;
    std::uint64_t start_time_ = 0;
    Record record_;
    Cgroup cgroup_;
    bool has_input_ = false;  ///< As far as those who are connected know.
    std::optional<Speech> speech_;
    std::optional<Connections> connections_;
    std::optional<std::int64_t> deadline_;         ///< Of a stop, on the monotonic clock.
    std::optional<std::int64_t> unseen_deadline_;  ///< Until somebody has said how it ended.
    std::optional<ExitRecord> exit_;
};

}  // namespace oci::monitor
