// SPDX-License-Identifier: Apache-2.0
#include "features/process/memory_policy.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <climits>

#include "support/catch.hpp"
#include "support/in_child.hpp"

namespace {

using namespace oci;

memory_policy::Plan plan_of(MemoryPolicyMode mode, std::string nodes,
                            std::vector<MemoryPolicyFlag> flags = {}) {
    Spec spec;
    spec.linux_section.memory_policy = MemoryPolicy{mode, std::move(nodes), std::move(flags)};
    const auto plan = memory_policy::plan(spec);
    REQUIRE(plan);
    return plan.value();
}

/// The kernel's mode with its flags, and the nodes; -1 if it has none.
std::pair<int, unsigned long> own() {
    std::array<unsigned long, 1024> nodes{};
    int mode = -1;
    (void)::syscall(SYS_get_mempolicy, &mode, nodes.data(), 32768, nullptr, 0);
    return {mode, nodes[0]};
}

}  // namespace

TEST_CASE("a memory policy is the number of the kernel, flags or-ed in") {
    CHECK(plan_of(MemoryPolicyMode::Default, "").mode == 0);
    CHECK(plan_of(MemoryPolicyMode::WeightedInterleave, "0").mode == 6);
    CHECK(plan_of(MemoryPolicyMode::Bind, "0", {MemoryPolicyFlag::StaticNodes}).mode ==
          (2 | 1 << 15));
    CHECK_FALSE(memory_policy::plan(Spec{}).value().is_wanted);
}

TEST_CASE("nodes take as many words as the largest needs") {
    CHECK(plan_of(MemoryPolicyMode::Local, "").nodes.empty());
    CHECK(plan_of(MemoryPolicyMode::Bind, "0-1,3").nodes == std::vector<unsigned long>{0b1011});
    CHECK(plan_of(MemoryPolicyMode::Bind, "1200").nodes.size() ==
          1200 / (sizeof(unsigned long) * CHAR_BIT) + 1);
}

TEST_CASE("a process has the memory policy that was planned") {
    if (own().first < 0) return;  // a kernel without memory nodes
    const auto plan = plan_of(MemoryPolicyMode::Bind, "0", {MemoryPolicyFlag::StaticNodes});
    const int status = test::in_child([&] {
        Progress progress;
        if (!memory_policy::enter(plan, progress)) return 1;
        return own() == std::pair{plan.mode, 1UL} ? 0 : 2;
    });
    CHECK(status == 0);
}

TEST_CASE("an absent memory policy changes nothing") {
    Progress progress;
    CHECK(memory_policy::enter({}, progress));
    CHECK(progress.subject.empty());
}

TEST_CASE("nodes that no machine has are refused with the policy's name") {
    Progress progress;
    const auto plan = plan_of(MemoryPolicyMode::Bind, "60000");
    CHECK_FALSE(memory_policy::enter(plan, progress));
    CHECK(progress.subject == "/linux/memoryPolicy (MPOL_BIND 60000)");
}

TEST_CASE("features name the modes and flags of memory policies") {
    Features features;
    memory_policy::describe(features);
    CHECK(features.memory_policy.modes.size() == 7);
    CHECK(features.memory_policy.modes.front() == "MPOL_DEFAULT");
    CHECK(features.memory_policy.flags.size() == 3);
}
