// SPDX-License-Identifier: Apache-2.0
#include "features/namespaces/id_map_helper.hpp"

#include <unistd.h>

#include "support/catch.hpp"

TEST_CASE("a map that the helper cannot write is an error that says what to look at") {
    using oci::id_map_helper::Ids;
    // The helper is missing, or there is no such process.
    const auto written = oci::id_map_helper::write_map(Ids::Users, 0x3FFFFFFF, {{0, 1, 1}});
    REQUIRE_FALSE(written);
    CHECK(written.error().message.find("cannot map user ids") != std::string::npos);
    CHECK(written.error().message.find("newuidmap") != std::string::npos);
    const auto groups = oci::id_map_helper::write_map(Ids::Groups, 0x3FFFFFFF, {{0, 1, 1}});
    REQUIRE_FALSE(groups);
    CHECK(groups.error().message.find("newgidmap") != std::string::npos);
}
