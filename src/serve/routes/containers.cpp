// SPDX-License-Identifier: Apache-2.0
#include "serve/routes/containers.hpp"

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "serve/routes/asking.hpp"

namespace oci::serve::routes {
namespace {

using http::Answer;
using http::Request;
using std::chrono::seconds;

constexpr std::uint64_t longest_patience = 3600;
constexpr seconds heartbeat{15};

/// Waits as long as the client prefers to; `act` is not called if it goes meanwhile.
void wait_for(Service& service, const Pointer& exchange, const ContainerRef& container,
              Containers::Condition condition, std::chrono::milliseconds patience,
              std::function<void(bool)> act) {
    const Service* const one = &service;
    const auto ticket = service.containers.when(
        container,
        [condition = std::move(condition), one](const Container& each) {
            return one->is_ending || each.is_gone || condition(each);
        },
        patience, std::move(act));
    exchange->when_gone([&service, ticket] { service.containers.stop_waiting(ticket); });
}

// PUT /containers/{name}

struct PutCall {
    Name name{};
    Wanted wanted{};
    bool replaces = false;
    Preference preference{};
};

Answer<PutCall> read_put(const Service& service, const Request& request) {
    PutCall call{.preference = preference_of(request)};
    if (service.is_ending) return http::refuse("shutting-down", "the service is about to end");
    call.name = OCI_TRY(name_in(request));
    const bool is_strict = OCI_TRY(flag_in(request, "strict", true));
    call.replaces = OCI_TRY(flag_in(request, "replace", false));
    if (trim(http::field(request.fields, "if-none-match")) == "*" &&
        service.containers.find(call.name))
        return http::refuse("precondition-failed", "the container exists");
    const spec::Value body = OCI_TRY(body_of(request));
    Mistakes mistakes;
    call.wanted = read_wanted(body, call.name, is_strict, mistakes);
    if (!mistakes.empty()) return Failure{problem_of(mistakes)};
    return call;
}

void answer_put(const Pointer& exchange, const Container& container, bool came) {
    // Who has waited for it is told by the status, too, that it has failed.
    if (came && container.state == State::Failed && container.error)
        return exchange->refuse(problem_of(*container.error));
    answer_status(exchange, container, came && is_settled(container.state) ? 201 : 202);
}

void put(Service& service, const Pointer& exchange) {
    auto call = read_put(service, exchange->request());
    if (!call) return exchange->refuse(call.error());
    const auto answer = service.containers.put(call.value().name, std::move(call.value().wanted),
                                               call.value().replaces);
    if (!answer) return exchange->refuse(problem_of(answer.error()));
    const ContainerRef container = answer.value().container;
    const auto wait = call.value().preference.wait;
    if (!answer.value().is_new && !wait) return answer_status(exchange, *container, 200);
    if (!wait) return answer_status(exchange, *container, 202);
    const bool is_new = answer.value().is_new;
    wait_for(
        service, exchange, container,
        [](const Container& each) { return !each.is_removing && is_settled(each.state); }, *wait,
        [exchange, container, is_new](bool came) {
            if (is_new) return answer_put(exchange, *container, came);
            answer_status(exchange, *container, 200);
        });
}

// GET /containers/{name}

/// The status at each change, until the container is gone.
void stream_status(Service& service, const Pointer& exchange, const ContainerRef& container) {
    exchange->send(sse_event("", "status", status_json(*container)));
    if (container->is_gone || service.is_ending) return exchange->finish();
    const std::uint64_t seen = container->revision;
    // Who is slow gets what there is when all was taken, and misses what was in between.
    wait_for(
        service, exchange, container,
        [seen, exchange](const Container& each) {
            return each.revision != seen && exchange->queued() == 0;
        },
        heartbeat,
        [&service, exchange, container](bool came) {
            if (!came) exchange->send(": still here\n\n");
            stream_status(service, exchange, container);
        });
}

void get(Service& service, const Pointer& exchange) {
    const Request& request = exchange->request();
    const auto found = container_in(service, request);
    if (!found) return exchange->refuse(found.error());
    const ContainerRef& container = found.value();
    if (accepts(request, "text/event-stream")) {
        if (begin_stream(service, exchange, "text/event-stream"))
            stream_status(service, exchange, container);
        return;
    }
    const auto patience = number_in(request, "timeout", 30, longest_patience);
    if (!patience) return exchange->refuse(patience.error());
    const std::string_view awaited = http::query_value(request, "wait");
    const auto state = state_named(awaited);
    if (!awaited.empty() && !state)
        return exchange->refuse({.code = "invalid-query", .detail = "wait names no state"});
    if (!state) {
        const std::string tag = entity_tag(status_json(*container));
        constexpr unsigned not_modified = 304;
        if (http::field(request.fields, "if-none-match") == tag)
            return exchange->answer({.status = not_modified, .fields = {{"ETag", tag}}});
        return answer_status(exchange, *container, 200);
    }
    wait_for(
        service, exchange, container,
        [state](const Container& each) { return each.state == *state; }, seconds{patience.value()},
        [exchange, container](bool) {
            if (container->is_gone)
                return exchange->refuse(
                    {.code = "no-such-container", .detail = "it has been deleted"});
            answer_status(exchange, *container, 200);
        });
}

// DELETE /containers/{name}

void remove(Service& service, const Pointer& exchange) {
    const Request& request = exchange->request();
    const auto found = container_in(service, request);
    if (!found) return exchange->refuse(found.error());
    const ContainerRef& container = found.value();
    const auto patience =
        number_in(request, "timeout", container->wanted.stop_seconds, longest_patience);
    const auto force = flag_in(request, "force", false);
    const auto if_stopped = flag_in(request, "ifStopped", false);
    if (!patience) return exchange->refuse(patience.error());
    if (!force) return exchange->refuse(force.error());
    if (!if_stopped) return exchange->refuse(if_stopped.error());
    const bool runs = container->state == State::Running || container->state == State::Paused ||
                      container->state == State::Stopping;
    if (if_stopped.value() && runs)
        return exchange->refuse({.code = "still-running", .detail = "the container runs"});
    const bool is_asynchronous = preference_of(request).is_asynchronous;
    service.containers.remove(container, seconds{force.value() ? 0 : patience.value()},
                              [exchange, is_asynchronous](const Reply<void>& reply) {
                                  if (is_asynchronous) return;
                                  if (!reply) return exchange->refuse(problem_of(reply.error()));
                                  exchange->answer({.status = 204});
                              });
    if (is_asynchronous) answer_status(exchange, *container, 202);
}

// PUT /containers/{name}/status

struct StatusCall {
    ContainerRef container{};
    Wish wish = Wish::Running;
    WishOptions options{};
};

Answer<StatusCall> read_status_call(const Service& service, const Request& request) {
    StatusCall call;
    call.container = OCI_TRY(container_in(service, request));
    const bool is_strict = OCI_TRY(flag_in(request, "strict", true));
    const spec::Value body = OCI_TRY(body_of(request));
    Mistakes mistakes;
    Reader reader{body, "", mistakes};
    const auto word = reader.text("state");
    const auto patience = reader.number("timeoutSeconds", longest_patience);
    const auto signal = reader.text("signal");
    if (is_strict) reader.finish();
    if (!word && mistakes.empty()) reader.mistake("state", "is missing");
    if (!mistakes.empty()) return Failure{problem_of(mistakes)};
    const auto wish = wish_named(*word);
    if (!wish) return http::refuse("unknown-value", "state is not one of running, paused, stopped");
    if (signal && signal_word(*signal).empty())
        return http::refuse("unknown-value", "signal is no signal");
    call.wish = *wish;
    if (patience) call.options.patience = seconds{*patience};
    call.options.signal = signal.value_or("");
    const std::string_view match = http::field(request.fields, "if-match");
    if (!match.empty() && match != "*" && match != entity_tag(status_json(*call.container)))
        return http::refuse("precondition-failed", "the container has changed");
    return call;
}

void put_status(Service& service, const Pointer& exchange) {
    auto call = read_status_call(service, exchange->request());
    if (!call) return exchange->refuse(call.error());
    const ContainerRef container = call.value().container;
    service.containers.wish(container, call.value().wish, call.value().options,
                            [exchange, container](const Reply<void>& reply) {
                                if (!reply) return exchange->refuse(problem_of(reply.error()));
                                answer_status(exchange, *container, 200);
                            });
}

void get_status(Service& service, const Pointer& exchange) {
    const auto found = container_in(service, exchange->request());
    if (!found) return exchange->refuse(found.error());
    exchange->answer({.body = state_json(*found.value())});
}

// GET /containers

struct Filter {
    std::string_view state{};
    std::string_view image{};
    std::vector<std::string_view> labels{};

    [[nodiscard]] bool takes(const Container& container) const {
        if (!state.empty() && word_of(container.state) != state) return false;
        if (!image.empty() && container.wanted.image != image) return false;
        for (const std::string_view label : labels) {
            const std::size_t sign = std::min(label.find('='), label.size());
            const auto found = container.wanted.labels.find(std::string{label.substr(0, sign)});
            if (found == container.wanted.labels.end()) return false;
            if (sign < label.size() && found->second != label.substr(sign + 1)) return false;
        }
        return true;
    }
};

void list(Service& service, const Pointer& exchange) {
    const Request& request = exchange->request();
    constexpr std::uint64_t most = 1000;
    const auto limit = number_in(request, "limit", 100, most);
    if (!limit) return exchange->refuse(limit.error());
    Filter filter{.state = http::query_value(request, "state"),
                  .image = http::query_value(request, "image")};
    if (!filter.state.empty() && !state_named(filter.state))
        return exchange->refuse({.code = "invalid-query", .detail = "state names no state"});
    for (const auto& [key, value] : request.query)
        if (key == "label") filter.labels.emplace_back(value);
    const auto after = parse_name(http::query_value(request, "after"));
    std::string body;
    std::string next;
    std::uint64_t count = 0;
    JsonWriter json{body};
    json.begin_object().key("items").begin_array();
    const auto& all = service.containers.all();
    for (auto each = after ? all.upper_bound(*after) : all.begin(); each != all.end(); ++each) {
        if (!filter.takes(*each->second)) continue;
        if (count == limit.value()) break;
        json.json(status_json(*each->second));
        next = each->first.text();
        if (++count == limit.value() && std::next(each) == all.end()) next.clear();
    }
    if (count < limit.value()) next.clear();
    json.end_array().key("next");
    if (next.empty())
        json.null();
    else
        json.value(next);
    json.end_object();
    exchange->answer({.body = std::move(body)});
}

// POST /containers/{name}/signal

void post_signal(Service& service, const Pointer& exchange) {
    const Request& request = exchange->request();
    const auto found = container_in(service, request);
    if (!found) return exchange->refuse(found.error());
    const auto body = body_of(request);
    if (!body) return exchange->refuse(body.error());
    Mistakes mistakes;
    Reader reader{body.value(), "", mistakes};
    const auto signal = reader.text("signal");
    const bool all = reader.flag("all").value_or(false);
    reader.finish();
    if (!signal && mistakes.empty()) reader.mistake("signal", "is missing");
    if (!mistakes.empty()) return exchange->refuse(problem_of(mistakes));
    const std::string word = signal_word(*signal);
    if (word.empty())
        return exchange->refuse({.code = "unknown-value", .detail = "signal is no signal"});
    service.containers.signal(found.value(), word, all, [exchange](const Reply<void>& reply) {
        if (!reply) return exchange->refuse(problem_of(reply.error()));
        exchange->answer({.status = 204});
    });
}

}  // namespace

void add_container_routes(http::Router& router, Service& service) {
    const auto add = [&](const char* method, const char* path,
                         void (*act)(Service&, const Pointer&)) {
        router.add(method, path, [&service, act](const Pointer& one) { act(service, one); });
    };
    add("PUT", "/containers/{name}", put);
    add("GET", "/containers/{name}", get);
    add("DELETE", "/containers/{name}", remove);
    add("PUT", "/containers/{name}/status", put_status);
    add("GET", "/containers/{name}/status", get_status);
    add("GET", "/containers", list);
    add("POST", "/containers/{name}/signal", post_signal);
}

}  // namespace oci::serve::routes
