# SPDX-License-Identifier: Apache-2.0
"""Descriptors: what the program inherits, and what it must not."""

import fcntl
import os

import harness
import host


class Descriptors(harness.Case):
    def pipes(self, *numbers):
        """Makes descriptors with these numbers, inheritable."""
        ends = os.pipe()
        read, write = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 100) for end in ends)
        for end in ends:
            os.close(end)
        for number in numbers:
            os.dup2(write, number)
            os.set_inheritable(number, True)
            self.addCleanup(os.close, number)
        os.close(read)
        os.close(write)
        return numbers

    def test_only_the_standard_ones_by_default(self):
        fds = self.pipes(9, 15, 33)
        inside = self.report(self.bundle(), pass_fds=fds)
        self.assertEqual(sorted(inside["fds"]), ["0", "1", "2"])

    def test_a_created_init_holds_none_of_the_callers(self):
        # T10
        fds = self.pipes(9, 15, 33)
        ours = {os.readlink(f"/proc/self/fd/{fd}") for fd in fds}
        id = self.create(self.bundle(), pass_fds=fds)
        if not harness.is_ours():
            return
        held = host.descriptors(self.state(id)["pid"])
        self.assertFalse(ours & set(held.values()), held)
        for number, target in held.items():
            if number > 2:
                self.assertRegex(target, r"^(socket|pipe|anon_inode):|fifo|exec", held)

    def test_preserved_ones_are_handed_on(self):
        fds = self.pipes(3, 4)
        inside = self.report(self.bundle(), "--preserve-fds", "2", pass_fds=fds)
        self.assertEqual(sorted(inside["fds"]), ["0", "1", "2", "3", "4"])
        self.assertTrue(inside["fds"]["3"].startswith("pipe:"))

    def test_holes_among_preserved_ones_are_tolerated(self):
        self.ours_only()
        fds = self.pipes(5)
        inside = self.report(self.bundle(), "--preserve-fds", "3", pass_fds=fds)
        self.assertEqual(sorted(inside["fds"]), ["0", "1", "2", "5"])

    def test_a_wrong_number_is_an_error(self):
        self.ours_only()
        for number in ("-1", "x", ""):
            with self.subTest(number):
                self.bad("run", "--bundle", self.bundle().path, "--preserve-fds", number, self.new_id())

    def test_exec_preserves_too(self):
        id = self.started(self.bundle("sleep", "100"))
        fds = self.pipes(3, 4)
        inside = self.exec_report(id, "--preserve-fds", "1", pass_fds=fds)
        self.assertEqual(sorted(inside["fds"]), ["0", "1", "2", "3"])

    def test_sockets_of_systemd_are_handed_on(self):
        fds = self.pipes(3, 4)

        # LISTEN_PID names the runtime itself, so it must be set after the fork.
        shell = 'export LISTEN_FDS=2 LISTEN_PID=$$; exec "$@"'
        bundle = self.bundle("report")
        argv = ["/bin/sh", "-c", shell, "sh", *self.rt.argv("run", "--bundle", bundle.path, self.new_id())]
        result = self.rt(argv=argv, pass_fds=fds)
        self.assertEqual(result.code, 0, str(result))
        inside = result.json()
        self.assertEqual(sorted(inside["fds"]), ["0", "1", "2", "3", "4"])
        self.assertIn("LISTEN_FDS=2", inside["env"])
        self.assertIn("LISTEN_PID=1", inside["env"])

    def test_sockets_of_systemd_for_someone_else_are_not(self):
        self.ours_only()
        fds = self.pipes(3, 4)
        inside = self.report(self.bundle(), pass_fds=fds, env={**os.environ, "LISTEN_FDS": "2", "LISTEN_PID": "1"})
        self.assertEqual(sorted(inside["fds"]), ["0", "1", "2"])

    def test_stdin_at_dev_null_stays(self):
        self.ours_only()
        self.assertEqual(self.report(self.bundle())["fds"]["0"], "/dev/null")

    def test_the_owner_of_dev_null_does_not_change(self):
        # T17
        node = self.folder / "null"
        os.mknod(node, 0o20666, os.makedev(1, 3))
        os.chmod(node, 0o666)
        fd = os.open(node, os.O_RDWR)
        self.addCleanup(os.close, fd)
        bundle = self.bundle("true").edit("/process/user", {"uid": 1234, "gid": 1234})
        self.run_in(bundle, stdin=fd, stdout=fd, stderr=fd)
        found = os.stat(node)
        self.assertEqual((found.st_uid, found.st_gid, found.st_mode & 0o7777), (0, 0, 0o666))
