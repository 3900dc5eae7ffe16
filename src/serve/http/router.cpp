// SPDX-License-Identifier: Apache-2.0
#include "serve/http/router.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/text.hpp"
#include "serve/http/target.hpp"

namespace oci::serve::http {
namespace {

constexpr std::array<std::string_view, 7> known_methods{"GET",    "HEAD",  "PUT",    "POST",
                                                        "DELETE", "PATCH", "OPTIONS"};

/// What stands for the names of a template; nothing if the path is another one.
std::optional<std::vector<std::string>> match(const std::vector<std::string>& parts,
                                              std::span<const std::string> segments) {
    if (parts.size() != segments.size()) return std::nullopt;
    std::vector<std::string> names;
    for (std::size_t at = 0; at < parts.size(); ++at) {
        if (parts[at].starts_with('{'))
            names.push_back(segments[at]);
        else if (parts[at] != segments[at])
            return std::nullopt;
    }
    return names;
}

}  // namespace

void Router::add(std::string_view method, std::string_view path, Handler handler) {
    std::vector<std::string> parts;
    for (const std::string_view part : split(path.substr(1), '/')) parts.emplace_back(part);
    routes_.push_back({.method = std::string{method},
                       .path = std::string{path},
                       .parts = std::move(parts),
                       .handler = std::move(handler)});
}

void Router::serve(const std::shared_ptr<Exchange>& exchange) const {
    const Request& request = exchange->request();
    if (std::ranges::find(known_methods, request.method) == known_methods.end())
        return exchange->refuse({.code = "unknown-method", .detail = "the method is not known"});
    auto target = parse_target(request.path);
    if (!target) return exchange->refuse(target.error());
    std::span<const std::string> segments{target.value().segments};
    if (segments.size() > 1 && segments[0] == "v1") segments = segments.subspan(1);
    std::string_view wanted = request.method;
    if (wanted == "HEAD") wanted = "GET";
    std::string allowed;
    for (const Route& route : routes_) {
        auto names = match(route.parts, segments);
        if (!names) continue;
        if (route.method == wanted) {
            exchange->resolve(std::move(target.value().path), route.path, std::move(*names),
                              std::move(target.value().query));
            return route.handler(exchange);
        }
        allowed += fmt::format("{}{}{}", allowed.empty() ? "" : ", ", route.method,
                               route.method == "GET" ? ", HEAD" : "");
    }
    if (allowed.empty())
        return exchange->refuse({.code = "no-route", .detail = "there is nothing at this path"});
    exchange->refuse({.code = "method-not-allowed",
                      .detail = "the path knows " + allowed,
                      .fields = {{"Allow", allowed}}});
}

std::string Router::table() const {
    std::string text;
    for (const Route& route : routes_) text += fmt::format("{} {}\n", route.method, route.path);
    return text;
}

}  // namespace oci::serve::http
