// SPDX-License-Identifier: Apache-2.0
#include "features/rootfs/mounts.hpp"

#include <sys/mount.h>

#include "container.hpp"
#include "host/facts.hpp"

using namespace oci;
using oci::test::Bundle;

namespace {

Result<mounts::Plan> plan_one(const Mount& mount, std::vector<NamespaceKind> namespaces = {}) {
    Spec spec;
    spec.root.path = "rootfs";
    spec.mounts.push_back(mount);
    for (const NamespaceKind kind : namespaces) spec.linux_section.namespaces.push_back({kind, {}});
    return mounts::plan(spec, "/bundle", "/sys/fs/cgroup/box");
}

mounts::Entry entry_of(const Mount& mount, std::vector<NamespaceKind> namespaces = {}) {
    auto plan = plan_one(mount, std::move(namespaces));
    REQUIRE(plan);
    return std::move(plan.value().entries[0]);
}

}  // namespace

TEST_CASE("options decide what a bind is, and so does the type alone") {
    CHECK(entry_of({"/a", "none", "/x", {"rbind"}, {}, {}}).kind == mounts::EntryKind::Bind);
    CHECK(entry_of({"/a", "bind", "/x", {}, {}, {}}).kind == mounts::EntryKind::Bind);
    CHECK(entry_of({"/a", "", "", {"ro"}, {}, {}}).kind == mounts::EntryKind::Remount);
    CHECK(entry_of({"/a", "tmpfs", "", {}, {}, {}}).kind == mounts::EntryKind::Filesystem);
}

TEST_CASE("the source of a bind is relative to the bundle") {
    CHECK(entry_of({"/a", "bind", "x/y", {}, {}, {}}).source == "/bundle/x/y");
    CHECK(entry_of({"/a", "bind", "/x/y", {}, {}, {}}).source == "/x/y");
    const auto none = plan_one({"/a", "bind", "", {}, {}, {}});
    REQUIRE_FALSE(none);
    CHECK(none.error().message.starts_with("/mounts/0/source"));
}

TEST_CASE("options of a file system on a bind are dropped") {
    CHECK(entry_of({"/a", "bind", "/x", {"bind", "mode=755"}, {}, {}}).options.settings.empty());
}

TEST_CASE("a relative destination is below the root") {
    CHECK(entry_of({"a/../b", "tmpfs", "", {}, {}, {}}).destination == "/b");
    CHECK_FALSE(plan_one({"", "tmpfs", "", {}, {}, {}}));
}

TEST_CASE("inside /proc only the places of lxcfs and CRIU are allowed") {
    CHECK(plan_one({"/proc/cpuinfo", "bind", "/x", {"bind"}, {}, {}}));
    CHECK(plan_one({"/proc/sys/kernel/ns_last_pid", "bind", "/x", {"bind"}, {}, {}}));
    CHECK(plan_one({"/proc", "proc", "proc", {}, {}, {}}));
    CHECK(plan_one({"/proc", "bind", "/proc", {"rbind"}, {}, {}}));
    CHECK_FALSE(plan_one({"/proc", "tmpfs", "tmpfs", {}, {}, {}}));
    CHECK_FALSE(plan_one({"/proc/self/attr", "bind", "/x", {"bind"}, {}, {}}));
    CHECK_FALSE(plan_one({"/proc/1/../sys", "tmpfs", "", {}, {}, {}}));
    CHECK_FALSE(plan_one({"/proc/sys/kernel/domainname", "bind", "/x", {"bind"}, {}, {}}));
    CHECK(plan_one({"/process", "tmpfs", "", {}, {}, {}}));
}

TEST_CASE("without a cgroup namespace the container's own cgroup is bound") {
    const Mount mount{
        "/sys/fs/cgroup", "cgroup", "cgroup", {"ro", "xattr", "name=systemd"}, {}, {}};
    const auto alone = entry_of(mount);
    CHECK(alone.type == "cgroup2");
    CHECK(alone.substitute == "/sys/fs/cgroup/box");
    CHECK(alone.substitute_at_once);
    CHECK(alone.options.settings.empty());
    CHECK_FALSE(entry_of(mount, {NamespaceKind::Cgroup}).substitute_at_once);
}

TEST_CASE("what the kernel may refuse has a substitute") {
    CHECK(entry_of({"/sys", "sysfs", "sysfs", {}, {}, {}}).substitute == "/sys");
    CHECK(entry_of({"/dev/mqueue", "mqueue", "", {}, {}, {}}).substitute == "/dev/mqueue");
    CHECK(entry_of({"/proc", "proc", "", {}, {}, {}}).substitute.empty());
}

TEST_CASE("a read-only tmpfs stays writable until everything is in it") {
    const auto entry = entry_of({"/dev", "tmpfs", "", {"ro", "mode=755"}, {}, {}});
    CHECK(entry.late_readonly);
    CHECK((entry.options.set & MOUNT_ATTR_RDONLY) == 0);
    CHECK_FALSE(entry.inherits_mode);
    CHECK(entry_of({"/tmp", "tmpfs", "", {}, {}, {}}).inherits_mode);
    CHECK_FALSE(entry_of({"/proc", "proc", "", {}, {}, {}}).inherits_mode);
}

TEST_CASE("what a later mount covers does not wait to become read-only") {
    Spec spec;
    spec.root.path = "/r";
    spec.mounts.push_back({"/a/b", "tmpfs", "", {"ro"}, {}, {}});
    spec.mounts.push_back({"/a", "tmpfs", "", {}, {}, {}});
    const auto plan = mounts::plan(spec, "/bundle", "");
    REQUIRE(plan);
    CHECK_FALSE(plan.value().entries[0].late_readonly);
    CHECK(plan.value().entries[0].options.set == MOUNT_ATTR_RDONLY);
}

TEST_CASE("the reach of an id map is that of the word, or else of the bind") {
    const std::vector<IdMapping> map{{0, 7, 1}};
    CHECK_FALSE(entry_of({"/a", "bind", "/x", {"bind"}, {}, {}}).id_map);
    CHECK_FALSE(entry_of({"/a", "bind", "/x", {"bind"}, map, map}).id_map_is_recursive);
    CHECK(entry_of({"/a", "bind", "/x", {"rbind"}, map, map}).id_map_is_recursive);
    CHECK_FALSE(entry_of({"/a", "bind", "/x", {"rbind", "idmap"}, map, map}).id_map_is_recursive);
    CHECK(entry_of({"/a", "bind", "/x", {"bind", "ridmap"}, map, map}).id_map_is_recursive);
}

TEST_CASE("mounts with equal id maps share one") {
    Spec spec;
    spec.root.path = "/r";
    const std::vector<IdMapping> one{{0, 7, 1}};
    const std::vector<IdMapping> other{{0, 8, 1}};
    spec.mounts.push_back({"/a", "bind", "/x", {"bind"}, one, one});
    spec.mounts.push_back({"/b", "bind", "/x", {"bind"}, one, other});
    spec.mounts.push_back({"/c", "bind", "/x", {"bind", "idmap=uids=0-7-1;gids=0-7-1"}, {}, {}});
    const auto plan = mounts::plan(spec, "/bundle", "");
    REQUIRE(plan);
    CHECK(plan.value().id_maps.size() == 2);
    CHECK(plan.value().entries[2].id_map == 0U);
}

TEST_CASE("what is mounted already gets no id map") {
    const std::vector<IdMapping> map{{0, 7, 1}};
    const auto remount = plan_one({"/a", "", "", {"remount"}, map, map});
    REQUIRE_FALSE(remount);
    CHECK(remount.error().message.starts_with("/mounts/0: "));
}

TEST_CASE("a remount keeps the options of its file system, that of a bind has none") {
    CHECK(entry_of({"/a", "", "", {"remount", "size=1m"}, {}, {}}).options.settings.size() == 1);
    const auto bind = entry_of({"/a", "", "", {"remount", "bind", "size=1m", "sync"}, {}, {}});
    CHECK(bind.options.settings.empty());
    CHECK(bind.options.superblock_flags.empty());
}

TEST_CASE("an entry is reported with its place and its number") {
    CHECK(entry_of({"a", "tmpfs", "", {}, {}, {}}).subject == "/a (/mounts/0)");
}

TEST_CASE("new file systems get the label, those of the kernel do not") {
    Spec spec;
    spec.root.path = "/r";
    spec.linux_section.mount_label = "label:c1,c2";
    spec.annotations["run.oci.mount_context_type"] = "rootcontext";
    for (const char* type : {"tmpfs", "mqueue", "proc", "sysfs", "cgroup"})
        spec.mounts.push_back({std::string{"/"} + type, type, "", {}, {}, {}});
    spec.mounts[2].destination = "/proc";
    spec.mounts.push_back({"/x", "bind", "/x", {"bind"}, {}, {}});
    const auto plan = mounts::plan(spec, "/bundle", "");
    REQUIRE(plan);
    CHECK(plan.value().has_label);
    for (std::size_t i = 0; i < 6; ++i) {
        INFO(i);
        CHECK(plan.value().entries[i].options.has_setting("rootcontext") == (i < 2));
    }
    spec.mounts.erase(spec.mounts.begin(), spec.mounts.begin() + 2);
    CHECK_FALSE(mounts::plan(spec, "/bundle", "").value().has_label);
}

TEST_CASE("a label needs SELinux") {
    if (host::has_selinux()) return;
    mounts::Plan plan;
    CHECK(mounts::prepare(plan));
    plan.has_label = true;
    const auto prepared = mounts::prepare(plan);
    REQUIRE_FALSE(prepared);
    CHECK(prepared.error().message.starts_with("/linux/mountLabel: SELinux is not enabled"));
}

TEST_CASE("a mount label is the context of what has labels") {
    Spec spec;
    spec.root.path = "/r";
    spec.linux_section.mount_label = "a:b:c:s0";
    for (const char* type : {"tmpfs", "proc", "sysfs", "cgroup"})
        spec.mounts.push_back({std::string("/") + type, type, "", {}, {}, {}});
    const auto plan = mounts::plan(spec, "/bundle", "");
    REQUIRE(plan);
    const auto& entries = plan.value().entries;
    REQUIRE(entries[0].options.settings.size() == 1);
    CHECK(entries[0].options.settings[0].key == "context");
    CHECK(entries[0].options.settings[0].value == "a:b:c:s0");
    for (std::size_t i = 1; i < entries.size(); ++i)
        CHECK_FALSE(entries[i].options.has_setting("context"));
}

TEST_CASE("a missing source is named before anything starts") {
    Bundle bundle;
    bundle.add_mount("/a", "bind", "/no/such/source", {"bind"});
    auto plan = mounts::plan(bundle.spec, bundle.path, "").value();
    const auto prepared = mounts::prepare(plan);
    REQUIRE_FALSE(prepared);
    CHECK(prepared.error().message ==
          "/mounts/0/source: cannot mount /no/such/source: stat: no such file or directory");
}
