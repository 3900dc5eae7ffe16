// SPDX-License-Identifier: Apache-2.0
#include "features/process/personality.hpp"

#include <linux/personality.h>

#include "kernel/scheduling.hpp"

namespace oci::personality {
namespace {

unsigned long persona_of(PersonalityDomain domain) noexcept {
    switch (domain) {
        case PersonalityDomain::Linux: break;
        case PersonalityDomain::Linux32: return PER_LINUX32;
    }
    return PER_LINUX;
}

}  // namespace

Plan plan(const Spec& spec) noexcept {
    const auto& domain = spec.linux_section.personality;
    if (!domain) return {};
    return {persona_of(*domain)};
}

kernel::SysResult<void> enter(const Plan& plan, Progress& progress) noexcept {
    if (!plan.persona) return {};
    progress.subject = "/linux/personality/domain";
    return kernel::set_personality(*plan.persona);
}

}  // namespace oci::personality
