// SPDX-License-Identifier: Apache-2.0
//
// report: the findings about a bundle, as they come.
#pragma once

#include <array>
#include <string>
#include <unordered_set>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/finding.hpp"
#include "oci-rt/result.hpp"

namespace oci::commands {

class Report {
public:
    /// Of each severity; more are counted only.
    static constexpr std::size_t most = 1000;

    /// The error of an outcome, if it is one: what would stop `create`. Left out where an
    /// error about the same place, or a part of it, is known.
    void note(const Error& error);
    template <typename T>
    void note(const Result<T>& outcome) {
        if (!outcome) note(outcome.error());
    }

    void error(std::string code, std::string pointer, std::string message, std::string hint = {});
    void warning(std::string code, std::string pointer, std::string message, std::string hint = {});
    void info(std::string code, std::string pointer, std::string message, std::string hint = {});
    void add(Finding finding);

    /// About this place, or a part of it.
    [[nodiscard]] bool has_error(const std::string& pointer) const {
        return errors_.contains(pointer);
    }

    /// From here on nothing is said of these places and what is below them.
    void leave_out(std::unordered_set<std::string> pointers);
    /// So many errors are not in here.
    void count_errors(std::size_t number) { left_out_ += number; }

    /// By severity, and as they came within one. Each place has one finding of a code.
    [[nodiscard]] std::vector<Finding> sorted() const;

private:
    std::vector<Finding> findings_;
    std::array<std::size_t, 3> counts_{};
    std::size_t left_out_ = 0;
    std::unordered_set<std::string> known_;   ///< Severity, code and place.
    std::unordered_set<std::string> errors_;  ///< Places of errors and all that is above them.
    std::unordered_set<std::string> left_out_places_;
};

}  // namespace oci::commands
