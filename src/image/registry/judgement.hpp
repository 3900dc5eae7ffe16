// SPDX-License-Identifier: Apache-2.0
//
// judgement: what an answer means: to be taken, to log in, to try again later, or an error, and
// then which. Pure: it asks nobody and waits for nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "image/registry/transport.hpp"

namespace oci::image::registry {

struct RetryPolicy {
    unsigned tries = 5;
    std::chrono::milliseconds first{2000};  ///< Doubles with every try,
    std::chrono::milliseconds most{60000};  ///< up to this; a Retry-After goes no further either.
};

/// What one request has been through.
struct Attempts {
    unsigned failures = 0;  ///< In a row.
    unsigned logins = 0;
    bool is_host_known = false;  ///< It has answered before: its name and address are right.
};

enum class Act : std::uint8_t { Take, LogIn, Wait, GiveUp };

struct Verdict {
    Act act = Act::GiveUp;
    std::chrono::milliseconds delay{0};  ///< Before the next try.
};

/// now: Unix time, for a Retry-After that is a date. asked: where the request began; who it was
/// redirected to is nobody to log in to.
[[nodiscard]] Verdict judge(const Answer& answer, const Url& asked, const Attempts& attempts,
                            const RetryPolicy& policy, std::int64_t now);

/// The wait before try number `failures` + 1.
[[nodiscard]] std::chrono::milliseconds delay_after(unsigned failures, const RetryPolicy& policy);

/// Of an answer that is not taken. what: "image debian:latest"; tried: where credentials were
/// looked for.
[[nodiscard]] Error error_of(const Answer& answer, const Url& asked, std::string_view what,
                             const std::vector<std::string>& tried);

/// What the registry says itself (distribution-spec, "Error Codes"), short and fit for display;
/// empty if nothing.
[[nodiscard]] std::string words_of(std::string_view body);

/// The challenges of all WWW-Authenticate fields; those that cannot be read are left out.
[[nodiscard]] std::vector<Challenge> challenges_in(const Headers& headers);

}  // namespace oci::image::registry
