// SPDX-License-Identifier: Apache-2.0
#include "kernel/scheduling.hpp"

#include <array>

#include "support/catch.hpp"
#include "support/in_child.hpp"

using namespace oci;

TEST_CASE("a scheduler of no policy is refused by the kernel") {
    const auto set = kernel::set_scheduler(0, {.policy = 4});
    REQUIRE_FALSE(set);
    CHECK(set.error().code == EINVAL);
    CHECK(std::string{set.error().call} == "sched_setattr");
}

TEST_CASE("an affinity is read as it was set, by as many bits as one likes") {
    const int status = test::in_child([] {
        std::array<unsigned long, 128> all{};
        const auto words = kernel::affinity_of(0, all);
        if (!words || words.value() == 0 || words.value() > all.size()) return 1;
        std::array<unsigned long, 1024> every{};
        every.fill(~0UL);
        if (!kernel::set_affinity(0, every)) return 2;
        constexpr std::array<unsigned long, 1> none{};
        const auto nowhere = kernel::set_affinity(0, none);
        return !nowhere && nowhere.error().code == EINVAL ? 0 : 3;
    });
    CHECK(status == 0);
}

TEST_CASE("an affinity does not fit into too few words") {
    CHECK_FALSE(kernel::affinity_of(0, {}));
}

TEST_CASE("without nodes the default memory policy is set") {
    CHECK(test::in_child([] { return kernel::set_memory_policy(0, {}) ? 0 : 1; }) == 0);
    CHECK(test::in_child([] { return kernel::set_memory_policy(99, {}) ? 0 : 1; }) == 1);
}

TEST_CASE("an I/O priority of no class is refused by the kernel") {
    CHECK_FALSE(kernel::set_io_priority(0, 7 << 13));
}
