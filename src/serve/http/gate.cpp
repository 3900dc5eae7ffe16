// SPDX-License-Identifier: Apache-2.0
#include "serve/http/gate.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace oci::serve::http {
namespace {

constexpr unsigned most_failures = 5;  // in a second

Problem problem(const char* code, const char* detail) {
    return Problem{.code = code, .detail = detail};
}

bool is_known(const Policy& policy, std::string_view host) {
    return std::ranges::find(policy.hosts, host) != policy.hosts.end();
}

/// Whether the one Origin is ours: the Host that was asked for, which is one of this listener, by
/// the scheme that is spoken here. Nothing is made equal that browsers do not send so.
bool is_own_origin(const Head& head, const Policy& policy) {
    constexpr std::string_view scheme = "http://";
    const std::string_view origin = field(head.fields, "origin");
    const std::string_view host = field(head.fields, "host");
    return policy.is_tcp && policy.has_page && count_fields(head.fields, "origin") == 1 &&
           count_fields(head.fields, "host") == 1 && is_known(policy, host) &&
           origin.starts_with(scheme) && origin.substr(scheme.size()) == host;
}

/// A page of a browser may send what it likes to where we listen, but it cannot hide these.
bool comes_from_other_page(const Head& head, const Policy& policy) {
    const bool asks_before = std::ranges::any_of(head.fields, [](const auto& each) {
        return each.first.starts_with("access-control-request-");
    });
    const bool is_foreign = std::ranges::any_of(head.fields, [](const auto& each) {
        if (each.first != "sec-fetch-site") return false;
        const std::string site = lower_case(trim(each.second));
        return site != "none" && site != "same-origin";
    });
    const bool has_origin = count_fields(head.fields, "origin") > 0;
    return asks_before || is_foreign || (has_origin && !is_own_origin(head, policy));
}

/// The page itself, which has no data.
bool is_for_page(const Head& head, const Policy& policy) {
    return policy.has_page && (head.method == "GET" || head.method == "HEAD") &&
           head.target.substr(0, head.target.find('?')) == "/";
}

bool has_token(const Head& head, std::string_view token) {
    constexpr std::string_view scheme = "bearer ";
    const std::string_view given = field(head.fields, "authorization");
    if (count_fields(head.fields, "authorization") != 1) return false;
    if (lower_case(given.substr(0, scheme.size())) != scheme) return false;
    return is_same_secret(trim(given.substr(scheme.size())), token);
}

bool is_json(std::string_view type) {
    return lower_case(trim(type.substr(0, type.find(';')))) == "application/json";
}

}  // namespace

bool is_same_secret(std::string_view one, std::string_view other) noexcept {
    unsigned difference = one.size() == other.size() ? 0 : 1;
    for (std::size_t at = 0; at < one.size(); ++at) {
        const char against = other.empty() ? '\0' : other[at % other.size()];
        if (one[at] != against) difference |= 1U;
    }
    return difference == 0;
}

void Failures::count(std::int64_t now) noexcept {
    if (now != second_) number_ = 0;
    second_ = now;
    ++number_;
}

bool Failures::are_too_many(std::int64_t now) const noexcept {
    return now == second_ && number_ >= most_failures;
}

std::optional<Problem> judge(const Head& head, const Policy& policy, Failures& failures,
                             std::int64_t now) {
    if (comes_from_other_page(head, policy))
        return problem("forbidden-origin", "requests that another web page makes are not served");
    if (policy.is_tcp) {
        if (!is_known(policy, lower_case(field(head.fields, "host"))))
            return problem("wrong-host", "Host names another host than this one");
        // Who has the token is served whatever others try: nobody can shut them out. The page has
        // no data.
        if (!is_for_page(head, policy) && !has_token(head, policy.token)) {
            if (failures.are_too_many(now))
                return problem("too-many-failures", "too many wrong tokens; try again in a second");
            failures.count(now);
            return problem("bad-token", "Authorization has to have the bearer token");
        }
    }
    if (head.has_body && !is_json(field(head.fields, "content-type")))
        return problem("bad-media-type", "Content-Type has to be application/json");
    return std::nullopt;
}

bool is_welcome(const Policy& policy, unsigned uid, unsigned own) noexcept {
    return policy.mode_decides || uid == 0 || uid == own ||
           std::ranges::find(policy.uids, uid) != policy.uids.end();
}

}  // namespace oci::serve::http
