// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/systemd/annotations.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "features/cgroups/systemd/value_text.hpp"

namespace oci::cgroups::systemd {
namespace {

/// Where the container is and which processes it has the runtime has to know.
constexpr std::array<std::string_view, 2> not_for_annotations{"PIDs", "Slice"};

bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }

bool is_name(std::string_view name) {
    return name.size() >= 3 &&
           std::ranges::all_of(name, [](char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); });
}

/// "TimeoutStopSec", but not "TimeoutStopUSec".
bool is_in_seconds(std::string_view name) {
    return name.size() > 3 && name.ends_with("Sec") && is_lower(name[name.size() - 4]);
}

std::optional<std::uint64_t> microseconds(const Value& seconds) {
    constexpr std::uint64_t second = 1'000'000;
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    if (seconds.type == "d") {
        const double count = std::bit_cast<double>(seconds.number) * static_cast<double>(second);
        if (!(count >= 0) || count >= static_cast<double>(most)) return std::nullopt;
        return static_cast<std::uint64_t>(std::llround(count));
    }
    const bool is_number = std::string_view{"ynqiuxt"}.find(seconds.type) != std::string_view::npos;
    // Negative numbers are beyond the limit, too.
    if (!is_number || seconds.type.size() != 1 || seconds.number > most / second)
        return std::nullopt;
    return seconds.number * second;
}

Result<Property> parse(std::string_view name, std::string_view text) {
    if (!is_name(name))
        return fail(ErrorKind::InvalidConfig,
                    "a property has three letters at least, and nothing "
                    "else");
    if (std::ranges::find(not_for_annotations, name) != not_for_annotations.end())
        return fail(ErrorKind::InvalidConfig, "this property is the runtime's own");
    Value value = OCI_TRY(parse_value(text));
    if (!is_in_seconds(name)) return Property{std::string{name}, std::move(value)};
    const auto count = microseconds(value);
    if (!count)
        return fail(ErrorKind::InvalidConfig, "{} is no number of seconds", json_quoted(text));
    const std::string_view stem = name.substr(0, name.size() - 3);
    return Property{std::string{stem} + "USec", uint64(*count)};
}

}  // namespace

Result<Properties> properties_of(const std::map<std::string, std::string>& annotations) {
    Properties properties;
    for (const auto& [key, text] : annotations) {
        if (!key.starts_with(annotation_prefix)) continue;
        const std::string_view name = std::string_view{key}.substr(annotation_prefix.size());
        auto property = parse(name, text);
        if (!property)
            return fail(ErrorKind::InvalidConfig, "/annotations/{}: {}", escape_for_display(key),
                        property.error().message);
        set(properties, std::move(property).value());
    }
    return properties;
}

}  // namespace oci::cgroups::systemd
