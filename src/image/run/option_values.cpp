// SPDX-License-Identifier: Apache-2.0
#include "image/run/option_values.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/named_values.hpp"
#include "base/path.hpp"
#include "base/text.hpp"

namespace oci::image::run {
namespace {

constexpr std::size_t longest_shown = 200;
constexpr std::size_t longest_name = 128;
constexpr std::size_t longest_hostname = 64;

bool is_letter_or_digit(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string upper_case(std::string_view text) {
    std::string upper{text};
    for (char& c : upper)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return upper;
}

/// "1.5" of a unit, without the errors of floating point that a user could see.
std::optional<double> parse_decimal(std::string_view text) {
    const std::size_t point = text.find('.');
    const auto whole = parse_number<std::uint32_t>(text.substr(0, point));
    if (!whole) return std::nullopt;
    if (point == std::string_view::npos) return *whole;
    const std::string_view digits = text.substr(point + 1);
    const auto part = parse_number<std::uint32_t>(digits);
    if (!part || digits.size() > 9) return std::nullopt;
    return *whole + *part / std::pow(10.0, static_cast<double>(digits.size()));
}

constexpr std::array networks{Named<Network>{"none", Network::None},
                              Named<Network>{"host", Network::Host},
                              Named<Network>{"bridge", Network::Bridge}};
constexpr std::array pulls{Named<Pull>{"missing", Pull::Missing},
                           Named<Pull>{"always", Pull::Always}, Named<Pull>{"never", Pull::Never}};
constexpr std::array root_modes{Named<RootMode>{"auto", RootMode::Auto},
                                Named<RootMode>{"overlay", RootMode::Overlay},
                                Named<RootMode>{"copy", RootMode::Copy}};

template <typename Table>
auto named(const Table& table, const std::string& value)
    -> Result<std::remove_cvref_t<decltype(*value_named(table, value))>> {
    const auto found = value_named(table, value);
    if (found) return *found;
    std::vector<std::string_view> names;
    for (const auto& each : table) names.push_back(each.first);
    return wrong(value, fmt::format("none of {}", fmt::join(names, ", ")));
}

}  // namespace

Result<std::string> path_in_container(std::string_view text) {
    if (!text.starts_with('/')) return wrong(text, "no absolute path in the container");
    std::string path = clean_path(text);
    if (path == "/") return wrong(text, "the root itself");
    return path;
}

Failure<Error> wrong(std::string_view value, std::string_view what) {
    return fail(ErrorKind::InvalidConfig, "\"{}\" is {}", display_text(value, longest_shown), what);
}

bool is_name(std::string_view text) noexcept {
    if (text.empty() || text.size() > longest_name || !is_letter_or_digit(text[0])) return false;
    return std::ranges::all_of(
        text, [](char c) { return is_letter_or_digit(c) || c == '_' || c == '.' || c == '-'; });
}

std::string absolute(const std::string& path, const std::string& directory) {
    return clean_path(join_path(directory, path));
}

std::optional<std::int64_t> parse_bytes(std::string_view text) {
    constexpr std::array units{std::pair{'b', 0U}, std::pair{'k', 10U}, std::pair{'m', 20U},
                               std::pair{'g', 30U}, std::pair{'t', 40U}};
    std::string lower{text};
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    for (const std::string_view end : {"ib", "b"})
        if (lower.size() > end.size() + 1 && lower.ends_with(end) &&
            !(lower[lower.size() - end.size() - 1] >= '0' &&
              lower[lower.size() - end.size() - 1] <= '9')) {
            lower.resize(lower.size() - end.size());
            break;
        }
    unsigned shift = 0;
    for (const auto& [letter, bits] : units)
        if (lower.ends_with(letter)) {
            shift = bits;
            lower.pop_back();
            break;
        }
    if (const auto whole = parse_number<std::uint64_t>(lower)) {
        if (*whole >
            (static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) >> shift))
            return std::nullopt;
        return static_cast<std::int64_t>(*whole << shift);
    }
    const auto decimal = parse_decimal(lower);
    if (!decimal) return std::nullopt;
    return std::llround(*decimal * static_cast<double>(std::uint64_t{1} << shift));
}

Result<std::string> any_text(const std::string& value) { return value; }

Result<std::string> parse_absolute(const std::string& value) {
    if (!value.starts_with('/')) return wrong(value, "no absolute path in the container");
    return clean_path(value);
}

Result<std::string> parse_hostname(const std::string& value) {
    const bool fits = !value.empty() && value.size() <= longest_hostname &&
                      std::ranges::all_of(value, [](char c) {
                          return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_';
                      });
    if (!fits) return wrong(value, "no name of a host");
    return value;
}

Result<Network> parse_network(const std::string& value) { return named(networks, value); }
Result<Pull> parse_pull(const std::string& value) { return named(pulls, value); }
Result<RootMode> parse_root_mode(const std::string& value) { return named(root_modes, value); }

Result<std::int64_t> parse_amount(const std::string& value) {
    const auto bytes = parse_bytes(value);
    if (!bytes || *bytes <= 0) return wrong(value, "no amount like 512m or 2g");
    return *bytes;
}

Result<std::int64_t> parse_amount_or_all(const std::string& value) {
    if (value == "-1") return std::int64_t{-1};
    return parse_amount(value);
}

Result<std::int64_t> parse_processors(const std::string& value) {
    constexpr double period = 100'000;
    constexpr double least = 0.01;  // the kernel's: 1 ms
    constexpr double most = 10'000;
    const auto number = parse_decimal(value);
    if (!number || *number < least || *number > most)
        return wrong(value, "no number of processors like 2 or 1.5, from 0.01 on");
    return std::int64_t{std::llround(*number * period)};
}

Result<std::uint64_t> parse_shares(const std::string& value) {
    const auto number = parse_number<std::uint32_t>(value);
    if (!number || *number < 2) return wrong(value, "no number from 2 on");
    return std::uint64_t{*number};
}

Result<std::int64_t> parse_count(const std::string& value) {
    const auto number = parse_number<std::int64_t>(value);
    if (!number || *number < -1) return wrong(value, "no number of processes, or -1");
    return *number == 0 ? -1 : *number;
}

Result<pid_t> parse_pid(const std::string& value) {
    const auto number = parse_number<pid_t>(value);
    if (!number || *number <= 0) return wrong(value, "no process");
    return *number;
}

Result<Ulimit> parse_ulimit(const std::string& value) {
    const std::size_t equals = value.find('=');
    if (equals == std::string::npos || equals == 0) return wrong(value, "no NAME=SOFT[:HARD]");
    const auto read = [](std::string_view text) -> std::optional<std::uint64_t> {
        if (text == "-1" || text == "unlimited") return std::numeric_limits<std::uint64_t>::max();
        return parse_number<std::uint64_t>(text);
    };
    const auto parts = split(std::string_view{value}.substr(equals + 1), ':');
    const auto soft = read(parts.front());
    const auto hard = read(parts.back());
    if (!soft || !hard || parts.size() > 2 || *soft > *hard)
        return wrong(value, "no NAME=SOFT[:HARD]");
    return Ulimit{"RLIMIT_" + upper_case(std::string_view{value}.substr(0, equals)), *soft, *hard};
}

Result<std::string> parse_capability(const std::string& value) {
    const std::string name = upper_case(value);
    const bool is_word = !name.empty() && std::ranges::all_of(name, [](char c) {
        return is_letter_or_digit(c) || c == '_';
    });
    if (!is_word) return wrong(value, "no name of a capability");
    if (name == "ALL" || name == "CAP_ALL") return std::string{"ALL"};
    return name.starts_with("CAP_") ? name : "CAP_" + name;
}

Result<Device> parse_device(const std::string& value) {
    const auto parts = split(value, ':');
    if (parts.size() > 3 || !parts[0].starts_with('/'))
        return wrong(value, "no SOURCE[:PATH[:RIGHTS]]");
    Device device{clean_path(parts[0]), clean_path(parts[0]), "rwm"};
    const auto is_rights = [](std::string_view text) {
        return !text.empty() && text.find_first_not_of("rwm") == std::string_view::npos;
    };
    if (parts.size() == 2 && is_rights(parts[1])) {
        device.rights = parts[1];
        return device;
    }
    if (parts.size() > 1) device.path = OCI_TRY(path_in_container(parts[1]));
    if (parts.size() > 2 && !is_rights(parts[2])) return wrong(parts[2], "not of r, w and m");
    if (parts.size() > 2) device.rights = parts[2];
    return device;
}

}  // namespace oci::image::run
