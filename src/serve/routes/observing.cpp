// SPDX-License-Identifier: Apache-2.0
#include "serve/routes/observing.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"
#include "serve/routes/asking.hpp"

namespace oci::serve::routes {
namespace {

constexpr std::chrono::seconds quick{20};
constexpr std::size_t largest_config = std::size_t{4} << 20U;

bool runs(const Container& container) {
    return container.state == State::Running || container.state == State::Paused;
}

http::Answer<ContainerRef> running_in(const Service& service, const http::Request& request) {
    ContainerRef container = OCI_TRY(container_in(service, request));
    if (!runs(*container)) return http::refuse("not-running", "the container does not run");
    return container;
}

/// What the runtime said, if it is a document of its own.
bool is_document(const ChildEnd& end, char first) {
    return end.status == 0 && !end.is_truncated && trim(end.output).starts_with(first);
}

void processes(Service& service, const Pointer& exchange) {
    const auto found = running_in(service, exchange->request());
    if (!found) return exchange->refuse(found.error());
    service.calls.call(
        {"--log-format=json", "ps", "--format", "wide-json", found.value()->id}, quick,
        [exchange](const ChildEnd& end) {
            if (!is_document(end, '['))
                return exchange->refuse(problem_of(
                    refusal_with_code(end, "runtime-failed", "its processes cannot be listed")));
            exchange->answer({.body = fmt::format("{{\"pids\":{}}}", trim(end.output))});
        });
}

// GET /containers/{name}/stats

/// "" if what the runtime said has no numbers.
std::string stats_json(const ChildEnd& end) {
    const std::string_view text = trim(end.output);
    const std::string_view key = "\"data\":";
    const std::size_t at = text.find(key);
    if (!is_document(end, '{') || at == std::string_view::npos || !spec::parse_json(text))
        return {};
    // {"type":…,"id":…,"data":{…}}: a document that was parsed, whose last member is the data.
    std::string_view data = text.substr(at + key.size());
    data.remove_suffix(1);
    std::string body;
    JsonWriter json{body};
    json.begin_object().member("time", rfc3339_now()).key("stats").json(trim(data)).end_object();
    return body;
}

void ask_stats(Service& service, const ContainerRef& container, std::function<void(ChildEnd)> act) {
    service.calls.call({"--log-format=json", "events", "--stats", container->id}, quick,
                       std::move(act));
}

/// One document after the other, until the container does not run any more.
class StatsStream : public std::enable_shared_from_this<StatsStream> {
public:
    StatsStream(Service& service, Pointer exchange, ContainerRef container,
                std::chrono::seconds interval, bool is_sse)
        : service_{service},
          exchange_{std::move(exchange)},
          container_{std::move(container)},
          interval_{interval},
          is_sse_{is_sse} {}

    void begin() {
        ++service_.streams;
        exchange_->when_gone([self = shared_from_this()] { self->end(); });
        ask();
    }

private:
    void ask() {
        ask_stats(service_, container_, [self = shared_from_this()](const ChildEnd& end) {
            self->tell(stats_json(end));
        });
    }

    void tell(const std::string& document) {
        if (has_ended_) return;
        if (document.empty() || !runs(*container_) || service_.is_ending) {
            end();
            return exchange_->finish();
        }
        // Who has not taken the last one misses this one.
        if (exchange_->queued() == 0)
            exchange_->send(is_sse_ ? sse_event("", "stats", document) : document + "\n");
        timer_ = service_.reactor.after(interval_, [self = shared_from_this()] { self->ask(); });
    }

    void end() {
        if (has_ended_) return;
        has_ended_ = true;
        service_.reactor.cancel(timer_);
        --service_.streams;
    }

    Service& service_;
    Pointer exchange_;
    ContainerRef container_;
    std::chrono::seconds interval_;
    bool is_sse_;
    bool has_ended_ = false;
    Reactor::TimerId timer_{};
};

void stats(Service& service, const Pointer& exchange) {
    const http::Request& request = exchange->request();
    const auto found = running_in(service, request);
    if (!found) return exchange->refuse(found.error());
    constexpr std::uint64_t longest = 3600;
    const auto interval = number_in(request, "interval", 1, longest);
    if (!interval) return exchange->refuse(interval.error());
    const auto streams = flag_in(request, "stream", false);
    if (!streams) return exchange->refuse(streams.error());
    const bool is_sse = accepts(request, "text/event-stream");
    if (streams.value() || is_sse) {
        if (!begin_stream(service, exchange, is_sse ? "text/event-stream" : "application/x-ndjson"))
            return;
        const std::chrono::seconds pause{std::max<std::uint64_t>(interval.value(), 1)};
        std::make_shared<StatsStream>(service, exchange, found.value(), pause, is_sse)->begin();
        return;
    }
    ask_stats(service, found.value(), [exchange](const ChildEnd& end) {
        std::string document = stats_json(end);
        if (document.empty())
            return exchange->refuse(problem_of(
                refusal_with_code(end, "runtime-failed", "what it uses cannot be read")));
        exchange->answer({.body = std::move(document)});
    });
}

// GET /containers/{name}/config

void config(Service& service, const Pointer& exchange) {
    const auto found = container_in(service, exchange->request());
    if (!found) return exchange->refuse(found.error());
    const std::string path = found.value()->bundle + "/config.json";
    auto text = kernel::read_text(kernel::here, path.c_str(), largest_config);
    if (found.value()->bundle.empty() || !text)
        return exchange->refuse({.code = "not-ready", .detail = "it has no configuration (yet)"});
    exchange->answer({.body = std::move(text).value()});
}

}  // namespace

void add_observing_routes(http::Router& router, Service& service) {
    const auto add = [&](const char* path, void (*act)(Service&, const Pointer&)) {
        router.add("GET", path, [&service, act](const Pointer& one) { act(service, one); });
    };
    add("/containers/{name}/processes", processes);
    add("/containers/{name}/stats", stats);
    add("/containers/{name}/config", config);
}

}  // namespace oci::serve::routes
