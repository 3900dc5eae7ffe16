// SPDX-License-Identifier: Apache-2.0
#include "base/error_codes.hpp"

#include <algorithm>
#include <cerrno>
#include <string>

#include "base/error_code.hpp"
#include "support/catch.hpp"

using oci::error_codes;
using oci::ErrorKind;

TEST_CASE("each error code is there once, in words that fit a terminal") {
    for (const auto& code : error_codes) {
        INFO(code.name);
        CHECK(std::ranges::count(error_codes, code.name, &oci::ErrorCode::name) == 1);
        CHECK(code.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz2-") == std::string::npos);
        CHECK(code.name.size() < 26);
        CHECK(code.meaning.size() > 10);
        CHECK_FALSE(code.meaning.ends_with('.'));
    }
}

TEST_CASE("an error without a code of its own has one of the table") {
    for (const ErrorKind kind :
         {ErrorKind::InvalidConfig, ErrorKind::NotFound, ErrorKind::AlreadyExists,
          ErrorKind::WrongStatus, ErrorKind::Unsupported, ErrorKind::System})
        CHECK(oci::is_error_code(oci::code_of({.kind = kind, .message = {}})));
    for (int number = 0; number < 140; ++number)
        CHECK(oci::is_error_code(oci::code_of({.message = {}, .number = number})));
    CHECK_FALSE(oci::is_error_code(""));
    CHECK_FALSE(oci::is_error_code("nosuch"));
}
