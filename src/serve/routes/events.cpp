// SPDX-License-Identifier: Apache-2.0
#include "serve/routes/events.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "serve/routes/asking.hpp"

namespace oci::serve::routes {
namespace {

constexpr std::chrono::seconds heartbeat{15};
constexpr std::size_t most_behind = std::size_t{1} << 20U;

/// One client that listens.
class EventStream : public std::enable_shared_from_this<EventStream> {
public:
    EventStream(Service& service, Pointer exchange, std::string container)
        : service_{service}, exchange_{std::move(exchange)}, container_{std::move(container)} {}

    void begin(std::uint64_t after) {
        ++service_.streams;
        subscription_ = service_.events.subscribe(
            [self = shared_from_this()](const Event& event) { self->tell(event); });
        exchange_->when_gone([self = shared_from_this()] { self->end(); });
        exchange_->send(": listening\n\n");
        // What comes while we tell of the past is told by the subscription: the copy ends here.
        const std::deque<Event> past = service_.events.kept();
        for (const Event& each : past)
            if (each.number > after) tell(each);
        beat();
    }

private:
    void tell(const Event& event) {
        if (subscription_ == 0) return;
        if (!container_.empty() && event.type == "container" && event.name != container_) return;
        if (exchange_->queued() > most_behind) {
            ++service_.dropped_listeners;
            exchange_->send(sse_event("", "overflow", "{}"));
            return finish();
        }
        exchange_->send(sse_event(fmt::format("{}", event.number),
                                  fmt::format("{}.{}", event.type, event.action),
                                  event_json(event)));
        if (event.action == "shutting_down") finish();
    }

    void beat() {
        timer_ = service_.reactor.after(heartbeat, [self = shared_from_this()] {
            self->exchange_->send(": still here\n\n");
            if (self->subscription_ != 0) self->beat();
        });
    }

    void finish() {
        end();
        exchange_->finish();
    }

    void end() {
        if (subscription_ == 0) return;
        service_.events.unsubscribe(std::exchange(subscription_, 0));
        service_.reactor.cancel(timer_);
        --service_.streams;
    }

    Service& service_;
    Pointer exchange_;
    std::string container_;
    std::uint64_t subscription_ = 0;
    Reactor::TimerId timer_{};
};

/// The container of "container=NAME"; "" without a filter.
http::Answer<std::string> filter_of(const http::Request& request) {
    constexpr std::string_view key = "container=";
    const std::string_view text = http::query_value(request, "filter");
    if (text.empty()) return std::string{};
    const auto name = text.starts_with(key) ? parse_name(text.substr(key.size())) : std::nullopt;
    if (!name) return http::refuse("invalid-query", "filter is not like container=NAME");
    return name->text();
}

http::Answer<std::uint64_t> last_seen(const Service& service, const http::Request& request) {
    std::string_view text = http::field(request.fields, "last-event-id");
    if (text.empty()) text = http::query_value(request, "since");
    if (text.empty()) return service.events.last();
    const auto number = parse_number<std::uint64_t>(text);
    if (!number) return http::refuse("invalid-query", "that is no number of an event");
    if (!service.events.has_all_after(*number))
        return http::refuse("events-lost", "not all events since then are kept");
    return *number;
}

void events(Service& service, const Pointer& exchange) {
    auto filter = filter_of(exchange->request());
    if (!filter) return exchange->refuse(filter.error());
    const auto after = last_seen(service, exchange->request());
    if (!after) return exchange->refuse(after.error());
    if (!begin_stream(service, exchange, "text/event-stream")) return;
    std::make_shared<EventStream>(service, exchange, std::move(filter).value())
        ->begin(after.value());
}

}  // namespace

void add_event_routes(http::Router& router, Service& service) {
    router.add("GET", "/events", [&service](const Pointer& one) { events(service, one); });
}

}  // namespace oci::serve::routes
