// SPDX-License-Identifier: Apache-2.0
#include "serve/events.hpp"

#include "base/json_writer.hpp"
#include "base/time.hpp"

namespace oci::serve {
namespace {

constexpr std::size_t most_kept = 4096;

}  // namespace

std::string event_json(const Event& event) {
    std::string text;
    JsonWriter json{text};
    json.begin_object().member("seq", event.number).member("time", event.time);
    json.member("type", event.type).member("action", event.action);
    json.member("name", event.name).member("id", event.id);
    json.key("attributes").begin_object();
    for (const auto& [name, value] : event.attributes) json.member(name, value);
    json.end_object().end_object();
    return text;
}

void Events::publish(Event event) {
    event.number = ++last_;
    event.time = rfc3339_now();
    ring_.push_back(std::move(event));
    if (ring_.size() > most_kept) ring_.pop_front();
    const Event told = ring_.back();
    // A listener may leave, and take others with it.
    std::vector<std::uint64_t> all;
    for (const auto& [id, listener] : listeners_) all.push_back(id);
    for (const std::uint64_t id : all) {
        const auto found = listeners_.find(id);
        if (found == listeners_.end()) continue;
        const Listener listener = found->second;
        listener(told);
    }
}

std::uint64_t Events::subscribe(Listener listener) {
    listeners_.emplace(++last_subscription_, std::move(listener));
    return last_subscription_;
}

void Events::unsubscribe(std::uint64_t subscription) { listeners_.erase(subscription); }

bool Events::has_all_after(std::uint64_t number) const noexcept {
    return number <= last_ && (number == last_ || ring_.front().number <= number + 1);
}

}  // namespace oci::serve
