# SPDX-License-Identifier: Apache-2.0
"""Callers without privileges whose cgroups are scopes of their own systemd: alone, and below rootless Podman."""

import json
import os
import pathlib
import subprocess
import unittest

import bundle as bundles
import harness
import host
import rootless

USER = 1000
FIRST, COUNT = 100000, 65536
RUNTIME = f"/run/user/{USER}"


def granted():
    try:
        lines = pathlib.Path("/etc/subuid").read_text().splitlines()
    except OSError:
        return False
    return any(line.endswith(f":{FIRST}:{COUNT}") for line in lines)


@unittest.skipUnless(os.path.exists(f"{RUNTIME}/bus") and granted(), "no user with a systemd and ids of their own")
class Session(harness.Case):
    """The caller knows XDG_RUNTIME_DIR, and no DBUS_SESSION_BUS_ADDRESS."""

    maps = [(0, USER, 1), (1, FIRST, COUNT)]

    def setUp(self):
        super().setUp()
        self.rt.root.mkdir(mode=0o700)
        os.chown(self.rt.root, USER, USER)
        self.rt.validates = False
        self.folder.chmod(0o777)
        self.prepare()

    def prepare(self):
        pass

    def caller(self):
        return {"user": USER, "group": USER, "extra_groups": [], "env": {"XDG_RUNTIME_DIR": RUNTIME}}

    def made(self, *args, path=None, resources=None):
        config = bundles.docker_config()
        config["linux"].pop("sysctl")
        made = self.bundle(*args, config=config, cgroup=False).edit("/linux/resources", resources or {})
        for folder in (made.path, made.rootfs, *made.rootfs.iterdir()):
            os.chown(folder, USER, USER)
        return self.mapped(made).edit("/linux/cgroupsPath", path)

    def mapped(self, made):
        made.config["linux"]["namespaces"].append({"type": "user"})
        made.edit("/linux/uidMappings", rootless.mappings(self.maps))
        return made.edit("/linux/gidMappings", rootless.mappings(self.maps))

    def created(self, made, *options):
        id = self.new_id()
        self.addCleanup(lambda: self.ok("delete", "--force", id, **self.caller()))
        self.ok("--systemd-cgroup", "create", "--bundle", made.path, *options, id, **self.caller())
        return id

    def cgroup(self, id):
        pid = self.ok("state", id, **self.caller()).json()["pid"]
        return host.CGROUPS / harness.cgroup_of(pathlib.Path(f"/proc/{pid}/cgroup").read_text())[1:]

    def units(self):
        said = subprocess.run(["systemctl", "--user", "--machine", f"{USER}@.host", "list-units", "--all", "--plain",
                               "--no-legend", "libpod-*"], capture_output=True, text=True, check=False)
        return said.stdout.split()

    def test_a_container_is_a_scope_below_the_users_manager(self):
        id = self.created(self.made("sleep", "100", path="user.slice:libpod:one"))
        place = self.cgroup(id)
        self.assertIn(f"user@{USER}.service", str(place))
        self.assertEqual(place.name, "libpod-one.scope")
        self.ok("start", id, **self.caller())
        self.assertEqual(self.cgroup(id), place)
        where = self.ok("exec", id, "/bin/payload", "cat", "/proc/self/cgroup", **self.caller()).out
        self.assertIn("0::/\n", where)
        self.ok("exec", "--detach", id, "/bin/payload", "sleep", "100", **self.caller())
        self.assertEqual(len(self.ok("ps", "--format", "json", id, **self.caller()).json()), 2)
        self.ok("pause", id, **self.caller())
        self.ok("resume", id, **self.caller())
        self.ok("kill", id, "9", **self.caller())
        self.assertTrue(host.until(lambda: self.ok("state", id, **self.caller()).json()["status"] == "stopped"))
        self.ok("delete", id, **self.caller())
        self.assertFalse(place.exists())
        self.assertEqual(self.units(), [])

    def test_limits_that_are_delegated_work(self):
        made = self.made("sleep", "100", path="user.slice:libpod:two",
                         resources={"memory": {"limit": 64 << 20}, "pids": {"limit": 50}})
        id = self.created(made)
        place = self.cgroup(id)
        self.assertEqual((place / "memory.max").read_text(), f"{64 << 20}\n")
        self.assertEqual((place / "pids.max").read_text(), "50\n")
        self.ok("update", "--resources", "-", id, input=json.dumps({"memory": {"limit": 32 << 20}}), **self.caller())
        self.assertEqual((place / "memory.max").read_text(), f"{32 << 20}\n")

    def test_limits_that_are_not_are_an_error(self):
        made = self.made("true", path="user.slice:libpod:three", resources={"hugepageLimits": [
            {"pageSize": "2MB", "limit": 0}]})
        result = self.bad("--systemd-cgroup", "create", "--bundle", made.path, self.new_id(), **self.caller())
        self.assertIn("hugetlb", result.err)
        self.assertTrue(host.until(lambda: not self.units()), self.units())

    def test_no_path_is_a_scope_too(self):
        id = self.created(self.made("sleep", "100"))
        self.assertIn(".scope", self.cgroup(id).name)

    def test_the_cgroup_belongs_to_the_containers_root_if_it_may_write(self):
        made = self.made("sleep", "100", path="user.slice:libpod:four").without_mount("/sys/fs/cgroup")
        made.add_mount("/sys/fs/cgroup", "cgroup", "cgroup", "private", "rw")
        id = self.created(made)
        self.ok("start", id, **self.caller())
        self.ok("exec", id, "/bin/payload", "write", "/sys/fs/cgroup/cgroup.procs", "0", **self.caller())


class BelowPodman(Session):
    """Root of a user namespace: the bus has to be told who that is outside."""

    def prepare(self):
        self.outer = rootless.Outer(self, self.maps, uid=USER)
        self._before = (host.mounts(), len(host.descriptors()))

    def caller(self):
        return self.outer.caller(XDG_RUNTIME_DIR=RUNTIME)

    def mapped(self, made):
        return made


class WithItsOwnMap(BelowPodman):
    """--userns=auto: one more user namespace."""

    def mapped(self, made):
        made.config["linux"]["namespaces"].append({"type": "user"})
        for folder in (made.rootfs, *made.rootfs.iterdir()):
            os.chown(folder, FIRST, FIRST)
        ranges = rootless.mappings([(0, 1, 1000)])
        return made.edit("/linux/uidMappings", ranges).edit("/linux/gidMappings", ranges)
