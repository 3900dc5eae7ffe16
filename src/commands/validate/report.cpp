// SPDX-License-Identifier: Apache-2.0
#include "commands/validate/report.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/advice.hpp"
#include "base/error_code.hpp"
#include "spec/problems.hpp"

namespace oci::commands {
namespace {

/// Also where a system call failed over a property: "/mounts/0/source: cannot mount …".
std::string pointer_of(const Error& error) {
    if (error.pointer == "/") return {};
    if (!error.pointer.empty()) return error.pointer;
    constexpr std::array<std::string_view, 5> sections{"/process/", "/root/", "/mounts/", "/hooks/",
                                                       "/linux/"};
    const std::string place = error.message.substr(0, error.message.find(": "));
    const bool is_pointer =
        place.size() < error.message.size() && place.find(' ') == std::string::npos &&
        std::ranges::any_of(sections, [&](auto section) { return place.starts_with(section); });
    return is_pointer ? place : std::string{};
}

}  // namespace

void Report::note(const Error& error) {
    const std::string pointer = pointer_of(error);
    if (!pointer.empty() && errors_.contains(pointer)) return;
    std::string_view message = error.message;
    // A finding says its place by itself.
    const std::string prefix = (error.pointer == "/" ? error.pointer : pointer) + ": ";
    if (prefix.size() > 2 && message.starts_with(prefix)) message.remove_prefix(prefix.size());
    this->error(std::string{code_of(error)}, pointer, std::string{message},
                std::string{hint_of(error)});
}

void Report::error(std::string code, std::string pointer, std::string message, std::string hint) {
    add({Severity::Error, std::move(code), std::move(pointer), std::move(message),
         std::move(hint)});
}

void Report::warning(std::string code, std::string pointer, std::string message, std::string hint) {
    add({Severity::Warning, std::move(code), std::move(pointer), std::move(message),
         std::move(hint)});
}

void Report::info(std::string code, std::string pointer, std::string message, std::string hint) {
    add({Severity::Info, std::move(code), std::move(pointer), std::move(message), std::move(hint)});
}

void Report::leave_out(std::unordered_set<std::string> pointers) {
    left_out_places_ = std::move(pointers);
}

std::vector<Finding> Report::sorted() const {
    std::vector<Finding> findings = findings_;
    if (left_out_ != 0)
        findings.push_back({Severity::Info, "more-findings", "",
                            fmt::format("{} more findings are not shown", left_out_), ""});
    std::ranges::stable_sort(findings, {}, &Finding::severity);
    return findings;
}

void Report::add(Finding finding) {
    if (spec::is_part_of_any(left_out_places_, finding.pointer)) return;
    const auto severity = static_cast<std::size_t>(finding.severity);
    const std::string& place = finding.pointer.empty() ? finding.message : finding.pointer;
    if (!known_.insert(fmt::format("{} {} {}", severity, finding.code, place)).second) return;
    if (counts_.at(severity) >= most) {
        ++left_out_;
        return;
    }
    ++counts_.at(severity);
    if (finding.severity == Severity::Error)
        for (std::string_view above = finding.pointer; above.starts_with('/');
             above = above.substr(0, above.rfind('/')))
            errors_.emplace(above);
    findings_.push_back(std::move(finding));
}

}  // namespace oci::commands
