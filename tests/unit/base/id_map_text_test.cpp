// SPDX-License-Identifier: Apache-2.0
#include "base/id_map_text.hpp"

#include "support/catch.hpp"

TEST_CASE("an id map is a line for each mapping") {
    CHECK(oci::id_map_text({}).empty());
    CHECK(oci::id_map_text({{0, 100000, 65536}, {65536, 1000, 1}}) ==
          "0 100000 65536\n65536 1000 1\n");
}
