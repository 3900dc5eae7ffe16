// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/cgroups.hpp"
#include "support/catch.hpp"

using namespace oci;

namespace {

host::Facts root_with_cgroups() {
    host::Facts facts;
    facts.cgroup.mount_point = "/sys/fs/cgroup";
    return facts;
}

host::Facts rootless() {
    host::Facts facts = root_with_cgroups();
    facts.effective_user = 1000;
    return facts;
}

Spec with_pids_limit() {
    Spec spec;
    spec.linux_section.resources.pids_limit = 7;
    return spec;
}

Result<cgroups::Plan> plan(const Spec& spec, const host::Facts& facts,
                           CgroupDriver driver = CgroupDriver::Cgroupfs) {
    return cgroups::plan(spec, facts, "box", driver);
}

bool mentions(const Result<cgroups::Plan>& plan, std::string_view word) {
    return !plan && plan.error().message.find(word) != std::string::npos;
}

}  // namespace

TEST_CASE("without a cgroupsPath the cgroup is named after the container") {
    const auto planned = plan({}, root_with_cgroups());
    REQUIRE(planned);
    CHECK(planned.value().location.path == "/oci-rt/box");
    CHECK(planned.value().location.made_ancestors == 1);
    CHECK_FALSE(planned.value().optional);
}

TEST_CASE("a cgroupsPath is the container's cgroup") {
    Spec spec;
    spec.linux_section.cgroups_path = "docker/abc";
    const auto planned = plan(spec, root_with_cgroups());
    REQUIRE(planned);
    CHECK(planned.value().location.path == "/docker/abc");
    CHECK(planned.value().location.mount_point == "/sys/fs/cgroup");
}

TEST_CASE("systemd's cgroup is where the unit is") {
    const auto planned = plan({}, root_with_cgroups(), CgroupDriver::Systemd);
    REQUIRE(planned);
    CHECK(planned.value().location.path == "/system.slice/oci-rt-box.scope");
    CHECK(planned.value().location.unit == "oci-rt-box.scope");
    CHECK_FALSE(planned.value().location.is_of_user);
    CHECK(planned.value().location.made_ancestors == 0);
    const auto of_user = plan({}, rootless(), CgroupDriver::Systemd);
    REQUIRE(of_user);
    CHECK(of_user.value().location.path == "/user.slice/oci-rt-box.scope");
    CHECK(of_user.value().location.is_of_user);
    CHECK_FALSE(of_user.value().optional);
}

TEST_CASE("systemd's driver takes paths and annotations of systemd alone") {
    Spec spec;
    spec.linux_section.cgroups_path = "/docker/abc";
    CHECK(mentions(plan(spec, root_with_cgroups(), CgroupDriver::Systemd), "slice:prefix:name"));
    spec.linux_section.cgroups_path = "";
    spec.annotations["org.systemd.property.KillSignal"] = "oops";
    CHECK(mentions(plan(spec, root_with_cgroups(), CgroupDriver::Systemd), "KillSignal"));
    CHECK(plan(spec, root_with_cgroups()));
    CHECK(mentions(plan({}, {}, CgroupDriver::Systemd), "cgroup v2 is not mounted"));
}

TEST_CASE("an annotation counts more than a limit") {
    Spec spec = with_pids_limit();
    spec.annotations["org.systemd.property.TasksMax"] = "uint64 9";
    const auto planned = plan(spec, root_with_cgroups(), CgroupDriver::Systemd);
    REQUIRE(planned);
    CHECK(planned.value().writes.empty());
    CHECK(planned.value().unit.annotated.size() == 1);
    CHECK(plan(spec, root_with_cgroups()).value().writes.size() == 1);
}

TEST_CASE("disabled cgroups leave limits out, and say so") {
    const auto planned = plan(with_pids_limit(), root_with_cgroups(), CgroupDriver::Disabled);
    REQUIRE(planned);
    CHECK_FALSE(cgroups::exists(planned.value().location));
    CHECK(planned.value().writes.empty());
    CHECK(planned.value().warnings.size() == 1);
    CHECK(plan({}, root_with_cgroups(), CgroupDriver::Disabled).value().warnings.empty());
}

TEST_CASE("where cgroup v2 is not mounted, a container without limits has no cgroup") {
    const auto planned = plan({}, {});
    REQUIRE(planned);
    CHECK_FALSE(cgroups::exists(planned.value().location));
}

TEST_CASE("where cgroup v2 is not mounted, a limit or a path is an error with advice") {
    Spec with_path;
    with_path.linux_section.cgroups_path = "/x";
    for (const Spec& spec : {with_path, with_pids_limit()}) {
        const auto planned = plan(spec, {});
        REQUIRE_FALSE(planned);
        CHECK(planned.error().kind == ErrorKind::Unsupported);
        CHECK(planned.error().code == "cgroup-not-mounted");
        CHECK(planned.error().hint.find("mount -t cgroup2") != std::string::npos);
    }
}

TEST_CASE("no limit at all is not a limit") {
    Spec spec;
    spec.linux_section.resources.pids_limit = -1;
    spec.linux_section.resources.memory.limit = -1;
    const auto planned = plan(spec, {});
    REQUIRE(planned);
    CHECK_FALSE(cgroups::exists(planned.value().location));
}

TEST_CASE("without root a cgroup is optional unless a path or a limit asks for it") {
    CHECK(plan({}, rootless()).value().optional);
    CHECK_FALSE(plan(with_pids_limit(), rootless()).value().optional);
    Spec with_path;
    with_path.linux_section.cgroups_path = "/x";
    CHECK_FALSE(plan(with_path, rootless()).value().optional);
}

TEST_CASE("device rules are needed of root only") {
    Spec spec;
    spec.linux_section.resources.devices.emplace();
    const auto of_root = plan(spec, root_with_cgroups());
    REQUIRE(of_root);
    CHECK_FALSE(of_root.value().device_program.empty());
    CHECK(of_root.value().device_filter_needed);
    CHECK(plan(spec, rootless()).value().optional);
    CHECK_FALSE(plan(spec, rootless()).value().device_filter_needed);
    CHECK(plan({}, root_with_cgroups()).value().device_program.empty());
}

TEST_CASE("what only cgroup v1 knows is named in one warning") {
    Spec spec;
    spec.linux_section.resources.ignored = {"/linux/resources/memory/kernel",
                                            "/linux/resources/network"};
    const auto planned = plan(spec, root_with_cgroups());
    REQUIRE(planned);
    REQUIRE(planned.value().warnings.size() == 1);
    CHECK(planned.value().warnings[0].find(
              "/linux/resources/memory/kernel, /linux/resources/network") != std::string::npos);
}

TEST_CASE("unified is written after all that was converted") {
    Spec spec = with_pids_limit();
    spec.linux_section.resources.unified = {{"pids.max", "9"}};
    const auto planned = plan(spec, root_with_cgroups());
    REQUIRE(planned);
    REQUIRE(planned.value().writes.size() == 2);
    CHECK(planned.value().writes[0].value == "7");
    CHECK(planned.value().writes[1].value == "9");
}
