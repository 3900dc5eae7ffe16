// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/path_set.hpp"

#include <string>

#include "support/catch.hpp"

TEST_CASE("a set of paths has what was put into it") {
    oci::image::unpack::PathSet set;
    for (int i = 0; i < 20000; ++i) CHECK(set.insert("directory/" + std::to_string(i)));
    CHECK_FALSE(set.insert("directory/7"));
    for (int i = 0; i < 20000; ++i) CHECK(set.contains("directory/" + std::to_string(i)));
    CHECK_FALSE(set.contains("directory"));
    CHECK_FALSE(set.contains(""));
    CHECK(set.insert(""));
    CHECK(set.contains(""));
}
