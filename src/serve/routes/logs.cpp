// SPDX-License-Identifier: Apache-2.0
#include "serve/routes/logs.hpp"

#include <fcntl.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "base/path.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/watch.hpp"
#include "serve/containers/log_lines.hpp"
#include "serve/routes/asking.hpp"

namespace oci::serve::routes {
namespace {

constexpr std::size_t most_queued = std::size_t{256} * 1024;
constexpr std::chrono::seconds heartbeat{15};

enum class Form : std::uint8_t { Text, Lines, Events };

struct LogCall {
    ContainerRef container{};
    LogFilter filter{};
    Form form = Form::Text;
    bool follows = false;
    bool has_times = false;
    std::optional<std::uint64_t> tail{};
};

std::string json_of(const LogLine& line) {
    std::string text;
    JsonWriter json{text};
    json.begin_object().member("time", line.time).member("stream", line.stream);
    json.member("text",
                is_utf8(line.text) ? std::string{line.text} : escape_for_display(line.text));
    json.member("partial", !line.is_whole).end_object();
    return text;
}

/// One client, from the oldest line that it wants to the end.
class LogStream : public std::enable_shared_from_this<LogStream> {
public:
    LogStream(Service& service, Pointer exchange, LogCall call)
        : service_{service},
          exchange_{std::move(exchange)},
          call_{std::move(call)},
          files_{call_.container->log_path} {}

    [[nodiscard]] bool open() { return files_.open(); }

    void begin() {
        ++service_.streams;
        if (call_.tail) files_.skip_to_last(*call_.tail);
        exchange_->when_gone([self = shared_from_this()] { self->end(); });
        exchange_->when_drained([self = shared_from_this()] { self->pump(); });
        if (call_.follows) follow();
        pump();
    }

private:
    [[nodiscard]] static bool may_speak(const Container& container) {
        return container.state == State::Running || container.state == State::Paused ||
               container.state == State::Stopping;
    }

    /// The directory is told of each change; what changed is found by reading on.
    void follow() {
        const std::string folder{parent_path(call_.container->log_path)};
        const auto directory =
            kernel::open_at(kernel::here, folder.c_str(), O_RDONLY | O_DIRECTORY);
        auto changes = directory ? kernel::watch_changes(directory.value())
                                 : kernel::SysResult<UniqueFd>{Failure{directory.error()}};
        if (changes) {
            changes_ = std::move(changes).value();
            auto watch = service_.reactor.watch(changes_, EPOLLIN,
                                                [self = shared_from_this()](std::uint32_t) {
                                                    kernel::drain(self->changes_);
                                                    self->pump();
                                                });
            if (watch) watch_ = watch.value();
        }
        ticket_ = service_.containers.when(
            call_.container,
            [&service = service_](const Container& each) {
                return service.is_ending || each.is_gone || !may_speak(each);
            },
            std::chrono::hours{24 * 365},
            [self = shared_from_this()](bool) {
                self->is_complete_ = true;
                self->pump();
            });
        beat();
    }

    void beat() {
        timer_ = service_.reactor.after(heartbeat, [self = shared_from_this()] {
            if (self->has_ended_) return;
            if (self->call_.form == Form::Events) self->exchange_->send(": still here\n\n");
            self->pump();
            self->beat();
        });
    }

    /// As much as the client takes.
    void pump() {
        if (has_ended_ || is_pumping_) return;
        is_pumping_ = true;
        while (!has_ended_ && exchange_->queued() < most_queued) {
            const std::string lines = files_.read();
            if (lines.empty()) break;
            exchange_->send(format(lines));
        }
        is_pumping_ = false;
        const bool is_at_end = exchange_->queued() < most_queued;
        if (has_ended_ || !is_at_end || (call_.follows && !is_complete_)) return;
        end();
        exchange_->finish();
    }

    [[nodiscard]] std::string format(std::string_view lines) const {
        std::string out;
        for (const std::string_view one : split(lines, '\n')) {
            const auto line = parse_log_line(one);
            if (!line || !call_.filter.takes(*line)) continue;
            switch (call_.form) {
                case Form::Text:
                    if (call_.has_times) out += fmt::format("{} ", line->time);
                    out += line->text;
                    if (line->is_whole) out += '\n';
                    break;
                case Form::Lines: out += json_of(*line) + '\n'; break;
                case Form::Events: out += sse_event("", line->stream, json_of(*line)); break;
            }
        }
        return out;
    }

    void end() {
        if (has_ended_) return;
        has_ended_ = true;
        service_.reactor.forget(watch_);
        service_.reactor.cancel(timer_);
        service_.containers.stop_waiting(ticket_);
        --service_.streams;
    }

    Service& service_;
    Pointer exchange_;
    LogCall call_;
    LogFiles files_;
    UniqueFd changes_{};
    Reactor::WatchId watch_ = 0;
    Reactor::TimerId timer_{};
    Containers::Ticket ticket_ = 0;
    bool is_complete_ = false;
    bool is_pumping_ = false;
    bool has_ended_ = false;
};

/// "2026-11-22", "2026-11-22T10:00:00Z": without the "Z", as the beginning of a time.
http::Answer<std::string> time_in(const http::Request& request, std::string_view key) {
    std::string_view text = http::query_value(request, key);
    if (text.ends_with('Z')) text.remove_suffix(1);
    const auto fits = [](char each) {
        return (each >= '0' && each <= '9') || each == '-' || each == ':' || each == 'T' ||
               each == '.';
    };
    constexpr std::size_t date = 10;
    const bool is_time = text.empty() || (text.size() >= date && text[4] == '-' && text[7] == '-');
    if (!is_time || !std::ranges::all_of(text, fits))
        return http::refuse("invalid-query", fmt::format("{} is no time of RFC 3339 in UTC", key));
    return std::string{text};
}

http::Answer<LogCall> read_call(const Service& service, const http::Request& request) {
    LogCall call;
    call.container = OCI_TRY(container_in(service, request));
    call.follows = OCI_TRY(flag_in(request, "follow", false));
    call.has_times = OCI_TRY(flag_in(request, "timestamps", false));
    call.filter.since = OCI_TRY(time_in(request, "since"));
    call.filter.until = OCI_TRY(time_in(request, "until"));
    constexpr std::uint64_t most_lines = 10'000'000;
    if (http::count_fields(request.query, "tail") > 0)
        call.tail = OCI_TRY(number_in(request, "tail", 0, most_lines));
    const std::string_view streams = http::query_value(request, "streams", "stdout,stderr");
    const auto words = split(streams, ',');
    call.filter.output = std::ranges::find(words, "stdout") != words.end();
    call.filter.errors = std::ranges::find(words, "stderr") != words.end();
    for (const std::string_view word : words)
        if (word != "stdout" && word != "stderr")
            return http::refuse("invalid-query", "streams are stdout and stderr");
    if (accepts(request, "application/x-ndjson")) call.form = Form::Lines;
    if (accepts(request, "text/event-stream")) call.form = Form::Events;
    return call;
}

void logs(Service& service, const Pointer& exchange) {
    auto call = read_call(service, exchange->request());
    if (!call) return exchange->refuse(call.error());
    constexpr std::array types{"text/plain; charset=utf-8", "application/x-ndjson",
                               "text/event-stream"};
    const char* type = types.at(static_cast<std::size_t>(call.value().form));
    const auto stream = std::make_shared<LogStream>(service, exchange, std::move(call).value());
    if (!stream->open())
        return exchange->refuse({.code = "no-logs", .detail = "it has said nothing yet"});
    if (begin_stream(service, exchange, type)) stream->begin();
}

}  // namespace

void add_log_routes(http::Router& router, Service& service) {
    router.add("GET", "/containers/{name}/logs",
               [&service](const Pointer& one) { logs(service, one); });
}

}  // namespace oci::serve::routes
