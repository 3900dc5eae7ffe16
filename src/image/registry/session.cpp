// SPDX-License-Identifier: Apache-2.0
#include "image/registry/session.hpp"

#include <algorithm>
#include <ctime>

#include "base/explain.hpp"
#include "base/log.hpp"

namespace oci::image::registry {
namespace {

/// A mirror has another place behind it.
constexpr unsigned tries_of_mirrors = 2;

/// Shared by all requests; reading the directories once for a host is enough.
std::function<Trust(const Url&)> trust_from(const Settings& settings) {
    struct Memory {
        Settings settings;
        std::map<std::string, Trust> known;
    };
    auto memory = std::make_shared<Memory>(Memory{.settings = settings, .known = {}});
    return [memory](const Url& url) {
        Url home = url;
        home.path = "/";
        const auto known = memory->known.find(text_of(home));
        if (known != memory->known.end()) return known->second;
        const Settings& all = memory->settings;
        Trust trust = trust_of(all.configuration, all.insecure, all.certificate_directories, url);
        trust.allowed = std::ranges::any_of(
            all.allowed, [&](const std::string& host) { return is_at(url, host); });
        return memory->known.emplace(text_of(home), std::move(trust)).first->second;
    };
}

}  // namespace

Session::Session(Transport transport, const Settings& settings)
    : transport_{std::move(transport)},
      authentication_{settings.environment, settings.credentials, settings.retry},
      retry_{settings.retry} {}

Result<Session> Session::open(const Settings& settings) {
    auto trust = trust_from(settings);
    Transport transport = OCI_TRY(Transport::open({.trust_of = trust,
                                                   .reach = settings.reach,
                                                   .connecting = settings.connecting,
                                                   .stalled = settings.stalled,
                                                   .least_speed = settings.least_speed,
                                                   .cancel_fd = settings.cancel_fd}));
    Session session{std::move(transport), settings};
    session.trust_of_ = std::move(trust);
    return session;
}

Result<std::string> Session::find_scheme(const Endpoint& endpoint, const Url& with_tls) {
    const auto ask = [&](const char* scheme) -> Result<Answer> {
        Url url = OCI_TRY(parse_url(std::string{scheme} + "://" + endpoint.host + "/v2/"));
        return transport_.fetch({.url = std::move(url)});
    };
    // Over the loopback nobody listens, and a server without TLS may wait for ever for the end of
    // a line in what is no line.
    if (is_loopback(with_tls.host)) {
        const Answer plain = OCI_TRY(ask("http"));
        if (plain.trouble == Trouble::Cancelled) return Failure{cancelled()};
        constexpr int as_servers_with_tls_say = 400;
        const bool is_it =
            plain.trouble == Trouble::None && plain.status != as_servers_with_tls_say;
        return std::string{is_it ? "http" : "https"};
    }
    const Answer secure = OCI_TRY(ask("https"));
    if (secure.trouble == Trouble::Cancelled) return Failure{cancelled()};
    const bool may_be_plain = secure.trouble == Trouble::Handshake ||
                              secure.trouble == Trouble::Connect ||
                              secure.trouble == Trouble::Broken;
    return std::string{may_be_plain ? "http" : "https"};
}

Result<Url> Session::url_of(const Endpoint& endpoint, std::string_view path) {
    const std::string below =
        fmt::format("://{}/v2/{}/{}", endpoint.host, endpoint.repository, path);
    Url url = OCI_TRY(parse_url("https" + below));
    const Url plain = OCI_TRY(parse_url("http" + below));
    const bool has_choice =
        is_loopback(url.host) || trust_of_(url).insecure || trust_of_(plain).insecure;
    if (!has_choice) return url;
    auto known = schemes_.find(endpoint.host);
    if (known == schemes_.end()) {
        std::string scheme = OCI_TRY(find_scheme(endpoint, url));
        known = schemes_.emplace(endpoint.host, std::move(scheme)).first;
    }
    return known->second == "http" ? plain : url;
}

Result<std::string> Session::authorization_for(const Endpoint& endpoint, const Url& url) {
    return authentication_.current(transport_, endpoint, url);
}

Result<void> Session::log_in(const Endpoint& endpoint, const Url& url, const Answer& refusal,
                             const std::string& used) {
    return authentication_.log_in(transport_, endpoint, url, refusal, used);
}

Verdict Session::judge(const Answer& answer, const Endpoint& endpoint, const Url& asked,
                       Attempts attempts) {
    attempts.is_host_known = answering_.contains(endpoint.host);
    if (answer.trouble == Trouble::None) answering_.insert(endpoint.host);
    RetryPolicy policy = retry_;
    if (endpoint.is_mirror) policy.tries = std::min(policy.tries, tries_of_mirrors);
    const Verdict verdict = registry::judge(answer, asked, attempts, policy, std::time(nullptr));
    if (verdict.act == Act::Wait)
        log::debug("{}; again in {} ms",
                   answer.error ? answer.error->message
                                : fmt::format("{}: status {}", display_of(asked), answer.status),
                   verdict.delay.count());
    return verdict;
}

Error Session::error_for(const Answer& answer, const Endpoint& endpoint, const Url& asked,
                         std::string_view what) const {
    return error_of(answer, asked, what, authentication_.tried(endpoint));
}

Result<Answer> Session::get(const Endpoint& endpoint, const Question& question) {
    const Url url = OCI_TRY(url_of(endpoint, question.path));
    Attempts attempts;
    for (;;) {
        const std::string authorization = OCI_TRY(authorization_for(endpoint, url));
        Request request{.url = url, .authorization = authorization, .most = question.most};
        if (!question.accept.empty()) request.fields.push_back("Accept: " + question.accept);
        Answer answer = transport_.fetch(std::move(request));
        const Verdict verdict = judge(answer, endpoint, url, attempts);
        switch (verdict.act) {
            case Act::Take: return answer;
            case Act::GiveUp: return Failure{error_for(answer, endpoint, url, question.what)};
            case Act::LogIn:
                ++attempts.logins;
                OCI_TRY(log_in(endpoint, url, answer, authorization));
                break;
            case Act::Wait:
                ++attempts.failures;
                if (!transport_.pause(verdict.delay)) return Failure{cancelled()};
                break;
        }
    }
}

}  // namespace oci::image::registry
