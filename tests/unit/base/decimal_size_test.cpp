// SPDX-License-Identifier: Apache-2.0
#include "base/decimal_size.hpp"

#include "support/catch.hpp"

using oci::decimal_size;

TEST_CASE("sizes for people go by thousands") {
    CHECK(decimal_size(0) == "0 B");
    CHECK(decimal_size(999) == "999 B");
    CHECK(decimal_size(1000) == "1.0 kB");
    CHECK(decimal_size(1'500'000) == "1.5 MB");
    CHECK(decimal_size(2'000'000'000'000'000) == "2000.0 TB");
}
