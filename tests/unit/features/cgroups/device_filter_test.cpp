// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/device_filter.hpp"

#include "features/cgroups/device_program.hpp"
#include "kernel/bpf.hpp"
#include "support/catch.hpp"
#include "support/real_cgroup.hpp"

using namespace oci;

TEST_CASE("a device program of any shape passes the kernel's verifier", "[root]") {
    if (!test::has_real_cgroups()) return;
    const std::vector<std::vector<DeviceRule>> shapes{
        {},
        {{.allow = true, .type = 'a', .read = true}},
        {{.allow = true, .type = 'a'}, {.type = 'c', .major = 1, .minor = 1, .write = true}},
        {{.allow = true, .type = 'a'}, {.type = 'b', .major = 8, .read = true}},
        {{.allow = true, .type = 'c', .read = true, .write = true, .make_node = true}},
        {{.allow = true, .type = 'b', .minor = 3, .read = true},
         {.allow = true, .type = 'b', .major = 0x80000000LL, .write = true}},
    };
    for (const auto& rules : shapes) {
        const auto program = cgroups::plan_device_program(rules);
        REQUIRE(program);
        CHECK_FALSE(program.value().empty());
        CHECK(kernel::load_device_program(program.value()));
    }
}

TEST_CASE("hundreds of device rules pass the kernel's verifier", "[root]") {
    if (!test::has_real_cgroups()) return;
    std::vector<DeviceRule> rules;
    for (int i = 0; i < 500; ++i)
        rules.push_back({.allow = true,
                         .type = "bc"[i % 2],
                         .major = 20 + i / 10,
                         .minor = i,
                         .read = true,
                         .write = i % 3 == 0});
    const auto program = cgroups::plan_device_program(rules);
    REQUIRE(program);
    CHECK(kernel::load_device_program(program.value()));
}

TEST_CASE("device rules without measure are refused") {
    const DeviceRule rule{.allow = true, .type = 'c', .major = 1, .read = true};
    const auto program = cgroups::plan_device_program(std::vector<DeviceRule>(10'001, rule));
    REQUIRE_FALSE(program);
    CHECK(program.error().kind == ErrorKind::InvalidConfig);
}

TEST_CASE("a device program longer than a jump can span is refused") {
    cgroups::DeviceTable table;
    for (std::uint32_t major = 0; major < 40'000; ++major) table.majors[major].otherwise = 7;
    const auto program = cgroups::assemble_device_program(table, {});
    REQUIRE_FALSE(program);
    CHECK(program.error().kind == ErrorKind::InvalidConfig);
}
