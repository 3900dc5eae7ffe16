// SPDX-License-Identifier: Apache-2.0
#include "cli/id_pattern.hpp"

#include <array>

#include "base/explain.hpp"

namespace oci::cli {

void IdPattern::Release::operator()(regex_t* compiled) const noexcept {
    ::regfree(compiled);
    const std::unique_ptr<regex_t> memory{compiled};
}

Result<IdPattern> IdPattern::compile(const std::string& expression) {
    auto compiled = std::make_unique<regex_t>();
    const int error = ::regcomp(compiled.get(), expression.c_str(), REG_EXTENDED | REG_NOSUB);
    if (error != 0) {
        std::array<char, 128> why{};
        ::regerror(error, compiled.get(), why.data(), why.size());
        return fail(ErrorKind::InvalidConfig, "--regex {}: {}", expression, why.data());
    }
    return IdPattern{Compiled{compiled.release()}};
}

bool IdPattern::matches(const std::string& id) const noexcept {
    return ::regexec(compiled_.get(), id.c_str(), 0, nullptr, 0) == 0;
}

}  // namespace oci::cli
