// SPDX-License-Identifier: Apache-2.0
#include "serve/metrics/exposition.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace oci::serve::metrics {
namespace {

std::string_view word_of(Kind kind) {
    switch (kind) {
        case Kind::Counter: return "counter";
        case Kind::Gauge: return "gauge";
        case Kind::Histogram: return "histogram";
        case Kind::Plain: return "untyped";
    }
    return "untyped";
}

}  // namespace

std::string labels(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
    std::string text;
    for (const auto& [name, value] : pairs) {
        text += fmt::format("{}{}=\"", text.empty() ? "" : ",", name);
        for (const char each : is_utf8(value) ? std::string{value} : escape_for_display(value)) {
            if (each == '\n') {
                text += "\\n";
                continue;
            }
            if (each == '"' || each == '\\') text += '\\';
            text += each;
        }
        text += '"';
    }
    return text;
}

std::string seconds_text(std::uint64_t microseconds) {
    constexpr std::uint64_t second = 1'000'000;
    return fmt::format("{}.{:06}", microseconds / second, microseconds % second);
}

void Exposition::add(const Family& family, std::string_view labels, std::string_view number,
                     std::string_view suffix) {
    auto found = std::ranges::find(families_, &family, [](const auto& each) { return each.first; });
    if (found == families_.end()) found = families_.insert(found, {&family, {}});
    const bool has_labels = !labels.empty();
    found->second += fmt::format("{}{}{}{}{} {}\n", family.name, suffix, has_labels ? "{" : "",
                                 labels, has_labels ? "}" : "", number);
}

std::string Exposition::text() const {
    std::string text;
    for (const auto& [family, lines] : families_)
        text += fmt::format("# HELP {} {}\n# TYPE {} {}\n{}", family->name, family->help,
                            family->name, word_of(family->kind), lines);
    return text;
}

}  // namespace oci::serve::metrics
