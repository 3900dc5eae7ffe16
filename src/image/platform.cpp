// SPDX-License-Identifier: Apache-2.0
#include "image/platform.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <array>

#include "base/explain.hpp"
#include "base/named_values.hpp"
#include "base/text.hpp"

namespace oci::image {
namespace {

struct Machine {
    std::string_view architecture;
    std::string_view variant;
};

/// What the kernel, or people, say, where it is not Go's word.
constexpr std::array other_words{
    Named<Machine>{"x86_64", {"amd64", ""}},  Named<Machine>{"x86-64", {"amd64", ""}},
    Named<Machine>{"aarch64", {"arm64", ""}}, Named<Machine>{"armhf", {"arm", "v7"}},
    Named<Machine>{"armv7l", {"arm", "v7"}},  Named<Machine>{"armv6l", {"arm", "v6"}},
    Named<Machine>{"armel", {"arm", "v6"}},   Named<Machine>{"i386", {"386", ""}},
    Named<Machine>{"i686", {"386", ""}},      Named<Machine>{"loongarch64", {"loong64", ""}},
};

/// The variant that the word for the architecture alone means.
std::string_view usual_variant(std::string_view architecture) {
    if (architecture == "arm") return "v7";
    if (architecture == "arm64") return "v8";
    if (architecture == "amd64") return "v1";
    return {};
}

std::string_view variant_of(const Platform& platform) {
    return platform.variant.empty() ? usual_variant(platform.architecture) : platform.variant;
}

bool is_word(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    });
}

Platform machine_named(std::string_view word) {
    if (const auto machine = value_named(other_words, word))
        return {.architecture = std::string{machine->architecture},
                .variant = std::string{machine->variant}};
    return {.architecture = std::string{word}};
}

/// OS, or OS(VERSION+FEATURE…); false: it is neither.
bool read_system(std::string_view text, Platform& platform) {
    const std::size_t open = text.find('(');
    platform.os = text.substr(0, open);
    if (open == std::string_view::npos) return is_word(platform.os);
    if (!text.ends_with(')')) return false;
    auto parts = split(text.substr(open + 1, text.size() - open - 2), '+');
    platform.os_version = parts.front();
    parts.erase(parts.begin());
    platform.os_features.assign(parts.begin(), parts.end());
    const bool has_version = !platform.os_version.empty();
    return is_word(platform.os) && (has_version || !parts.empty()) &&
           (!has_version || is_word(platform.os_version)) && std::ranges::all_of(parts, is_word);
}

bool has_all_of(const std::vector<std::string>& has, const std::vector<std::string>& needed) {
    return std::ranges::all_of(needed, [&](const std::string& feature) {
        return std::ranges::find(has, feature) != has.end();
    });
}

}  // namespace

Result<Platform> parse_platform(std::string_view text) {
    const auto parts = split(text, '/');
    Platform system;
    if (parts.size() < 2 || parts.size() > 3 || !read_system(parts[0], system) ||
        !std::all_of(parts.begin() + 1, parts.end(), is_word))
        return fail(ErrorKind::InvalidConfig,
                    "{} is no platform: must be OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT, as "
                    "linux/amd64 or linux/arm/v7",
                    json_quoted(display_text(text, 80)));
    Platform platform = machine_named(parts[1]);
    platform.os = std::move(system.os);
    platform.os_version = std::move(system.os_version);
    platform.os_features = std::move(system.os_features);
    if (parts.size() == 3) platform.variant = parts[2];
    return platform;
}

Platform host_platform() {
    utsname name{};
    if (::uname(&name) != 0) return {.architecture = "unknown"};
    const std::string_view machine{std::begin(name.machine)};
    return machine_named(is_word(machine) ? machine : "unknown");
}

std::string text_of(const Platform& platform) {
    std::string system = platform.os_version;
    for (const std::string& feature : platform.os_features) system += '+' + feature;
    std::string text = platform.os;
    if (!system.empty()) text += '(' + system + ')';
    text += '/' + platform.architecture;
    if (!platform.variant.empty()) text += '/' + platform.variant;
    return text;
}

bool fits(const Platform& image, const Platform& wanted) {
    if (image.os != wanted.os || image.architecture != wanted.architecture) return false;
    if (!image.os_version.empty() && !wanted.os_version.empty() &&
        image.os_version != wanted.os_version)
        return false;
    if (!has_all_of(wanted.os_features, image.os_features)) return false;
    const std::string_view has = variant_of(image), asked = variant_of(wanted);
    if (has == asked) return true;
    // "v6" before "v7": each runs what its elders do. amd64's levels, "v1" to "v4", likewise.
    const bool takes_elders = image.architecture == "arm" || image.architecture == "amd64";
    return takes_elders && has < asked;
}

}  // namespace oci::image
