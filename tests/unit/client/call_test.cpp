// SPDX-License-Identifier: Apache-2.0
#include "client/call.hpp"

#include "support/catch.hpp"

using namespace oci::client;

TEST_CASE("what follows a container's name is the program's") {
    const Call exec =
        parse_call({"--connect=x", "exec", "-e", "A=1", "web", "ls", "-l", "--", "--help"}).value();
    CHECK(exec.address == "x");
    CHECK(exec.verb == "exec");
    CHECK(exec.options.environment == std::vector<std::string>{"A=1"});
    CHECK(exec.words == std::vector<std::string>{"web", "ls", "-l", "--", "--help"});
    const Call run = parse_call({"run", "--image", "i", "web", "--", "-x"}).value();
    CHECK(run.words == std::vector<std::string>{"web", "-x"});
    CHECK(run.options.image == "i");
}

TEST_CASE("a call needs a verb, and a verb what it is about") {
    for (const auto& words : std::vector<std::vector<std::string>>{{},
                                                                   {"create"},
                                                                   {"state"},
                                                                   {"state", "a", "b"},
                                                                   {"exec", "a"},
                                                                   {"run"},
                                                                   {"run", "-x", "a"},
                                                                   {"list", "-f", "xml"},
                                                                   {"list", "a"},
                                                                   {"kill", "a", "b", "c"}})
        CHECK_FALSE(parse_call(words));
    CHECK(parse_call({"stop", "-t", "5", "a", "b"}).value().words.size() == 2);
    CHECK_FALSE(parse_call({"list", "--help"}).value().answer.empty());
}
