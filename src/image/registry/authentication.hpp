// SPDX-License-Identifier: Apache-2.0
//
// authentication: what a registry is shown so that it gives. Credentials are chosen by the
// registry, never by who asks for them, and go to nobody else.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "image/registry/configuration.hpp"
#include "image/registry/credentials.hpp"
#include "image/registry/judgement.hpp"
#include "image/registry/transport.hpp"

namespace oci::image::registry {

struct Token {
    std::string text;
    std::chrono::seconds lifetime{60};
};

/// distribution's token.md: "token" or "access_token", "expires_in" seconds. The error tells
/// nothing of the text.
[[nodiscard]] Result<Token> read_token(std::string_view text);

/// The token server that a registry names. It may not be without TLS where the registry is with.
[[nodiscard]] Result<Url> realm_of(const Challenge& challenge, const Url& registry);

/// Whether a token server may see credentials that are for this registry: it is the same host or
/// one of the same domain, or it is named.
[[nodiscard]] bool may_see_credentials(const Url& realm, const Url& registry,
                                       const std::vector<std::string>& named);

class Authentication {
public:
    /// own: what the caller gives, for the registry of the reference but not for its mirrors.
    /// retry: for token servers.
    Authentication(Environment environment, std::optional<Credentials> own, RetryPolicy retry)
        : environment_{std::move(environment)}, own_{std::move(own)}, retry_{retry} {}

    /// The value of Authorization as far as it is known; empty if nothing is.
    [[nodiscard]] Result<std::string> current(Transport& transport, const Endpoint& endpoint,
                                              const Url& registry);

    /// After an answer 401 to a request that had `used`: from now on, current() has another value.
    [[nodiscard]] Result<void> log_in(Transport& transport, const Endpoint& endpoint,
                                      const Url& registry, const Answer& refusal,
                                      const std::string& used);

    /// Where credentials for it were looked for.
    [[nodiscard]] std::vector<std::string> tried(const Endpoint& endpoint) const;

private:
    struct Pass {
        std::string value{};
        std::optional<std::chrono::steady_clock::time_point> end{};
        Challenge challenge{};
    };

    [[nodiscard]] Result<std::optional<Credentials>> credentials_for(const Endpoint& endpoint);
    [[nodiscard]] Result<void> answer(Transport& transport, const Endpoint& endpoint,
                                      const Url& registry, const Challenge& challenge);
    [[nodiscard]] Result<Token> fetch_token(Transport& transport, const Endpoint& endpoint,
                                            const Url& registry, const Challenge& challenge);

    Environment environment_;
    std::optional<Credentials> own_;
    RetryPolicy retry_;
    std::map<std::string, Pass> passes_;             ///< By host and repository.
    std::map<std::string, FoundCredentials> found_;  ///< By the endpoint's name.
};

}  // namespace oci::image::registry
