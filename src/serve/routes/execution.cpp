// SPDX-License-Identifier: Apache-2.0
#include "serve/routes/execution.hpp"

#include <csignal>
#include <limits>

#include <fmt/format.h>

#include "base/base64.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"
#include "kernel/text_file.hpp"
#include "serve/routes/asking.hpp"
#include "serve/routes/exec_stream.hpp"

namespace oci::serve::routes {
namespace {

constexpr std::uint64_t longest_patience = 3600;
constexpr std::chrono::seconds after_kill{10};
constexpr std::size_t most_input = std::size_t{64} * 1024;  // what a pipe takes

struct ExecCall {
    ExecWanted wanted{};
    std::string input{};
    bool streams = false;
};

bool is_user(std::string_view text) {
    const std::size_t colon = text.find(':');
    const bool has_group = colon != std::string_view::npos;
    return parse_number<std::uint32_t>(text.substr(0, colon)) &&
           (!has_group || parse_number<std::uint32_t>(text.substr(colon + 1)));
}

void read_program(Reader& reader, ExecWanted& wanted) {
    wanted.args = reader.texts("args").value_or(std::vector<std::string>{});
    for (const std::string& each : reader.texts("env").value_or(std::vector<std::string>{}))
        wanted.options.push_back("--env=" + each);
    if (const auto cwd = reader.text("cwd")) wanted.options.push_back("--cwd=" + *cwd);
    if (const auto user = reader.text("user")) {
        wanted.options.push_back("--user=" + *user);
        if (!is_user(*user)) reader.mistake("user", "has to be numbers: UID or UID:GID");
    }
    if (wanted.args.empty()) reader.mistake("args", "needs a program");
}

void read_terminal(Reader& reader, const ExecCall& call, ExecWanted& wanted) {
    constexpr std::uint64_t most = std::numeric_limits<std::uint16_t>::max();
    wanted.terminal = reader.flag("tty").value_or(false);
    wanted.size.rows = static_cast<std::uint16_t>(reader.number("rows", most).value_or(0));
    wanted.size.columns = static_cast<std::uint16_t>(reader.number("cols", most).value_or(0));
    if (wanted.terminal && !call.streams)
        reader.mistake("tty", "needs Upgrade: tcp, or Accept: text/event-stream");
    if (!wanted.terminal && (wanted.size.rows != 0 || wanted.size.columns != 0))
        reader.mistake("rows", "needs a tty");
}

http::Answer<ExecCall> read_exec(const Service& service, const http::Request& request) {
    ExecCall call;
    ExecWanted& wanted = call.wanted;
    const bool is_bare = wants_upgrade(request);
    call.streams = is_bare || accepts(request, "text/event-stream");
    wanted.container = OCI_TRY(container_in(service, request));
    const spec::Value body = OCI_TRY(body_of(request));
    Mistakes mistakes;
    Reader reader{body, "", mistakes};
    read_program(reader, wanted);
    read_terminal(reader, call, wanted);
    if (const auto text = reader.text("stdin")) {
        const auto bytes = from_base64(*text);
        if (!bytes || is_bare || bytes->size() > most_input)
            reader.mistake("stdin", "has to be base64 of at most 64 KiB, and not with Upgrade");
        call.input = bytes.value_or("");
    }
    // Who listens can leave by themselves.
    const std::uint64_t usual = call.streams ? 0 : 60;
    wanted.patience =
        std::chrono::seconds{reader.number("timeoutSeconds", longest_patience).value_or(usual)};
    reader.finish();
    if (!mistakes.empty()) return Failure{problem_of(mistakes)};
    if (wanted.container->state != State::Running)
        return http::refuse("not-running", "the container does not run");
    return call;
}

void answer(const Pointer& exchange, const ChildEnd& end) {
    std::string body;
    JsonWriter json{body};
    json.begin_object().member("exitCode", end.status);
    // A program may write what it likes; JSON may not.
    json.member("stdout", is_utf8(end.output) ? end.output : escape_for_display(end.output));
    json.member("stderr", is_utf8(end.errors) ? end.errors : escape_for_display(end.errors));
    json.member("truncated", end.is_truncated).end_object();
    exchange->answer({.body = std::move(body)});
}

/// `oci-rt exec` passes signals on, but not SIGKILL: the program itself has to be found.
void kill_program(const std::string& pid_file) {
    constexpr std::size_t most_digits = 32;
    const auto text = kernel::read_text(kernel::here, pid_file.c_str(), most_digits);
    const auto pid = text ? parse_number<pid_t>(trim(text.value())) : std::nullopt;
    if (!pid || *pid <= 1) return;
    const auto pidfd = kernel::open_pidfd(*pid);
    if (pidfd) (void)kernel::send_signal(pidfd.value(), SIGKILL);  // it may just have ended
}

void exec(Service& service, const Pointer& exchange) {
    auto read = read_exec(service, exchange->request());
    if (!read) return exchange->refuse(read.error());
    if (read.value().streams)
        return stream_exec(service, exchange, std::move(read.value().wanted),
                           std::move(read.value().input));
    const std::string input = std::move(read.value().input);
    const ExecWanted call = std::move(read.value().wanted);
    const std::string pid_file =
        fmt::format("{}/exec-{}.pid", service.state_directory, exchange->request().id);
    std::vector<std::string> words{"--pid-file", pid_file};
    words.insert(words.end(), call.options.begin(), call.options.end());
    words.push_back(call.container->id);
    words.insert(words.end(), call.args.begin(), call.args.end());
    struct Watch {
        Reactor::TimerId timer{};
        bool is_late = false;
        bool is_over = false;
    };
    const auto watch = std::make_shared<Watch>();
    const auto kill = [watch, pid_file] {
        watch->is_late = true;
        kill_program(pid_file);
    };
    service.events.publish({.type = "container",
                            .action = "exec_started",
                            .name = call.container->name.text(),
                            .id = call.container->id});
    watch->timer = service.reactor.after(call.patience, kill);
    exchange->when_gone([watch, kill] {
        if (!watch->is_over) kill();
    });
    service.calls.exec_captured(
        words, input, call.patience + after_kill,
        [&service, exchange, watch, pid_file, container = call.container](const ChildEnd& end) {
            watch->is_over = true;
            service.reactor.cancel(watch->timer);
            (void)kernel::remove(kernel::here, pid_file.c_str());  // there is none where it failed
            service.events.publish({.type = "container",
                                    .action = "exec_exited",
                                    .name = container->name.text(),
                                    .id = container->id,
                                    .attributes = {{"exitCode", fmt::format("{}", end.status)}}});
            if (watch->is_late || end.timed_out)
                return exchange->refuse(
                    {.code = "exec-timeout", .detail = "the program was killed"});
            answer(exchange, end);
        });
}

}  // namespace

void add_execution_routes(http::Router& router, Service& service) {
    router.add("POST", "/containers/{name}/exec",
               [&service](const Pointer& one) { exec(service, one); });
}

}  // namespace oci::serve::routes
