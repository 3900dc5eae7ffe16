# SPDX-License-Identifier: Apache-2.0
"""pause and resume: the freezer."""

import harness
import host


class Pause(harness.Case):
    def frozen(self, bundle):
        return "frozen 1" in (bundle.cgroup / "cgroup.events").read_text()

    def test_freezes_and_thaws(self):
        bundle = self.bundle("fork-sleep", "1")
        id = self.started(bundle)
        paused = self.ok("pause", id)
        self.assertEqual((paused.out, paused.err), ("", ""))
        self.assertEqual(self.state(id)["status"], "paused")
        self.assertTrue(self.frozen(bundle))
        self.ok("resume", id)
        self.assertEqual(self.state(id)["status"], "running")
        self.assertFalse(self.frozen(bundle))

    def test_of_a_paused_container_is_an_error_or_nothing(self):
        id = self.started(self.bundle("sleep", "100"))
        self.ok("pause", id)
        self.assertIn(self.rt("pause", id).code, (0, 1))
        self.assertEqual(self.state(id)["status"], "paused")

    def test_of_a_stopped_container_is_an_error(self):
        id = self.started(self.bundle("true"))
        self.wait_for(id, "stopped")
        self.bad("pause", id)

    def test_resume_of_a_running_container_is_an_error(self):
        self.ours_only()
        id = self.started(self.bundle("sleep", "100"))
        self.bad("resume", id)

    def test_of_an_unknown_container_is_an_error(self):
        self.bad("pause", "nobody", text="does not exist")
        self.bad("resume", "nobody", text="does not exist")

    def test_kill_reaches_a_paused_container(self):
        id = self.started(self.bundle("sleep", "100"))
        self.ok("pause", id)
        self.ok("kill", id, "KILL")
        self.wait_for(id, "stopped")

    def test_a_paused_container_does_nothing(self):
        self.need_busybox()
        bundle = self.bundle("/bin/sh", "-c", "while :; do echo x >> /tmp/log; done")
        id = self.started(bundle)
        log = bundle.rootfs / "tmp/log"
        self.assertTrue(host.until(log.exists))
        self.ok("pause", id)
        size = log.stat().st_size
        host.until(lambda: False, 0.1)
        self.assertEqual(log.stat().st_size, size)
        self.ok("resume", id)
        self.assertTrue(host.until(lambda: log.stat().st_size > size))
