// SPDX-License-Identifier: Apache-2.0
//
// problems: what is wrong with a document, each place once, in the order found.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/explain.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::spec {

class Problems {
public:
    /// More than these are counted only: a hostile document has millions.
    static constexpr std::size_t most = 1000;

    /// Keeps the error of an outcome, unless there is one about the same place
    /// or one below it.
    void note(Result<void> outcome);
    /// The same for a value that could not be read: nothing is said of its parts any more.
    void note_unreadable(Result<void> outcome);

    /// The place comes first: "/process/cwd: must be absolute".
    template <typename... Args>
    void add(fmt::format_string<Args...> text, Args&&... args) {
        note(fail(ErrorKind::InvalidConfig, text, std::forward<Args>(args)...));
    }

    [[nodiscard]] const std::vector<Error>& all() const noexcept { return errors_; }
    [[nodiscard]] std::size_t left_out() const noexcept { return left_out_; }

    /// Pointers of what could not be read.
    [[nodiscard]] const std::unordered_set<std::string>& unreadable() const noexcept {
        return unreadable_;
    }

    /// Success, or the first of them.
    [[nodiscard]] Result<void> first() const;

private:
    [[nodiscard]] bool is_told(const std::string& pointer) const;

    std::vector<Error> errors_;
    std::size_t left_out_ = 0;
    std::unordered_set<std::string> told_;  ///< Pointers of the errors and of all above them.
    std::unordered_set<std::string> unreadable_;
};

/// Whether a pointer is one of the set, or leads to a part of what one of them names.
[[nodiscard]] bool is_part_of_any(const std::unordered_set<std::string>& pointers,
                                  std::string_view pointer);

}  // namespace oci::spec
