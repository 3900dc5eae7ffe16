# SPDX-License-Identifier: Apache-2.0
"""Other ways into the kernel, and to what the host has: ABIs, keyrings, pids that come back."""

import ctypes
import errno
import os
import platform
import signal
import unittest

import harness
import host
from coverage import accepts

SYS_CLONE3, SYS_ADD_KEY, SYS_KEYCTL = 435, 248, 250
SESSION_KEYRING, JOIN_SESSION, SEARCH = -3, 1, 10


@unittest.skipUnless(platform.machine() == "x86_64", "more than one ABI is there on x86-64 only")
class Abis(harness.Case):
    """T30: a filter holds for every ABI; one that it does not list is no way around it."""

    def entries(self, *architectures):
        bundle = self.bundle("entries").edit("/linux/seccomp", {
            "defaultAction": "SCMP_ACT_ALLOW", "architectures": list(architectures),
            "syscalls": [{"names": ["getppid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 99}]})
        return dict(line.split(" ", 1) for line in self.run_in(bundle).out.splitlines())

    def free(self):
        bundle = self.bundle("entries").edit("/linux/seccomp", None)
        return dict(line.split(" ", 1) for line in self.run_in(bundle).out.splitlines())

    @accepts("/linux/seccomp/architectures")
    def test_that_are_listed_are_filtered(self):
        free = self.free()
        got = self.entries("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32")
        for name in ("native", "i386", "x32"):
            if free[name] == "ok 0":
                self.assertEqual(got[name], "errno 99", name)

    def test_that_are_not_listed_are_closed(self):
        for architectures in (["SCMP_ARCH_X86_64"], []):
            got = self.entries(*architectures)
            self.assertEqual(got["native"], "errno 99")
            for name in ("i386", "x32"):
                self.assertNotEqual(got[name], "ok 0", name)


class Keys(harness.Case):
    """T18: keys of the caller's session are none of the container's."""

    def setUp(self):
        super().setUp()
        call = host.LIBC.syscall
        call.restype = ctypes.c_long
        call(SYS_KEYCTL, JOIN_SESSION, None)
        self.key = call(SYS_ADD_KEY, b"user", b"oci-rt-canary", b"secret", ctypes.c_size_t(6),
                        ctypes.c_long(SESSION_KEYRING))
        if self.key < 0:
            self.skipTest("no keys on this host")

    def test_are_not_possessed(self):
        found = host.LIBC.syscall(SYS_KEYCTL, SEARCH, SESSION_KEYRING, b"user", b"oci-rt-canary", 0)
        self.assertEqual(found, self.key, "the search itself failed")
        bundle = self.bundle("syscall", "find_key").edit("/linux/seccomp", None)
        id = self.started(self.bundle("sleep", "100").edit("/linux/seccomp", None))
        for said in (self.run_in(bundle), self.ok("exec", id, "/bin/payload", "syscall", "find_key")):
            self.assertEqual(said.json()["find_key"], errno.ENOKEY)


class Pids(harness.Case):
    """T23: a pid that comes back is somebody else."""

    def again(self, pid):
        """A process of ours with that pid."""
        wanted = ctypes.c_int(pid)
        words = (ctypes.c_ulonglong * 11)()
        words[4] = signal.SIGCHLD  # exit_signal
        words[8], words[9] = ctypes.addressof(wanted), 1  # set_tid
        host.LIBC.syscall.restype = ctypes.c_long
        got = host.LIBC.syscall(SYS_CLONE3, ctypes.byref(words), ctypes.c_size_t(80))
        if got == 0:
            signal.pause()
            os._exit(0)
        if got != pid:
            self.skipTest("no process can be made with that pid")
        host.STARTED.add(pid)
        return pid

    def test_that_come_back_are_left_alone(self):
        id = self.started(self.bundle("sleep", "100"))
        pid = self.state(id)["pid"]
        os.kill(pid, signal.SIGKILL)
        host.wait_status(pid)
        bystander = self.again(pid)
        try:
            self.assertEqual(self.state(id)["status"], "stopped")
            self.bad("kill", id, "KILL")
            self.bad("exec", id, "/bin/payload", "true")
            self.ok("delete", "--force", id)
            self.assertNotIn(host.process_state(bystander), ("Z", ""))
        finally:
            os.kill(bystander, signal.SIGKILL)
            os.waitpid(bystander, 0)
            host.STARTED.discard(bystander)
