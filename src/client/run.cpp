// SPDX-License-Identifier: Apache-2.0
//
// run: a container is put, and looked at until it runs.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/explain.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "client/progress.hpp"
#include "client/verbs.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"

namespace oci::client {
namespace {

constexpr std::size_t largest_body = std::size_t{1} << 20U;

Result<std::string> read_input() {
    std::string text;
    std::array<char, 16384> buffer;
    for (;;) {
        const std::size_t count = OCI_TRY(
            explain(kernel::read_some(FdView{STDIN_FILENO}, buffer), "cannot read standard input"));
        if (count == 0) return text;
        text.append(buffer.data(), count);
        if (text.size() > largest_body)
            return fail(ErrorKind::InvalidConfig, "--file: more than {} bytes", largest_body);
    }
}

Result<std::string> body_in_file(const std::string& path) {
    if (path == "-") return read_input();
    return explain(kernel::read_text(kernel::here, path.c_str(), largest_body), "cannot read {}",
                   path);
}

Result<void> write_labels(JsonWriter& json, const std::vector<std::string>& labels) {
    if (labels.empty()) return {};
    json.key("labels").begin_object();
    for (const std::string& each : labels) {
        const std::size_t sign = each.find('=');
        if (sign == std::string::npos)
            return fail(ErrorKind::InvalidConfig, "--label: {} is not like NAME=VALUE",
                        json_quoted(shown(each)));
        json.member(std::string_view{each}.substr(0, sign), each.substr(sign + 1));
    }
    json.end_object();
    return {};
}

Result<std::string> body_of(const Call& call) {
    const Options& options = call.options;
    if (!options.file.empty()) return body_in_file(options.file);
    std::string body;
    JsonWriter json{body};
    json.begin_object();
    const std::array texts{
        std::pair{"image", &options.image},       std::pair{"pull", &options.pull},
        std::pair{"platform", &options.platform}, std::pair{"user", &options.user},
        std::pair{"cwd", &options.directory},     std::pair{"hostname", &options.hostname}};
    for (const auto& [name, text] : texts)
        if (!text->empty()) json.member(name, *text);
    if (call.words.size() > 1)
        json.list("args", std::vector<std::string>{call.words.begin() + 1, call.words.end()});
    if (!options.environment.empty()) json.list("env", options.environment);
    OCI_TRY(write_labels(json, options.labels));
    if (!options.network.empty())
        json.key("network").begin_object().member("mode", options.network).end_object();
    if (!options.restart.empty())
        json.key("restart").begin_object().member("policy", options.restart).end_object();
    if (options.waits_to_start) json.member("start", false);
    json.end_object();
    return body;
}

/// On its way to run.
bool is_under_way(std::string_view state) {
    constexpr std::array<std::string_view, 4> states{"pending", "fetching", "unpacking",
                                                     "creating"};
    return std::ranges::find(states, state) != states.end();
}

Result<spec::Value> look_until_it_is(Connection& service, const std::string& name, spec::Value now,
                                     Progress& progress) {
    constexpr int pause = 200;  // milliseconds
    while (is_under_way(text_at(now, {"state"}))) {
        progress.show(text_at(now, {"state"}), number_at(now, {"progress", "bytesDone"}),
                      number_at(now, {"progress", "bytesTotal"}));
        (void)::poll(nullptr, 0, pause);  // a signal only makes it shorter
        now = OCI_TRY(ask(service, {.path = container_path(name)}));
    }
    return now;
}

}  // namespace

Result<int> run(Connection& service, const Call& call) {
    const std::string& name = call.words[0];
    const std::string body = OCI_TRY(body_of(call));
    const std::string query = call.options.replaces ? "?replace=true" : "";
    spec::Value now =
        OCI_TRY(ask(service, {.method = "PUT", .path = container_path(name, query), .body = body}));
    Progress progress{"auto", call.options.quiet};
    auto looked = look_until_it_is(service, name, std::move(now), progress);
    progress.end();
    const spec::Value last = OCI_TRY(std::move(looked));
    if (text_at(last, {"state"}) == "failed")
        return fail(ErrorKind::System, "{} has failed: {} ({}){}{}", shown(name),
                    shown(text_at(last, {"error", "detail"})),
                    shown(text_at(last, {"error", "code"})),
                    text_at(last, {"error", "runtime", "stderrTail"}).empty() ? "" : ": ",
                    display_text(text_at(last, {"error", "runtime", "stderrTail"}), 1200));
    OCI_TRY(print(shown(text_at(last, {"id"})) + "\n"));
    return 0;
}

}  // namespace oci::client
