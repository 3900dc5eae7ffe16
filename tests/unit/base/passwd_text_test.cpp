// SPDX-License-Identifier: Apache-2.0
#include "base/passwd_text.hpp"

#include "support/catch.hpp"

TEST_CASE("a user has the name of its line, or its number") {
    const char* passwd =
        "root:x:0:0::/root:/bin/sh\nbroken\nme:x:1000:1000::/:\ntwin:x:1000:1::/:\n";
    CHECK(oci::user_name_in(passwd, 1000) == "me");
    CHECK(oci::user_name_in(passwd, 1001) == "1001");
    CHECK(oci::user_name_in("", 7) == "7");
}
