// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/systemd/value.hpp"

#include "support/catch.hpp"

using namespace oci::cgroups::systemd;

TEST_CASE("a signature begins with one complete type") {
    CHECK(type_length("s") == 1);
    CHECK(type_length("su") == 1);
    CHECK(type_length("a(st)u") == 5);
    CHECK(type_length("aas") == 3);
    CHECK(type_length("a{sv}") == 5);
    CHECK(type_length("(a{s(bv)}x)") == 11);
    for (const char* wrong :
         {"", "a", "()", "(s", "(s}", "{sv}", "a{vs}", "a{s}", "a{ssv}", "z", "h"}) {
        INFO(wrong);
        CHECK(type_length(wrong) == 0);
    }
    CHECK(type_length(std::string(1000, 'a') + "s") == 0);
    CHECK(type_length(std::string(1000, '(')) == 0);
}

TEST_CASE("a property is in a list once") {
    Properties properties;
    set(properties, {"A", uint64(1)});
    set(properties, {"B", uint64(2)});
    set(properties, {"A", uint64(3)});
    CHECK(properties == Properties{{"A", uint64(3)}, {"B", uint64(2)}});
    CHECK(arguments_of(properties).type == "a(sv)");
}
