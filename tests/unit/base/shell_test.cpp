// SPDX-License-Identifier: Apache-2.0
#include "base/shell.hpp"

#include "support/catch.hpp"

TEST_CASE("a word of a shell is quoted only where it has to be") {
    CHECK(oci::shell_quoted("/srv/box-1/a.b_c:d@e%f+g=h,i") == "/srv/box-1/a.b_c:d@e%f+g=h,i");
    CHECK(oci::shell_quoted("a b") == "'a b'");
    CHECK(oci::shell_quoted("").size() == 2);
    CHECK(oci::shell_quoted("$(reboot)") == "'$(reboot)'");
    CHECK(oci::shell_quoted("it's") == "'it'\\''s'");
    CHECK(oci::shell_quoted("~/x;y") == "'~/x;y'");
    CHECK(oci::shell_quoted("-rf") == "'-rf'");
}
