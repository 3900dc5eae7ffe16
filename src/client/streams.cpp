// SPDX-License-Identifier: Apache-2.0
//
// What comes as it happens, a line at a time: logs, events.
#include <unistd.h>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "client/verbs.hpp"
#include "kernel/files.hpp"

namespace oci::client {
namespace {

/// Pieces become lines; a line that never ends is no line of ours.
class Lines {
public:
    using Act = std::function<Result<void>(std::string_view line)>;
    explicit Lines(Act act) : act_{std::move(act)} {}

    bool take(std::string_view bytes) {
        rest_ += bytes;
        std::size_t from = 0;
        for (std::size_t at = 0; (at = rest_.find('\n', from)) != std::string::npos; from = at + 1)
            if (result_) result_ = act_(std::string_view{rest_}.substr(from, at - from));
        rest_.erase(0, from);
        constexpr std::size_t longest = std::size_t{1} << 20U;
        if (result_ && rest_.size() > longest)
            result_ = fail(ErrorKind::System, "the service sends a line without end");
        return static_cast<bool>(result_);
    }

    [[nodiscard]] const Result<void>& result() const noexcept { return result_; }

private:
    Act act_;
    std::string rest_{};
    Result<void> result_{};
};

/// What a container has said goes where it would have gone, as it is: as `oci-rt logs` does it.
class LogPrinter {
public:
    explicit LogPrinter(bool has_times) : has_times_{has_times} {}

    Result<void> print(std::string_view text) {
        const auto line = parse_output(text);
        if (!line || !std::holds_alternative<spec::Value::Object>(line.value().content))
            return fail(ErrorKind::System, "the service sends a line that is no JSON");
        const bool is_error = text_at(line.value(), {"stream"}) == "stderr";
        bool& is_inside = is_error ? in_errors_ : in_output_;
        std::string out =
            has_times_ && !is_inside ? shown(text_at(line.value(), {"time"})) + " " : "";
        out += text_at(line.value(), {"text"});
        is_inside = is_partial(line.value());
        if (!is_inside) out += '\n';
        return explain(kernel::write_all(FdView{is_error ? STDERR_FILENO : STDOUT_FILENO}, out),
                       "cannot write the log");
    }

private:
    static bool is_partial(const spec::Value& line) {
        const auto* object = std::get_if<spec::Value::Object>(&line.content);
        for (const spec::Member& each : *object)
            if (const auto* flag = std::get_if<bool>(&each.value.content);
                each.key == "partial" && flag != nullptr)
                return *flag;
        return false;
    }

    bool has_times_;
    bool in_output_ = false;
    bool in_errors_ = false;
};

Result<int> stream(Connection& service, Request request, Lines& lines) {
    request.receiver = [&lines](std::string_view bytes) { return lines.take(bytes); };
    const Reply reply = OCI_TRY(service.ask(request));
    OCI_TRY(succeeded(reply));
    OCI_TRY(lines.result());
    return 0;
}

}  // namespace

Result<int> logs(Connection& service, const Call& call) {
    const Options& options = call.options;
    std::string query = options.follow ? "?follow=true" : "?follow=false";
    if (!options.tail.empty() && options.tail != "all")
        query += "&tail=" + query_text(options.tail);
    if (!options.since.empty()) query += "&since=" + query_text(options.since);
    if (!options.until.empty()) query += "&until=" + query_text(options.until);
    LogPrinter printer{options.timestamps};
    Lines lines{[&printer](std::string_view line) { return printer.print(line); }};
    return stream(service,
                  {.path = container_path(call.words[0], "/logs" + query),
                   .fields = {"Accept: application/x-ndjson"}},
                  lines);
}

Result<int> events(Connection& service, const Call& call) {
    const std::string filter =
        call.words.empty() ? "" : "?filter=container%3D" + query_text(call.words[0]);
    Lines lines{[](std::string_view line) -> Result<void> {
        constexpr std::string_view data = "data: ";
        if (!line.starts_with(data)) return {};
        return print(shown_json(trim(line.substr(data.size()))) + "\n");
    }};
    return stream(service, {.path = "/events" + filter, .fields = {"Accept: text/event-stream"}},
                  lines);
}

}  // namespace oci::client
