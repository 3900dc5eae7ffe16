// SPDX-License-Identifier: Apache-2.0
//
// session: requests to registries with all that belongs to them: the scheme of a host, logging in,
// trying again.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "image/registry/authentication.hpp"
#include "image/registry/settings.hpp"
#include "image/registry/transport.hpp"

namespace oci::image::registry {

/// What is asked for below an endpoint's repository.
struct Question {
    std::string path{};    ///< "manifests/latest"
    std::string accept{};  ///< Media types; empty: whatever it is.
    std::size_t most = 0;  ///< bytes
    std::string what{};    ///< For messages: "image debian:latest".
};

class Session {
public:
    [[nodiscard]] static Result<Session> open(const Settings& settings);

    [[nodiscard]] Transport& transport() noexcept { return transport_; }

    /// The address of something of an endpoint. Finds out first whether a host that may do without
    /// TLS has it.
    [[nodiscard]] Result<Url> url_of(const Endpoint& endpoint, std::string_view path);

    /// The value of Authorization for it; empty: none.
    [[nodiscard]] Result<std::string> authorization_for(const Endpoint& endpoint, const Url& url);

    /// After a refusal to a request that had `used`.
    [[nodiscard]] Result<void> log_in(const Endpoint& endpoint, const Url& url,
                                      const Answer& refusal, const std::string& used);

    /// What to do now. Remembers who has answered.
    [[nodiscard]] Verdict judge(const Answer& answer, const Endpoint& endpoint, const Url& asked,
                                Attempts attempts);

    [[nodiscard]] Error error_for(const Answer& answer, const Endpoint& endpoint, const Url& asked,
                                  std::string_view what) const;

    /// A success, after as many tries as it takes; or an error.
    [[nodiscard]] Result<Answer> get(const Endpoint& endpoint, const Question& question);

private:
    Session(Transport transport, const Settings& settings);
    [[nodiscard]] Result<std::string> find_scheme(const Endpoint& endpoint, const Url& with_tls);

    Transport transport_;
    Authentication authentication_;
    RetryPolicy retry_;
    std::function<Trust(const Url&)> trust_of_;
    std::map<std::string, std::string> schemes_;  ///< By host.
    std::set<std::string> answering_;             ///< Hosts.
};

}  // namespace oci::image::registry
