// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "unit/features/cgroups/controllers/lines.hpp"

using namespace oci;
using test::Lines;

namespace {

Lines lines(const RdmaLimit& limit) {
    Resources resources;
    resources.rdma = {limit};
    return test::lines_of(cgroups::rdma::plan, resources);
}

}  // namespace

TEST_CASE("an rdma limit names what is given") {
    CHECK(lines({"mlx5_0", 2, 2000}) == Lines{"rdma.max mlx5_0 hca_handle=2 hca_object=2000"});
    CHECK(lines({"mlx5_0", {}, 0}) == Lines{"rdma.max mlx5_0 hca_object=0"});
    CHECK(lines({"mlx5_0", {}, {}}).empty());
}

TEST_CASE("an rdma limit names one device") {
    CHECK(test::is_error(lines({"", 1, 1})));
    CHECK(test::is_error(lines({"a b", 1, 1})));
    CHECK(test::is_error(lines({"a\nb", 1, 1})));
}
