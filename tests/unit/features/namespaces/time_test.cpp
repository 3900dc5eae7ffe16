// SPDX-License-Identifier: Apache-2.0
#include "features/namespaces/time.hpp"

#include <time.h>
#include <unistd.h>

#include "kernel/process.hpp"
#include "support/catch.hpp"
#include "support/in_child.hpp"

namespace {

using namespace oci;

Spec spec_with(TimeOffset boottime) {
    Spec spec;
    spec.linux_section.namespaces = {{NamespaceKind::Time, ""}};
    spec.linux_section.boottime_offset = boottime;
    return spec;
}

}  // namespace

TEST_CASE("offsets need a new time namespace") {
    Spec spec = spec_with({1, 2});
    CHECK(timens::plan(spec).value().offsets == "boottime 1 2\n");
    spec.linux_section.monotonic_offset = TimeOffset{-3, 0};
    CHECK(timens::plan(spec).value().offsets == "monotonic -3 0\nboottime 1 2\n");
    spec.linux_section.namespaces[0].path = "/proc/1/ns/time";
    CHECK_FALSE(timens::plan(spec));
    spec.linux_section.namespaces.clear();
    CHECK_FALSE(timens::plan(spec));
}

TEST_CASE("an offset has less than a second of nanoseconds") {
    CHECK_FALSE(timens::plan(spec_with({0, 1'000'000'000})));
    CHECK(timens::plan(spec_with({0, 999'999'999})));
}

TEST_CASE("without offsets there is nothing to do") {
    Progress progress;
    CHECK(timens::enter(timens::plan(Spec{}).value(), progress));
}

TEST_CASE("a child is born into shifted clocks") {
    if (!test::is_root()) return;
    constexpr long shift = 1'000'000;
    const int status = test::in_child([] {
        const auto plan = timens::plan(spec_with({shift, 0}));
        timespec before{};
        ::clock_gettime(CLOCK_BOOTTIME, &before);
        Progress progress;
        if (!timens::enter(plan.value(), progress)) return 1;
        auto child = kernel::clone({});
        if (!child) return 2;
        if (child.value().pid == 0) {
            timespec after{};
            ::clock_gettime(CLOCK_BOOTTIME, &after);
            ::_exit(after.tv_sec - before.tv_sec >= shift ? 0 : 1);
        }
        return kernel::wait_for_exit(child.value().pidfd).value().status;
    });
    CHECK(status == 0);
}
