// SPDX-License-Identifier: Apache-2.0
//
// problem: why a request was not served, as RFC 9457 spells it. Every code has its status in the
// table of problem.cpp; a code never changes its meaning.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "oci-rt/result.hpp"
#include "serve/http/message.hpp"

namespace oci::serve::http {

struct Problem {
    std::string code{};    ///< One of the table.
    std::string detail{};  ///< For people; no path of the host, no secret.
    /// What of the body is wrong: JSON pointer and why.
    std::vector<std::pair<std::string, std::string>> errors{};
    /// For the answer, as Retry-After or Allow.
    Fields fields{};
    /// Of a child that failed; "" without.
    std::string runtime_errors{};
    int runtime_status = 0;
};

template <typename T>
using Answer = Result<T, Problem>;

struct ProblemKind {
    std::string_view code;
    unsigned status;
    std::string_view title;
    bool is_retryable = false;
};
[[nodiscard]] std::span<const ProblemKind> problem_kinds() noexcept;
/// "internal" if there is none of this code.
[[nodiscard]] const ProblemKind& kind_of(std::string_view code) noexcept;

/// For OCI_TRY and return.
[[nodiscard]] Failure<Problem> refuse(std::string_view code, std::string detail);

/// The members of the object, as in the answer; instance and request may be empty.
[[nodiscard]] std::string problem_json(const Problem& problem, std::string_view instance,
                                       std::string_view request);
[[nodiscard]] Response problem_response(const Problem& problem, std::string_view instance,
                                        std::string_view request);

}  // namespace oci::serve::http
