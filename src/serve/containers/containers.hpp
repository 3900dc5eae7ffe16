// SPDX-License-Identifier: Apache-2.0
//
// containers: all of them, by name, each with the work that is done on it, one piece after the
// other. What a client wishes is decided by the tables of states.hpp; what is remembered is on disk
// before anybody is told.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "oci-rt/unique_fd.hpp"
#include "serve/containers/container.hpp"
#include "serve/containers/fetches.hpp"
#include "serve/containers/keeper.hpp"
#include "serve/containers/runtime_calls.hpp"
#include "serve/events.hpp"
#include "serve/reactor/reactor.hpp"

namespace oci::serve {

struct Put {
    ContainerRef container;
    bool is_new = false;  ///< Or begun again.
};

struct WishOptions {
    std::optional<std::chrono::seconds>
        patience{};        ///< Until SIGKILL; none: as the container has it.
    std::string signal{};  ///< "TERM"; "": as the container has it.
};

class Containers {
public:
    Containers(Reactor& reactor, RuntimeCalls& calls, Keeper& keeper, Events& events,
               UniqueFd directory);

    /// What an earlier service has left: records are read, and the runtime is asked about each.
    [[nodiscard]] Result<void> load();

    [[nodiscard]] Reply<Put> put(const Name& name, Wanted wanted, bool replaces);
    /// nullptr: there is none.
    [[nodiscard]] ContainerRef find(const Name& name) const;
    [[nodiscard]] const std::map<Name, ContainerRef>& all() const noexcept { return containers_; }

    void remove(const ContainerRef& container, std::chrono::seconds patience, Done done);
    void wish(const ContainerRef& container, Wish wish, WishOptions options, Done done);
    void signal(const ContainerRef& container, const std::string& signal, bool all, Done done);
    /// A merge patch of linux.resources; kept, so that the next process has them, too.
    void change_resources(const ContainerRef& container, spec::Value resources, Done done);

    using Condition = std::function<bool(const Container& container)>;
    using Ticket = std::uint64_t;
    /// Called once: at once or later, with whether it came to be before the time was over.
    Ticket when(const ContainerRef& container, Condition condition,
                std::chrono::milliseconds patience, std::function<void(bool came)> act);
    void stop_waiting(Ticket ticket);

    [[nodiscard]] Fetches& fetches() noexcept { return fetches_; }

    /// Stops and removes all, then calls.
    void remove_all(std::function<void()> done);
    /// Of the service's end: no policy starts anything any more, and all conditions are looked at
    /// once more.
    void rest();

private:
    struct Waiter {
        ContainerRef container;
        Condition condition;
        std::function<void(bool)> act;
        Reactor::TimerId timer{};
    };

    void add_work(const ContainerRef& container, std::function<void()> work);
    void next_work(const ContainerRef& container);
    void end_work(const ContainerRef& container);

    // lifecycle.cpp: each ends with end_work().
    void bring_up(const ContainerRef& container);
    void fetch(const ContainerRef& container);
    void unpack(const ContainerRef& container);
    void create(const ContainerRef& container);
    void start(const ContainerRef& container, Done done);
    void look_at_start(const ContainerRef& container, const Done& done);
    void restore_resources(const ContainerRef& container, const Done& done);
    void update(const ContainerRef& container, const spec::Value& patch, const Done& done);
    void freeze(const ContainerRef& container, bool on, const Done& done);
    void stop(const ContainerRef& container, const WishOptions& options, Done done);
    void signal_to_stop(const ContainerRef& container, const WishOptions& options, Done done);
    void act(const ContainerRef& container, Wish wish, const WishOptions& options,
             const Done& done);
    void take_away(const ContainerRef& container, const WishOptions& options, Done done);
    void erase(const ContainerRef& container, const Done& done);
    void give_up(const ContainerRef& container, Refusal refusal);
    bool is_cancelled(const ContainerRef& container);

    // ending.cpp
    [[nodiscard]] bool watch_process(const ContainerRef& container, int pid);
    void process_ended(const ContainerRef& container);
    void look_at_end(const ContainerRef& container, int attempt);
    void ended(const ContainerRef& container, const std::optional<RuntimeState>& state);
    void consider_restart(const ContainerRef& container);
    void watch_memory(const ContainerRef& container);
    void look_at_memory(const ContainerRef& container, const MemoryEvents& grown);
    void adopt(const ContainerRef& container);
    void adopted(const ContainerRef& container, const std::optional<RuntimeState>& state);

    void set_state(const ContainerRef& container, State state, std::string_view action);
    void changed(const ContainerRef& container);
    bool save(const Container& container);
    void forget(const Container& container);
    void tell(const Container& container, std::string_view action,
              std::vector<std::pair<std::string, std::string>> attributes = {});

    Reactor& reactor_;
    RuntimeCalls& calls_;
    Keeper& keeper_;
    Events& events_;
    UniqueFd directory_;
    Fetches fetches_;
    MemoryWatch memory_;
    std::map<Name, ContainerRef> containers_{};
    Ticket last_ = 0;
    std::map<Ticket, std::shared_ptr<Waiter>> waiters_{};
    bool is_resting_ = false;
};

}  // namespace oci::serve
