// SPDX-License-Identifier: Apache-2.0
#include "spec/names.hpp"

#include "support/catch.hpp"

using oci::spec::unknown_name;

TEST_CASE("a slip of the pen gets a hint") {
    CHECK(unknown_name("netwrk", {"pid", "network"}) ==
          "unknown value \"netwrk\" (did you mean \"network\"?)");
    CHECK(unknown_name("PID", {"pid", "network"}) ==
          "unknown value \"PID\" (did you mean \"pid\"?)");
}

TEST_CASE("a word that is like no other gets the list") {
    CHECK(unknown_name("filesystem", {"pid", "network"}) ==
          "unknown value \"filesystem\" (known: pid network)");
}

TEST_CASE("a hostile name is shown short and escaped") {
    const std::string text = unknown_name("\x1b[2J" + std::string(100000, 'x'), {"pid"});
    CHECK(text.size() < 200);
    CHECK(text.find('\x1b') == std::string::npos);
}
