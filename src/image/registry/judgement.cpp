// SPDX-License-Identifier: Apache-2.0
#include "image/registry/judgement.hpp"

#include <algorithm>
#include <array>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/text.hpp"
#include "spec/place.hpp"

namespace oci::image::registry {
namespace {

constexpr unsigned most_logins = 2;

bool is_passing(int status) {
    constexpr std::array statuses{408, 429, 500, 502, 503, 504};
    return std::ranges::find(statuses, status) != statuses.end();
}

bool is_passing(const Answer& answer, const Url& asked, const Attempts& attempts) {
    switch (answer.trouble) {
        case Trouble::None:
            // A signed address of a blob store may have run out meanwhile.
            return is_passing(answer.status) ||
                   (answer.status == 403 && !is_same_origin(answer.url, asked));
        // A mistyped name should not be waited for.
        case Trouble::Name:
        case Trouble::Connect: return attempts.is_host_known;
        case Trouble::Handshake: return attempts.is_host_known;
        case Trouble::Broken: return true;
        case Trouble::Trust:
        case Trouble::Forbidden:
        case Trouble::TooLarge:
        case Trouble::Receiver:
        case Trouble::Cancelled:
        case Trouble::Internal: return false;
    }
    return false;
}

/// A token that was just fetched and is refused, is refused for good, unless it is said to have
/// run out.
bool may_log_in(const Answer& answer, const Url& asked, const Attempts& attempts) {
    if (answer.trouble != Trouble::None || answer.status != 401) return false;
    if (!is_same_origin(answer.url, asked) || attempts.logins >= most_logins) return false;
    if (attempts.logins == 0) return true;
    const auto challenges = challenges_in(answer.headers);
    return std::ranges::any_of(challenges, [](const Challenge& challenge) {
        return challenge.find("error") == "invalid_token";
    });
}

struct Words {
    std::string code;
    std::string message;
};

Result<void> read_words(const spec::Place& place, Words& words) {
    OCI_TRY(spec::field(place, "code", words.code));
    return spec::field(place, "message", words.message);
}

std::string with_words(const Answer& answer) {
    const std::string words = words_of(answer.body);
    return words.empty() ? words : ": " + words;
}

Error refused(const Answer& answer, const Url& asked, std::string_view what,
              const std::vector<std::string>& tried) {
    const std::string host = authority_of(asked);
    std::string how = "without credentials";
    if (!tried.empty()) how = "with what is in";
    for (const std::string& place : tried) how += (how.ends_with(" in") ? " " : ", ") + place;
    return with(fail(ErrorKind::System, "{} does not give {} ({}, {}){}", host, what, answer.status,
                     how, with_words(answer)),
                {.code = "registry-unauthorized",
                 .hint = fmt::format("log in with \"podman login {0}\" or \"docker login {0}\", or "
                                     "see whether the name is right",
                                     host)})
        .error;
}

}  // namespace

std::chrono::milliseconds delay_after(unsigned failures, const RetryPolicy& policy) {
    std::chrono::milliseconds delay = policy.first;
    for (unsigned i = 1; i < failures && delay < policy.most; ++i) delay *= 2;
    return std::min(delay, policy.most);
}

Verdict judge(const Answer& answer, const Url& asked, const Attempts& attempts,
              const RetryPolicy& policy, std::int64_t now) {
    if (answer.is_success()) return {.act = Act::Take};
    if (may_log_in(answer, asked, attempts)) return {.act = Act::LogIn};
    if (!is_passing(answer, asked, attempts) || attempts.failures + 1 >= policy.tries)
        return {.act = Act::GiveUp};
    Verdict verdict{.act = Act::Wait, .delay = delay_after(attempts.failures + 1, policy)};
    if (const auto field = answer.headers.find("Retry-After"))
        if (const auto after = parse_retry_after(*field, now))
            verdict.delay = std::min<std::chrono::milliseconds>(*after, policy.most);
    return verdict;
}

std::string words_of(std::string_view body) {
    const auto document = spec::parse_json(body);
    if (!document) return {};
    const spec::Place place(document.value());
    std::vector<Words> errors;
    if (!spec::list(place, "errors", errors, read_words)) return {};
    constexpr std::size_t enough = 2;
    std::string text;
    for (const Words& words : std::span{errors}.first(std::min(errors.size(), enough))) {
        if (!text.empty()) text += "; ";
        text += words.code;
        if (!words.code.empty() && !words.message.empty()) text += ": ";
        text += words.message;
    }
    return display_text(text, 300);
}

std::vector<Challenge> challenges_in(const Headers& headers) {
    std::vector<Challenge> all;
    for (const std::string_view field : headers.all("WWW-Authenticate"))
        if (auto challenges = parse_challenges(field))
            std::ranges::move(*challenges, std::back_inserter(all));
    return all;
}

Error error_of(const Answer& answer, const Url& asked, std::string_view what,
               const std::vector<std::string>& tried) {
    if (answer.error) return *answer.error;
    const std::string host = authority_of(asked);
    // Who stores the blobs may say so in words of its own.
    const std::string who =
        is_same_origin(answer.url, asked)
            ? host
            : fmt::format("{}, to which {} redirects,", authority_of(answer.url), host);
    const bool is_refusal = answer.status == 401 || answer.status == 403;
    if (is_refusal && is_same_origin(answer.url, asked)) return refused(answer, asked, what, tried);
    if (answer.status == 404)
        return with(fail(ErrorKind::NotFound, "{} has no {}{}", who, what, with_words(answer)),
                    {.code = "image-not-found"})
            .error;
    if (answer.status == 429)
        return with(fail(ErrorKind::System, "{} gives {} to nobody for now{}", who, what,
                         with_words(answer)),
                    {.code = "registry-busy",
                     .hint = "try again later; those who log in may be allowed more"})
            .error;
    return with(fail(ErrorKind::System, "{} answers with status {} for {}{}", who, answer.status,
                     what, with_words(answer)),
                {.code = "registry-failure"})
        .error;
}

}  // namespace oci::image::registry
