# SPDX-License-Identifier: Apache-2.0
"""state: the document of runtime.md."""

import os
import re

import harness
import host
from coverage import accepts


class State(harness.Case):
    @accepts("/annotations/*")
    def test_has_the_members_of_the_specification(self):
        bundle = self.bundle().edit("/annotations", {"com.example.key": "väl/ue", "empty": ""})
        id = self.create(bundle)
        state = self.state(id)
        self.assertEqual(state["id"], id)
        self.assertEqual(state["status"], "created")
        self.assertEqual(state["bundle"], str(bundle.path))
        self.assertEqual(state["annotations"], {"com.example.key": "väl/ue", "empty": ""})
        self.assertRegex(state["ociVersion"], r"^1\.\d+\.\d+")

    def test_has_what_engines_read_besides(self):
        id = self.create(self.bundle())
        state = self.state(id)
        self.assertEqual(state["rootfs"], str(self.folder / state["bundle"] / "rootfs"))
        self.assertRegex(state["created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:\d\d)$")
        self.assertIn("owner", state)

    def test_names_a_live_process(self):
        id = self.create(self.bundle())
        self.assertTrue(os.path.isdir(f"/proc/{self.state(id)['pid']}"))

    def test_goes_from_created_over_running_to_stopped(self):
        id = self.create(self.bundle("sleep", "100"))
        seen = [self.state(id)["status"]]
        self.ok("start", id)
        seen.append(self.state(id)["status"])
        self.ok("kill", id, "KILL")
        self.wait_for(id, "stopped")
        seen.append(self.state(id)["status"])
        self.assertEqual(seen, ["created", "running", "stopped"])

    def test_has_no_pid_when_stopped(self):
        id = self.started(self.bundle("true"))
        self.wait_for(id, "stopped")
        self.assertEqual(self.state(id).get("pid", 0), 0)

    def test_calls_a_zombie_stopped(self):
        id = self.create(self.bundle("exit", "5"))
        pid = self.state(id)["pid"]
        self.ok("start", id)
        self.assertTrue(host.until(lambda: pid in host.STATUSES or host.process_state(pid) == "Z"))
        self.assertEqual(self.state(id)["status"], "stopped")
        host.reap()
        self.assertEqual(self.state(id)["status"], "stopped")

    def test_tells_whether_devices_are_filtered(self):
        self.ours_only()
        id = self.create(self.bundle())
        self.assertEqual(self.state(id)["deviceFilter"], {"attached": True})
        allowing = self.bundle().edit("/linux/resources/devices", [{"allow": True, "access": "rwm"}])
        filter = self.state(self.create(allowing))["deviceFilter"]
        self.assertEqual(filter, {"attached": False, "reason": "every device is allowed"})
        free = self.bundle("true", cgroup=False)
        id = self.forget(self.new_id())
        self.ok("--cgroup-manager", "disabled", "create", "--bundle", free.path, id)
        self.assertIn("no cgroup", self.state(id)["deviceFilter"]["reason"])

    def test_counts_who_was_killed_for_want_of_memory(self):
        self.ours_only()
        self.need_controller("memory")
        bundle = self.bundle("hold", "64")
        bundle.edit("/linux/resources/memory", {"limit": 16 << 20, "swap": 16 << 20})
        id = self.create(bundle)
        self.assertEqual(self.state(id)["oomKills"], 0)
        self.rt("start", id)
        self.wait_for(id, "stopped")
        self.assertEqual(self.state(id)["oomKills"], 1)

    def test_of_an_unknown_id_is_an_error(self):
        self.bad("state", "nobody", text="does not exist")

    def test_writes_nothing_to_stderr(self):
        id = self.create(self.bundle())
        self.assertEqual(self.ok("state", id).err, "")

    def test_is_one_json_object(self):
        id = self.create(self.bundle())
        self.assertTrue(re.match(r"\s*\{.*\}\s*$", self.ok("state", id).out, re.S))
