# SPDX-License-Identifier: Apache-2.0
"""The runtime is killed at any instant: delete --force cleans up, and the id can be used again."""

import os
import random
import signal
import time

import harness
import host

INSTANTS = 50


class Crash(harness.Case):
    seconds = 300

    def duration(self, *args):
        begin = time.monotonic()
        self.ok(*args)
        return time.monotonic() - begin

    def crashed(self, after, *args):
        process = self.rt.popen(*args)
        time.sleep(after)
        process.kill()
        return harness.wait_for(process)

    def nothing_left(self, bundle, id, moment):
        """After delete --force nothing is left, not even in a cgroup that state forgot."""
        removed = self.rt("delete", "--force", id)
        self.assertEqual(removed.code, 0, f"after {moment:.6f} s: {removed}")
        host.until(lambda: not self.leftovers(), 2)
        self.assertEqual(self.leftovers(), {}, f"killed after {moment:.6f} s")

    def sweep(self, verb, instants=INSTANTS):
        self.ours_only()
        bundle = self.bundle("sleep", "100")
        whole = max(self.duration(verb, *(["-d"] if verb == "run" else []), "--bundle", bundle.path, "probe"), 0.002)
        self.ok("delete", "--force", "probe")
        chance = random.Random(4711)
        for _ in range(instants):
            moment = chance.uniform(0, whole * 1.1)
            with self.subTest(f"{verb} {moment:.6f}"):
                self.crashed(moment, verb, *(["-d"] if verb == "run" else []), "--bundle", bundle.path, "crash")
                self.nothing_left(bundle, "crash", moment)
        self.create(bundle, id="crash")
        self.ok("start", "crash")

    def test_create(self):
        self.sweep("create")

    def test_run_detached(self):
        self.sweep("run", 20)

    def test_start(self):
        self.ours_only()
        bundle = self.bundle("sleep", "100")
        for number in range(15):
            moment = number * 0.0004
            self.create(bundle, id="crash")
            self.crashed(moment, "start", "crash")
            self.assertIn(self.state("crash")["status"], ("created", "running", "stopped"))
            self.nothing_left(bundle, "crash", moment)

    def test_delete(self):
        self.ours_only()
        bundle = self.bundle("sleep", "100")
        for number in range(15):
            moment = number * 0.0005
            self.started(bundle, id="crash")
            self.crashed(moment, "delete", "--force", "crash")
            self.nothing_left(bundle, "crash", moment)

    def test_exec(self):
        self.ours_only()
        bundle = self.bundle("sleep", "100")
        id = self.started(bundle)
        for number in range(15):
            self.crashed(number * 0.0004, "exec", id, "/bin/payload", "sleep", "100")
        # Whatever was left is in the container's cgroup, and goes with it.
        self.nothing_left(bundle, id, 0)

    def test_killed_init_while_creating(self):
        for _ in range(5):
            id = self.create(self.bundle())
            os.kill(self.state(id)["pid"], signal.SIGKILL)
            self.wait_for(id, "stopped")
            self.ok("delete", id)

    def test_foreground_run_killed(self):
        self.ours_only()
        bundle = self.bundle("sleep", "100")
        process = self.rt.popen("run", "--bundle", bundle.path, "crash")
        self.assertTrue(host.until(lambda: self.rt("state", "crash").code == 0))
        process.kill()
        harness.wait_for(process)
        self.nothing_left(bundle, "crash", 0)
