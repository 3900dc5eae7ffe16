// SPDX-License-Identifier: Apache-2.0
//
// A regular expression over ids (POSIX extended), for --regex.
#pragma once

#include <regex.h>

#include <memory>
#include <string>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::cli {

class IdPattern {
public:
    static Result<IdPattern> compile(const std::string& expression);

    /// Anywhere in the id, unless the expression says ^ or $.
    [[nodiscard]] bool matches(const std::string& id) const noexcept;

private:
    struct Release {
        void operator()(regex_t* compiled) const noexcept;
    };
    using Compiled = std::unique_ptr<regex_t, Release>;

    explicit IdPattern(Compiled compiled) noexcept : compiled_{std::move(compiled)} {}

    Compiled compiled_;
};

}  // namespace oci::cli
