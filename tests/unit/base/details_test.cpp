// SPDX-License-Identifier: Apache-2.0
#include "base/details.hpp"

#include <cerrno>

#include "base/explain.hpp"
#include "kernel/sys_result.hpp"
#include "support/catch.hpp"

using oci::ErrorKind;
using oci::fail;
using oci::Result;
using oci::with;
using oci::with_if;

namespace {

Result<int> refused(int number) {
    return oci::explain(oci::kernel::SysResult<int>{oci::kernel::refuse(number, "act")}, "cannot");
}

}  // namespace

TEST_CASE("details are filled in where an error has none") {
    const auto error = with(fail(ErrorKind::InvalidConfig, "/a: is bad"),
                            {.code = "usage", .phase = "p", .number = 7, .hint = "mend it"})
                           .error;
    CHECK(error.message == "/a: is bad");
    CHECK(error.pointer == "/a");
    CHECK(error.code == "usage");
    CHECK(error.phase == "p");
    CHECK(error.number == 7);
    CHECK(error.hint == "mend it");
}

TEST_CASE("the innermost details count") {
    const auto error =
        with(with(fail(ErrorKind::System, "x"), {.code = "usage", .pointer = "/a", .hint = "one"}),
             {.code = "system", .phase = "p", .pointer = "/b", .hint = "two"})
            .error;
    CHECK(error.code == "usage");
    CHECK(error.pointer == "/a");
    CHECK(error.hint == "one");
    CHECK(error.phase == "p");
}

TEST_CASE("details do nothing to a success") {
    const Result<int> fine = with(Result<int>{7}, {.code = "usage"});
    REQUIRE(fine);
    CHECK(fine.value() == 7);
}

TEST_CASE("details may be for one kind alone") {
    CHECK(with_if(ErrorKind::System, refused(ENOENT), {.code = "usage"}).error().code == "usage");
    CHECK(with_if(ErrorKind::NotFound, refused(ENOENT), {.code = "usage"}).error().code.empty());
}

TEST_CASE("details may be for one errno alone") {
    CHECK(with_if(ENOENT, refused(ENOENT), {.code = "usage"}).error().code == "usage");
    CHECK(with_if(ENOENT, refused(EPERM), {.code = "usage"}).error().code.empty());
    CHECK(with_if(ENOENT, refused(EPERM), {.code = "usage"}).error().number == EPERM);
}
