// SPDX-License-Identifier: Apache-2.0
#include "base/named_values.hpp"

#include <array>

#include "support/catch.hpp"

namespace {

constexpr std::array colours{oci::Named<int>{"red", 1}, oci::Named<int>{"blue", 2},
                             oci::Named<int>{"azure", 2}};

}  // namespace

TEST_CASE("a table finds a value by its exact name") {
    CHECK(oci::value_named(colours, "blue") == 2);
    CHECK(oci::value_named(colours, "azure") == 2);
    CHECK_FALSE(oci::value_named(colours, "Blue"));
    CHECK_FALSE(oci::value_named(colours, ""));
}

TEST_CASE("a table finds the first name of a value") {
    CHECK(oci::name_of_value(colours, 2) == "blue");
    CHECK(oci::name_of_value(colours, 3).empty());
}
