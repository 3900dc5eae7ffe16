// SPDX-License-Identifier: Apache-2.0
#include "cli/help.hpp"

#include "base/text.hpp"
#include "support/catch.hpp"

TEST_CASE("the help names every verb and fits the page") {
    const std::string text = oci::cli::help_text();
    for (const auto& verb : oci::cli::verbs())
        CHECK(text.find("\n  " + std::string{verb.name} + " ") != std::string::npos);
    for (const std::string_view line : oci::split(text, '\n')) CHECK(line.size() <= 80);
}

TEST_CASE("the help of a verb shows its options, their arguments and an example") {
    const std::string text = oci::cli::help_text(*oci::cli::find_verb("create"));
    CHECK(text.find("Usage: oci-rt [GLOBAL OPTIONS] create [OPTIONS] ID\n") != std::string::npos);
    CHECK(text.find("  -b, --bundle DIR ") != std::string::npos);
    CHECK(text.find("      --no-pivot ") != std::string::npos);
    CHECK(text.find("\nExample:\n  oci-rt create ") != std::string::npos);
}

TEST_CASE("options kept for old callers are accepted in silence") {
    const std::string text = oci::cli::help_text(*oci::cli::find_verb("create"));
    CHECK(text.find("--detach") == std::string::npos);
}

TEST_CASE("every example begins with the program and its verb") {
    for (const auto& verb : oci::cli::verbs())
        CHECK(verb.example.starts_with("oci-rt " + std::string{verb.name}));
}

TEST_CASE("no verb describes an option twice") {
    for (const auto& verb : oci::cli::verbs()) {
        oci::cli::VerbOptions options;
        const auto table = oci::cli::options_of(verb, options);
        for (const auto& one : table)
            for (const auto& other : table) {
                if (&one == &other) continue;
                CHECK(one.name != other.name);
                CHECK((one.letter == 0 || one.letter != other.letter));
            }
    }
}
