# SPDX-License-Identifier: Apache-2.0
"""/linux/intelRdt. Few machines have resctrl, so what stands for it is a hierarchy of cgroup v1 with a name of its
own: making a directory brings a file "tasks", who is written there is in, and so are its children. The program
under test is a copy that reads the list of mounts from another path of the same length."""

import os
import pathlib
import stat
import tempfile

import harness
import host
from coverage import accepts

REAL = b"/proc/self/mountinfo\0"
MODULE = "oci-rt-resctrl"


class IntelRdt(harness.Case):
    def test_without_resctrl_is_refused(self):
        if "resctrl" in pathlib.Path("/proc/filesystems").read_text():
            self.skipTest("this machine has resctrl")
        self.refused(self.bundle().edit("/linux/intelRdt", {}), "/linux/intelRdt")

    def test_a_class_that_is_no_name_is_refused(self):
        for name in ("a/b", "..", "info", "x\ny"):
            with self.subTest(name):
                self.refused(self.bundle().edit("/linux/intelRdt", {"closID": name}), "/linux/intelRdt/closID")

    def test_is_among_the_features(self):
        self.ours_only()
        features = self.ok("features").json()["linux"]
        self.assertEqual(features["intelRdt"], {"enabled": True, "schemata": True, "monitoring": True})
        self.assertTrue(features["netDevices"]["enabled"])


class OnAFakeTree(harness.Case):
    def setUp(self):
        super().setUp()
        self.ours_only()
        program = pathlib.Path(harness.binary()).read_bytes()
        if REAL not in program:
            self.skipTest("cannot redirect this binary")
        self.table = pathlib.Path(tempfile.mkdtemp(prefix="r", dir="/tmp"))
        self.addCleanup(lambda: self.table.rmdir())
        file = self.table / "x"
        file = pathlib.Path(str(file).ljust(len(REAL) - 1, "x"))
        self.assertEqual(len(str(file)), len(REAL) - 1)
        self.tree = self.folder / "resctrl"
        self.tree.mkdir()
        file.write_text("\n".join([*host.mounts(), f"9999 1 0:99 / {self.tree} rw - resctrl resctrl rw", ""]))
        self.addCleanup(file.unlink)
        copy = self.folder / "oci-rt"
        copy.write_bytes(program.replace(REAL, str(file).encode() + b"\0"))
        copy.chmod(0o755)
        before = os.environ.get("OCI_RT")
        os.environ["OCI_RT"] = str(copy)
        self.addCleanup(lambda: os.environ.__setitem__("OCI_RT", before))

    def mount_tasks(self):
        """From here on a directory made in the tree has a file of tasks."""
        try:
            self.mount_hierarchy()
        except OSError as error:
            self.skipTest(f"no cgroup v1: {error}")
        self.addCleanup(self.unmount_tasks)
        self._before = (host.mounts(), self._before[1])

    def unmount_tasks(self):
        for folder in sorted((p for p in self.tree.rglob("*") if p.is_dir()), reverse=True):
            folder.rmdir()
        host.unmount(self.tree)
        # The kernel lets go of directories a moment later, and only an empty hierarchy ends by umount.
        for _ in range(5):
            if host.until(self.is_gone, 1):
                return
            self.mount_hierarchy()
            host.unmount(self.tree)

    def mount_hierarchy(self):
        host.mount("none", self.tree, "cgroup", 0, f"none,name={MODULE}-{os.getpid()}")

    def is_gone(self):
        host.reap()  # a zombie keeps its directory alive
        return f"name={MODULE}-{os.getpid()}:" not in pathlib.Path("/proc/self/cgroup").read_text()

    def with_rdt(self, rdt, *args):
        return self.bundle(*(args or ("sleep", "100"))).edit("/linux/intelRdt", rdt)

    def classes(self):
        return sorted(str(p.relative_to(self.tree)) for p in self.tree.rglob("*") if p.is_dir())

    def class_of(self, pid):
        lines = pathlib.Path(f"/proc/{pid}/cgroup").read_text().splitlines()
        return next(line.split(":")[2] for line in lines if f"name={MODULE}" in line)

    def exec_pid(self, id):
        """The pid of a further process."""
        file = self.folder / "exec.pid"
        self.ok("exec", "--detach", "--pid-file", file, id, "/bin/payload", "sleep", "100")
        return int(file.read_text())

    def test_a_container_gets_a_class_of_its_own(self):
        self.mount_tasks()
        id = self.started(self.with_rdt({}))
        self.assertEqual(self.class_of(self.state(id)["pid"]), f"/{id}")
        self.assertEqual(self.class_of(self.exec_pid(id)), f"/{id}")
        self.ok("delete", "--force", id)
        self.assertEqual(self.classes(), [])

    def test_its_children_are_in_it(self):
        self.mount_tasks()
        id = self.started(self.with_rdt({}, "fork-sleep"))
        tasks = self.tree / id / "tasks"
        self.assertTrue(host.until(lambda: len(tasks.read_text().split()) > 1))

    @accepts("/linux/intelRdt/enableMonitoring")
    def test_is_measured_in_the_default_class(self):
        self.mount_tasks()
        (self.tree / "mon_groups").mkdir()
        id = self.started(self.with_rdt({"closID": "/", "enableMonitoring": True}))
        self.assertEqual(self.class_of(self.state(id)["pid"]), f"/mon_groups/{id}")
        self.assertEqual(self.class_of(self.exec_pid(id)), f"/mon_groups/{id}")
        self.ok("delete", "--force", id)
        self.assertEqual(self.classes(), ["mon_groups"])

    def test_a_create_that_fails_leaves_no_class(self):
        self.mount_tasks()
        for rdt, pointer, value in (({}, "/process/args", ["/no/such"]), ({"schemata": ["L3:0=f"]}, "/hostname", "a"),
                                    ({}, "/hooks", {"createRuntime": [{"path": "/bin/false"}]})):
            with self.subTest(rdt=rdt, pointer=pointer):
                self.refused(self.with_rdt(rdt).edit(pointer, value))
                self.assertEqual(self.classes(), [])

    def test_a_create_that_is_killed_leaves_no_class(self):
        self.mount_tasks()
        script = self.folder / "hook"
        script.write_text("#!/bin/sh\nkill -9 $PPID\n")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        bundle = self.with_rdt({}).edit("/hooks", {"createRuntime": [{"path": str(script)}]})
        self.rt("create", "--bundle", bundle.path, "killed")
        self.assertEqual(self.classes(), ["killed"])
        self.ok("delete", "--force", "killed")
        self.assertEqual(self.classes(), [])

    @accepts("/linux/intelRdt/{closID,schemata,l3CacheSchema}")
    def test_a_class_of_others_is_joined_and_stays(self):
        gold = self.tree / "gold"
        gold.mkdir()
        (gold / "schemata").write_text("    L3:0=00f;1=7ff\n    MB:0=100\n")
        (gold / "tasks").write_text("")
        for rdt in ({"closID": "gold"}, {"closID": "gold", "l3CacheSchema": "L3:0=f"},
                    {"closID": "gold", "schemata": ["L3:1=7ff", "MB:0=100"]}):
            with self.subTest(rdt):
                id = self.create(self.with_rdt(rdt))
                self.assertEqual(gold.joinpath("tasks").read_text(), f"{self.state(id)['pid']}\n")
                self.ok("delete", "--force", id)
                self.assertTrue(gold.exists())
        self.refused(self.with_rdt({"closID": "gold", "l3CacheSchema": "L3:0=ff"}), "other shares")
        self.refused(self.with_rdt({"closID": "silver"}), "/linux/intelRdt/closID")
        self.refused(self.with_rdt({"closID": "gold", "enableMonitoring": True}), "/linux/intelRdt/enableMonitoring")

    def test_a_class_in_use_outlives_the_container_that_made_it(self):
        self.mount_tasks()
        first = self.started(self.with_rdt({}))
        second = self.started(self.with_rdt({"closID": first}))
        self.ok("delete", "--force", first)
        self.assertEqual(self.classes(), [first])
        self.assertEqual(self.class_of(self.state(second)["pid"]), f"/{first}")
        self.ok("delete", "--force", second)
