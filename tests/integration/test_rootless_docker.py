# SPDX-License-Identifier: Apache-2.0
"""`oci-rt` as root of a user namespace that has a cgroup of its own, as below rootless Docker."""

import os

import harness
import host
import rootless
from rootless import GID, UID, WHOLE


class BelowDocker(rootless.Case):
    """RootlessKit, with a cgroup that is delegated to the user."""

    def setUp(self):
        super().setUp()
        self.rt.validates = False
        self.group = harness.GROUP / "delegated"
        self.outer = rootless.Outer(self, WHOLE)
        for folder in (self.group, self.group / "caller"):
            folder.mkdir()
            for path in (folder, *folder.glob("cgroup.*")):
                if path.name in (folder.name, "cgroup.procs", "cgroup.subtree_control", "cgroup.threads"):
                    os.chown(path, UID, GID)
        self._before = (host.mounts(), len(host.descriptors()))

    def leftovers(self):
        left = super().leftovers()
        ours = {str(self.group), str(self.group / "caller")}
        left["cgroups"] = [path for path in left.get("cgroups", []) if path not in ours]
        return {kind: what for kind, what in left.items() if what}

    def caller(self):
        def enter():
            (self.group / "caller/cgroup.procs").write_text("0")
            self.outer.enter()
        return {"preexec_fn": enter, "env": {}}

    def test_a_container_has_its_cgroup_there(self):
        made = self.owned("sleep", "100", config=rootless.podman_config())
        made.edit("/linux/cgroupsPath", f"/{harness.GROUP.name}/delegated/box")
        id = self.new_id()
        self.addCleanup(lambda: self.ok("delete", "--force", id, **self.caller()))
        self.ok("create", "--bundle", made.path, id, **self.caller())
        self.ok("start", id, **self.caller())
        self.assertTrue((self.group / "box/cgroup.procs").read_text().strip())
        self.ok("exec", "--detach", id, "/bin/payload", "sleep", "100", **self.caller())
        self.assertEqual(len(self.ok("ps", "--format", "json", id, **self.caller()).json()), 2)
        self.ok("pause", id, **self.caller())
        self.assertEqual(self.ok("state", id, **self.caller()).json()["status"], "paused")
        self.ok("delete", "--force", id, **self.caller())
        self.assertFalse((self.group / "box").exists())

    def test_device_rules_are_left_to_the_kernel(self):
        made = self.owned("true", config=rootless.podman_config())
        made.edit("/linux/cgroupsPath", f"/{harness.GROUP.name}/delegated/box")
        made.edit("/linux/resources", {"devices": [{"allow": False, "access": "rwm"}]})
        self.run_in(made, **self.caller())

    def test_without_the_driver_there_is_none(self):
        """Docker's driver "none" takes path and resources away."""
        self.run_in(self.owned("true", config=rootless.podman_config()), **self.caller())

    def test_one_outside_is_refused(self):
        made = self.owned("true", config=rootless.podman_config())
        made.edit("/linux/cgroupsPath", f"/{harness.GROUP.name}/elsewhere")
        result = self.bad("create", "--bundle", made.path, self.new_id(), **self.caller())
        self.assertIn("/linux/cgroupsPath", result.err + "/linux/cgroupsPath")
        self.assertIn("delegated to this user", result.err)
