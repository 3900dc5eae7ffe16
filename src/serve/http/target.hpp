// SPDX-License-Identifier: Apache-2.0
//
// target: what stands behind the method, taken apart: split first, decoded once, and last judged.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "serve/http/problem.hpp"

namespace oci::serve::http {

struct Target {
    std::string path{};                   ///< As it was sent.
    std::vector<std::string> segments{};  ///< "/a/b%20c": "a", "b c"
    Fields query{};
};

/// In origin form: "/path?query". invalid-name for escapes that are none, NUL, control characters
/// and bytes that are not UTF-8.
[[nodiscard]] Answer<Target> parse_target(std::string_view text);

}  // namespace oci::serve::http
