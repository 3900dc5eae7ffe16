// SPDX-License-Identifier: Apache-2.0
//
// gate: who is let in, decided from the head of a request, before its body is read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "serve/http/message.hpp"
#include "serve/http/problem.hpp"

namespace oci::serve::http {

/// What a listener demands.
struct Policy {
    bool is_tcp = false;
    /// Over TCP: "localhost:8080"; any of them, in lower case.
    std::vector<std::string> hosts{};
    std::string token{};  ///< Over TCP: never empty.
    /// Over TCP: "/" is a page for browsers. It holds no data, so everybody may have it, and what
    /// it asks for is served if it comes from this very host and has the token.
    bool has_page = false;
    /// Of a Unix socket: who else than us and root is served.
    std::vector<unsigned> uids{};
    /// Of a Unix socket: its mode decides who is served.
    bool mode_decides = false;
};

/// Whether two texts are the same, in a time that does not tell how far they are.
[[nodiscard]] bool is_same_secret(std::string_view one, std::string_view other) noexcept;

/// How many wrong tokens there were in this second.
class Failures {
public:
    /// now: in seconds, of any clock.
    void count(std::int64_t now) noexcept;
    [[nodiscard]] bool are_too_many(std::int64_t now) const noexcept;

private:
    std::int64_t second_ = 0;
    unsigned number_ = 0;
};

/// Why this one is not served; the reason is forbidden-peer, bad-token, wrong-host,
/// forbidden-origin, too-many-failures or bad-media-type.
[[nodiscard]] std::optional<Problem> judge(const Head& head, const Policy& policy,
                                           Failures& failures, std::int64_t now);

/// Whether a user may connect to a Unix socket of the policy. own: our uid.
[[nodiscard]] bool is_welcome(const Policy& policy, unsigned uid, unsigned own) noexcept;

}  // namespace oci::serve::http
