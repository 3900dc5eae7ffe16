// SPDX-License-Identifier: Apache-2.0
#include "cli/print_findings.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/text.hpp"

namespace oci::cli {
namespace {

std::string_view name_of(Severity severity) noexcept {
    switch (severity) {
        case Severity::Error: return "error";
        case Severity::Warning: return "warning";
        case Severity::Info: return "info";
    }
    return "error";
}

std::ptrdiff_t count(const std::vector<Finding>& findings, Severity severity) {
    return std::ranges::count(findings, severity, &Finding::severity);
}

std::string counted(std::ptrdiff_t number, std::string_view noun) {
    return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

}  // namespace

std::string findings_text(const std::vector<Finding>& findings) {
    std::string text;
    for (const Finding& finding : findings) {
        const std::string place =
            finding.pointer.empty() ? "" : escape_for_display(finding.pointer) + ": ";
        text += fmt::format("{:<8} {}{}\n", name_of(finding.severity), place,
                            escape_for_display(finding.message));
        if (!finding.hint.empty())
            text += fmt::format("{:<8}   -> {}\n", "", escape_for_display(finding.hint));
    }
    return text + fmt::format("{}, {}\n", counted(count(findings, Severity::Error), "error"),
                              counted(count(findings, Severity::Warning), "warning"));
}

void write_findings(JsonWriter& json, const std::vector<Finding>& findings) {
    json.begin_array();
    for (const Finding& finding : findings) {
        json.begin_object();
        json.member("severity", name_of(finding.severity));
        json.member("code", finding.code);
        json.member("pointer", finding.pointer);
        json.member("message", finding.message);
        json.member("hint", finding.hint);
        json.end_object();
    }
    json.end_array();
}

std::string findings_json(const std::vector<Finding>& findings) {
    constexpr std::size_t indent = 2;
    std::string text;
    JsonWriter json{text, indent};
    json.begin_object();
    json.member("valid", count(findings, Severity::Error) == 0);
    json.member("errors", count(findings, Severity::Error));
    json.member("warnings", count(findings, Severity::Warning));
    json.key("findings");
    write_findings(json, findings);
    json.end_object();
    return text + "\n";
}

}  // namespace oci::cli
