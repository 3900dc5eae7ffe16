// SPDX-License-Identifier: Apache-2.0
#include "features/process/capabilities.hpp"

#include <linux/capability.h>

#include <algorithm>

#include "kernel/credentials.hpp"
#include "support/catch.hpp"
#include "support/in_child.hpp"

namespace {

using namespace oci;

constexpr std::uint64_t kill_bit = std::uint64_t{1} << CAP_KILL;
constexpr std::uint64_t chown_bit = std::uint64_t{1} << CAP_CHOWN;

}  // namespace

TEST_CASE("capabilities are known by name in any case") {
    const auto plan = capabilities::plan({.bounding = {"CAP_KILL", "cap_chown"}}, host::Facts{});
    REQUIRE(plan);
    CHECK(plan.value().bounding == (kill_bit | chown_bit));
    CHECK(plan.value().permitted == 0);
}

TEST_CASE("unknown names and numbers are left out") {
    const auto plan = capabilities::plan(
        {.bounding = {"CAP_NONSENSE", "5", "KILL", "cap_kill,cap_chown", "", "CAP_KILL "}},
        host::Facts{});
    REQUIRE(plan);
    CHECK(plan.value().bounding == 0);
}

TEST_CASE(
    "what the caller cannot grant is left out, unless the user namespace is the container's") {
    host::Facts facts;
    facts.bounding_capabilities = chown_bit;
    const Capabilities wanted{.bounding = {"CAP_KILL", "CAP_CHOWN"}};
    CHECK(capabilities::plan(wanted, facts).value().bounding == chown_bit);
    CHECK(capabilities::plan(wanted, facts, true).value().bounding == (kill_bit | chown_bit));
}

TEST_CASE("effective needs permitted, ambient needs permitted and inheritable") {
    const auto plan = capabilities::plan({.bounding = {"CAP_KILL", "CAP_CHOWN"},
                                          .effective = {"CAP_KILL", "CAP_CHOWN"},
                                          .permitted = {"CAP_KILL"},
                                          .inheritable = {"CAP_CHOWN"},
                                          .ambient = {"CAP_KILL", "CAP_CHOWN"}},
                                         host::Facts{});
    REQUIRE(plan);
    CHECK(plan.value().effective == kill_bit);
    CHECK(plan.value().ambient == 0);
}

TEST_CASE("inheritable beyond bounding is refused") {
    CHECK_FALSE(capabilities::plan({.inheritable = {"CAP_KILL"}}, host::Facts{}));
}

TEST_CASE("all names are in the order of their numbers") {
    const auto names = capabilities::names_up_to(63);
    REQUIRE(names.size() > 40);
    CHECK(names[0] == "CAP_CHOWN");
    CHECK(names[CAP_SYS_ADMIN] == "CAP_SYS_ADMIN");
}

TEST_CASE("a capability that the kernel does not know is not named") {
    CHECK(capabilities::names_up_to(CAP_FOWNER).back() == "CAP_FOWNER");
    CHECK(capabilities::names_up_to(CAP_FOWNER).size() == CAP_FOWNER + 1);
}

TEST_CASE("the kernel holds exactly the planned sets") {
    if (!test::is_root()) return;
    const int status = test::in_child([] {
        const capabilities::Plan plan{.bounding = kill_bit | chown_bit,
                                      .effective = kill_bit,
                                      .permitted = kill_bit | chown_bit,
                                      .inheritable = kill_bit,
                                      .ambient = kill_bit};
        Progress progress;
        if (capabilities::verify(plan, 0)) return 1;  // still root with everything
        if (!capabilities::drop_bounding(plan)) return 2;
        const std::uint64_t extra = std::uint64_t{1} << CAP_SYS_ADMIN;
        if (!capabilities::apply(plan, extra)) return 3;
        if ((kernel::get_capabilities().value().effective & extra) == 0) return 4;
        if (capabilities::verify(plan, 0)) return 5;
        if (!capabilities::finish(plan, 0, progress)) return 6;
        if (!capabilities::verify(plan, 0)) return 7;
        return kernel::is_in_ambient_set(CAP_KILL).value() ? 0 : 8;
    });
    CHECK(status == 0);
}
