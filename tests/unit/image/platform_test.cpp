// SPDX-License-Identifier: Apache-2.0
#include "image/platform.hpp"

#include "support/catch.hpp"

using namespace oci;
using image::fits;
using image::parse_platform;

TEST_CASE("a platform is read in Go's words and in the kernel's", "[image]") {
    CHECK(image::text_of(parse_platform("linux/amd64").value()) == "linux/amd64");
    CHECK(image::text_of(parse_platform("linux/x86_64").value()) == "linux/amd64");
    CHECK(image::text_of(parse_platform("linux/aarch64").value()) == "linux/arm64");
    CHECK(image::text_of(parse_platform("linux/armhf").value()) == "linux/arm/v7");
    CHECK(image::text_of(parse_platform("linux/arm/v6").value()) == "linux/arm/v6");
}

TEST_CASE("what is no platform is refused", "[image]") {
    for (const std::string_view text :
         {"", "linux", "linux/", "/amd64", "linux/arm/v7/x", "Linux/amd64", "linux/am d64",
          "linux/arm/", "linux()/arm", "linux(1/arm", "linux(1+)/arm", "(1)/arm", "linux(1)x/arm"})
        CHECK_FALSE(parse_platform(text));
}

TEST_CASE("the host has a platform", "[image]") {
    const auto host = image::host_platform();
    CHECK(host.os == "linux");
    CHECK(host.architecture != "unknown");
    CHECK(host.architecture != "x86_64");
}

TEST_CASE("an image fits its platform, and arm and amd64 run lower variants", "[image]") {
    const auto of = [](std::string_view text) { return parse_platform(text).value(); };
    CHECK(fits(of("linux/arm64"), of("linux/arm64/v8")));
    CHECK(fits(of("linux/arm/v6"), of("linux/arm/v7")));
    CHECK_FALSE(fits(of("linux/arm/v7"), of("linux/arm/v6")));
    CHECK(fits(of("linux/amd64"), of("linux/amd64/v3")));
    CHECK_FALSE(fits(of("linux/amd64/v3"), of("linux/amd64")));
    CHECK_FALSE(fits(of("linux/arm64"), of("linux/arm")));
    CHECK_FALSE(fits(of("windows/amd64"), of("linux/amd64")));
}

TEST_CASE("a system has a version and features", "[image]") {
    const auto of = [](std::string_view text) { return parse_platform(text).value(); };
    CHECK(of("windows(10.0.17763)/amd64").os_version == "10.0.17763");
    CHECK(image::text_of(of("windows(10.0+win32k)/amd64")) == "windows(10.0+win32k)/amd64");
    CHECK(of("linux(+sev+x)/amd64").os_features == std::vector<std::string>{"sev", "x"});
    CHECK(fits(of("windows(10.0)/amd64"), of("windows/amd64")));
    CHECK(fits(of("windows/amd64"), of("windows(10.0)/amd64")));
    CHECK_FALSE(fits(of("windows(10.1)/amd64"), of("windows(10.0)/amd64")));
    CHECK_FALSE(fits(of("linux(+sev)/amd64"), of("linux/amd64")));
    CHECK(fits(of("linux(+sev)/amd64"), of("linux(+x+sev)/amd64")));
    CHECK(fits(of("linux/amd64"), of("linux(+sev)/amd64")));
}
