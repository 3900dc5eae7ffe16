// SPDX-License-Identifier: Apache-2.0
#include "serve/containers/config_patch.hpp"

#include "support/catch.hpp"

using namespace oci;
using namespace oci::serve;

namespace {

constexpr std::string_view made = R"({"ociVersion":"1.2.0","root":{"path":"rootfs"},
 "process":{"cwd":"/","args":["a"],"user":{"uid":0,"gid":0},"env":["A=b"]},
 "hooks":{"poststop":[{"path":"/release"}]}})";

Mistakes mistakes_in(std::string_view patch) {
    const auto value = spec::parse_value(patch);
    REQUIRE(value);
    return mistakes_in_patch(value.value(), "/config");
}

}  // namespace

TEST_CASE("properties that nobody knows are named by their pointer") {
    CHECK(mistakes_in(R"({"process":{"cwd":"/x"},"annotations":{"any.thing":"1"}})").empty());
    CHECK(mistakes_in(R"({"process":{"cwd":null}})").empty());
    const auto found = mistakes_in(R"({"process":{"cdw":"/x"},"more":1})");
    REQUIRE(found.size() == 2);
    CHECK(found[0].first == "/config/process/cdw");
    CHECK(found[1].first == "/config/more");
    CHECK(mistakes_in("[]").size() == 1);
}

TEST_CASE("a patch changes what it names, and what is wrong then is refused") {
    const auto text = patched_config(made, R"({"process":{"cwd":"/x","env":null}})");
    REQUIRE(text);
    CHECK(text.value().find("\"/x\"") != std::string::npos);
    CHECK(text.value().find("A=b") == std::string::npos);
    CHECK_FALSE(patched_config(made, R"({"process":{"cwd":"x"}})"));
    CHECK_FALSE(patched_config(made, R"({"process":{"cwd":5}})"));
}

TEST_CASE("the hook that takes the container's directory away cannot be taken away") {
    for (const char* patch :
         {R"({"hooks":null})", R"({"hooks":{"poststop":[]}})", R"({"hooks":{"poststop":null}})",
          R"({"hooks":{"poststop":[{"path":"/mine"}]}})",
          R"({"hostname":"x","linux":{"namespaces":[{"type":"uts"}]}})"}) {
        INFO(patch);
        const auto text = patched_config(made, patch);
        INFO((text ? "" : text.error().message));
        REQUIRE(text);
        CHECK(text.value().find("/release") != std::string::npos);
    }
}
