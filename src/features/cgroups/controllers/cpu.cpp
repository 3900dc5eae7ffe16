// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdint>

#include "base/explain.hpp"
#include "features/cgroups/controllers/controllers.hpp"

namespace oci::cgroups::cpu {
namespace {

/// 2…262144 to 1…10000 by a curve that meets the defaults, 1024 and 100. A straight line, the
/// older way, gave a container of default shares less than half the weight of its neighbours.
std::uint64_t weight_from_shares(std::uint64_t shares) {
    if (shares <= 2) return 1;
    if (shares >= 262'144) return 10'000;
    const double l = std::log2(static_cast<double>(shares));
    const double exponent = (l * l + 125.0 * l) / 612.0 - 7.0 / 34.0;
    return static_cast<std::uint64_t>(std::ceil(std::pow(10.0, exponent)));
}

void plan_weight(const CpuResources& cpu, Writes& writes) {
    const std::uint64_t shares = cpu.shares.value_or(0);
    // The kernel takes no weight for an idle cgroup.
    if (shares == 0 || cpu.idle == 1) return;
    writes.push_back({.property = "/linux/resources/cpu/shares",
                      .controller = "cpu",
                      .file = "cpu.weight",
                      .value = std::to_string(weight_from_shares(shares))});
}

void plan_bandwidth(const CpuResources& cpu, Writes& writes) {
    const std::int64_t quota = cpu.quota.value_or(0);
    const std::uint64_t period = cpu.period.value_or(0);
    if (quota != 0 || period != 0)
        writes.push_back(
            {.property = quota == 0 ? "/linux/resources/cpu/period" : "/linux/resources/cpu/quota",
             .controller = "cpu",
             .file = "cpu.max",
             .value = fmt::format("{} {}", quota > 0 ? std::to_string(quota) : "max",
                                  period == 0 ? 100'000 : period),
             .is_default = quota <= 0,
             .retry_after_others = true});
    if (cpu.burst)
        writes.push_back({.property = "/linux/resources/cpu/burst",
                          .controller = "cpu",
                          .file = "cpu.max.burst",
                          .value = std::to_string(*cpu.burst),
                          .is_default = *cpu.burst == 0,
                          .retry_after_others = true});
}

}  // namespace

Result<void> plan(const Resources& resources, Writes& writes) {
    const CpuResources& cpu = resources.cpu;
    if (cpu.idle && *cpu.idle != 0 && *cpu.idle != 1)
        return fail(ErrorKind::InvalidConfig, "/linux/resources/cpu/idle: {} is neither 0 nor 1",
                    *cpu.idle);
    if (cpu.idle)
        writes.push_back({.property = "/linux/resources/cpu/idle",
                          .controller = "cpu",
                          .file = "cpu.idle",
                          .value = std::to_string(*cpu.idle),
                          .is_default = *cpu.idle == 0});
    plan_weight(cpu, writes);
    plan_bandwidth(cpu, writes);
    return {};
}

}  // namespace oci::cgroups::cpu
