# SPDX-License-Identifier: Apache-2.0
"""pause and resume: the freezer."""

import random

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

    def test_delete_ends_a_paused_container(self):
        bundle = self.bundle("fork-sleep", "2")
        id = self.started(bundle)
        self.ok("pause", id)
        self.bad("delete", id, text="not stopped")
        self.ok("delete", "--force", id)
        self.assertFalse(bundle.cgroup.exists())

    def test_other_signals_wait_for_the_resume(self):
        id = self.started(self.bundle("signals"))
        self.assertTrue(host.until(lambda: "ready" in self.created.out))
        self.ok("pause", id)
        for words in ((id, "USR1"), ("--all", id, "USR2")):
            self.ok("kill", *words)
        self.assertEqual(self.state(id)["status"], "paused")
        self.assertNotIn("signal", self.created.out)
        self.ok("resume", id)
        self.assertTrue(host.until(lambda: self.created.out.count("signal ") == 2))

    def test_freezes_cgroups_that_the_container_made(self):
        bundle = self.bundle("sleep", "100")
        id = self.started(bundle)
        inner = bundle.cgroup / "a/b"
        inner.mkdir(parents=True)
        self.ok("exec", "--detach", "--cgroup", "a/b", id, "/bin/payload", "burn", "60000")
        self.ok("pause", id)
        self.assertIn("frozen 1", (inner / "cgroup.events").read_text())
        self.ok("resume", id)
        self.assertIn("frozen 0", (inner / "cgroup.events").read_text())

    def test_what_the_container_froze_itself_stays_frozen(self):
        bundle = self.bundle("sleep", "100")
        id = self.started(bundle)
        inner = bundle.cgroup / "inner"
        inner.mkdir()
        self.ok("exec", "--detach", "--cgroup", "inner", id, "/bin/payload", "sleep", "100")
        (inner / "cgroup.freeze").write_text("1")
        self.assertTrue(host.until(lambda: "frozen 1" in (inner / "cgroup.events").read_text()))
        self.assertEqual(self.state(id)["status"], "running")
        self.ok("pause", id)
        self.ok("resume", id)
        self.assertEqual(self.state(id)["status"], "running")
        self.assertIn("frozen 1", (inner / "cgroup.events").read_text())
        self.ok("kill", "--all", id, "KILL")
        self.wait_for(id, "stopped")

    def test_a_created_container_can_be_paused(self):
        id = self.create(self.bundle("sleep", "100"))
        self.ok("pause", id)
        self.assertEqual(self.state(id)["status"], "paused")
        self.ok("resume", id)
        self.assertEqual(self.state(id)["status"], "created")
        self.ok("start", id)

    def test_without_a_cgroup_is_an_error(self):
        self.ours_only()
        bundle = self.bundle("sleep", "100", cgroup=False)
        id = self.forget(self.new_id())
        self.ok("--cgroup-manager", "disabled", "create", "--bundle", bundle.path, id)
        self.bad("pause", id, text="no cgroup")

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


class Races(harness.Case):
    """pause and resume against whatever else may happen: each ends soon, and none leaves a process frozen for ever."""

    def against(self, id, *words):
        """Both at once, either ahead of the other by chance; what the pause has said."""
        chance = random.random() * 0.004
        first, second = (("pause", id), words) if random.random() < 0.5 else (words, ("pause", id))
        begun = self.rt.popen(*first)
        host.until(lambda: False, chance)
        after = self.rt.popen(*second)
        return [harness.wait_for(process, 15) for process in (begun, after)]

    def test_with_kill(self):
        for _ in range(10):
            id = self.started(self.bundle("fork-sleep", "2"))
            self.against(id, "kill", "--all", id, "KILL")
            self.wait_for(id, "stopped")
            self.ok("delete", id)

    def test_with_delete(self):
        for _ in range(10):
            id = self.started(self.bundle("fork-sleep", "2"))
            codes = self.against(id, "delete", "--force", id)
            self.assertIn(0, codes)
            self.ok("delete", "--force", id)
            self.bad("state", id, text="does not exist")

    def test_with_exec(self):
        id = self.started(self.bundle("reap"))
        for _ in range(10):
            exec = self.rt.popen("exec", id, "/bin/payload", "true")
            pause = self.rt.popen("pause", id)
            self.assertEqual(harness.wait_for(pause, 15), 0)
            self.ok("resume", id)
            # It came before the pause, or is refused, or has waited for the resume.
            code = harness.wait_for(exec, 15)
            self.assertTrue(code == 0 or "paused container" in open(f"{exec.stem}.err").read(), code)

    def test_with_a_signal_for_all(self):
        # Which freezes and thaws by itself.
        id = self.started(self.bundle("signals"))
        self.assertTrue(host.until(lambda: "ready" in self.created.out))
        for _ in range(10):
            self.assertEqual(self.against(id, "kill", "--all", id, "USR1"), [0, 0])
            self.assertEqual(self.state(id)["status"], "paused")
            self.ok("resume", id)

    def test_with_resume(self):
        id = self.started(self.bundle("sleep", "100"))
        for _ in range(10):
            both = [self.rt.popen(verb, id) for verb in ("pause", "resume")]
            for process in both:
                harness.wait_for(process, 15)
            if self.state(id)["status"] == "paused":
                self.ok("resume", id)
            self.assertEqual(self.state(id)["status"], "running")

    def test_with_the_end_of_the_program(self):
        for _ in range(5):
            id = self.started(self.bundle("burn", "30"))
            self.rt("pause", id)
            self.rt("resume", id)
            self.wait_for(id, "stopped")
            self.ok("delete", id)
