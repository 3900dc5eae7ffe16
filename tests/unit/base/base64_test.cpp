// SPDX-License-Identifier: Apache-2.0
#include "base/base64.hpp"

#include "support/catch.hpp"

using namespace oci;

TEST_CASE("base64 goes there and back", "[registry]") {
    CHECK(base64_of("").empty());
    CHECK(base64_of("f") == "Zg==");
    CHECK(base64_of("fo") == "Zm8=");
    CHECK(base64_of("foo") == "Zm9v");
    CHECK(base64_of("foobar\xff") == "Zm9vYmFy/w==");
    for (const char* text : {"", "f", "fo", "foo", "user:pass\xff\x01"})
        CHECK(from_base64(base64_of(text)) == text);
    CHECK(from_base64("Zg") == "f");
}

TEST_CASE("what is no base64 is nothing", "[registry]") {
    for (const char* text : {"Z", "Zg===", "Z g=", "Zm9v\n", "Zh==", "=", "Z=g=", "Zm9-"}) {
        INFO(text);
        CHECK_FALSE(from_base64(text));
    }
}
