# SPDX-License-Identifier: Apache-2.0
"""delete: nothing is left."""

import os

import harness
import host


class Delete(harness.Case):
    def test_removes_a_stopped_container(self):
        id = self.started(self.bundle("true"))
        self.wait_for(id, "stopped")
        removed = self.ok("delete", id)
        self.assertEqual((removed.out, removed.err), ("", ""))
        self.assert_clean()
        self.bad("state", id, text="does not exist")

    def test_removes_a_created_container(self):
        id = self.create(self.bundle())
        self.ok("delete", id)
        self.assert_clean()

    def test_refuses_a_running_container(self):
        id = self.started(self.bundle("sleep", "100"))
        self.bad("delete", id)
        self.assertEqual(self.state(id)["status"], "running")

    def test_right_after_a_kill_waits_for_the_end(self):
        self.ours_only()
        bundle = self.bundle("sleep", "1000")
        for _ in range(30):
            id = self.started(bundle)
            self.ok("kill", id, "KILL")
            self.ok("delete", id)
        self.assert_clean()

    def test_by_force_ends_a_running_container(self):
        id = self.started(self.bundle("fork-sleep", "3"))
        self.ok("delete", "--force", id)
        self.assert_clean()

    def test_by_force_ends_one_without_a_pid_namespace(self):
        id = self.started(self.bundle("fork-sleep", "3").without_namespace("pid"))
        self.assertTrue(host.until(lambda: "forked" in self.created.out))
        self.ok("delete", "-f", id)
        self.assert_clean()

    def test_by_force_ends_a_paused_container(self):
        id = self.started(self.bundle("fork-sleep", "2"))
        self.ok("pause", id)
        self.ok("delete", "--force", id)
        self.assert_clean()

    def test_by_force_does_not_mind_an_unknown_id(self):
        removed = self.ok("delete", "--force", "nobody")
        self.assertEqual((removed.out, removed.err), ("", ""))

    def test_of_an_unknown_id_is_an_error(self):
        self.bad("delete", "nobody", text="does not exist")

    def test_frees_the_id(self):
        bundle = self.bundle("true")
        for _ in range(3):
            id = self.started(bundle, id="again")
            self.wait_for(id, "stopped")
            self.ok("delete", id)

    def test_removes_cgroups_the_container_made(self):
        bundle = self.bundle("sleep", "100")
        id = self.started(bundle)
        os.makedirs(bundle.cgroup / "inner/deep")
        self.ok("delete", "--force", id)
        self.assertFalse(bundle.cgroup.exists())

    def test_works_when_the_bundle_is_gone(self):
        bundle = self.bundle("true")
        id = self.started(bundle)
        self.wait_for(id, "stopped")
        (bundle.path / "config.json").unlink()
        self.ok("delete", id)
        self.assert_clean()

    def test_by_force_removes_a_half_made_directory(self):
        self.ours_only()
        self.rt.root.mkdir(mode=0o700)
        (self.rt.root / "half").mkdir(mode=0o700)
        self.ok("delete", "--force", "half")
        self.assertFalse((self.rt.root / "half").exists())

    def test_leaves_others_alone(self):
        first, second = self.started(self.bundle("sleep", "100")), self.started(self.bundle("sleep", "100"))
        self.ok("delete", "--force", first)
        self.assertEqual(self.state(second)["status"], "running")
