// SPDX-License-Identifier: Apache-2.0
#include "features/process/cpu_affinity.hpp"

#include <array>

#include "kernel/scheduling.hpp"
#include "support/catch.hpp"
#include "support/in_child.hpp"

namespace {

using namespace oci;
using Mask = std::array<unsigned long, 128>;

Mask own() {
    Mask mask{};
    (void)kernel::affinity_of(0, mask);
    return mask;
}

/// The first processor that we may run on, alone.
Mask first() {
    Mask mask{};
    const Mask all = own();
    for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i] != 0) {
            mask[i] = all[i] & (~all[i] + 1);
            return mask;
        }
    return mask;
}

}  // namespace

TEST_CASE("processors beyond 1024 have their place") {
    const auto plan = cpu_affinity::plan({.initial = "1500", .final = "0-1"});
    REQUIRE(plan);
    CHECK(plan.value().initial.size() * sizeof(unsigned long) * 8 > 1500);
    CHECK(plan.value().final == cpu_affinity::Processors{3});
    CHECK(cpu_affinity::plan({}).value().initial.empty());
}

TEST_CASE("what is no list of processors is refused by its place") {
    const auto plan = cpu_affinity::plan({.initial = "", .final = "1-"});
    REQUIRE_FALSE(plan);
    CHECK_THAT(plan.error().message, Catch::StartsWith("/process/execCPUAffinity/final: "));
}

TEST_CASE("a process that is given no processors runs on all, whoever was pinned") {
    const int status = test::in_child([] {
        const Mask before = own();
        if (!kernel::set_affinity(0, first())) return 1;
        Progress progress;
        if (!cpu_affinity::enter({}, progress)) return 2;
        return own() == before ? 0 : 3;
    });
    CHECK(status == 0);
}

TEST_CASE("a process runs on its final processors") {
    const int status = test::in_child([] {
        const Mask one = first();
        Progress progress;
        if (!cpu_affinity::enter({.initial = {}, .final = {one.begin(), one.end()}}, progress))
            return 1;
        return own() == one ? 0 : 2;
    });
    CHECK(status == 0);
}

TEST_CASE("final processors that are not there are an error with its place") {
    Progress progress;
    const auto entered = cpu_affinity::enter(
        cpu_affinity::plan({.initial = "", .final = "60000"}).value(), progress);
    REQUIRE_FALSE(entered);
    CHECK(entered.error().code == EINVAL);
    CHECK(progress.subject == "/process/execCPUAffinity/final");
}

TEST_CASE("the initial processors are borrowed and given back") {
    const int status = test::in_child([] {
        const Mask before = own();
        const Mask one = first();
        {
            const auto borrowed =
                cpu_affinity::prepare({.initial = {one.begin(), one.end()}, .final = {}});
            if (!borrowed || own() != one) return 1;
        }
        return own() == before ? 0 : 2;
    });
    CHECK(status == 0);
}

TEST_CASE("without initial processors the parent stays where it is") {
    const Mask before = own();
    REQUIRE(cpu_affinity::prepare({}));
    CHECK(own() == before);
    const auto refused =
        cpu_affinity::prepare(cpu_affinity::plan({.initial = "60000", .final = ""}).value());
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().message, Catch::Contains("/process/execCPUAffinity/initial"));
    CHECK(own() == before);
}
