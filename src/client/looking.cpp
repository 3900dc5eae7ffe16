// SPDX-License-Identifier: Apache-2.0
//
// What there is: list, state, config, ps, stats, info, wait.
#include "base/decimal_size.hpp"
#include "base/explain.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "client/verbs.hpp"

namespace oci::client {
namespace {

using spec::Value;

/// All pages. A service that never comes to an end is left.
Result<Value::Array> all_containers(Connection& service) {
    constexpr std::size_t most = 100'000;
    Value::Array all;
    std::string after;
    for (;;) {
        const std::string from = after.empty() ? "" : "&after=" + query_text(after);
        Value page = OCI_TRY(ask(service, {.path = "/containers?limit=500" + from}));
        const Value::Array& items = list_at(page, {"items"});
        all.insert(all.end(), items.begin(), items.end());
        const std::string next = text_at(page, {"next"});
        if (next.empty()) return all;
        if (items.empty() || next == after || all.size() > most)
            return fail(ErrorKind::System, "the service tells of containers without end");
        after = next;
    }
}

std::string name_of(const Value& container) {
    const std::string tag = text_at(container, {"tag"});
    return text_at(container, {"name"}) + (tag.empty() || tag == "latest" ? "" : ":" + tag);
}

Result<void> print_document(const Value& document) { return print(document_text(document)); }

Result<int> print_at(Connection& service, const std::string& path) {
    const Value document = OCI_TRY(ask(service, {.path = path}));
    OCI_TRY(print_document(document));
    return 0;
}

/// Its words; of a process without any, as of the kernel's, its name.
std::string command_of(const Value& process) {
    std::string text;
    for (const Value& word : list_at(process, {"command"}))
        if (const auto* one = std::get_if<std::string>(&word.content))
            text += (text.empty() ? "" : " ") + *one;
    return shown(text.empty() ? "[" + text_at(process, {"name"}) + "]" : text);
}

double percent_of(const Value& one, std::uint64_t limit) {
    constexpr double hundred = 100;
    const auto used = static_cast<double>(number_at(one, {"stats", "memory", "usage", "usage"}));
    return limit == 0 ? 0 : hundred * used / static_cast<double>(limit);
}

std::vector<std::string> stats_row(const std::string& name, const Value& one) {
    const std::uint64_t used = number_at(one, {"stats", "memory", "usage", "usage"});
    const std::uint64_t limit = number_at(one, {"stats", "memory", "usage", "limit"});
    constexpr std::uint64_t no_limit = std::uint64_t{1} << 60U;
    const bool has_limit = limit != 0 && limit < no_limit;
    constexpr double nanoseconds = 1e9;
    const auto time = static_cast<double>(number_at(one, {"stats", "cpu", "usage", "total"}));
    return {shown(name),
            fmt::format("{:.2f}s", time / nanoseconds),
            decimal_size(used),
            has_limit ? decimal_size(limit) : "-",
            has_limit ? fmt::format("{:.1f}%", percent_of(one, limit)) : "-",
            fmt::format("{}", number_at(one, {"stats", "pids", "current"}))};
}

Result<void> wait_for_one(Connection& service, const std::string& name) {
    for (;;) {
        const Value one =
            OCI_TRY(ask(service, {.path = container_path(name, "?wait=stopped&timeout=20"),
                                  .patience = std::chrono::seconds{60}}));
        const std::string state = text_at(one, {"state"});
        if (state == "failed")
            return fail(ErrorKind::WrongStatus, "{} has failed: {}", shown(name),
                        shown(text_at(one, {"error", "detail"})));
        if (state == "stopped") return print(fmt::format("{}\n", number_at(one, {"exitCode"})));
    }
}

}  // namespace

Result<int> list(Connection& service, const Call& call) {
    Value::Array all = OCI_TRY(all_containers(service));
    if (call.options.format == "json" && !call.options.quiet) {
        OCI_TRY(print_document(Value{std::move(all)}));
        return 0;
    }
    std::string names;
    std::vector<std::vector<std::string>> rows{{"NAME", "PID", "STATUS", "IMAGE", "CREATED", "ID"}};
    for (const Value& each : all) {
        const std::string name = shown(name_of(each));
        names += name + '\n';
        rows.push_back({name, fmt::format("{}", number_at(each, {"pid"})),
                        shown(text_at(each, {"state"})),
                        shown(text_at(each, {"image", "reference"})),
                        shown(text_at(each, {"createdAt"})), shown(text_at(each, {"id"}))});
    }
    OCI_TRY(print(call.options.quiet ? names : table_text(rows)));
    return 0;
}

Result<int> state(Connection& service, const Call& call) {
    return print_at(service, container_path(call.words[0]));
}

Result<int> config(Connection& service, const Call& call) {
    return print_at(service, container_path(call.words[0], "/config"));
}

Result<int> ps(Connection& service, const Call& call) {
    const Value document =
        OCI_TRY(ask(service, {.path = container_path(call.words[0], "/processes")}));
    const Value::Array& all = list_at(document, {"pids"});
    if (call.options.format == "json") {
        OCI_TRY(print_document(Value{all}));
        return 0;
    }
    std::vector<std::vector<std::string>> rows{{"PID", "UID", "COMMAND"}};
    for (const Value& each : all)
        rows.push_back({fmt::format("{}", number_at(each, {"pid"})),
                        fmt::format("{}", number_at(each, {"uid"})), command_of(each)});
    OCI_TRY(print(table_text(rows)));
    return 0;
}

Result<int> stats(Connection& service, const Call& call) {
    std::vector<std::vector<std::string>> rows{
        {"NAME", "CPU TIME", "MEMORY", "LIMIT", "MEM %", "PIDS"}};
    const bool is_json = call.options.format == "json";
    const auto look = [&](const std::string& name) -> Result<void> {
        const Value one = OCI_TRY(ask(service, {.path = container_path(name, "/stats")}));
        if (is_json) return print_document(one);
        rows.push_back(stats_row(name, one));
        return {};
    };
    const Result<int> looked = for_each_word(call, look);
    if (!is_json) OCI_TRY(print(table_text(rows)));
    return looked;
}

Result<int> info(Connection& service, const Call& /*call*/) { return print_at(service, "/info"); }

Result<int> wait(Connection& service, const Call& call) {
    return for_each_word(call,
                         [&](const std::string& name) { return wait_for_one(service, name); });
}

}  // namespace oci::client
