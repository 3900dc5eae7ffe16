// SPDX-License-Identifier: Apache-2.0
#include "commands/validate/report.hpp"

#include <algorithm>

#include "base/error_code.hpp"

namespace oci::commands {

void Report::note(const Error& error) {
    std::string_view message = error.message;
    // A finding says its place by itself.
    const std::string prefix = error.pointer + ": ";
    if (!error.pointer.empty() && message.starts_with(prefix)) message.remove_prefix(prefix.size());
    this->error(std::string{code_of(error)}, error.pointer, std::string{message}, error.hint);
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

std::vector<Finding> Report::sorted() const {
    std::vector<Finding> findings = findings_;
    std::ranges::stable_sort(findings, {}, &Finding::severity);
    return findings;
}

void Report::add(Finding finding) {
    const auto known = [&](const Finding& other) {
        if (finding.pointer.empty()) return other.message == finding.message;
        return other.pointer == finding.pointer && other.severity == finding.severity;
    };
    if (std::ranges::none_of(findings_, known)) findings_.push_back(std::move(finding));
}

}  // namespace oci::commands
