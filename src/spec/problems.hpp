// SPDX-License-Identifier: Apache-2.0
//
// problems: what is wrong with a document, each place once, in the order found.
#pragma once

#include <string>
#include <vector>

#include "base/explain.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::spec {

class Problems {
public:
    /// Keeps the error of an outcome, unless there is one about the same place
    /// or one below it.
    void note(Result<void> outcome);

    /// The place comes first: "/process/cwd: must be absolute".
    template <typename... Args>
    void add(fmt::format_string<Args...> text, Args&&... args) {
        note(fail(ErrorKind::InvalidConfig, text, std::forward<Args>(args)...));
    }

    [[nodiscard]] const std::vector<Error>& all() const noexcept { return errors_; }

    /// Success, or the first of them.
    [[nodiscard]] Result<void> first() const;

private:
    std::vector<Error> errors_;
};

}  // namespace oci::spec
