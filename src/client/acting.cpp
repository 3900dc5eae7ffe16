// SPDX-License-Identifier: Apache-2.0
//
// What changes a container: start, pause, resume, stop, kill, delete, exec.
#include <unistd.h>

#include "base/explain.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "client/verbs.hpp"
#include "kernel/files.hpp"

namespace oci::client {
namespace {

constexpr std::chrono::seconds patient{150};
constexpr std::uint64_t longest_patience = 3600;

/// "10", "10s"; 0 for "" if that is fine.
Result<std::uint64_t> seconds_in(std::string_view text, std::string_view option) {
    const std::string_view digits = text.ends_with('s') ? text.substr(0, text.size() - 1) : text;
    const auto number = parse_number<std::uint64_t>(digits);
    if (number && *number <= longest_patience) return *number;
    return fail(ErrorKind::InvalidConfig, "{}: {} is no number of seconds up to {}", option,
                json_quoted(shown(text)), longest_patience);
}

Result<void> put_state(Connection& service, const std::string& name, const std::string& body,
                       std::chrono::seconds patience) {
    const Reply reply = OCI_TRY(service.ask({.method = "PUT",
                                             .path = container_path(name, "/status"),
                                             .body = body,
                                             .patience = patience}));
    return succeeded(reply);
}

Result<int> put_one(Connection& service, const Call& call, std::string_view state) {
    OCI_TRY(put_state(service, call.words[0], fmt::format(R"({{"state":"{}"}})", state), patient));
    return 0;
}

/// The service would start one that has stopped, or thaw one that is paused: another wish.
Result<void> expect_state(Connection& service, const std::string& name, std::string_view no) {
    const spec::Value one = OCI_TRY(ask(service, {.path = container_path(name, "/status")}));
    const std::string state = text_at(one, {"state"});
    if (state != no) return {};
    return fail(ErrorKind::WrongStatus, "{} is {}", shown(name), state);
}

Result<std::string> exec_body(const Call& call) {
    std::string body;
    JsonWriter json{body};
    json.begin_object();
    json.list("args", std::vector<std::string>{call.words.begin() + 1, call.words.end()});
    if (!call.options.environment.empty()) json.list("env", call.options.environment);
    if (!call.options.user.empty()) json.member("user", call.options.user);
    if (!call.options.directory.empty()) json.member("cwd", call.options.directory);
    if (!call.options.patience.empty()) {
        const auto seconds = OCI_TRY(seconds_in(call.options.patience, "--timeout"));
        json.member("timeoutSeconds", seconds);
    }
    json.end_object();
    return body;
}

}  // namespace

Result<int> start(Connection& service, const Call& call) {
    OCI_TRY(expect_state(service, call.words[0], "paused"));
    return put_one(service, call, "running");
}

Result<int> pause(Connection& service, const Call& call) {
    return put_one(service, call, "paused");
}

Result<int> resume(Connection& service, const Call& call) {
    for (const std::string_view state : {"stopped", "created"})
        OCI_TRY(expect_state(service, call.words[0], state));
    return put_one(service, call, "running");
}

Result<int> stop(Connection& service, const Call& call) {
    std::string body;
    JsonWriter json{body};
    json.begin_object().member("state", "stopped");
    std::chrono::seconds patience{longest_patience + 60};
    if (!call.options.patience.empty()) {
        const auto seconds = OCI_TRY(seconds_in(call.options.patience, "--time"));
        json.member("timeoutSeconds", seconds);
        patience = patient + std::chrono::seconds{seconds};
    }
    if (!call.options.signal.empty()) json.member("signal", call.options.signal);
    json.end_object();
    return for_each_word(
        call, [&](const std::string& name) { return put_state(service, name, body, patience); });
}

Result<int> kill(Connection& service, const Call& call) {
    std::string body;
    JsonWriter json{body};
    json.begin_object().member("signal", call.words.size() > 1 ? call.words[1] : "TERM");
    json.member("all", call.options.all).end_object();
    const Reply reply = OCI_TRY(service.ask(
        {.method = "POST", .path = container_path(call.words[0], "/signal"), .body = body}));
    OCI_TRY(succeeded(reply));
    return 0;
}

Result<int> remove(Connection& service, const Call& call) {
    const std::string query = call.options.force ? "?force=true" : "?ifStopped=true";
    return for_each_word(call, [&](const std::string& name) -> Result<void> {
        const Reply reply = OCI_TRY(service.ask(
            {.method = "DELETE", .path = container_path(name, query), .patience = patient}));
        return succeeded(reply);
    });
}

/// The status is the program's own.
Result<int> exec(Connection& service, const Call& call) {
    const std::string body = OCI_TRY(exec_body(call));
    const spec::Value done =
        OCI_TRY(ask(service, {.method = "POST",
                              .path = container_path(call.words[0], "/exec"),
                              .body = body,
                              .patience = std::chrono::seconds{longest_patience + 60}}));
    for (const auto& [stream, number] :
         {std::pair{"stdout", STDOUT_FILENO}, std::pair{"stderr", STDERR_FILENO}})
        OCI_TRY(explain(kernel::write_all(FdView{number}, text_at(done, {stream})),
                        "cannot write what {} has said", call.words[1]));
    constexpr std::uint64_t largest = 255;
    const std::uint64_t status = number_at(done, {"exitCode"});
    return static_cast<int>(std::min(status, largest));
}

}  // namespace oci::client
