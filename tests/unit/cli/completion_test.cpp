// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.hpp"

#include "support/catch.hpp"

TEST_CASE("there is a completion for three shells") {
    for (const char* shell : {"bash", "zsh", "fish"}) {
        const auto script = oci::cli::completion_script(shell);
        REQUIRE(script);
        CHECK(script.value().find("console-socket") != std::string::npos);
        CHECK(script.value().find("oci-rt list --quiet") != std::string::npos);
    }
    CHECK_FALSE(oci::cli::completion_script("tcsh"));
}
