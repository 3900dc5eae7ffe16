// SPDX-License-Identifier: Apache-2.0
//
// headers: the fields of an answer, and what the four say that decide how to go on. Read strictly:
// a field that is not understood says nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace oci::image::registry {

class Headers {
public:
    /// "Name: value"; the status line of a further answer forgets what was before. What is no field
    /// is passed over. False: they are too many.
    [[nodiscard]] bool add(std::string_view line);
    void clear() { fields_.clear(); }

    /// The first of that name, in whatever case.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
    [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;

private:
    std::vector<std::pair<std::string, std::string>> fields_;
    std::size_t bytes_ = 0;
};

/// RFC 9110, 11.6.1: 'Bearer realm="…",service="…"'.
struct Challenge {
    std::string scheme;                                             ///< Lower case.
    std::vector<std::pair<std::string, std::string>> parameters{};  ///< Names in lower case.

    [[nodiscard]] std::string_view find(std::string_view name) const;
};

/// Of one field, which may hold several. Nothing if any of it is out of order.
[[nodiscard]] std::optional<std::vector<Challenge>> parse_challenges(std::string_view field);

/// RFC 9110, 14.4: "bytes 0-499/1234", both ends included.
struct ContentRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::optional<std::uint64_t> size{};  ///< Nothing: "*"
};
[[nodiscard]] std::optional<ContentRange> parse_content_range(std::string_view field);

/// RFC 9110, 10.2.3: seconds, or a date, of which the distance to `now` (Unix time) is told.
[[nodiscard]] std::optional<std::chrono::seconds> parse_retry_after(std::string_view field,
                                                                    std::int64_t now);

/// Of a Content-Type: without parameters, in lower case.
[[nodiscard]] std::string media_type_in(std::string_view field);

}  // namespace oci::image::registry
