// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "unit/features/cgroups/controllers/lines.hpp"

using namespace oci;
using test::Lines;

namespace {

Lines lines(const std::string& page_size, std::uint64_t limit) {
    Resources resources;
    resources.hugepage_limits = {{page_size, limit}};
    return test::lines_of(cgroups::hugetlb::plan, resources);
}

}  // namespace

TEST_CASE("a huge page limit holds for use and for reservation") {
    CHECK(lines("2MB", 4096) == Lines{"hugetlb.2MB.max 4096", "hugetlb.2MB.rsvd.max 4096"});
    CHECK(lines("1GB", 0) == Lines{"hugetlb.1GB.max 0", "hugetlb.1GB.rsvd.max 0"});
}

TEST_CASE("a page size cannot name another file") {
    for (const char* size : {"", "MB", "2M", "02MB", "2mb", "../2MB", "2MB.max\n2MB", "2 MB"})
        CHECK(test::is_error(lines(size, 1)));
}
