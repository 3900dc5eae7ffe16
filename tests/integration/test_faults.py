# SPDX-License-Identifier: Apache-2.0
"""A command that is killed at one of its system calls, or fails at one: delete --force removes all it made.

OCI_RT_FAULTS: see faults_case.
"""

import errno
import os
import unittest

import faults
import faults_case
import harness


class Killed(faults_case.Faults):
    """The command dies, as of an impatient engine or the OOM killer."""

    def test_create(self):
        self.sweep(40, self.creation)

    def test_create_where_init_is_killed(self):
        def is_told(trace):
            self.assertGreaterEqual(trace.code, 0)
            # The last calls are made when create has gone.
            if trace.code == 0:
                self.assertNotEqual(self.rt("start", self.name).code, 0)

        self.sweep(20, self.creation, check=is_told, victim="child")

    def test_create_that_joins(self):
        self.box.edit("/linux/namespaces/1", {"type": "network", "path": "/proc/self/ns/net"})
        self.box.edit("/linux/namespaces/3", {"type": "pid", "path": f"/proc/{os.getpid()}/ns/pid"})
        self.box.edit("/linux/sysctl", None)
        self.sweep(15, self.creation)

    def test_create_in_a_user_namespace(self):
        config = harness.bundles.with_user_namespace(harness.bundles.docker_config("/bin/payload", "sleep", "100"))
        self.box = self.bundle(config=config)
        self.sweep(15, self.creation)

    def test_create_without_a_cgroup(self):
        self.rt.argv = self.without_cgroup(self.rt.argv)
        self.sweep(20, self.creation)

    def without_cgroup(self, argv):
        return lambda *args: argv("--cgroup-manager", "disabled", *args)

    def test_create_in_the_cgroup_of_another(self):
        """What it never had, a command that was killed does not take away."""
        other = self.create_and_start("other")
        self.sweep(40, self.creation, refused=True, check=lambda trace: None)
        self.assertEqual(self.state(other)["status"], "running")
        self.ok("delete", "--force", other)
        self.assert_clean()

    def create_and_start(self, id):
        self.ok("run", "-d", "--bundle", self.box.path, id)
        return id

    def test_start(self):
        def says_the_truth(trace):
            """Stopped: between the gate and the word to go. Whatever is called created can be started."""
            status = self.state(self.name)["status"]
            self.assertIn(status, ("created", "running", "stopped"))
            if status == "created" and self.rt("start", self.name).code != 0:
                # It had heard of its killed starter, and was about to end.
                self.assertEqual(self.state(self.name)["status"], "stopped")

        self.sweep(15, ["start", self.name], prepare=self.create, check=says_the_truth)

    def test_exec(self):
        self.sweep(25, ["exec", self.name, "/bin/payload", "true"], prepare=self.run_it)

    def test_exec_in_the_background(self):
        self.sweep(15, ["exec", "-d", self.name, "/bin/payload", "sleep", "100"], prepare=self.run_it)

    def test_kill(self):
        self.sweep(10, ["kill", self.name, "KILL"], prepare=self.run_it)

    def test_pause(self):
        self.sweep(10, ["pause", self.name], prepare=self.run_it)

    def test_delete(self):
        def known_until_gone(trace):
            state = self.rt("state", self.name)
            self.assertTrue(state.code in (0, 1), str(state))

        self.sweep(15, ["delete", "--force", self.name], prepare=self.run_it, check=known_until_gone)


@unittest.skipUnless(faults.CAN_FAIL_CALLS, "system calls are only made to fail on x86-64")
class Failed(faults_case.Faults):
    """The system has run out of something, once. The command says so, or does without."""

    def says_so(self, trace):
        self.assertGreaterEqual(trace.code, 0, f"ended by a signal: {self.output.read_text()[:500]}")
        if trace.code != 0:
            self.assertNotEqual(self.output.read_text().strip(), "")

    def cleans_up(self, trace):
        """A failed create needs no delete; what it said it made is there."""
        self.says_so(trace)
        if trace.code == 0:
            self.assertEqual(self.state(self.name)["status"], "created")

    def test_create(self):
        for error in (errno.ENOMEM, errno.EMFILE, errno.ENOSPC):
            self.sweep(15, self.creation, check=self.cleans_up, error=error)

    def test_create_in_init(self):
        for error in (errno.ENOMEM, errno.EMFILE, errno.ENOSPC):
            self.sweep(12, self.creation, check=self.says_so, victim="child", error=error)

    def test_start(self):
        self.sweep(10, ["start", self.name], prepare=self.create, check=self.says_so, error=errno.ENOMEM)

    def test_exec(self):
        self.sweep(15, ["exec", self.name, "/bin/payload", "true"], prepare=self.run_it, check=self.says_so,
                   error=errno.EMFILE)

    def test_state(self):
        """Who cannot tell now how a container is does not say that it has stopped."""

        def is_right(trace):
            self.says_so(trace)
            if trace.code == 0:
                self.assertIn('"status": "running"', self.output.read_text())

        self.sweep(25, ["state", self.name], prepare=self.run_it, check=is_right, error=errno.EMFILE)

    def test_delete_of_what_runs(self):
        def is_refused(trace):
            self.assertGreater(trace.code, 0, self.output.read_text())
            self.assertEqual(self.state(self.name)["status"], "running")

        for error in (errno.EMFILE, errno.ENOMEM):
            self.sweep(12, ["delete", self.name], prepare=self.run_it, check=is_refused, error=error)

    def test_delete(self):
        def not_in_vain(trace):
            self.says_so(trace)
            if trace.code == 0:
                self.assert_clean("by a delete that told of success")

        for error in (errno.ENOMEM, errno.EMFILE):
            self.sweep(12, ["delete", "--force", self.name], prepare=self.run_it, check=not_in_vain, error=error)
