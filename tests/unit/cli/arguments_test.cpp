// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"

#include "support/catch.hpp"

namespace {

using oci::cli::Order;
using Words = std::vector<std::string>;

struct Sample {
    std::string bundle;
    bool detach = false;
    bool no_subreaper = false;
    std::vector<std::string> env;
    std::string rootless;

    oci::cli::OptionTable table() {
        return {{'b', "bundle", "DIR", "", &bundle},
                {'d', "detach", "", "", &detach},
                {0, "no-subreaper", "", "", &no_subreaper},
                {'e', "env", "NAME=VALUE", "", &env},
                {0, "rootless", "[auto|true|false]", "", &rootless}};
    }
};

oci::cli::Arguments normal(const Words& arguments, Order order = Order::Free) {
    Sample sample;
    auto result = oci::cli::normalise(sample.table(), arguments, order);
    REQUIRE(result);
    return std::move(result).value();
}

}  // namespace

TEST_CASE("every spelling of an option with a value is the same") {
    for (const Words& spelling :
         {Words{"--bundle", "/b"}, Words{"--bundle=/b"}, Words{"-b", "/b"}, Words{"-b/b"},
          Words{"-b=/b"}, Words{"-bundle", "/b"}, Words{"-bundle=/b"}}) {
        CHECK(normal(spelling).options == Words{"--bundle", "/b"});
        CHECK(normal(spelling).words.empty());
    }
}

TEST_CASE("a flag is written out as true or as what it says") {
    CHECK(normal({"--detach"}).options == Words{"--detach", "true"});
    CHECK(normal({"-d=false"}).options == Words{"--detach", "false"});
    CHECK(normal({"-no-subreaper"}).options == Words{"--no-subreaper", "true"});
}

TEST_CASE("letters may be joined, and the last may have a value") {
    CHECK(normal({"-dd"}).options == Words{"--detach", "true", "--detach", "true"});
    CHECK(normal({"-db", "/b"}).options == Words{"--detach", "true", "--bundle", "/b"});
    CHECK(normal({"-db/b"}).options == Words{"--detach", "true", "--bundle", "/b"});
}

TEST_CASE("a value is never taken for an option") {
    CHECK(normal({"--env", "--bundle", "id"}).options == Words{"--env", "--bundle"});
    CHECK(normal({"--env", "--"}).options == Words{"--env", "--"});
    CHECK(normal({"--env=A=b"}).options == Words{"--env", "A=b"});
    CHECK(normal({"--bundle="}).options == Words{"--bundle", ""});
}

TEST_CASE("options may stand behind the id where order is free") {
    const auto arguments = normal({"id", "--detach"});
    CHECK(arguments.options == Words{"--detach", "true"});
    CHECK(arguments.words == Words{"id"});
}

TEST_CASE("the id ends the options where they come first") {
    const auto arguments = normal({"-d", "id", "ls", "-d", "--", "x"}, Order::OptionsFirst);
    CHECK(arguments.options == Words{"--detach", "true"});
    CHECK(arguments.words == Words{"id", "ls", "-d", "--", "x"});
}

TEST_CASE("two dashes end the options") {
    for (const Order order : {Order::Free, Order::OptionsFirst})
        CHECK(normal({"--", "-d", "--bundle"}, order).words == Words{"-d", "--bundle"});
}

TEST_CASE("a single dash is a word") { CHECK(normal({"-"}).words == Words{"-"}); }

TEST_CASE("an optional value is taken only if it is one of the words") {
    CHECK(normal({"--rootless", "list"}).options == Words{"--rootless", "auto"});
    CHECK(normal({"--rootless", "list"}).words == Words{"list"});
    CHECK(normal({"--rootless", "false"}).options == Words{"--rootless", "false"});
    CHECK(normal({"--rootless=true"}).options == Words{"--rootless", "true"});
}

TEST_CASE("an unknown option is passed on as written") {
    CHECK(normal({"--what", "-x"}).options == Words{"--what", "-x"});
    CHECK(normal({"-dx"}).options == Words{"--detach", "true", "-x"});
}

TEST_CASE("an option without its value is an error that names it") {
    Sample sample;
    const auto result = oci::cli::normalise(sample.table(), Words{"id", "--bundle"}, Order::Free);
    REQUIRE_FALSE(result);
    CHECK(result.error().message == "flag needs an argument: --bundle");
}
