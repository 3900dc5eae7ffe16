// SPDX-License-Identifier: Apache-2.0
//
// events: what happens to containers and images, numbered, the last ones kept, told to all who
// listen.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace oci::serve {

struct Event {
    std::uint64_t number = 0;
    std::string time{};
    std::string type{};    ///< "container", "image", "daemon"
    std::string action{};  ///< "started"
    std::string name{};    ///< "alpine:latest"; "" of the daemon
    std::string id{};
    std::vector<std::pair<std::string, std::string>> attributes{};
};

/// One line: {"seq", "time", "type", "action", "name", "id", "attributes"}.
[[nodiscard]] std::string event_json(const Event& event);

class Events {
public:
    using Listener = std::function<void(const Event& event)>;

    /// Gives it its number and time.
    void publish(Event event);

    [[nodiscard]] std::uint64_t subscribe(Listener listener);
    void unsubscribe(std::uint64_t subscription);
    [[nodiscard]] std::size_t subscribers() const noexcept { return listeners_.size(); }

    /// Of the last event; 0: there was none.
    [[nodiscard]] std::uint64_t last() const noexcept { return last_; }
    /// Whether all events after this number are kept.
    [[nodiscard]] bool has_all_after(std::uint64_t number) const noexcept;
    [[nodiscard]] const std::deque<Event>& kept() const noexcept { return ring_; }

private:
    std::uint64_t last_ = 0;
    std::uint64_t last_subscription_ = 0;
    std::deque<Event> ring_{};
    std::map<std::uint64_t, Listener> listeners_{};
};

}  // namespace oci::serve
