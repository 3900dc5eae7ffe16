// SPDX-License-Identifier: Apache-2.0
#include "features/process/cpu_affinity.hpp"

#include <array>
#include <climits>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/index_list.hpp"
#include "kernel/scheduling.hpp"

namespace oci::cpu_affinity {
namespace {

/// For 8192 processors: no kernel is built for more.
constexpr std::size_t words_of_all = 8192 / (sizeof(unsigned long) * CHAR_BIT);

constexpr std::array<unsigned long, words_of_all> all_processors = [] {
    std::array<unsigned long, words_of_all> mask{};
    for (unsigned long& word : mask) word = ~0UL;
    return mask;
}();

Result<Processors> processors_of(const std::string& list, std::string_view at) {
    const auto ranges = parse_index_list(list);
    if (!ranges)
        return fail(ErrorKind::InvalidConfig, "{}: must be a list of processors like \"0-3,7\"",
                    at);
    return mask_of(*ranges);
}

}  // namespace

Result<Plan> plan(const ExecCpuAffinity& affinity) {
    Plan plan;
    plan.initial = OCI_TRY(processors_of(affinity.initial, "/process/execCPUAffinity/initial"));
    plan.final = OCI_TRY(processors_of(affinity.final, "/process/execCPUAffinity/final"));
    return plan;
}

Borrowed::~Borrowed() {
    if (before_.empty()) return;
    // Somebody may have taken them from our cgroup meanwhile; then others are as good.
    (void)kernel::set_affinity(0, before_);
}

Result<Borrowed> prepare(const Plan& plan) {
    if (plan.initial.empty()) return Borrowed{};
    Processors before(words_of_all);
    const std::size_t words =
        OCI_TRY(explain(kernel::affinity_of(0, before), "cannot read the CPU affinity"));
    before.resize(words);
    OCI_TRY(with(explain(kernel::set_affinity(0, plan.initial),
                         "cannot run on the processors of /process/execCPUAffinity/initial"),
                 {.pointer = "/process/execCPUAffinity/initial"}));
    return Borrowed{std::move(before)};
}

kernel::SysResult<void> enter(const Plan& plan, Progress& progress) noexcept {
    if (!plan.final.empty()) {
        progress.subject = "/process/execCPUAffinity/final";
        return kernel::set_affinity(0, plan.final);
    }
    // Where it is forbidden, those of the caller will have to do.
    (void)kernel::set_affinity(0, all_processors);
    return {};
}

}  // namespace oci::cpu_affinity
