// SPDX-License-Identifier: Apache-2.0
#include "base/error_code.hpp"

#include <cerrno>

#include "support/catch.hpp"

namespace {

using oci::code_of;
using oci::Error;
using oci::ErrorKind;

TEST_CASE("an error without a code has the one of its kind") {
    CHECK(code_of({.kind = ErrorKind::InvalidConfig}) == "invalid-config");
    CHECK(code_of({.kind = ErrorKind::NotFound}) == "not-found");
    CHECK(code_of({.kind = ErrorKind::AlreadyExists}) == "already-exists");
    CHECK(code_of({.kind = ErrorKind::WrongStatus}) == "wrong-status");
    CHECK(code_of({.kind = ErrorKind::Unsupported}) == "unsupported");
    CHECK(code_of({.kind = ErrorKind::System}) == "system");
}

TEST_CASE("a code of its own counts more") {
    CHECK(code_of({.kind = ErrorKind::System, .code = "init-lost", .number = EPERM}) ==
          "init-lost");
}

TEST_CASE("a failed system call is told by its errno, other kinds are not") {
    CHECK(code_of({.kind = ErrorKind::System, .number = EPERM}) == "permission-denied");
    CHECK(code_of({.kind = ErrorKind::System, .number = EACCES}) == "permission-denied");
    CHECK(code_of({.kind = ErrorKind::System, .number = ENOSPC}) == "no-space");
    CHECK(code_of({.kind = ErrorKind::System, .number = EMFILE}) == "too-many-open-files");
    CHECK(code_of({.kind = ErrorKind::System, .number = ENOMEM}) == "out-of-memory");
    CHECK(code_of({.kind = ErrorKind::System, .number = EIO}) == "system");
    CHECK(code_of({.kind = ErrorKind::InvalidConfig, .number = EPERM}) == "invalid-config");
}

}  // namespace
