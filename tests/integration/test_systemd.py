# SPDX-License-Identifier: Apache-2.0
"""--systemd-cgroup: containers are scopes. Against a systemd that is none; test_booted has the real one."""

import json
import os
import pathlib
import random
import time
import unittest

import bundle as bundles
import fake_systemd
import harness
import host
from coverage import accepts, rejects

USER = 1000
STOPPED = {"StopUnit", "ResetFailedUnit"}


class Scopes(harness.Case):
    """What both halves share: bundles and the global option."""

    def setUp(self):
        super().setUp()
        self.ours_only()

    def scope(self, *args, path=None, config=None):
        return self.bundle(*args, cgroup=False, config=config).edit("/linux/cgroupsPath", path)

    def made(self, bundle, *options, id=None, **popen):
        id = self.forget(id or self.new_id())
        self.ok("--systemd-cgroup", "create", "--bundle", bundle.path, *options, id, **popen)
        return id

    def cgroup_of(self, id):
        return pathlib.Path(f"{host.CGROUPS}{self.path_of(id)}")

    def path_of(self, id):
        pid = self.state(id)["pid"]
        return harness.cgroup_of(pathlib.Path(f"/proc/{pid}/cgroup").read_text())


class Fake(Scopes):
    def setUp(self):
        super().setUp()
        if not os.path.isdir("/run/dbus"):
            self.hide("/run")
            os.mkdir("/run/dbus")
        else:
            self.hide("/run/dbus")
        self.systemd = self.serve("/run/dbus/system_bus_socket")

    def hide(self, folder):
        host.mount("tmpfs", folder, "tmpfs", 0, "mode=755")
        self.addCleanup(host.unmount, folder)
        self._before = (host.mounts(), self._before[1])  # ours is no leak

    def serve(self, path, group=None, **options):
        systemd = fake_systemd.FakeSystemd(path, group or harness.GROUP, **options)
        self.addCleanup(systemd.close)
        return systemd

    @accepts("/linux/cgroupsPath")
    def test_a_container_is_a_scope(self):
        id = self.made(self.scope("sleep", "100", path="machine-web.slice:docker:abc"))
        group = harness.GROUP / "machine.slice/machine-web.slice/docker-abc.scope"
        self.assertEqual((group / "cgroup.procs").read_text().split(), [str(self.state(id)["pid"])])
        given = self.systemd.properties("docker-abc.scope")
        self.assertEqual(given.pop("Description"), f"oci-rt container {id}")
        self.assertEqual(len(given.pop("PIDs")), 1)
        devices = dict(given.pop("DeviceAllow"))
        self.assertEqual(devices["/dev/char/1:3"], "rwm")
        self.assertEqual(given, {"Slice": "machine-web.slice", "Delegate": True, "DefaultDependencies": False,
                                 "CPUAccounting": True, "MemoryAccounting": True, "IOAccounting": True,
                                 "TasksAccounting": True, "DevicePolicy": "strict"})

    def test_has_a_default_name(self):
        id = self.made(self.scope())
        self.assertEqual(self.path_of(id), f"/{harness.GROUP.name}/system.slice/oci-rt-{id}.scope")

    def test_a_slice_can_be_a_container(self):
        id = self.made(self.scope(path="machine.slice:x:machine-box.slice"))
        self.assertEqual(self.path_of(id), f"/{harness.GROUP.name}/machine.slice/machine-box.slice")
        given = self.systemd.properties("machine-box.slice")
        self.assertEqual(given["Wants"], ["machine.slice"])
        self.assertFalse({"PIDs", "Delegate", "Slice"} & set(given))

    def test_is_told_of_other_devices(self):
        id = self.made(self.scope("sleep", "100", path="machine.slice:docker:abc"))
        rules = [{"allow": False}, {"allow": True, "type": "c", "major": 240, "minor": 77, "access": "rw"}]
        self.ok("update", "-r", "-", id, input=json.dumps({"devices": rules}))
        (unit, _, properties), = self.systemd.asked("SetUnitProperties")
        self.assertEqual(unit, "docker-abc.scope")
        lists = [value for name, value in properties if name == "DeviceAllow"]
        # An empty list takes away what was there.
        self.assertEqual((len(lists), lists[0]), (2, []))
        self.assertEqual(dict(lists[1])["/dev/char/240:77"], "rw")
        self.ok("update", "-r", "-", id, input=json.dumps({"devices": [{"allow": True}]}))
        properties = self.systemd.asked("SetUnitProperties")[-1][2]
        self.assertIn(("DevicePolicy", "auto"), [tuple(each) for each in properties if isinstance(each[1], str)])

    def test_all_later_verbs_know_the_driver(self):
        id = self.made(self.scope("sleep", "100"))
        self.ok("start", id)
        inside = self.exec_report(id)
        self.assertEqual(harness.cgroup_of(inside["cgroup"]), "/")
        self.assertEqual(self.ok("ps", "--format", "json", id).json(), [self.state(id)["pid"]])
        self.ok("pause", id)
        self.assertEqual(self.state(id)["status"], "paused")
        self.ok("resume", id)
        self.assertFalse(STOPPED & {name for name, _ in self.systemd.calls})
        self.ok("delete", "--force", id)
        unit = f"oci-rt-{id}.scope"
        self.assertEqual(self.systemd.asked("StopUnit"), [[unit, "replace"]])
        self.assertEqual(self.systemd.asked("ResetFailedUnit"), [[unit]])
        self.assert_clean()

    def test_a_scope_that_is_gone_already_is_deleted(self):
        id = self.made(self.scope("true"))
        self.ok("start", id)
        self.wait_for(id, "stopped")
        self.systemd.on_StopUnit(f"oci-rt-{id}.scope", "replace")
        self.ok("delete", id)
        self.assert_clean()

    def test_run_leaves_no_unit(self):
        result = self.rt("--systemd-cgroup", "run", "--bundle", self.scope("exit", "7").path, "box")
        self.assertEqual(result.code, 7, str(result))
        self.assertEqual(self.systemd.units, {})

    def properties(self, resources, version="252", **annotations):
        self.systemd.version = version
        bundle = self.scope(config=bundles.minimal_config()).edit("/linux/resources", resources)
        for name, value in annotations.items():
            bundle.edit(f"/annotations/org.systemd.property.{name}", value)
        id = self.new_id()
        # The kernel here need not have the controllers: what systemd is told counts.
        result = self.rt("--systemd-cgroup", "create", "--bundle", bundle.path, id)
        if result.code == 0:
            self.ok("delete", "--force", id)
        else:
            self.assertIn("controller", result.err)
        return self.systemd.properties(f"oci-rt-{id}.scope")

    def test_limits_are_properties_too(self):
        given = self.properties({
            "memory": {"limit": 67108864, "reservation": 33554432, "swap": 100663296},
            "cpu": {"shares": 1024, "quota": 50000, "period": 100000, "cpus": "0-1", "mems": "0"},
            "pids": {"limit": 50}, "unified": {"memory.high": "60000000", "memory.oom.group": "1"}})
        wanted = {"MemoryMax": 67108864, "MemoryLow": 33554432, "MemorySwapMax": 33554432, "MemoryHigh": 60000000,
                  "CPUWeight": 100, "CPUQuotaPerSecUSec": 500000, "CPUQuotaPeriodUSec": 100000, "AllowedCPUs": [3],
                  "AllowedMemoryNodes": [1], "TasksMax": 50}
        self.assertEqual({name: given.get(name) for name in wanted}, wanted)
        self.assertNotIn("OOMPolicy", given)

    def test_an_old_systemd_is_told_what_it_knows(self):
        given = self.properties({"cpu": {"quota": 50000, "cpus": "0", "idle": 1}}, "239-1")
        self.assertEqual(given["CPUQuotaPerSecUSec"], 500000)
        self.assertFalse({"AllowedCPUs", "CPUQuotaPeriodUSec", "CPUWeight"} & set(given))

    def test_a_new_systemd_is_told_more(self):
        given = self.properties({"cpu": {"idle": 1}, "unified": {"memory.oom.group": "1"}}, "v256~rc1")
        self.assertEqual((given["CPUWeight"], given["OOMPolicy"]), (0, "kill"))

    def test_limits_are_written_to_the_cgroup(self):
        bundle = self.scope().edit("/linux/resources/unified", {"cgroup.max.depth": "7"})
        id = self.made(bundle)
        self.assertEqual((self.cgroup_of(id) / "cgroup.max.depth").read_text().strip(), "7")

    @accepts("/annotations")
    def test_annotations_are_properties(self):
        given = self.properties({"pids": {"limit": 50}}, TimeoutStopSec="7", CollectMode="'inactive-or-failed'",
                                After="['crio.service']", DefaultDependencies="true", TasksMax="uint64 9")
        wanted = {"TimeoutStopUSec": 7000000, "CollectMode": "inactive-or-failed", "After": ["crio.service"],
                  "DefaultDependencies": True, "TasksMax": 9}
        self.assertEqual({name: given.get(name) for name in wanted}, wanted)

    @rejects("/annotations")
    def test_wrong_annotations_are_refused(self):
        for name, value in (("KillSignal", "SIGTERM"), ("PIDs", "[uint32 1]"), ("Slice", "'x.slice'"), ("A.B", "1")):
            with self.subTest(name):
                bundle = self.scope().edit(f"/annotations/org.systemd.property.{name}", value)
                self.bad("--systemd-cgroup", "create", "--bundle", bundle.path, "box", text=name)
                self.assertEqual(self.systemd.calls, [])

    @rejects("/linux/cgroupsPath")
    def test_wrong_paths_are_refused(self):
        for path in ("/a/b", "a:b", "noslice:a:b", "a.slice:b:c:d", "a.slice:b:c/d"):
            with self.subTest(path):
                self.bad("--systemd-cgroup", "create", "--bundle", self.scope(path=path).path, "box",
                         text="/linux/cgroupsPath")

    def test_a_failed_unit_of_the_same_name_is_replaced(self):
        self.systemd.failed.add("oci-rt-box.scope")
        self.made(self.scope(), id="box")
        self.assertEqual(len(self.systemd.asked("StartTransientUnit")), 2)

    def test_a_unit_of_somebody_else_is_left_alone(self):
        self.systemd.units["oci-rt-box.scope"] = harness.GROUP / "none"
        self.systemd.on_Get = lambda interface, name, old=self.systemd.on_Get: (
            ("v", [("s", "active")], None) if name == "ActiveState" else old(interface, name))
        self.bad("--systemd-cgroup", "create", "--bundle", self.scope().path, "box", text="in use")
        self.assertFalse(STOPPED & {name for name, _ in self.systemd.calls})
        self.assert_clean()

    def entry(self, *args):
        log = self.folder / "log.json"
        result = self.bad("--log", log, "--log-format", "json", *args)
        return json.loads(log.read_text().splitlines()[-1]), result

    def test_errors_have_codes(self):
        bus, manager = "org.freedesktop.DBus.Error.", "org.freedesktop.systemd1."
        for member, fault, code, pointer in (
                ("StartTransientUnit", (bus + "AccessDenied", "Access denied"), "systemd-denied", None),
                ("StartTransientUnit", (bus + "InteractiveAuthorizationRequired", "Log in."), "systemd-denied", None),
                ("StartTransientUnit", (bus + "NoMemory", "Out of memory"), "systemd-failed", None),
                ("StartTransientUnit", (bus + "PropertyReadOnly", "Cannot set property Delegate, or unknown property."),
                 "unit-property-refused", None),
                ("StartTransientUnit", (bus + "InvalidArgs", "Value specified in CPUWeight is out of range"),
                 "unit-property-refused", "/annotations/org.systemd.property.CPUWeight"),
                ("GetUnit", (manager + "NoSuchThing", "What?"), "systemd-failed", None),
                ("Get", (bus + "ServiceUnknown", "The name is not activatable"), "systemd-unreachable", None)):
            if code == "systemd-unreachable" and os.path.isdir("/run/systemd/system"):
                continue  # the real one is asked then, at its own socket
            with self.subTest(fault):
                self.systemd.faults[member] = fault
                bundle = self.scope().edit("/annotations/org.systemd.property.CPUWeight", "uint64 50")
                entry, result = self.entry("--systemd-cgroup", "create", "--bundle", bundle.path, "box")
                self.assertEqual((entry["code"], entry["phase"], entry.get("pointer")), (code, "cgroup", pointer), entry)
                self.assertIn(fault[1], result.err)
                self.systemd.faults.clear()
                self.assert_clean()

    def test_the_version_that_refuses_is_named(self):
        self.systemd.version = "239-1"
        self.systemd.faults["StartTransientUnit"] = (
            "org.freedesktop.DBus.Error.PropertyReadOnly", "Cannot set property CollectMode, or unknown property.")
        bundle = self.scope().edit("/annotations/org.systemd.property.CollectMode", "'inactive-or-failed'")
        entry, _ = self.entry("--systemd-cgroup", "create", "--bundle", bundle.path, "box")
        self.assertEqual(entry["pointer"], "/annotations/org.systemd.property.CollectMode")
        self.assertIn("systemd 239 does not take CollectMode", entry["hint"])

    def test_delete_fails_where_systemd_does_not_obey(self):
        id = self.made(self.scope("sleep", "100"))
        self.systemd.faults["StopUnit"] = ("org.freedesktop.DBus.Error.AccessDenied", "Not today.")
        entry, _ = self.entry("delete", "--force", id)
        self.assertEqual(entry["code"], "systemd-denied")
        self.ok("delete", "--force", id)

    def test_an_update_is_told(self):
        id = self.made(self.scope("sleep", "100"))
        self.ok("update", "--unified", "cgroup.max.depth=7", id)
        self.assertEqual(self.systemd.asked("SetUnitProperties"), [])  # systemd has no property for it
        rules = [{"allow": False}, {"allow": True, "type": "c", "major": 240, "minor": 77, "access": "rw"}]
        self.ok("update", "-r", "-", id, input=json.dumps({"devices": rules}))
        (unit, for_now, given), = self.systemd.asked("SetUnitProperties")
        self.assertEqual((unit, for_now), (f"oci-rt-{id}.scope", True))
        # The old list is emptied, or the new one would be added to it.
        self.assertEqual(given[:2], [("DeviceAllow", []), ("DevicePolicy", "strict")])
        self.assertIn(("/dev/char/240:77", "rw"), given[2][1])

    def test_an_update_that_systemd_refuses_is_taken_back(self):
        id = self.made(self.scope("sleep", "100").edit("/linux/resources/unified", {"cgroup.max.depth": "7"}))
        self.systemd.faults["SetUnitProperties"] = ("org.freedesktop.DBus.Error.AccessDenied", "Not today.")
        resources = {"devices": [{"allow": True}], "unified": {"cgroup.max.depth": "9"}}
        self.bad("update", "-r", "-", id, input=json.dumps(resources), text="Not today.")
        self.assertEqual((self.cgroup_of(id) / "cgroup.max.depth").read_text().strip(), "7")

    def test_a_refusal_is_told_in_systemds_words(self):
        self.systemd.faults["StartTransientUnit"] = ("org.freedesktop.DBus.Error.AccessDenied", "Not today.")
        result = self.bad("--systemd-cgroup", "create", "--bundle", self.scope().path, "box")
        for word in ("oci-rt-box.scope", "org.freedesktop.DBus.Error.AccessDenied", "Not today."):
            self.assertIn(word, result.err)
        self.assert_clean()

    def test_a_job_that_fails_leaves_nothing(self):
        self.systemd.faults["job"] = "failed"
        self.bad("--systemd-cgroup", "create", "--bundle", self.scope().path, "box", text='ended as "failed"')
        self.assertEqual(self.systemd.units, {})
        self.assert_clean()

    def test_what_fails_later_stops_the_unit(self):
        bundle = self.scope().edit("/mounts/0/type", "no-such-file-system")
        self.bad("--systemd-cgroup", "create", "--bundle", bundle.path, "box")
        self.assertEqual(self.systemd.units, {})
        self.assert_clean()

    def test_a_manager_without_a_bus_will_do(self):
        self.systemd.close()
        os.unlink("/run/dbus/system_bus_socket")
        self.hide("/run/systemd") if os.path.isdir("/run/systemd") else self.skipTest("no /run/systemd")
        alone = self.serve("/run/systemd/private", bus=False)
        id = self.made(self.scope())
        self.assertIn(f"oci-rt-{id}.scope", alone.units)
        self.assertFalse({"Hello", "AddMatch"} & {name for name, _ in alone.calls})

    @unittest.skipIf(os.path.isdir("/run/systemd/system"), "systemd runs here")
    def test_without_systemd_the_way_out_is_named(self):
        self.systemd.close()
        result = self.bad("--systemd-cgroup", "create", "--bundle", self.scope().path, "box", text="system_bus_socket")
        self.assertIn("--cgroup-manager cgroupfs", result.err)
        self.assert_clean()

    @unittest.skipIf(os.path.isdir("/run/systemd/system"), "systemd runs here")
    def test_delete_works_when_systemd_is_gone(self):
        id = self.made(self.scope("sleep", "100"))
        self.systemd.close()
        self.assertIn("cannot reach systemd", self.ok("delete", "--force", id).err)
        (harness.GROUP / "system.slice").rmdir()  # as empty as systemd would leave it

    def test_killed_at_any_instant_delete_finds_all(self):
        bundle = self.scope("sleep", "100", path="a-b.slice:x:crash")
        chance = random.Random(4711)
        for _ in range(25):
            moment = chance.uniform(0, 0.03)
            with self.subTest(f"{moment:.6f}"):
                process = self.rt.popen("--systemd-cgroup", "create", "--bundle", bundle.path, "crash")
                time.sleep(moment)
                process.kill()
                harness.wait_for(process)
                self.ok("delete", "--force", "crash")
                self.assertEqual(self.systemd.units, {})
                self.assert_clean()

    def test_nobody_is_asked_without_the_option(self):
        self.run_in(self.bundle())
        self.assertEqual(self.systemd.peers, [])

    def user_bundle(self):
        config = bundles.minimal_config("/bin/payload", "sleep", "100")
        config["linux"]["namespaces"] += [{"type": "user"}, {"type": "cgroup"}]
        for kind in ("uidMappings", "gidMappings"):
            config["linux"][kind] = [{"containerID": 0, "hostID": USER, "size": 1}]
        bundle = self.scope(config=config, path=":libpod:abc")
        for path in (bundle.path, *bundle.path.rglob("*")):
            os.chown(path, USER, USER, follow_symlinks=False)
        return bundle

    def test_a_user_has_scopes_of_their_own(self):
        runtime = self.folder / "runtime"
        (runtime / "systemd").mkdir(parents=True)
        (self.folder / "state").mkdir()
        for path in (self.folder, runtime, self.folder / "state"):
            os.chown(path, USER, USER)
        group = harness.GROUP / f"user@{USER}.service"
        group.mkdir()
        self.addCleanup(host.remove_cgroup, group)
        manager = self.serve(runtime / "bus", group=group, owner=USER)
        who = {"user": USER, "group": USER, "extra_groups": [], "env": {"XDG_RUNTIME_DIR": str(runtime)}}
        self.ok("--systemd-cgroup", "create", "--bundle", self.user_bundle().path, "box", **who)
        self.addCleanup(lambda: self.ok("delete", "--force", "box", **who))
        pid = self.rt("state", "box", **who).json()["pid"]
        path = harness.cgroup_of(pathlib.Path(f"/proc/{pid}/cgroup").read_text())
        self.assertEqual(path, f"/{harness.GROUP.name}/{group.name}/user.slice/libpod-abc.scope")
        # The kernel does not let a user move a process from outside of what is theirs.
        self.assertEqual(manager.asked("AttachProcessesToUnit"), [["libpod-abc.scope", "", [pid]]])
        self.assertEqual({peer[1] for peer in manager.peers}, {USER})
        self.assertEqual(self.systemd.peers, [])
        self.ok("start", "box", **who)
        inside = json.loads(self.ok("exec", "box", "/bin/payload", "report", **who).out)
        self.assertEqual(harness.cgroup_of(inside["cgroup"]), "/")


class Delegation(harness.Case):
    """Whoever may write to the container's cgroups owns them: with either driver."""

    def owners(self, bundle, uid=0):
        id = self.create(bundle)
        names = (".", "cgroup.procs", "cgroup.subtree_control", "cgroup.max.depth")
        return [os.stat(bundle.cgroup / name).st_uid for name in names]

    def mapped(self, *options):
        bundle = self.bundle("sleep", "100", config=bundles.with_user_namespace(bundles.docker_config()))
        for path in (bundle.rootfs, *bundle.rootfs.iterdir()):
            os.chown(path, 100000, 100000)
        bundle.without_mount("/sys/fs/cgroup")
        return bundle.add_mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", *options)

    def test_a_writable_cgroup_belongs_to_the_containers_user(self):
        self.ours_only()
        self.assertEqual(self.owners(self.mapped("rw")), [100000, 100000, 100000, 0])

    def test_its_user_need_not_be_root(self):
        self.ours_only()
        self.assertEqual(self.owners(self.mapped("rw").edit("/process/user/uid", 7)), [100007, 100007, 100007, 0])

    def test_no_other_cgroup_does(self):
        self.ours_only()
        self.assertEqual(self.owners(self.mapped("ro")), [0, 0, 0, 0])
        self.assertEqual(self.owners(self.mapped("rw").without_namespace("cgroup")), [0, 0, 0, 0])

    def test_processes_can_be_moved_inside(self):
        self.ours_only()
        self.need_busybox()
        bundle = self.mapped("rw")
        bundle.args("/bin/sh", "-c", "mkdir /sys/fs/cgroup/sub && echo $$ > /sys/fs/cgroup/sub/cgroup.procs && "
                                     "cat /proc/self/cgroup")
        self.assertIn("/sub", self.run_in(bundle).out)
