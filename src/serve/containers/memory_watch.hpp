// SPDX-License-Identifier: Apache-2.0
//
// memory watch: tells when a container comes to the limits of its memory, or loses processes for
// it. One descriptor for all of them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "oci-rt/unique_fd.hpp"
#include "serve/reactor/reactor.hpp"

namespace oci::serve {

/// Of memory.events, cgroup v2: how often.
struct MemoryEvents {
    std::uint64_t high = 0;  ///< The threshold above which it is slowed down.
    std::uint64_t max = 0;   ///< The limit.
    std::uint64_t oom_kill = 0;
};
[[nodiscard]] MemoryEvents parse_memory_events(std::string_view text);

class MemoryWatch {
public:
    /// 0: none.
    using Ticket = int;
    /// Gets by how much each has grown; one of them has.
    using Act = std::function<void(const MemoryEvents& grown)>;

    explicit MemoryWatch(Reactor& reactor) : reactor_{reactor} {}
    ~MemoryWatch() { reactor_.forget(watch_); }
    MemoryWatch(const MemoryWatch&) = delete;
    MemoryWatch& operator=(const MemoryWatch&) = delete;

    /// 0 where nothing is to be told: without a cgroup, or without the memory controller. What has
    /// happened before is not told.
    Ticket add(const std::string& cgroup, Act act);
    /// Now, and not only when the kernel says so.
    void look(Ticket ticket);
    void remove(Ticket ticket);

private:
    struct Watched {
        std::string path{};
        MemoryEvents seen{};
        Act act{};
    };
    [[nodiscard]] bool begin();
    void take();

    Reactor& reactor_;
    UniqueFd changes_{};
    Reactor::WatchId watch_ = 0;
    std::unordered_map<Ticket, Watched> all_{};
};

}  // namespace oci::serve
