// SPDX-License-Identifier: Apache-2.0
#include "features/process/personality.hpp"

#include <sys/personality.h>

#include "support/catch.hpp"
#include "support/in_child.hpp"

namespace {

using namespace oci;

personality::Plan plan_of(std::optional<PersonalityDomain> domain) {
    Spec spec;
    spec.linux_section.personality = domain;
    return personality::plan(spec);
}

/// What a process with this one inherited becomes; 255 if it fails.
int after(unsigned long inherited, const personality::Plan& plan) {
    return test::in_child([&] {
        if (::personality(inherited) < 0) return 255;
        Progress progress;
        if (!personality::enter(plan, progress)) return 255;
        const int now = ::personality(0xffffffff);
        return (now & PER_MASK) | ((now & ADDR_NO_RANDOMIZE) != 0 ? 64 : 0);
    });
}

}  // namespace

TEST_CASE("an execution domain is set, and inherited flags go with it") {
    CHECK(after(ADDR_NO_RANDOMIZE, plan_of(PersonalityDomain::Linux)) == PER_LINUX);
    CHECK(after(PER_LINUX, plan_of(PersonalityDomain::Linux)) == PER_LINUX);
#if defined(__x86_64__)
    CHECK(after(ADDR_NO_RANDOMIZE, plan_of(PersonalityDomain::Linux32)) == PER_LINUX32);
#endif
}

TEST_CASE("without a domain the execution domain is the caller's") {
    CHECK(after(ADDR_NO_RANDOMIZE, plan_of({})) == (PER_LINUX | 64));
}
