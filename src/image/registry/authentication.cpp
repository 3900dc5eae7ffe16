// SPDX-License-Identifier: Apache-2.0
#include "image/registry/authentication.hpp"

#include <algorithm>
#include <ctime>

#include "base/base64.hpp"
#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/text.hpp"
#include "spec/place.hpp"

namespace oci::image::registry {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t largest_token = std::size_t{1} << 20U;
/// A token is not used in its last moments.
constexpr std::chrono::seconds margin{5};

std::string key_of(const Endpoint& endpoint) { return endpoint.host + '/' + endpoint.repository; }

bool is_visible(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

Failure<Error> unauthorized(const Url& registry, std::string_view why) {
    const std::string host = authority_of(registry);
    return with(
        fail(ErrorKind::System, "{} {}", host, why),
        {.code = "registry-unauthorized",
         .hint = fmt::format("log in with \"podman login {0}\" or \"docker login {0}\"", host)});
}

// ---- token servers ----------------------------------------------------------------

/// The part of a name that its owner registered, as well as can be told without a list: two
/// labels, and three where the last is of a country and the one before it is short (co.uk).
std::string_view domain_of(std::string_view host) {
    const auto labels = split(host, '.');
    std::size_t wanted = 2;
    if (labels.size() >= 2 && labels.back().size() == 2 && labels[labels.size() - 2].size() <= 3)
        wanted = 3;
    if (labels.size() < wanted) return {};
    return host.substr(
        static_cast<std::size_t>(labels[labels.size() - wanted].data() - host.data()));
}

bool is_address(std::string_view host) {
    return host.starts_with('[') ||
           std::ranges::all_of(host, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

/// Only those that ask for no more than reading: what was asked for is what we came for.
bool is_for_pulling(std::string_view scope) {
    return is_visible(scope) && scope.starts_with("repository:") && scope.ends_with(":pull");
}

std::vector<std::string> scopes_of(const Endpoint& endpoint, const Challenge& challenge) {
    std::vector<std::string> scopes{"repository:" + endpoint.repository + ":pull"};
    for (const std::string_view scope : split(challenge.find("scope"), ' '))
        if (is_for_pulling(scope) && scope != scopes.front() && scopes.size() < 4)
            scopes.emplace_back(scope);
    return scopes;
}

/// "service=…&scope=…"
std::string query_of(const Challenge& challenge, const std::vector<std::string>& scopes) {
    std::string query;
    const std::string_view service = challenge.find("service");
    if (!service.empty()) query = "service=" + percent_encoded(service);
    for (const std::string& scope : scopes)
        query += (query.empty() ? "scope=" : "&scope=") + percent_encoded(scope);
    return query;
}

std::string basic(const Credentials& credentials) {
    return "Basic " + base64_of(credentials.user + ':' + credentials.password);
}

Request token_request(Url realm, const Challenge& challenge, const Endpoint& endpoint,
                      const std::optional<Credentials>& credentials) {
    const auto scopes = scopes_of(endpoint, challenge);
    Request request{.url = std::move(realm), .most = largest_token};
    if (credentials && !credentials->identity_token.empty()) {
        std::string joined;
        for (const std::string& scope : scopes) joined += (joined.empty() ? "" : " ") + scope;
        request.method = Method::Post;
        request.fields.emplace_back("Content-Type: application/x-www-form-urlencoded");
        request.body = "grant_type=refresh_token&client_id=oci-rt&access_type=offline&" +
                       query_of(challenge, {joined}) +
                       "&refresh_token=" + percent_encoded(credentials->identity_token);
        return request;
    }
    const bool has_query = request.url.path.find('?') != std::string::npos;
    request.url.path += (has_query ? '&' : '?') + query_of(challenge, scopes);
    if (credentials) request.authorization = basic(*credentials);
    return request;
}

/// After as many tries as it takes: a token server that is busy should not end it all.
Answer fetch_patiently(Transport& transport, const Request& request, const RetryPolicy& retry) {
    for (Attempts attempts;; ++attempts.failures) {
        Answer answer = transport.fetch(request);
        const Verdict verdict = judge(answer, request.url, attempts, retry, std::time(nullptr));
        if (verdict.act != Act::Wait || !transport.pause(verdict.delay)) return answer;
    }
}

const Challenge* find(const std::vector<Challenge>& challenges, std::string_view scheme) {
    const auto found = std::ranges::find(challenges, scheme, &Challenge::scheme);
    return found == challenges.end() ? nullptr : &*found;
}

}  // namespace

Result<Token> read_token(std::string_view text) {
    const auto document = spec::parse_json(text);
    if (!document) return fail(ErrorKind::System, "what it gives is not JSON");
    const spec::Place place(document.value());
    Token token;
    std::string other;
    std::uint32_t seconds = 60;
    if (!spec::field(place, "token", token.text) || !spec::field(place, "access_token", other))
        return fail(ErrorKind::System, "what it gives is no token");
    // Some write it as a text; what cannot be read is as if it were not there.
    (void)spec::field(place, "expires_in", seconds);
    if (token.text.empty()) token.text = std::move(other);
    if (!is_visible(token.text)) return fail(ErrorKind::System, "what it gives is no token");
    token.lifetime = std::chrono::seconds{seconds};
    return token;
}

Result<Url> realm_of(const Challenge& challenge, const Url& registry) {
    Url realm =
        OCI_TRY(with(explain(parse_url(challenge.find("realm")),
                             "{} names a token server that cannot be", authority_of(registry)),
                     {.code = "registry-failure"}));
    const bool are_both_here = is_loopback(realm.host) && is_loopback(registry.host);
    if (realm.is_plain() && !registry.is_plain() && !are_both_here)
        return with(fail(ErrorKind::System, "{} names a token server without TLS: {}",
                         authority_of(registry), display_of(realm)),
                    {.code = "registry-tls"});
    return realm;
}

bool may_see_credentials(const Url& realm, const Url& registry,
                         const std::vector<std::string>& named) {
    if (realm.host == registry.host) return true;
    if (is_loopback(realm.host) && is_loopback(registry.host)) return true;
    if (std::ranges::any_of(named, [&](const std::string& host) { return is_at(realm, host); }))
        return true;
    if (is_address(realm.host) || is_address(registry.host)) return false;
    const std::string_view domain = domain_of(registry.host);
    return !domain.empty() && domain_of(realm.host) == domain;
}

Result<std::optional<Credentials>> Authentication::credentials_for(const Endpoint& endpoint) {
    if (own_ && !endpoint.is_mirror) return own_;
    const auto known = found_.find(endpoint.name);
    if (known != found_.end()) return known->second.credentials;
    FoundCredentials found = OCI_TRY(find_credentials(environment_, endpoint.name));
    return found_.emplace(endpoint.name, std::move(found)).first->second.credentials;
}

std::vector<std::string> Authentication::tried(const Endpoint& endpoint) const {
    if (own_ && !endpoint.is_mirror) return {"the options of the command"};
    const auto known = found_.find(endpoint.name);
    return known == found_.end() ? std::vector<std::string>{} : known->second.tried;
}

Result<Token> Authentication::fetch_token(Transport& transport, const Endpoint& endpoint,
                                          const Url& registry, const Challenge& challenge) {
    const Url realm = OCI_TRY(realm_of(challenge, registry));
    const auto credentials = OCI_TRY(credentials_for(endpoint));
    if (credentials && !may_see_credentials(realm, registry, endpoint.token_hosts))
        return with(fail(ErrorKind::System,
                         "{} wants its credentials to be shown to {}, which is of another domain",
                         authority_of(registry), authority_of(realm)),
                    {.code = "registry-unauthorized",
                     .hint = "if that is right, name it in \"tokenHosts\" of "
                             "/etc/oci-rt/registries.json"});
    const Answer answer =
        fetch_patiently(transport, token_request(realm, challenge, endpoint, credentials), retry_);
    if (answer.is_success()) return explain(read_token(answer.body), "{}", display_of(realm));
    const std::string what = "a token for " + endpoint.name;
    if (answer.error || (answer.status != 401 && answer.status != 403))
        return Failure{error_of(answer, realm, what, {})};
    Answer seen = answer;
    seen.url = registry;  // the advice is to log in there
    return explain(Result<Token>{Failure{error_of(seen, registry, what, tried(endpoint))}},
                   "token server {}", authority_of(realm));
}

Result<void> Authentication::answer(Transport& transport, const Endpoint& endpoint,
                                    const Url& registry, const Challenge& challenge) {
    Pass pass{.challenge = challenge};
    if (challenge.scheme == "bearer") {
        const auto asked = Clock::now();
        const Token token = OCI_TRY(fetch_token(transport, endpoint, registry, challenge));
        pass.value = "Bearer " + token.text;
        pass.end = asked + std::max(token.lifetime - margin, std::chrono::seconds{1});
    } else {
        const auto credentials = OCI_TRY(credentials_for(endpoint));
        if (!credentials || credentials->user.empty())
            return unauthorized(registry, "wants a user and a password, and none are known");
        pass.value = basic(*credentials);
    }
    passes_.insert_or_assign(key_of(endpoint), std::move(pass));
    return {};
}

Result<std::string> Authentication::current(Transport& transport, const Endpoint& endpoint,
                                            const Url& registry) {
    const auto known = passes_.find(key_of(endpoint));
    if (known == passes_.end()) return std::string{};
    if (known->second.end && Clock::now() >= *known->second.end) {
        const Challenge challenge = known->second.challenge;
        OCI_TRY(answer(transport, endpoint, registry, challenge));
    }
    return passes_[key_of(endpoint)].value;
}

Result<void> Authentication::log_in(Transport& transport, const Endpoint& endpoint,
                                    const Url& registry, const Answer& refusal,
                                    const std::string& used) {
    const auto known = passes_.find(key_of(endpoint));
    // Somebody else's request has seen to it meanwhile.
    if (known != passes_.end() && known->second.value != used) return {};
    const auto challenges = challenges_in(refusal.headers);
    const Challenge* challenge = find(challenges, "bearer");
    if (challenge == nullptr) challenge = find(challenges, "basic");
    if (challenge == nullptr)
        return unauthorized(registry, "refuses, and does not say what it wants to see");
    // The same user and password would be refused once more.
    if (challenge->scheme == "basic" && !used.empty())
        return Failure{error_of(refusal, registry, endpoint.name, tried(endpoint))};
    return answer(transport, endpoint, registry, *challenge);
}

}  // namespace oci::image::registry
