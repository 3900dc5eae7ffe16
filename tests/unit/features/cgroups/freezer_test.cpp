// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "features/cgroups/cgroups.hpp"
#include "support/catch.hpp"
#include "support/real_cgroup.hpp"

using namespace oci;

TEST_CASE("a container without a cgroup cannot be frozen, and is not") {
    const auto frozen = cgroups::freeze({});
    REQUIRE_FALSE(frozen);
    CHECK(frozen.error().kind == ErrorKind::WrongStatus);
    CHECK_FALSE(cgroups::thaw({}));
    CHECK_FALSE(cgroups::is_frozen({}).value());
}

TEST_CASE("a frozen container stands still until it is thawed", "[root]") {
    if (!test::has_real_cgroups()) return;
    auto handle = cgroups::prepare(test::plan_real_cgroup("frozen"));
    REQUIRE(handle);
    const cgroups::Location& location = handle.value().location();
    const kernel::Process child = test::start_in(handle.value().directory(), [] {
        ::usleep(50'000);
        return 7;
    });
    CHECK_FALSE(cgroups::is_frozen(location).value());
    REQUIRE(cgroups::freeze(location));
    CHECK(cgroups::is_frozen(location).value());
    CHECK_FALSE(kernel::wait_readable(child.pidfd(), 200).value());
    REQUIRE(cgroups::thaw(location));
    CHECK_FALSE(cgroups::is_frozen(location).value());
    CHECK(kernel::wait_for_exit(child.pidfd()).value().status == 7);
}

TEST_CASE("freezing is told by the kernel, not by the clock", "[root]") {
    if (!test::has_real_cgroups()) return;
    auto handle = cgroups::prepare(test::plan_real_cgroup("quick"));
    REQUIRE(handle);
    const kernel::Process child = test::start_sleeper(handle.value().directory());
    const auto before = std::chrono::steady_clock::now();
    for (int i = 0; i < 20; ++i) {
        REQUIRE(cgroups::freeze(handle.value().location()));
        REQUIRE(cgroups::thaw(handle.value().location()));
    }
    CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds{2});
}

TEST_CASE("a cgroup that is gone is not frozen", "[root]") {
    if (!test::has_real_cgroups()) return;
    const auto plan = test::plan_real_cgroup("never-made");
    CHECK_FALSE(cgroups::is_frozen(plan.location).value());
    CHECK_FALSE(cgroups::freeze(plan.location));
}
