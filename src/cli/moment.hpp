// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace oci::cli {

/// "2026-01-31", "2026-01-31T12:00:00", with a fraction of a second and "Z" or without: UTC. Or how
/// long ago, as parse_duration() has it. In the form of logs: 30 characters, nanoseconds, Z.
[[nodiscard]] std::optional<std::string> parse_moment(std::string_view text);

}  // namespace oci::cli
