// SPDX-License-Identifier: Apache-2.0
//
// container: all that is known of one, and the documents that are made of it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"
#include "serve/containers/memory_watch.hpp"
#include "serve/containers/name.hpp"
#include "serve/containers/states.hpp"
#include "serve/containers/wanted.hpp"
#include "serve/reactor/children.hpp"
#include "serve/reactor/reactor.hpp"

namespace oci::serve {

/// Why something was not done; the codes are those of the interface.
struct Refusal {
    std::string code{};
    std::string detail{};
    int runtime_status = 0;
    std::string runtime_errors{};
};
template <typename T>
using Reply = Result<T, Refusal>;
using Done = std::function<void(Reply<void> reply)>;

/// not-ready, deleting or invalid-transition.
[[nodiscard]] Failure<Refusal> refusal_of(Act act, State state);

struct LayerProgress {
    std::string digest{};
    std::uint64_t done = 0;  ///< bytes
    std::uint64_t total = 0;
    std::uint64_t retries = 0;
    std::string state{};
};

struct Container {
    Name name{};
    std::string id{};
    Wanted wanted{};
    std::string digest{};  ///< Of what is wanted.
    State state = State::Pending;
    int pid = 0;
    std::string created_at{};
    std::string started_at{};
    std::string finished_at{};
    std::optional<int> exit_code{};
    std::string exit_reason{};  ///< "exited", "signaled", "unknown"
    bool oom_killed = false;
    std::uint64_t restarts = 0;
    std::string image_digest{};
    std::string bundle{};
    std::string log_path{};
    std::string resources{};   ///< JSON: what was changed since it was made; "": nothing.
    bool in_runtime = false;   ///< The runtime may have something of it.
    bool stop_wished = false;  ///< By a client: no policy starts it again.
    std::optional<Refusal> error{};

    // What follows is of this process alone.
    std::vector<LayerProgress> layers{};
    std::uint64_t revision = 0;
    bool is_removing = false;
    bool is_gone = false;
    bool is_busy = false;
    std::deque<std::function<void()>> queue{};
    std::function<void()> cancel{};       ///< Ends what can be ended of the present work.
    std::function<void()> when_exited{};  ///< Of who waits for the end.
    UniqueFd pidfd{};
    Reactor::WatchId exit_watch = 0;
    std::string cgroup{};  ///< Directory of cgroup v2; "": none, or it does not run.
    MemoryWatch::Ticket memory_watch = 0;
    bool oom_told = false;
    Clock::time_point limit_told{};
    Reactor::TimerId restart_timer{};
    std::chrono::milliseconds restart_delay{0};
    Clock::time_point began{};
};
using ContainerRef = std::shared_ptr<Container>;

/// What clients see of it.
[[nodiscard]] std::string status_json(const Container& container);
/// Short, for PUT …/status and GET …/status.
[[nodiscard]] std::string state_json(const Container& container);

/// What is kept in a file, and back.
[[nodiscard]] std::string record_json(const Container& container);
[[nodiscard]] Result<ContainerRef> read_record(std::string_view text);

/// What the runtime says of a container.
struct RuntimeState {
    std::string status{};
    int pid = 0;
    std::string bundle{};
    std::optional<int> exit_code{};
    int signal = 0;
    bool oom_killed = false;
    std::string finished_at{};
};
[[nodiscard]] std::optional<RuntimeState> read_runtime_state(std::string_view text);

/// A line of `oci-rt image pull --progress json`.
[[nodiscard]] std::optional<LayerProgress> read_progress(std::string_view line);

}  // namespace oci::serve
