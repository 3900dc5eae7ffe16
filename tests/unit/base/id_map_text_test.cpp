// SPDX-License-Identifier: Apache-2.0
#include "base/id_map_text.hpp"

#include "support/catch.hpp"

TEST_CASE("an id map is a line for each mapping") {
    CHECK(oci::id_map_text({}).empty());
    CHECK(oci::id_map_text({{0, 100000, 65536}, {65536, 1000, 1}}) ==
          "0 100000 65536\n65536 1000 1\n");
}

TEST_CASE("an id map is shorter than a page") {
    CHECK(oci::fits_id_map({{0, 100000, 65536}}));
    const std::vector<oci::IdMapping> long_ones(10'000, {4000000000U, 4000000000U, 4000000000U});
    CHECK_FALSE(oci::fits_id_map(long_ones));
}
