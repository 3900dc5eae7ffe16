# SPDX-License-Identifier: Apache-2.0
"""--systemd-cgroup on a machine that systemd has booted: what systemd knows, writes again, ends and remembers."""

import json
import os
import pathlib
import subprocess
import time
import unittest

import harness
import host
from test_systemd import Scopes

MEGABYTE = 1 << 20
HERE = os.path.isdir("/run/systemd/system")


def systemctl(*args, check=True, **options):
    return subprocess.run(["systemctl", *args], capture_output=True, text=True, check=check, **options).stdout


def disk():
    """The number of one that can be throttled, or None."""
    for path in sorted(pathlib.Path("/sys/block").glob("*")):
        if not path.name.startswith(("loop", "ram", "zram", "sr", "fd")):
            return [int(part) for part in (path / "dev").read_text().split(":")]
    return None


@unittest.skipUnless(HERE, "systemd does not run here")
class Booted(Scopes):
    seconds = 120

    def setUp(self):
        super().setUp()
        if subprocess.run(["systemctl", "show", "--property=Version"], capture_output=True).returncode != 0:
            self.skipTest("systemd does not answer")
        self.name = f"oci-rt-test-{os.getpid()}-{self.folder.name[-8:]}"
        self.unit = f"oci-{self.name}.scope"
        self.path = f"system.slice:oci:{self.name}"

    def show(self, *names, unit=None, **options):
        """A property that has several lines is a list."""
        found = {}
        for line in systemctl("show", unit or self.unit, "--property=" + ",".join(names), **options).splitlines():
            name, value = line.split("=", 1)
            found[name] = value if name not in found else [*([found[name]] if isinstance(found[name], str)
                                                             else found[name]), value]
        return found

    def box(self, *args, resources=None, path=None, **annotations):
        bundle = self.scope(*(args or ("sleep", "100")), path=path or self.path)
        bundle.config["linux"]["resources"].update(resources or {})
        for name, value in annotations.items():
            bundle.edit(f"/annotations/org.systemd.property.{name}", value)
        id = self.made(bundle.write())
        self.ok("start", id)
        return id

    def update(self, id, resources, **options):
        return self.ok("update", "-r", "-", id, input=json.dumps(resources), **options)

    def read(self, id, *files):
        group = self.cgroup_of(id)
        return {name: (group / name).read_text().strip() for name in files if (group / name).exists()}

    def rewrite(self):
        """Makes systemd read all units anew, and write all files of this one again."""
        systemctl("daemon-reload")
        names = ("CPU", "Memory", "IO", "Tasks")
        systemctl("set-property", "--runtime", self.unit, *(f"{name}Accounting=yes" for name in names))

    def assert_gone(self, unit=None):
        self.assertEqual(self.show("ActiveState", "LoadState", unit=unit),
                         {"ActiveState": "inactive", "LoadState": "not-found"})


class Properties(Booted):
    def limits(self):
        there = host.controllers()
        resources, wanted = {"unified": {}}, {}
        if "memory" in there:
            resources["memory"] = {"limit": 64 * MEGABYTE, "reservation": 32 * MEGABYTE, "swap": 96 * MEGABYTE}
            resources["unified"].update({"memory.high": str(48 * MEGABYTE), "memory.min": str(MEGABYTE),
                                         "memory.oom.group": "1"})
            wanted |= {"MemoryMax": str(64 * MEGABYTE), "MemoryLow": str(32 * MEGABYTE),
                       "MemorySwapMax": str(32 * MEGABYTE), "MemoryHigh": str(48 * MEGABYTE),
                       "MemoryMin": str(MEGABYTE), "OOMPolicy": "kill"}
        if "cpu" in there:
            resources["cpu"] = {"shares": 2048, "quota": 33000, "period": 50000}
            wanted |= {"CPUWeight": "174", "CPUQuotaPerSecUSec": "660ms", "CPUQuotaPeriodUSec": "50ms"}
        if "cpuset" in there:
            resources.setdefault("cpu", {}).update({"cpus": "0", "mems": "0"})
            wanted |= {"AllowedCPUs": "0", "AllowedMemoryNodes": "0"}
        if "pids" in there:
            resources["pids"] = {"limit": 50}
            wanted["TasksMax"] = "50"
        if "io" in there and disk():
            major, minor = disk()
            rate = {"major": major, "minor": minor}
            resources["blockIO"] = {"throttleReadBpsDevice": [{**rate, "rate": MEGABYTE}],
                                    "throttleWriteBpsDevice": [{**rate, "rate": 2 * MEGABYTE}],
                                    "throttleReadIOPSDevice": [{**rate, "rate": 300}],
                                    "throttleWriteIOPSDevice": [{**rate, "rate": 400}]}
            at = f"/dev/block/{major}:{minor}"
            wanted |= {"IOReadBandwidthMax": f"{at} {MEGABYTE}", "IOWriteBandwidthMax": f"{at} {2 * MEGABYTE}",
                       "IOReadIOPSMax": f"{at} 300", "IOWriteIOPSMax": f"{at} 400"}
        return resources, wanted

    FILES = ("memory.max", "memory.low", "memory.high", "memory.min", "memory.swap.max", "memory.oom.group",
             "cpu.weight", "cpu.max", "cpuset.cpus", "cpuset.mems", "pids.max", "io.max")

    def test_every_limit_is_one(self):
        resources, wanted = self.limits()
        self.box(resources=resources)
        self.assertEqual(self.show(*wanted), wanted)

    def test_a_weight_for_disks_is_one(self):
        # The kernel need not have io.weight; systemd is told by io.bfq.weight's scale, too.
        probe = self.scope("true", path=self.path).edit("/linux/resources/blockIO", {"weight": 500})
        result = self.rt("--systemd-cgroup", "create", "--bundle", probe.path, "probe")
        if result.code != 0:
            self.assertIn("io.", result.err)
            self.skipTest("no weights for disks in this kernel")
        self.addCleanup(lambda: self.ok("delete", "--force", "probe"))
        self.assertEqual(self.show("IOWeight"), {"IOWeight": "4950"})

    def test_scope_and_slice_can_be_seen(self):
        id = self.box(TimeoutStopSec="7", CollectMode="'inactive-or-failed'", Description="'a box of mine'")
        shown = self.show("ActiveState", "Slice", "Delegate", "ControlGroup", "Description", "TimeoutStopUSec",
                          "CollectMode", "DefaultDependencies", "MemoryAccounting", "TasksAccounting", "IOAccounting")
        self.assertEqual(shown, {"ActiveState": "active", "Slice": "system.slice", "Delegate": "yes",
                                 "ControlGroup": self.path_of(id), "Description": "a box of mine",
                                 "TimeoutStopUSec": "7s", "CollectMode": "inactive-or-failed",
                                 "DefaultDependencies": "no", "MemoryAccounting": "yes", "TasksAccounting": "yes",
                                 "IOAccounting": "yes"})
        self.ok("delete", "--force", id)
        self.assert_gone()

    def test_the_description_names_the_container(self):
        id = self.box()
        self.assertEqual(self.show("Description", "CollectMode"),
                         {"Description": f"oci-rt container {id}", "CollectMode": "inactive"})

    def test_devices_are_those_of_the_rules(self):
        self.box(resources={"devices": [{"allow": False}, {"allow": True, "type": "c", "major": 240, "minor": 77,
                                                           "access": "rw"},
                                        {"allow": True, "type": "b", "access": "m"}]})
        shown = self.show("DevicePolicy", "DeviceAllow")
        self.assertEqual(shown["DevicePolicy"], "strict")
        self.assertLessEqual({"/dev/char/240:77 rw", "block-* m", "char-* m", "/dev/char/1:3 rwm", "char-136 rwm"},
                             set(shown["DeviceAllow"]))

    def test_all_devices_may_be_allowed(self):
        self.box(resources={"devices": [{"allow": True, "access": "rwm"}]})
        self.assertEqual(self.show("DevicePolicy", "DeviceAllow"), {"DevicePolicy": "auto"})

    def test_a_slice_in_a_slice(self):
        id = self.box(path=f"ocirttest-deep.slice:oci:{self.name}")
        self.assertEqual(self.path_of(id), f"/ocirttest.slice/ocirttest-deep.slice/{self.unit}")
        self.assertEqual(self.show("ActiveState", unit="ocirttest-deep.slice"), {"ActiveState": "active"})

    def test_a_slice_can_be_a_container(self):
        unit = f"ocirttest-{os.getpid()}.slice"
        resources = {"pids": {"limit": 50}, "unified": {"memory.oom.group": "1"}}
        id = self.box(path=f"ocirttest.slice::{unit}", resources=resources)
        self.assertEqual(self.path_of(id), f"/ocirttest.slice/{unit}")
        self.assertEqual(self.show("TasksMax", unit=unit), {"TasksMax": "50"})
        self.ok("delete", "--force", id)
        self.assertEqual(self.show("ActiveState", unit=unit), {"ActiveState": "inactive"})

    def test_an_annotation_counts_more_than_a_limit(self):
        id = self.box(resources={"pids": {"limit": 50}}, TasksMax="uint64 40", CPUWeight="uint64 70")
        self.assertEqual(self.show("TasksMax", "CPUWeight"), {"TasksMax": "40", "CPUWeight": "70"})
        self.assertEqual(self.read(id, "pids.max", "cpu.weight"), {"pids.max": "40", "cpu.weight": "70"})

    def test_limits_outlive_daemon_reload(self):
        resources, _ = self.limits()
        id = self.box(resources=resources)
        before = self.read(id, *self.FILES)
        group = self.cgroup_of(id)
        systemctl("daemon-reload")
        self.assertEqual(self.read(id, *self.FILES), before)
        # systemd not only leaves them alone: it knows them.
        for name in ("memory.max", "memory.high", "pids.max", "cpu.max"):
            (group / name).write_text("max")
        self.rewrite()
        self.assertEqual(self.read(id, *self.FILES), before)

    def test_devices_are_filtered_after_daemon_reload(self):
        bundle = self.scope("sleep", "100", path=self.path)
        bundle.edit("/linux/devices", [{"path": "/dev/odd", "type": "c", "major": 240, "minor": 77}])
        id = self.made(bundle)
        self.ok("start", id)
        for _ in range(2):
            self.ok("exec", id, "/bin/payload", "write", "/dev/null", "x")
            self.assertEqual(self.rt("exec", id, "/bin/payload", "cat", "/dev/odd").code, 1)
            self.rewrite()


class Narrow(Booted):
    """So few processes that systemd's own first process would be one too many."""

    def test_a_container_starts_in_any_limit(self):
        for limit in (0, 1, 2, 3, 15, 16):
            with self.subTest(limit):
                id = self.box(resources={"pids": {"limit": limit}})
                self.assertEqual(self.state(id)["status"], "running")
                self.assertEqual(self.read(id, "pids.max"), {"pids.max": str(limit)})
                time.sleep(0.1)  # systemd has said its last word before
                self.assertEqual(self.read(id, "pids.max"), {"pids.max": str(limit)})
                self.assertEqual(self.show("TasksMax"), {"TasksMax": str(max(limit, 1))})
                self.rewrite()
                # systemd has no word for 0; beside init it is the same.
                self.assertEqual(self.read(id, "pids.max"), {"pids.max": str(max(limit, 1))})
                self.ok("delete", "--force", id)
                self.assert_gone()

    def test_nothing_can_be_forked_before_and_after_a_reload(self):
        out = self.folder / "out"
        for reload in (False, True):
            id = self.made(self.scope("forks", "3", path=self.path).edit("/linux/resources/pids", {"limit": 0}),
                           stdout=out.open("wb"))
            if reload:
                self.rewrite()
            self.ok("start", id)
            self.wait_for(id, "stopped")
            self.assertEqual(out.read_text().strip(), "0")
            self.ok("delete", id)

    def test_an_update_has_the_last_word(self):
        id = self.box()
        for limit in (0, 7, 0, 9, 0):
            self.update(id, {"pids": {"limit": limit}})
            for _ in range(20):
                self.assertEqual(self.read(id, "pids.max"), {"pids.max": str(limit)})
                time.sleep(0.01)


class Updates(Booted):
    def test_are_properties_and_files(self):
        id = self.box(resources={"pids": {"limit": 50}})
        self.update(id, {"memory": {"limit": 64 * MEGABYTE, "reservation": MEGABYTE}, "pids": {"limit": 60},
                         "cpu": {"quota": 33333, "period": 100000, "shares": 2048},
                         "unified": {"memory.high": str(48 * MEGABYTE)}})
        files = {"memory.max": str(64 * MEGABYTE), "memory.low": str(MEGABYTE), "memory.high": str(48 * MEGABYTE),
                 "pids.max": "60", "cpu.max": "33333 100000", "cpu.weight": "174"}
        self.assertEqual(self.read(id, *files), files)
        shown = {"MemoryMax": str(64 * MEGABYTE), "MemoryLow": str(MEGABYTE), "MemoryHigh": str(48 * MEGABYTE),
                 "TasksMax": "60", "CPUQuotaPerSecUSec": "333.400ms", "CPUWeight": "174"}
        self.assertEqual(self.show(*shown), shown)
        self.rewrite()
        # In hundredths of a per cent of a processor systemd counts, not finer.
        self.assertEqual(self.read(id, *files), {**files, "cpu.max": "33340 100000"})

    def test_a_limit_can_go(self):
        id = self.box(resources={"pids": {"limit": 50}, "memory": {"limit": 64 * MEGABYTE},
                                 "cpu": {"quota": 50000, "period": 100000}})
        self.update(id, {"pids": {"limit": -1}, "memory": {"limit": -1}, "cpu": {"quota": -1}})
        self.assertEqual(self.show("TasksMax", "MemoryMax", "CPUQuotaPerSecUSec"),
                         {"TasksMax": "infinity", "MemoryMax": "infinity", "CPUQuotaPerSecUSec": "infinity"})
        self.rewrite()
        self.assertEqual(self.read(id, "pids.max", "memory.max", "cpu.max"),
                         {"pids.max": "max", "memory.max": "max", "cpu.max": "max 100000"})

    def test_idle_can_end(self):
        id = self.box(resources={"cpu": {"idle": 1}})
        self.assertEqual(self.show("CPUWeight"), {"CPUWeight": "idle"})
        self.update(id, {"cpu": {"idle": 0}})
        for _ in range(2):
            self.assertEqual(self.read(id, "cpu.idle", "cpu.weight"), {"cpu.idle": "0", "cpu.weight": "100"})
            self.rewrite()

    def test_throttles_come_and_go(self):
        if "io" not in host.controllers() or not disk():
            self.skipTest("nothing to throttle")
        id = self.box()
        major, minor = disk()
        self.update(id, {"unified": {"io.max": f"{major}:{minor} rbps={MEGABYTE} wiops=100"}})
        shown = {"IOReadBandwidthMax": f"/dev/block/{major}:{minor} {MEGABYTE}",
                 "IOWriteIOPSMax": f"/dev/block/{major}:{minor} 100"}
        self.assertEqual(self.show(*shown), shown)
        self.rewrite()
        self.assertEqual(self.read(id, "io.max"),
                         {"io.max": f"{major}:{minor} rbps={MEGABYTE} wbps=max riops=max wiops=100"})
        self.update(id, {"unified": {"io.max": f"{major}:{minor} rbps=max wiops=max"}})
        self.rewrite()
        self.assertEqual(self.read(id, "io.max"), {"io.max": ""})

    def test_what_systemd_takes_at_the_start_only_is_written_all_the_same(self):
        id = self.box()
        self.update(id, {"unified": {"memory.oom.group": "1"}})
        self.assertEqual(self.read(id, "memory.oom.group"), {"memory.oom.group": "1"})

    def test_devices_change_for_systemds_filter_too(self):
        bundle = self.scope("sleep", "100", path=self.path)
        bundle.edit("/linux/devices", [{"path": "/dev/odd", "type": "c", "major": 240, "minor": 77}])
        id = self.made(bundle)
        self.ok("start", id)
        rule = {"type": "c", "major": 240, "minor": 77, "access": "rwm"}
        forbidden, allowed = 1, 6  # EPERM, and ENXIO: nobody drives it
        attempt = lambda: self.rt("exec", id, "/bin/payload", "cat", "/dev/odd").code
        self.assertEqual(attempt(), forbidden)
        for rules, answer in (([{"allow": False}, {"allow": True, **rule}], allowed), ([{"allow": False}], forbidden),
                              ([{"allow": True}], allowed), ([{"allow": False}], forbidden)):
            self.update(id, {"devices": rules})
            self.assertEqual(attempt(), answer, rules)
            self.rewrite()
            self.assertEqual(attempt(), answer, rules)

    def test_a_refused_value_leaves_systemd_as_it_was(self):
        id = self.box(resources={"pids": {"limit": 50}})
        self.bad("update", "-r", "-", id, input=json.dumps({"pids": {"limit": 60}, "unified": {"cgroup.max.depth": "x"}}))
        self.assertEqual(self.show("TasksMax"), {"TasksMax": "50"})
        self.assertEqual(self.read(id, "pids.max"), {"pids.max": "50"})

    def test_an_annotated_limit_can_be_updated(self):
        id = self.box(TasksMax="uint64 40")
        self.update(id, {"pids": {"limit": 30}})
        self.assertEqual(self.show("TasksMax"), {"TasksMax": "30"})
        self.assertEqual(self.read(id, "pids.max"), {"pids.max": "30"})


class Ends(Booted):
    def test_stopping_the_scope_ends_the_container(self):
        # The first process of a pid namespace does not hear SIGTERM: then comes SIGKILL.
        id = self.box(TimeoutStopSec="1")
        systemctl("stop", self.unit)
        self.wait_for(id, "stopped")
        self.ok("delete", id)
        self.assert_gone()

    def test_a_failed_unit_of_the_same_name_is_reset(self):
        subprocess.run(["systemd-run", "--quiet", "--scope", f"--unit={self.unit}", "-p", "RuntimeMaxSec=1", "sleep",
                        "100"], capture_output=True)
        self.assertTrue(host.until(lambda: self.show("ActiveState") == {"ActiveState": "failed"}), self.show("Result"))
        id = self.box()
        self.assertEqual(self.show("ActiveState"), {"ActiveState": "active"})
        self.ok("delete", "--force", id)
        self.assert_gone()

    def test_a_container_whose_unit_failed_is_deleted_with_it(self):
        id = self.box(RuntimeMaxSec="1", TimeoutStopSec="1")
        self.wait_for(id, "stopped")
        self.assertTrue(host.until(lambda: self.show("ActiveState") == {"ActiveState": "failed"}))
        self.ok("delete", id)
        self.assert_gone()

    def test_a_unit_of_somebody_else_is_left_alone(self):
        other = subprocess.Popen(["systemd-run", "--quiet", "--scope", f"--unit={self.unit}", "sleep", "100"])
        self.addCleanup(other.wait)
        self.addCleanup(other.kill)
        self.assertTrue(host.until(lambda: self.show("ActiveState") == {"ActiveState": "active"}))
        self.bad("--systemd-cgroup", "create", "--bundle", self.scope(path=self.path).path, "box", text="in use")
        self.assertIsNone(other.poll())

    def test_an_unknown_property_is_named(self):
        log = self.folder / "log.json"
        bundle = self.scope(path=self.path).edit("/annotations/org.systemd.property.NoSuchThing", "1")
        self.bad("--log", log, "--log-format", "json", "--systemd-cgroup", "create", "--bundle", bundle.path, "box")
        entry = json.loads(log.read_text().splitlines()[-1])
        self.assertEqual((entry["code"], entry["phase"], entry["pointer"]),
                         ("unit-property-refused", "cgroup", "/annotations/org.systemd.property.NoSuchThing"))
        self.assertRegex(entry["hint"], r"^systemd \d+ does not take NoSuchThing")
        self.assert_gone()

    def test_cgroups_that_the_container_made_go_too(self):
        self.need_busybox()
        bundle = self.scope("/bin/sh", "-c", "set -e; cd /sys/fs/cgroup; mkdir -p init.scope deep/er; "
                            "echo 1 >init.scope/cgroup.procs; echo +pids >cgroup.subtree_control; "
                            "sleep 1000 & echo $! >deep/er/cgroup.procs; sleep 1000", path=self.path)
        bundle.without_mount("/sys/fs/cgroup").add_mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "rw")
        id = self.made(bundle)
        group = self.cgroup_of(id)
        self.ok("start", id)
        inner = group / "deep/er/cgroup.procs"
        self.assertTrue(host.until(lambda: inner.exists() and inner.read_text().strip() != ""))
        systemctl("daemon-reload")
        self.assertTrue(self.path_of(id).endswith(f"{self.unit}/init.scope"), self.path_of(id))
        inside = self.exec_report(id)
        self.assertEqual(harness.cgroup_of(inside["cgroup"]), "/init.scope")
        self.assertGreaterEqual(len(self.ok("ps", "--format", "json", id).json()), 2)
        self.ok("delete", "--force", id)
        self.assertFalse(group.exists())
        self.assert_gone()

    def test_a_disabled_manager_makes_no_unit(self):
        bundle = self.scope("sleep", "100", path=self.path).edit("/linux/resources/pids", {"limit": 50})
        id = self.forget(self.new_id())
        result = self.ok("--cgroup-manager", "disabled", "create", "--bundle", bundle.path, id)
        self.assertIn("/linux/resources", result.err)
        self.ok("start", id)
        self.assertEqual(self.path_of(id), harness.cgroup_of(pathlib.Path("/proc/self/cgroup").read_text()))
        self.assert_gone()
        self.bad("update", "--pids-limit", "5", id, text="no cgroup of its own")
        self.ok("kill", id, "KILL")
        self.wait_for(id, "stopped")
        self.ok("delete", id)
