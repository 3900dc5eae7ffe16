# SPDX-License-Identifier: Apache-2.0
"""start: the gate opens, and the answer is about execve."""

import harness


class Start(harness.Case):
    def test_runs_the_program(self):
        bundle = self.bundle("write", "/tmp/ran", "yes")
        id = self.started(bundle)
        self.wait_for(id, "stopped")
        self.assertEqual((bundle.rootfs / "tmp/ran").read_text(), "yes")

    def test_says_nothing_on_success(self):
        id = self.create(self.bundle("sleep", "100"))
        started = self.ok("start", id)
        self.assertEqual((started.out, started.err), ("", ""))
        self.assertEqual(self.state(id)["status"], "running")

    def test_keeps_the_pid_of_create(self):
        id = self.create(self.bundle("sleep", "100"))
        before = self.state(id)["pid"]
        self.ok("start", id)
        self.assertEqual(self.state(id)["pid"], before)

    def test_is_not_possible_twice(self):
        id = self.started(self.bundle("sleep", "100"))
        self.bad("start", id)
        self.assertEqual(self.state(id)["status"], "running")

    def test_is_not_possible_after_the_end(self):
        id = self.started(self.bundle("true"))
        self.wait_for(id, "stopped")
        self.bad("start", id)

    def test_of_a_killed_init_is_an_error(self):
        id = self.create(self.bundle())
        self.ok("kill", id, "KILL")
        self.wait_for(id, "stopped")
        self.bad("start", id)

    def test_of_an_unknown_id_is_an_error(self):
        self.bad("start", "nobody", text="does not exist")

    def test_needs_an_id(self):
        self.bad("start")
