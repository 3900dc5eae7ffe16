// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "features/intel_rdt/intel_rdt.hpp"
#include "features/intel_rdt/schemata.hpp"

namespace oci::intel_rdt {

Result<Plan> plan(const Spec& spec, const std::string& id) {
    // A container may have the name of what resctrl itself has in its root.
    constexpr std::array<std::string_view, 3> taken{"info", "mon_groups", "mon_data"};
    const auto& rdt = spec.linux_section.intel_rdt;
    Plan plan;
    if (!rdt) return plan;
    plan.wanted = true;
    if (rdt->clos_id != "/") plan.clos = rdt->clos_id.empty() ? id : rdt->clos_id;
    if (std::ranges::find(taken, plan.clos) != taken.end())
        return with(fail(ErrorKind::InvalidConfig,
                         "/linux/intelRdt/closID: \"{}\" is taken by resctrl itself", plan.clos),
                    {.hint = "give another"});
    plan.shares = combined(rdt->l3_cache_schema, rdt->mem_bw_schema);
    for (const std::string& line : rdt->schemata)
        plan.schemata += (plan.schemata.empty() ? "" : "\n") + line;
    plan.must_exist = !rdt->clos_id.empty() && plan.shares.empty() && plan.schemata.empty();
    if (rdt->enable_monitoring) plan.monitoring = id;
    return plan;
}

void describe(Features& features) {
    features.intel_rdt = {.enabled = true, .schemata = true, .monitoring = true};
}

}  // namespace oci::intel_rdt
