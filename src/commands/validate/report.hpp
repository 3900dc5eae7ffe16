// SPDX-License-Identifier: Apache-2.0
//
// report: the findings about a bundle, as they come.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "oci-rt/error.hpp"
#include "oci-rt/finding.hpp"
#include "oci-rt/result.hpp"

namespace oci::commands {

class Report {
public:
    /// The error of an outcome, if it is one: what would stop `create`.
    void note(const Error& error);
    template <typename T>
    void note(const Result<T>& outcome) {
        if (!outcome) note(outcome.error());
    }

    void error(std::string code, std::string pointer, std::string message, std::string hint = {});
    void warning(std::string code, std::string pointer, std::string message, std::string hint = {});
    void info(std::string code, std::string pointer, std::string message, std::string hint = {});

    /// By severity, and as they came within one. Each place has one finding of a severity.
    [[nodiscard]] std::vector<Finding> sorted() const;

private:
    void add(Finding finding);

    std::vector<Finding> findings_;
};

}  // namespace oci::commands
