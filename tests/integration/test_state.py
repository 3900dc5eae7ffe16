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

    def test_of_an_unknown_id_is_an_error(self):
        self.bad("state", "nobody", text="does not exist")

    def test_writes_nothing_to_stderr(self):
        id = self.create(self.bundle())
        self.assertEqual(self.ok("state", id).err, "")

    def test_is_one_json_object(self):
        id = self.create(self.bundle())
        self.assertTrue(re.match(r"\s*\{.*\}\s*$", self.ok("state", id).out, re.S))
