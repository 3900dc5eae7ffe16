# SPDX-License-Identifier: Apache-2.0
"""Each verb is killed at one of its calls, or the call fails, or is interrupted. What was not asked for stays as it
was, the state can be read, and delete --force removes all. An interrupted call is made again: nothing fails by it.

OCI_RT_FAULTS: see faults_case; OCI_RT_FAULTS_VERBS=pause,exec: these alone. With OCI_RT_FAULTS=all it tells how many calls were hit.
"""

import dataclasses
import errno
import json
import os
import unittest

import bundle as bundles
import faults
import faults_case
import harness

ERRORS = (errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EIO, errno.EPERM, errno.EACCES, errno.EAGAIN)
# Where the kernel never says EINTR: these wait for nothing, not interruptibly, or are begun again by the kernel
# itself (ERESTARTNOINTR: clone, execve). Those of /proc/self of other programs' loaders are not ours.
WITHOUT_EINTR = {
    9: "mmap", 39: "getpid", 102: "getuid", 104: "getgid", 107: "geteuid", 108: "getegid", 186: "gettid", 10: "mprotect", 12: "brk", 13: "rt_sigaction", 14: "rt_sigprocmask", 16: "ioctl", 33: "dup2",
    41: "socket", 46: "sendmsg", 50: "listen", 53: "socketpair", 54: "setsockopt", 56: "clone", 59: "execve",
    62: "kill", 72: "fcntl", 79: "getcwd", 95: "umask", 112: "setsid", 115: "getgroups", 116: "setgroups",
    117: "setresuid", 118: "getresuid", 119: "setresgid", 120: "getresgid", 125: "capget", 126: "capset",
    155: "pivot_root", 157: "prctl", 158: "arch_prctl", 170: "sethostname", 203: "sched_setaffinity",
    218: "set_tid_address", 222: "timer_create", 253: "inotify_init", 272: "unshare", 273: "set_robust_list",
    289: "signalfd4", 290: "eventfd2", 291: "epoll_create1", 292: "dup3", 293: "pipe2", 302: "prlimit64", 308: "setns",
    317: "seccomp", 318: "getrandom", 319: "memfd_create", 322: "execveat", 334: "rseq", 424: "pidfd_send_signal",
    434: "pidfd_open", 435: "clone3", 436: "close_range",
}
del WITHOUT_EINTR[46]  # it may wait for room


@dataclasses.dataclass
class Verb:
    args: list
    before: str = ""  # what is there when it begins: "", created, running, paused, stopped
    after: tuple = ()  # the statuses it may leave, whatever happened; "" is gone
    good: str = ""  # the one that it leaves when all went well
    child: bool = False  # whether it makes processes
    tries: int = 5


VERBS = {
    "create": Verb(["create", "--bundle", "BUNDLE", "ID"], "", ("", "creating", "created", "stopped"), "created", True),
    "start": Verb(["start", "ID"], "created", ("created", "running", "stopped"), "running"),
    "run": Verb(["run", "--bundle", "SHORT", "ID"], "", ("", "creating", "created", "running", "stopped"), "", True),
    "run -d": Verb(["run", "-d", "--bundle", "BUNDLE", "ID"], "", ("", "creating", "created", "running", "stopped"),
                   "running", True),
    "exec": Verb(["exec", "ID", "/bin/payload", "true"], "running", ("running",), "running", True),
    "exec -d": Verb(["exec", "-d", "ID", "/bin/payload", "true"], "running", ("running",), "running", True),
    "exec -t": Verb(["exec", "-t", "ID", "/bin/payload", "true"], "running", ("running",), "running", True),
    "kill": Verb(["kill", "ID", "KILL"], "running", ("running", "stopped"), "stopped"),
    "pause": Verb(["pause", "ID"], "running", ("running", "paused"), "paused"),
    "resume": Verb(["resume", "ID"], "paused", ("running", "paused"), "running"),
    "update": Verb(["update", "--resources", "RESOURCES", "ID"], "running", ("running",), "running"),
    "delete": Verb(["delete", "ID"], "stopped", ("stopped", ""), ""),
    "delete -f": Verb(["delete", "--force", "ID"], "running", ("running", "stopped", ""), ""),
    "state": Verb(["state", "ID"], "running", ("running",), "running"),
    "list": Verb(["list"], "running", ("running",), "running"),
}
CHOSEN = [name for name in VERBS if name in (os.environ.get("OCI_RT_FAULTS_VERBS") or ",".join(VERBS)).split(",")]


class FaultsOfVerbs(faults_case.Faults):
    seconds = 3000 if faults_case.EVERY else 150

    def setUp(self):
        super().setUp()
        config = bundles.minimal_config
        spaces = [{"type": kind} for kind in ("pid", "mount", "ipc", "uts")]
        self.box = self.bundle("sleep", "1000", config={**config(), "linux": {"namespaces": spaces}})
        self.box.add_mount("/dev", "tmpfs", "tmpfs").add_mount("/dev/pts", "devpts", "devpts", "newinstance", "ptmxmode=0666")
        self.short = self.bundle("true", config={**config(), "linux": {"namespaces": spaces}})
        self.resources = self.folder / "resources.json"
        self.resources.write_text(json.dumps({"unified": {"cgroup.max.descendants": "100"}}))
        self.counts = {}

    def status(self):
        """As `state` has it; empty if there is none."""
        result = self.rt("state", self.name)
        self.assertIn(result.code, (0, 1), str(result))
        return result.json()["status"] if result.code == 0 else ""

    def arrange(self, wanted):
        """From whatever is there."""
        now = self.status()
        if now == wanted:
            return
        if now == "paused" and wanted == "running":
            self.ok("resume", self.name)
        elif now == "running" and wanted == "paused":
            self.ok("pause", self.name)
        else:
            if now:
                self.ok("delete", "--force", self.name)
            if wanted:
                self.create()
            if wanted in ("running", "paused"):
                self.ok("start", self.name)
            if wanted == "paused":
                self.ok("pause", self.name)
            if wanted == "stopped":
                self.ok("kill", self.name, "KILL")
                self.wait_for(self.name, "stopped")

    def argv_of(self, verb):
        places = {"ID": self.name, "BUNDLE": self.box.path, "SHORT": self.short.path, "RESOURCES": self.resources}
        return [places.get(word, word) for word in verb.args]

    def settled(self, verb):
        """Who is killed may take a moment."""
        if verb.good == "stopped":
            self.wait_for(self.name, "stopped", 5)
        return self.status()

    def sweep_verb(self, name, judge, **how):
        verb = VERBS[name]
        self.arrange(verb.before)
        whole = self.trace(0, *self.argv_of(verb), **how)
        self.assertEqual(whole.code, 0, self.output.read_text())
        self.assertEqual(self.settled(verb), verb.good)
        stride = 1 if faults_case.EVERY else max(whole.calls // verb.tries, 1)
        for at in range(1 if faults_case.EVERY else 1 + faults_case.BEGIN % stride, whole.calls + 1, stride):
            self.arrange(verb.before)
            trace = self.trace(at, *self.argv_of(verb), **how)
            said = self.output.read_text()[:300]
            with self.subTest(f"{name}: call {at} of {whole.calls}, number {trace.number}, begun at {faults_case.BEGIN}: "
                              f"{trace.code}, {said}"):
                self.counts[name] = self.counts.get(name, 0) + trace.happened
                judge(verb, trace, said)
            if self.status() not in ("running", "paused"):
                self.remove(said)
        self.remove()

    def each(self, judge, names=CHOSEN, **how):
        for name in names:
            self.sweep_verb(name, judge, **how)
        if faults_case.EVERY:
            print(f"{how}: {self.counts}", flush=True)

    def is_sound(self, verb, trace, said):
        """Whatever has befallen it."""
        status = self.status()
        if status == "creating" and verb.args[0] == "delete":
            self.assertIn(os.listdir(self.rt.root / self.name), ([], ["lock"]))
            return
        self.assertIn(status, verb.after)
        if status == "paused":
            self.ok("resume", self.name)
            self.assertEqual(self.status(), "running")
            if trace.at % 3 == 0:  # and it is really alive
                self.ok("exec", self.name, "/bin/payload", "true")
        elif status == "running" and verb.after == ("running",) and trace.at % 3 == 0:
            self.ok("exec", self.name, "/bin/payload", "true")

    def has_failed_well(self, verb, trace, said):
        self.assertGreaterEqual(trace.code, 0, "ended by a signal")
        if trace.code == 0 and trace.victim == "self":
            # `run` has the program's exit status, and warns of what it could not delete.
            is_warned = verb.args[0] == "run" and "cannot delete" in said
            self.assertIn(self.settled(verb), (verb.good, "stopped" if is_warned else verb.good))
        if trace.code != 0:
            self.assertNotEqual(said.strip(), "")
        self.is_sound(verb, trace, said)

    def was_made_again(self, verb, trace, said):
        if trace.code != 0 or self.settled(verb) != verb.good:
            self.assertIn(trace.number, WITHOUT_EINTR)
        self.assertGreaterEqual(trace.code, 0, "ended by a signal")

    def test_killed(self):
        self.each(self.is_sound)

    def test_children_killed(self):
        self.each(self.is_sound, [name for name in CHOSEN if VERBS[name].child], victim="child")


@unittest.skipUnless(faults.CAN_FAIL_CALLS, "system calls are only made to fail on x86-64")
class CallsOfVerbsFail(FaultsOfVerbs):
    test_killed = test_children_killed = None

    def errors(self):
        """All of them, or another one for each run."""
        return ERRORS if faults_case.EVERY else (ERRORS[faults_case.BEGIN % len(ERRORS)],)

    def test_failed(self):
        for error in self.errors():
            self.each(self.has_failed_well, error=error)

    def test_failed_in_children(self):
        for error in self.errors():
            self.each(self.is_sound, [name for name in CHOSEN if VERBS[name].child], victim="child", error=error)

    def test_interrupted(self):
        self.each(self.was_made_again, error=errno.EINTR)

    def test_interrupted_in_children(self):
        names = [name for name in CHOSEN if name in ("create", "exec", "run")]
        self.each(self.was_made_again, names, victim="child", error=errno.EINTR)
