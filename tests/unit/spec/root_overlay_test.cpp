// SPDX-License-Identifier: Apache-2.0
#include "spec/root_overlay.hpp"

#include "support/catch.hpp"

using namespace oci;

TEST_CASE("what is written of an overlay is read again") {
    const RootOverlay overlay{.directory = "/store",
                              .lower = {"l/b", "l/a"},
                              .upper = "up",
                              .work = "work",
                              .is_volatile = true};
    const auto read = spec::read_root_overlay(spec::root_overlay_text(overlay));
    REQUIRE(read);
    CHECK(read.value().lower == overlay.lower);
    CHECK(read.value().directory == "/store");
    CHECK(read.value().is_volatile);
}

TEST_CASE("an overlay has nothing that is unknown or missing") {
    for (const char* text :
         {"", "[]", "{}", R"({"directory":"/a","lower":["b"],"upper":"c"})",
          R"({"directory":"/a","lower":["b"],"upper":"c","work":"d","more":1})",
          R"({"directory":"/a","lower":"b","upper":"c","work":"d"})",
          R"({"directory":"/a","lower":["b"],"upper":"c","work":"d","volatile":"yes"})"}) {
        INFO(text);
        CHECK_FALSE(spec::read_root_overlay(text));
    }
}

TEST_CASE("what is written of a prepared container is read again") {
    const spec::PreparedContainer container{.id = "box",
                                            .bundle = "/b",
                                            .overlay = "/o",
                                            .directory = "/d",
                                            .storage = "/s",
                                            .terminal = true,
                                            .remove = true};
    const auto read = spec::read_prepared_container(spec::prepared_container_text(container));
    REQUIRE(read);
    CHECK(read.value().id == "box");
    CHECK(read.value().terminal);
    CHECK_FALSE(read.value().detach);
    CHECK_FALSE(spec::read_prepared_container("{\"id\":\"box\"}"));
}
