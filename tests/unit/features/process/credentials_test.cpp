// SPDX-License-Identifier: Apache-2.0
#include "features/process/credentials.hpp"

#include <linux/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/credentials.hpp"
#include "support/catch.hpp"
#include "support/in_child.hpp"

namespace {

using namespace oci;

constexpr std::uint64_t kill_bit = std::uint64_t{1} << CAP_KILL;
constexpr std::uint64_t admin_bit = std::uint64_t{1} << CAP_SYS_ADMIN;

Process process_of(User user) {
    Process process;
    process.user = std::move(user);
    return process;
}

}  // namespace

TEST_CASE("the id that means unchanged is no id") {
    constexpr std::uint32_t no_id = 0xFFFFFFFFU;
    CHECK_FALSE(credentials::plan(process_of({.uid = no_id}), {}, {}));
    CHECK_FALSE(credentials::plan(process_of({.gid = no_id}), {}, {}));
    CHECK_FALSE(credentials::plan(process_of({.additional_gids = {1, no_id}}), {}, {}));
    CHECK_FALSE(credentials::plan(process_of({.umask = 01000}), {}, {}));
}

TEST_CASE("additional groups are left out where setgroups is denied, or the caller's are kept") {
    const Process process = process_of({.additional_gids = {5}});
    for (const credentials::Situation situation :
         {credentials::Situation{.has_user_namespace = true, .may_set_groups = false},
          credentials::Situation{.keeps_groups = true}}) {
        const auto plan = credentials::plan(process, {}, situation);
        REQUIRE(plan);
        CHECK(plan.value().groups.empty());
        CHECK_FALSE(plan.value().may_set_groups);
    }
    CHECK(credentials::plan(process, {}, {}).value().groups.size() == 1);
}

TEST_CASE("the caller's groups are kept by an annotation that is not 0") {
    const auto keeps = [](std::map<std::string, std::string> annotations) {
        Spec spec;
        spec.annotations = std::move(annotations);
        return credentials::keeps_original_groups(spec);
    };
    CHECK(keeps({{"run.oci.keep_original_groups", "1"}}));
    CHECK_FALSE(keeps({{"run.oci.keep_original_groups", "0"}}));
    CHECK_FALSE(keeps({}));
}

TEST_CASE("groups are planned in order") {
    const auto plan = credentials::plan(process_of({.additional_gids = {9, 5, 7}}), {}, {});
    REQUIRE(plan);
    CHECK(plan.value().groups == std::vector<std::uint32_t>{5, 7, 9});
}

TEST_CASE("a user without capabilities has none, and no group of the caller") {
    if (!test::is_root()) return;
    const int status = test::in_child([] {
        auto plan = credentials::plan(
            process_of({.uid = 1234, .gid = 2345, .umask = 027, .additional_gids = {77, 66}}), {},
            {});
        Progress progress;
        if (!credentials::enter(plan.value(), progress)) return 1;
        if (!credentials::finish(plan.value(), progress)) return 2;
        if (::getuid() != 1234 || ::getegid() != 2345 || ::umask(0) != 027) return 3;
        gid_t groups[8];
        if (::getgroups(8, groups) != 2 || groups[0] != 66 || groups[1] != 77) return 4;
        const auto sets = kernel::get_capabilities().value();
        if (sets.effective != 0 || sets.permitted != 0) return 5;
        return kernel::is_in_bounding_set(CAP_CHOWN).value() ? 6 : 0;
    });
    CHECK(status == 0);
}

TEST_CASE(
    "a user keeps its capabilities over the change of ids, and what is retained until the end") {
    if (!test::is_root()) return;
    const int status = test::in_child([] {
        Process process = process_of({.uid = 1234, .gid = 2345});
        process.capabilities = {.bounding = {"CAP_KILL"},
                                .effective = {"CAP_KILL"},
                                .permitted = {"CAP_KILL"},
                                .inheritable = {"CAP_KILL"},
                                .ambient = {"CAP_KILL"}};
        auto plan = credentials::plan(process, {}, {});
        plan.value().retained = admin_bit;
        Progress progress;
        if (!credentials::enter(plan.value(), progress)) return 1;
        if (kernel::get_capabilities().value().effective != (kill_bit | admin_bit)) return 2;
        if (!credentials::finish(plan.value(), progress)) return 3;
        if (kernel::get_capabilities().value().effective != (kill_bit | admin_bit)) return 6;
        if (!credentials::give_up_retained(plan.value(), progress)) return 7;
        if (kernel::get_capabilities().value().effective != kill_bit) return 4;
        return kernel::is_in_ambient_set(CAP_KILL).value() ? 0 : 5;
    });
    CHECK(status == 0);
}

TEST_CASE("finish notices ids that are not the planned ones") {
    if (!test::is_root()) return;
    const int status = test::in_child([] {
        auto plan = credentials::plan(process_of({.uid = 1234, .gid = 2345}), {}, {});
        Progress progress;
        if (!credentials::enter(plan.value(), progress)) return 1;
        plan.value().uid = 1;
        return credentials::finish(plan.value(), progress) ? 2 : 0;
    });
    CHECK(status == 0);
}
