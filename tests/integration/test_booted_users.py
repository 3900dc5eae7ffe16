# SPDX-License-Identifier: Apache-2.0
"""--systemd-cgroup for users, on a machine that systemd has booted: each has a systemd of their own."""

import os
import pathlib
import subprocess

import bundle as bundles
import harness
import host
from test_booted import MEGABYTE, Booted, disk, systemctl


class Users(Booted):
    """A user's own systemd, found from XDG_RUNTIME_DIR alone; and as Podman runs us, root of a user namespace."""

    LIMITS = {"memory": {"limit": 64 * MEGABYTE}, "pids": {"limit": 20},
              "cpu": {"quota": 50000, "period": 100000, "shares": 2048}}

    def setUp(self):
        super().setUp()
        users = pathlib.Path("/run/user").glob("*")
        self.runtime = next((path for path in users if path.name != "0" and (path / "systemd").is_dir()), None)
        if self.runtime is None:
            self.skipTest("no user's systemd: loginctl enable-linger USER starts one")
        self.uid = int(self.runtime.name)
        self.who = {"user": self.uid, "group": self.uid, "extra_groups": [],
                    "env": {"XDG_RUNTIME_DIR": str(self.runtime)}}
        (self.folder / "state").mkdir()
        for path in (self.folder, self.folder / "state"):
            os.chown(path, self.uid, self.uid)
        self.outer = []

    def delegated(self):
        manager = f"user.slice/user-{self.uid}.slice/user@{self.uid}.service"
        return (pathlib.Path(host.CGROUPS) / manager / "cgroup.controllers").read_text().split()

    def need_delegated(self, *names):
        if missing := set(names) - set(self.delegated()):
            self.skipTest(f"not delegated to users: {missing}")

    def user_show(self, *names):
        out = systemctl("--user", "show", self.unit, "--property=" + ",".join(names), **self.who)
        return dict(line.split("=", 1) for line in out.splitlines())

    def user_bundle(self, resources=None, own_namespace=True):
        config = bundles.minimal_config("/bin/payload", "sleep", "100")
        config["linux"]["namespaces"].append({"type": "cgroup"})
        config["linux"]["resources"] = resources or {}
        if own_namespace:
            config["linux"]["namespaces"].append({"type": "user"})
            for kind in ("uidMappings", "gidMappings"):
                config["linux"][kind] = [{"containerID": 0, "hostID": self.uid, "size": 1}]
        bundle = self.scope(config=config, path=f"user.slice:oci:{self.name}")
        for path in (bundle.path, *bundle.path.rglob("*")):
            os.chown(path, self.uid, self.uid, follow_symlinks=False)
        return bundle

    def run_as(self, *args, good=True, **options):
        return (self.ok if good else self.bad)(*args, argv=[*self.outer, *self.rt.argv(*args)], **self.who, **options)

    def enter_namespace(self):
        """One for all commands, as Podman keeps it."""
        keeper = subprocess.Popen(["unshare", "--user", "--map-root-user", "--mount", "sleep", "1000"], **self.who)
        self.addCleanup(keeper.wait)
        self.addCleanup(keeper.kill)
        own = os.readlink("/proc/self/ns/user")
        mapped = lambda: pathlib.Path(f"/proc/{keeper.pid}/uid_map").read_text().split() == ["0", str(self.uid), "1"]
        self.assertTrue(host.until(lambda: os.readlink(f"/proc/{keeper.pid}/ns/user") != own and mapped() and
                                   pathlib.Path(f"/proc/{keeper.pid}/comm").read_text() == "sleep\n"))
        self.outer = ["/usr/bin/nsenter", "--user", "--mount", "--preserve-credentials", f"--target={keeper.pid}",
                      f"--wdns={self.folder}", "--"]

    def whole_life(self, bundle):
        self.run_as("--systemd-cgroup", "create", "--bundle", bundle.path, "box")
        self.addCleanup(lambda: self.rt(argv=[*self.outer, *self.rt.argv("delete", "--force", "box")], **self.who))
        pid = self.run_as("state", "box").json()["pid"]
        path = harness.cgroup_of(pathlib.Path(f"/proc/{pid}/cgroup").read_text())
        self.assertTrue(path.endswith(f"/user@{self.uid}.service/user.slice/{self.unit}"), path)
        group = pathlib.Path(f"{host.CGROUPS}{path}")
        read = lambda *names: [(group / name).read_text().strip() for name in names]
        files = ("memory.max", "pids.max", "cpu.max", "cpu.weight")
        limits = [str(64 * MEGABYTE), "20", "50000 100000", "174"]
        self.assertEqual(read(*files), limits)
        self.assertEqual(self.user_show("ActiveState", "Delegate", "Slice", "MemoryMax", "TasksMax", "CPUWeight"),
                         {"ActiveState": "active", "Delegate": "yes", "Slice": "user.slice", "TasksMax": "20",
                          "MemoryMax": str(64 * MEGABYTE), "CPUWeight": "174"})
        systemctl("--user", "daemon-reload", **self.who)
        self.assertEqual(read(*files), limits)
        self.run_as("start", "box")
        inside = self.run_as("exec", "box", "/bin/payload", "report").json()
        self.assertEqual(harness.cgroup_of(inside["cgroup"]), "/")
        made = int(self.run_as("exec", "box", "/bin/payload", "forks", "50").out)
        self.assertLess(made, 20)
        self.run_as("update", "--pids-limit", "30", "box")
        self.assertEqual(read("pids.max"), ["30"])
        self.assertEqual(self.user_show("TasksMax"), {"TasksMax": "30"})
        (group / "pids.max").write_text("max")
        systemctl("--user", "daemon-reload", **self.who)
        systemctl("--user", "set-property", "--runtime", self.unit, "TasksAccounting=yes", **self.who)
        self.assertEqual(read("pids.max"), ["30"])
        self.run_as("pause", "box")
        self.assertEqual(self.run_as("state", "box").json()["status"], "paused")
        self.run_as("resume", "box")
        self.run_as("kill", "box", "KILL")
        self.assertTrue(host.until(lambda: self.run_as("state", "box").json()["status"] == "stopped"))
        self.run_as("delete", "box")
        self.assertFalse(group.exists())
        self.assertEqual(self.user_show("ActiveState", "LoadState"),
                         {"ActiveState": "inactive", "LoadState": "not-found"})

    def test_a_scope_of_their_own(self):
        self.need_delegated("cpu", "memory", "pids")
        self.whole_life(self.user_bundle(self.LIMITS))

    def test_as_root_of_a_user_namespace(self):
        self.need_delegated("cpu", "memory", "pids")
        self.enter_namespace()
        self.whole_life(self.user_bundle(self.LIMITS, own_namespace=False))

    def test_a_running_container_is_deleted_by_force(self):
        for inside in (False, True):
            if inside:
                self.enter_namespace()
            bundle = self.user_bundle(own_namespace=not inside)
            self.run_as("--systemd-cgroup", "create", "--bundle", bundle.path, "box")
            self.run_as("start", "box")
            self.run_as("delete", "--force", "box")
            self.assertEqual(self.user_show("LoadState"), {"LoadState": "not-found"})

    def test_a_narrow_limit(self):
        self.need_delegated("pids")
        for limit in (0, 1):
            self.run_as("--systemd-cgroup", "create", "--bundle",
                        self.user_bundle({"pids": {"limit": limit}}).path, "box")
            self.run_as("start", "box")
            self.assertEqual(self.user_show("TasksMax"), {"TasksMax": "1"})
            self.run_as("delete", "--force", "box")

    def test_a_controller_that_is_not_delegated_is_named(self):
        if "io" in self.delegated() or not disk():
            self.skipTest("users have all that is asked for")
        major, minor = disk()
        bundle = self.user_bundle({"unified": {"io.max": f"{major}:{minor} rbps={MEGABYTE}"}})
        result = self.run_as("--systemd-cgroup", "create", "--bundle", bundle.path, "box", good=False)
        self.assertRegex(result.err, r"\bio\b")
        self.assertEqual(self.user_show("LoadState"), {"LoadState": "not-found"})

    def test_the_systemd_of_all_is_not_for_users(self):
        self.who["env"] = {}
        result = self.run_as("--systemd-cgroup", "create", "--bundle", self.user_bundle().path, "box", good=False)
        self.assertIn("XDG_RUNTIME_DIR", result.err)
