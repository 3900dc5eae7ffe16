// SPDX-License-Identifier: Apache-2.0
#include "serve/routes/asking.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "serve/containers/sha256.hpp"

namespace oci::serve::routes {
namespace {

constexpr std::size_t deepest = 32;
constexpr std::uint64_t longest_wait = 3600;
constexpr unsigned most_streams = 64;

std::size_t depth_of(const spec::Value& value) {
    std::size_t inner = 0;
    if (const auto* array = std::get_if<spec::Value::Array>(&value.content))
        for (const spec::Value& each : *array) inner = std::max(inner, depth_of(each) + 1);
    if (const auto* object = std::get_if<spec::Value::Object>(&value.content))
        for (const spec::Member& each : *object) inner = std::max(inner, depth_of(each.value) + 1);
    return inner;
}

}  // namespace

http::Problem problem_of(const Refusal& refusal) {
    return http::Problem{.code = refusal.code,
                         .detail = refusal.detail,
                         .runtime_errors = refusal.runtime_errors,
                         .runtime_status = refusal.runtime_status};
}

http::Problem problem_of(const Mistakes& mistakes) {
    constexpr std::size_t most = 20;
    http::Problem problem{.code = "invalid-spec", .detail = "the body does not say what it should"};
    for (std::size_t at = 0; at < std::min(most, mistakes.size()); ++at)
        problem.errors.push_back(mistakes[at]);
    return problem;
}

http::Answer<Name> name_in(const http::Request& request) {
    const auto name = parse_name(request.names.front());
    if (name) return *name;
    return http::refuse(
        "invalid-name",
        "a name is made of small letters, digits, and \".\", \"_\" or \"-\" between "
        "them, with \":\" and a tag or without");
}

http::Answer<ContainerRef> container_in(const Service& service, const http::Request& request) {
    const Name name = OCI_TRY(name_in(request));
    ContainerRef container = service.containers.find(name);
    if (!container)
        return http::refuse("no-such-container", fmt::format("there is no {}", name.text()));
    return container;
}

http::Answer<std::uint64_t> number_in(const http::Request& request, std::string_view key,
                                      std::uint64_t absent, std::uint64_t most) {
    const std::string_view text = http::query_value(request, key);
    if (text.empty()) return absent;
    const auto number = parse_number<std::uint64_t>(text);
    if (!number || *number > most)
        return http::refuse("invalid-query",
                            fmt::format("{} is no number from 0 to {}", key, most));
    return *number;
}

http::Answer<bool> flag_in(const http::Request& request, std::string_view key, bool absent) {
    if (http::count_fields(request.query, key) == 0) return absent;
    const std::string_view text = http::query_value(request, key);
    if (text.empty() || text == "true" || text == "1") return true;
    if (text == "false" || text == "0") return false;
    return http::refuse("invalid-query", fmt::format("{} is neither true nor false", key));
}

http::Answer<spec::Value> body_of(const http::Request& request) {
    const std::string_view text =
        trim(request.body).empty() ? "{}" : std::string_view{request.body};
    auto value = spec::parse_json(text);
    if (!value) return http::refuse("invalid-json", value.error().message);
    if (depth_of(value.value()) > deepest)
        return http::refuse("invalid-json", "the body is nested too deeply");
    return std::move(value).value();
}

void answer_status(const Pointer& exchange, const Container& container, unsigned status) {
    http::Response response{.status = status, .body = status_json(container)};
    response.fields.emplace_back("ETag", entity_tag(response.body));
    constexpr unsigned created = 201;
    constexpr unsigned accepted = 202;
    if (status == created || status == accepted)
        response.fields.emplace_back("Location", exchange->request().path);
    exchange->answer(std::move(response));
}

Preference preference_of(const http::Request& request) {
    Preference preference;
    for (const auto& [name, value] : request.fields) {
        if (name != "prefer") continue;
        for (const std::string_view part : split(value, ',')) {
            const std::string_view word = trim(part.substr(0, part.find(';')));
            if (word == "respond-async") preference.is_asynchronous = true;
            if (!word.starts_with("wait=")) continue;
            // What cannot be understood is no error: it is a wish only.
            if (const auto seconds = parse_number<std::uint64_t>(word.substr(5)))
                preference.wait = std::chrono::seconds{std::min(*seconds, longest_wait)};
        }
    }
    return preference;
}

bool accepts(const http::Request& request, std::string_view type) {
    for (const std::string_view part : split(http::field(request.fields, "accept"), ','))
        if (trim(part.substr(0, part.find(';'))) == type) return true;
    return false;
}

std::string entity_tag(std::string_view content) {
    constexpr std::size_t digits = 16;
    return "\"" + sha256_hex(content).substr(0, digits) + "\"";
}

bool wants_upgrade(const http::Request& request) {
    if (lower_case(trim(http::field(request.fields, "upgrade"))) != "tcp") return false;
    for (const auto& [name, value] : request.fields) {
        if (name != "connection") continue;
        for (const std::string_view part : split(value, ','))
            if (lower_case(trim(part)) == "upgrade") return true;
    }
    return false;
}

bool may_stream(const Service& service, const Pointer& exchange) {
    if (service.is_ending) {
        exchange->refuse({.code = "shutting-down", .detail = "the service is about to end"});
        return false;
    }
    if (service.streams >= most_streams) {
        exchange->refuse({.code = "overloaded", .detail = "there are too many streams"});
        return false;
    }
    return true;
}

bool begin_stream(Service& service, const Pointer& exchange, std::string_view type) {
    if (!may_stream(service, exchange)) return false;
    exchange->begin({.type = std::string{type}});
    return !exchange->is_over();
}

std::string sse_event(std::string_view id, std::string_view kind, std::string_view data) {
    return fmt::format("{}{}event: {}\ndata: {}\n\n", id.empty() ? "" : "id: ",
                       id.empty() ? std::string{} : fmt::format("{}\n", id), kind, data);
}

}  // namespace oci::serve::routes
