// SPDX-License-Identifier: Apache-2.0
#include "features/process/memory_policy.hpp"

#include <array>

#include "base/explain.hpp"
#include "base/index_list.hpp"
#include "base/words.hpp"
#include "kernel/scheduling.hpp"

namespace oci::memory_policy {
namespace {

// Numbers of set_mempolicy(2): <linux/mempolicy.h> of an older kernel knows fewer.
constexpr std::array modes{
    std::pair{MemoryPolicyMode::Default, 0},
    std::pair{MemoryPolicyMode::Preferred, 1},
    std::pair{MemoryPolicyMode::Bind, 2},
    std::pair{MemoryPolicyMode::Interleave, 3},
    std::pair{MemoryPolicyMode::Local, 4},
    std::pair{MemoryPolicyMode::PreferredMany, 5},
    std::pair{MemoryPolicyMode::WeightedInterleave, 6},
};
constexpr std::array flags{
    std::pair{MemoryPolicyFlag::NumaBalancing, 1 << 13},
    std::pair{MemoryPolicyFlag::RelativeNodes, 1 << 14},
    std::pair{MemoryPolicyFlag::StaticNodes, 1 << 15},
};

template <typename Table, typename Key>
constexpr int number_of(const Table& table, Key wanted) noexcept {
    for (const auto& [key, number] : table)
        if (key == wanted) return number;
    return 0;
}

}  // namespace

Result<Plan> plan(const Spec& spec) {
    const auto& policy = spec.linux_section.memory_policy;
    if (!policy) return Plan{};
    const auto ranges = parse_index_list(policy->nodes);
    if (!ranges)
        return fail(ErrorKind::InvalidConfig,
                    "/linux/memoryPolicy/nodes: invalid memory policy node list");
    Plan plan;
    plan.is_wanted = true;
    plan.mode = number_of(modes, policy->mode);
    for (const MemoryPolicyFlag flag : policy->flags) plan.mode |= number_of(flags, flag);
    plan.nodes = mask_of(*ranges);
    plan.text = fmt::format("/linux/memoryPolicy ({}{}{})",
                            name_of_value(words::memory_policy_modes, policy->mode),
                            policy->nodes.empty() ? "" : " ", policy->nodes);
    return plan;
}

kernel::SysResult<void> enter(const Plan& plan, Progress& progress) noexcept {
    if (!plan.is_wanted) return {};
    progress.subject = plan.text;
    return kernel::set_memory_policy(plan.mode, plan.nodes);
}

void describe(Features& features) {
    for (const auto& [name, mode] : words::memory_policy_modes)
        features.memory_policy.modes.emplace_back(name);
    for (const auto& [name, flag] : words::memory_policy_flags)
        features.memory_policy.flags.emplace_back(name);
}

}  // namespace oci::memory_policy
