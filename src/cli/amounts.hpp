// SPDX-License-Identifier: Apache-2.0
//
// Sizes and times as people write them, and as people read them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace oci::cli {

/// "64m", "1.5g", "512KiB", "4096": bytes, the units being powers of 1024. No sign.
[[nodiscard]] std::optional<std::int64_t> parse_size(std::string_view text);

/// "5s", "100ms", "1m30s", "1.5h"; a bare number is seconds.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// "64MiB", "1.5GiB", "512B".
[[nodiscard]] std::string size_text(std::uint64_t bytes);

}  // namespace oci::cli
