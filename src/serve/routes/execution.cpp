// SPDX-License-Identifier: Apache-2.0
#include "serve/routes/execution.hpp"

#include <csignal>

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"
#include "kernel/text_file.hpp"
#include "serve/routes/asking.hpp"

namespace oci::serve::routes {
namespace {

constexpr std::uint64_t longest_patience = 3600;
constexpr std::chrono::seconds after_kill{10};

struct ExecCall {
    ContainerRef container{};
    std::vector<std::string> options{};
    std::vector<std::string> args{};
    std::chrono::seconds patience{60};
};

bool is_user(std::string_view text) {
    const std::size_t colon = text.find(':');
    const bool has_group = colon != std::string_view::npos;
    return parse_number<std::uint32_t>(text.substr(0, colon)) &&
           (!has_group || parse_number<std::uint32_t>(text.substr(colon + 1)));
}

http::Answer<ExecCall> read_exec(const Service& service, const http::Request& request) {
    ExecCall call;
    call.container = OCI_TRY(container_in(service, request));
    const spec::Value body = OCI_TRY(body_of(request));
    Mistakes mistakes;
    Reader reader{body, "", mistakes};
    call.args = reader.texts("args").value_or(std::vector<std::string>{});
    for (const std::string& each : reader.texts("env").value_or(std::vector<std::string>{}))
        call.options.push_back("--env=" + each);
    if (const auto cwd = reader.text("cwd")) call.options.push_back("--cwd=" + *cwd);
    if (const auto user = reader.text("user")) {
        call.options.push_back("--user=" + *user);
        if (!is_user(*user)) reader.mistake("user", "has to be numbers: UID or UID:GID");
    }
    call.patience =
        std::chrono::seconds{reader.number("timeoutSeconds", longest_patience).value_or(60)};
    reader.finish();
    if (call.args.empty()) reader.mistake("args", "needs a program");
    if (!mistakes.empty()) return Failure{problem_of(mistakes)};
    if (call.container->state != State::Running)
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
    const ExecCall call = std::move(read).value();
    const std::string pid_file =
        fmt::format("{}/exec-{}.pid", service.state_directory, exchange->request().id);
    std::vector<std::string> words{"exec", "--pid-file", pid_file};
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
    service.calls.call(
        words, call.patience + after_kill,
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
