// SPDX-License-Identifier: Apache-2.0
#include "serve/routes/exec_stream.hpp"

#include <array>
#include <limits>

#include "base/base64.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace oci::serve::routes {
namespace {

constexpr std::size_t most_queued = std::size_t{256} * 1024;
constexpr std::chrono::seconds heartbeat{15};

std::string execution_json(const Execution& execution) {
    std::string text;
    JsonWriter json{text};
    json.begin_object().member("id", execution.id());
    json.member("container", execution.wanted().container->name.text());
    json.list("args", execution.wanted().args).member("tty", execution.wanted().terminal);
    json.member("running", !execution.exit_code()).key("exitCode");
    if (execution.exit_code())
        json.value(*execution.exit_code());
    else
        json.null();
    json.member("timedOut", execution.was_late()).end_object();
    return text;
}

/// One client and its program.
class ExecStream : public std::enable_shared_from_this<ExecStream> {
public:
    ExecStream(Service& service, Pointer exchange, bool is_bare, std::string input)
        : service_{service},
          exchange_{std::move(exchange)},
          is_bare_{is_bare},
          input_{std::move(input)} {}

    void begin(ExecWanted wanted) {
        has_terminal_ = wanted.terminal;
        auto started = service_.executions.start(std::move(wanted), listener());
        if (!started)
            return exchange_->refuse({.code = "internal", .detail = started.error().message});
        execution_ = started.value();
        ++service_.streams;
        exchange_->when_gone([self = shared_from_this()] { self->gone(); });
        exchange_->when_drained([self = shared_from_this()] { self->execution_->go_on(); });
        if (is_bare_) return take_over();
        exchange_->begin({.type = "text/event-stream", .fields = {{"Location", location()}}});
        exchange_->send(sse_event("", "started", execution_json(*execution_)));
        beat();
        give_input();
    }

private:
    [[nodiscard]] std::string location() const {
        const std::string& path = exchange_->request().path;
        return fmt::format("{}/{}", path, execution_->id());
    }

    void take_over() {
        const char* type = has_terminal_ ? "application/vnd.docker.raw-stream"
                                         : "application/vnd.docker.multiplexed-stream";
        exchange_->upgrade(
            {{"Content-Type", type}, {"Location", location()}},
            {.take = [self = shared_from_this()](
                         std::string_view bytes) { return self->execution_->put_input(bytes); },
             .end = [self = shared_from_this()] { self->execution_->close_input(); }});
        exchange_->resume();
    }

    ExecListener listener() {
        const auto self = shared_from_this();
        return {
            .has_room = [self] { return self->exchange_->queued() < most_queued; },
            .said = [self](bool is_error, std::string_view bytes) { self->said(is_error, bytes); },
            .hears_again =
                [self] {
                    if (self->is_bare_) return self->exchange_->resume();
                    self->give_input();
                },
            .ended = [self] { self->ended(); }};
    }

    /// Of a client that has said it all at once.
    void give_input() {
        if (!execution_ || is_input_given_) return;
        input_.erase(0, execution_->put_input(input_));
        if (!input_.empty()) return;
        is_input_given_ = true;
        execution_->close_input();
    }

    void said(bool is_error, std::string_view bytes) {
        if (is_bare_ && has_terminal_) return exchange_->send(bytes);
        if (is_bare_) {
            std::string frame{is_error ? '\2' : '\1', '\0', '\0', '\0'};
            for (const unsigned shift : {24U, 16U, 8U, 0U})
                frame += static_cast<char>(bytes.size() >> shift & 0xFFU);
            return exchange_->send(frame.append(bytes));
        }
        std::string data;
        JsonWriter json{data};
        json.begin_object();
        if (is_utf8(bytes))
            json.member("text", bytes);
        else
            json.member("base64", base64_of(bytes));
        json.end_object();
        exchange_->send(sse_event("", is_error ? "stderr" : "stdout", data));
    }

    void ended() {
        if (!is_bare_) exchange_->send(sse_event("", "exit", execution_json(*execution_)));
        leave();
        exchange_->finish();
    }

    void gone() {
        leave();
        execution_->hang_up();
    }

    void beat() {
        timer_ = service_.reactor.after(heartbeat, [self = shared_from_this()] {
            if (self->exchange_->queued() == 0) self->exchange_->send(": still here\n\n");
            if (!self->has_left_) self->beat();
        });
    }

    void leave() {
        if (std::exchange(has_left_, true)) return;
        service_.reactor.cancel(timer_);
        --service_.streams;
    }

    Service& service_;
    Pointer exchange_;
    bool is_bare_;
    std::string input_;
    bool is_input_given_ = false;
    bool has_terminal_ = false;
    bool has_left_ = false;
    ExecutionRef execution_{};
    Reactor::TimerId timer_{};
};

/// Of the container in the path, too.
http::Answer<ExecutionRef> execution_in(const Service& service, const http::Request& request) {
    const ContainerRef container = OCI_TRY(container_in(service, request));
    ExecutionRef execution = service.executions.find(request.names.at(1));
    if (!execution || execution->wanted().container != container)
        return http::refuse("no-such-exec", "there is no such program, or it has ended long ago");
    return execution;
}

void get(Service& service, const Pointer& exchange) {
    const auto found = execution_in(service, exchange->request());
    if (!found) return exchange->refuse(found.error());
    exchange->answer({.body = execution_json(*found.value())});
}

http::Answer<kernel::TerminalSize> read_size(const http::Request& request) {
    const spec::Value body = OCI_TRY(body_of(request));
    Mistakes mistakes;
    Reader reader{body, "", mistakes};
    constexpr std::uint64_t most = std::numeric_limits<std::uint16_t>::max();
    const auto rows = reader.number("rows", most);
    const auto columns = reader.number("cols", most);
    reader.finish();
    if (mistakes.empty() && (!rows || *rows == 0)) reader.mistake("rows", "has to be more than 0");
    if (mistakes.empty() && (!columns || *columns == 0))
        reader.mistake("cols", "has to be more than 0");
    if (!mistakes.empty()) return Failure{problem_of(mistakes)};
    return kernel::TerminalSize{.rows = static_cast<std::uint16_t>(*rows),
                                .columns = static_cast<std::uint16_t>(*columns)};
}

void put_size(Service& service, const Pointer& exchange) {
    const auto found = execution_in(service, exchange->request());
    if (!found) return exchange->refuse(found.error());
    const auto size = read_size(exchange->request());
    if (!size) return exchange->refuse(size.error());
    if (!found.value()->resize(size.value()))
        return exchange->refuse(
            {.code = "not-running", .detail = "it has no terminal, or has ended"});
    exchange->answer({.status = 204});
}

}  // namespace

void stream_exec(Service& service, const Pointer& exchange, ExecWanted wanted, std::string input) {
    if (!may_stream(service, exchange)) return;
    const bool is_bare = wants_upgrade(exchange->request());
    std::make_shared<ExecStream>(service, exchange, is_bare, std::move(input))
        ->begin(std::move(wanted));
}

void add_exec_stream_routes(http::Router& router, Service& service) {
    router.add("GET", "/containers/{name}/exec/{id}",
               [&service](const Pointer& one) { get(service, one); });
    router.add("PUT", "/containers/{name}/exec/{id}/size",
               [&service](const Pointer& one) { put_size(service, one); });
}

}  // namespace oci::serve::routes
