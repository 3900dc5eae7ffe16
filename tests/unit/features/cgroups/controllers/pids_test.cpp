// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "unit/features/cgroups/controllers/lines.hpp"

using namespace oci;
using test::Lines;

namespace {

Lines lines(std::optional<std::int64_t> limit) {
    Resources resources;
    resources.pids_limit = limit;
    return test::lines_of(cgroups::pids::plan, resources);
}

}  // namespace

TEST_CASE("a pids limit of zero is a limit, a negative one is none") {
    CHECK(lines({}).empty());
    CHECK(lines(0) == Lines{"pids.max 0"});
    CHECK(lines(42) == Lines{"pids.max 42"});
    CHECK(lines(-1) == Lines{"pids.max max"});
}
