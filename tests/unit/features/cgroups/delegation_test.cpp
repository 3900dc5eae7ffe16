// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/delegation.hpp"

#include <sys/stat.h>

#include "features/cgroups/cgroups.hpp"
#include "support/catch.hpp"
#include "support/real_cgroup.hpp"

using namespace oci;

namespace {

Spec spec_with_cgroup_mount(std::vector<std::string> options = {"rw", "nosuid"}) {
    Spec spec;
    spec.linux_section.namespaces = {{NamespaceKind::Cgroup, ""}};
    spec.mounts = {{"/sys/fs/cgroup", "cgroup", "cgroup", std::move(options), {}, {}}};
    spec.process.emplace();
    return spec;
}

uid_t owner_of(const std::string& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_uid;
}

}  // namespace

TEST_CASE("a cgroup that the container may write to belongs to its user") {
    Spec spec = spec_with_cgroup_mount();
    CHECK(cgroups::plan_owner(spec) == uid_t{0});
    spec.process->user.uid = 7;
    CHECK(cgroups::plan_owner(spec) == uid_t{7});
    spec.linux_section.namespaces.push_back({NamespaceKind::User, ""});
    spec.linux_section.uid_mappings = {{0, 100000, 5}, {5, 200000, 5}};
    CHECK(cgroups::plan_owner(spec) == uid_t{200002});
    spec.process->user.uid = 0;
    CHECK(cgroups::plan_owner(spec) == uid_t{100000});
    spec.process->user.uid = 10;
    CHECK_FALSE(cgroups::plan_owner(spec));
}

TEST_CASE("no other cgroup does") {
    CHECK_FALSE(cgroups::plan_owner(spec_with_cgroup_mount({"ro"})));
    Spec shared = spec_with_cgroup_mount();
    shared.linux_section.namespaces = {};
    CHECK_FALSE(cgroups::plan_owner(shared));
    shared.linux_section.namespaces = {{NamespaceKind::Cgroup, "/proc/1/ns/cgroup"}};
    CHECK_FALSE(cgroups::plan_owner(shared));
    Spec without_mount = spec_with_cgroup_mount();
    without_mount.mounts[0].destination = "/mnt";
    CHECK_FALSE(cgroups::plan_owner(without_mount));
    without_mount.mounts = {};
    CHECK_FALSE(cgroups::plan_owner(without_mount));
}

TEST_CASE("what limits the cgroup is not handed over") {
    if (!test::has_real_cgroups()) return;
    cgroups::Plan plan = test::plan_real_cgroup("delegated");
    plan.owner = 1234;
    const auto cgroup = cgroups::prepare(plan);
    REQUIRE(cgroup);
    const std::string path = test::real_path(cgroup.value().location());
    CHECK(owner_of(path) == 1234);
    CHECK(owner_of(path + "/cgroup.procs") == 1234);
    CHECK(owner_of(path + "/cgroup.subtree_control") == 1234);
    CHECK(owner_of(path + "/cgroup.max.depth") == 0);
}

TEST_CASE("the sub-cgroup of an annotation is below the container's cgroup") {
    const auto planned = [](const std::string& path) {
        Spec spec;
        spec.annotations["run.oci.delegate-cgroup"] = path;
        return cgroups::plan_sub_cgroup(spec);
    };
    CHECK(planned("payload").value() == "payload");
    CHECK(planned("a//b/").value() == "a/b");
    for (const char* path : {"", ".", "/payload", "..", "a/../..", "a\nb"}) {
        INFO(path);
        const auto refused = planned(path);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().pointer == "/annotations/run.oci.delegate-cgroup");
    }
    CHECK(cgroups::plan_sub_cgroup({}).value().empty());
}

TEST_CASE("without a cgroup there is none below it") {
    cgroups::Plan plan;
    CHECK(cgroups::move_below(plan, {}, 1));
    plan.sub_cgroup = "payload";
    CHECK_FALSE(cgroups::move_below(plan, {}, 1));
}
