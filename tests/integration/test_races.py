# SPDX-License-Identifier: Apache-2.0
"""Commands that meet in one container: who loses is told so by a status and words of ours, and nothing is left.

OCI_RT_SLOW: a thousand rounds.
"""

import os

import harness

ROUNDS = 1000 if os.environ.get("OCI_RT_SLOW") else 12
GONE = "container does not exist"
NOT_RUNNING = "not running"
BUSY = "is busy"


class Races(harness.Case):
    seconds = 3000 if os.environ.get("OCI_RT_SLOW") else 150

    def setUp(self):
        super().setUp()
        self.ours_only()
        self.rt.validates = False
        self.box = self.bundle("sleep", "1000")
        self.resources = self.folder / "resources.json"
        self.resources.write_text('{"unified": {"cgroup.max.descendants": "100"}}')

    def at_once(self, *commands):
        """Starts all, in another order each time, then waits for all."""
        turn = self._turn = getattr(self, "_turn", 0) + 1
        order = [(turn + each) % len(commands) for each in range(len(commands))]
        running = {each: self.rt.popen(*commands[each]) for each in order}
        results = [harness.Result(running[each].args, harness.wait_for(running[each], 60), running[each].stem)
                   for each in range(len(commands))]
        for result in results:
            self.assertGreaterEqual(result.code, 0, f"ended by a signal: {result}")
        return results

    def lost(self, result, *words, codes=(1,)):
        """It won, or has one of the statuses and says one of the words."""
        if result.code == 0:
            return
        self.assertIn(result.code, codes, str(result))
        self.assertTrue(any(word in result.err for word in words), str(result))

    def rounds(self, before=("run", "-d")):
        for number in range(ROUNDS):
            self.ok(*before, "--bundle", self.box.path, "same")
            yield number
            self.ok("delete", "--force", "same")
            self.assert_clean()
            for file in self.folder.glob("output*"):
                file.unlink()

    def test_delete_and_exec(self):
        for _ in self.rounds():
            deleted, *executed = self.at_once(("delete", "--force", "same"), ("exec", "same", "/bin/payload", "true"),
                                              ("exec", "same", "/bin/payload", "sleep", "1000"))
            self.assertEqual(deleted.code, 0, str(deleted))
            for result in executed:
                if result.code != 128 + 9:  # killed with the container
                    self.lost(result, GONE, NOT_RUNNING, BUSY, "killed", "init", codes=(255,))

    def test_pause_kill_and_delete(self):
        for _ in self.rounds():
            deleted, killed, paused = self.at_once(("delete", "--force", "same"), ("kill", "same", "KILL"),
                                                   ("pause", "same"))
            self.assertEqual(deleted.code, 0, str(deleted))
            self.lost(killed, GONE, NOT_RUNNING)
            self.lost(paused, GONE, NOT_RUNNING, BUSY)

    def test_pause_resume_and_kill(self):
        for _ in self.rounds():
            paused, resumed, killed = self.at_once(("pause", "same"), ("resume", "same"), ("kill", "same", "KILL"))
            self.assertEqual(killed.code, 0, str(killed))
            self.lost(paused, NOT_RUNNING)
            self.lost(resumed, "not paused")
            self.wait_for("same", "stopped")

    def test_two_starts(self):
        for _ in self.rounds(("create",)):
            results = self.at_once(("start", "same"), ("start", "same"))
            self.assertEqual(sorted(result.code for result in results), [0, 1], "\n".join(map(str, results)))
            for result in results:
                self.lost(result, "cannot start an already running container")
            self.assertEqual(self.state("same")["status"], "running")

    def test_start_and_kill(self):
        for _ in self.rounds(("create",)):
            started, killed = self.at_once(("start", "same"), ("kill", "same", "KILL"))
            self.assertEqual(killed.code, 0, str(killed))
            self.lost(started, "has stopped", "died while it was started", "cannot reach init")
            self.wait_for("same", "stopped")

    def test_update_and_delete(self):
        for _ in self.rounds():
            deleted, updated = self.at_once(("delete", "--force", "same"),
                                            ("update", "--resources", self.resources, "same"))
            self.assertEqual(deleted.code, 0, str(deleted))
            self.lost(updated, GONE, NOT_RUNNING, BUSY)

    def test_exec_pause_and_resume(self):
        """A program that is frozen goes on with its container."""
        for _ in self.rounds():
            executing = self.rt.popen("exec", "same", "/bin/payload", "true")
            paused, resumed = self.at_once(("pause", "same"), ("resume", "same"))
            self.assertEqual(paused.code, 0, str(paused))
            self.lost(resumed, "not paused")
            if self.state("same")["status"] == "paused":
                self.ok("resume", "same")
            executed = harness.Result(executing.args, harness.wait_for(executing), executing.stem)
            self.lost(executed, "paused", codes=(255,))

    def test_two_deletes(self):
        """Without --force too: the second finds nothing."""
        for number in range(ROUNDS):
            self.ok("create", "--bundle", self.box.path, "same")
            results = self.at_once(("delete", "same"), ("delete", "same"))
            self.assertIn(0, [result.code for result in results], "\n".join(map(str, results)))
            for result in results:
                self.lost(result, GONE)
            self.assert_clean(str(number))
