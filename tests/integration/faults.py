# SPDX-License-Identifier: Apache-2.0
"""Ends a command, or fails one of its system calls, at a chosen one: strace counts each call by its name,
and so cannot say "the N-th of all"."""

import ctypes
import os
import platform
import signal

import host

TRACEME, SYSCALL, KILL, SETOPTIONS, GETREGS, SETREGS, DETACH = 0, 24, 8, 0x4200, 12, 13, 17
SYSGOOD, FORK, VFORK, CLONE = 1, 2, 4, 8
STOPPED_AT_CALL = signal.SIGTRAP | 0x80
# Places in user_regs_struct of x86-64, in words.
RESULT, NUMBER, WORDS = 10, 15, 27

BRK, CLOSE, FUTEX, EXECUTE, CLOSE_RANGE = 12, 3, 202, (59, 322), 436

CAN_FAIL_CALLS = platform.machine() == "x86_64"


def _ptrace(request, pid, address=0, data=0):
    host.LIBC.ptrace.restype = ctypes.c_long
    return host.LIBC.ptrace(ctypes.c_long(request), ctypes.c_long(pid), ctypes.c_void_p(address), data)


def _registers(pid):
    words = (ctypes.c_ulonglong * WORDS)()
    _ptrace(GETREGS, pid, 0, ctypes.byref(words))
    return words


class Trace:
    """Runs a command up to its end. `at` counts system calls from 1; past the last nothing happens.

    victim "self": of the command alone; "child": of all the processes it makes, of which the one at hand is
    meant. error: fails that call with it instead of killing; then what the loader does before main() is not
    counted (of a program that is not ours it is: from_start), nor are brk and futex, whose callers in the C library know no such answer, and close, which
    closes whatever it answers.
    """

    def __init__(self, argv, at, victim="self", error=None, cwd=None, output=None, enter=None,
                 from_start=False):
        self.argv, self.at, self.victim, self.error, self.cwd = argv, at, victim, error, cwd
        self.output, self.enter = output, enter  # enter(): in the new process, before the command
        self.calls = 0  # made by the victim
        self.happened = False
        self.number = -1  # of the call that was hit
        self.code = None  # exit status; negative: a signal
        self._traced, self._inside, self._failing = set(), set(), set()
        self._from_start = from_start or victim == "child"
        self._in_main = self._from_start

    def run(self):
        self.pid = os.fork()
        if self.pid == 0:
            self._become()
        host.STARTED.add(self.pid)
        os.waitpid(self.pid, 0)  # the stop at execve
        options = SYSGOOD | (FORK | VFORK | CLONE if self.victim == "child" else 0)
        _ptrace(SETOPTIONS, self.pid, 0, ctypes.c_long(options))
        self._traced.add(self.pid)
        self._go_on(self.pid)
        while self.code is None:
            self._step()
        host.STARTED.discard(self.pid)
        self._let_go()
        return self

    def _become(self):
        try:
            if self.cwd:
                os.chdir(self.cwd)
            null = os.open("/dev/null", os.O_RDWR)
            os.dup2(null, 0)
            target = null if self.output is None else os.open(self.output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(target, 1)
            os.dup2(target, 2)
            if self.enter:
                self.enter()
            _ptrace(TRACEME, 0)
            os.execv(self.argv[0], list(map(str, self.argv)))
        finally:
            os._exit(126)

    def _step(self):
        pid, status = os.waitpid(-1, 0x40000000)  # __WALL
        if os.WIFSTOPPED(status):
            self._stopped(pid, os.WSTOPSIG(status), status >> 16)
            return
        self._traced.discard(pid)
        if pid == self.pid:
            self.code = os.waitstatus_to_exitcode(status)

    def _stopped(self, pid, number, event):
        if number == STOPPED_AT_CALL:
            self._at_call(pid)
            self._go_on(pid)
        elif event or pid not in self._traced:  # a new process, or the news of one
            self._traced.add(pid)
            self._go_on(pid)
        else:
            self._go_on(pid, 0 if number in (signal.SIGTRAP, signal.SIGSTOP) else number)

    def _at_call(self, pid):
        if pid in self._inside:
            self._inside.discard(pid)
            if pid in self._failing:
                self._failing.discard(pid)
                words = _registers(pid)
                words[RESULT] = (-self.error) & 0xFFFFFFFFFFFFFFFF
                _ptrace(SETREGS, pid, 0, ctypes.byref(words))
            return
        self._inside.add(pid)
        if (pid == self.pid) != (self.victim == "self"):
            return
        if self.error is not None and not self._can_fail(pid):
            return
        self.calls += 1
        if self.calls == self.at:
            self._hit(pid)

    def _can_fail(self, pid):
        number = _registers(pid)[NUMBER]
        if number == CLOSE_RANGE:  # what main() does first
            self._in_main = True
        elif number in EXECUTE:
            self._in_main = self._from_start
        return self._in_main and number not in (BRK, CLOSE, FUTEX)

    def _hit(self, pid):
        self.happened = True
        if CAN_FAIL_CALLS:
            words = _registers(pid)
            self.number = words[NUMBER]
        if self.error is None:
            os.kill(pid, signal.SIGKILL)
            return
        words[NUMBER] = 0xFFFFFFFFFFFFFFFF
        _ptrace(SETREGS, pid, 0, ctypes.byref(words))
        self._failing.add(pid)

    def _go_on(self, pid, number=0):
        _ptrace(SYSCALL, pid, 0, ctypes.c_long(number))

    def _let_go(self):
        """What still lives goes on without us: it has to stop once more for that."""
        for pid in list(self._traced):
            host.kill(pid, signal.SIGSTOP)
            try:
                got, status = os.waitpid(pid, 0x40000000)
            except ChildProcessError:
                continue
            if os.WIFSTOPPED(status):
                _ptrace(DETACH, pid, 0, ctypes.c_long(0))
                host.kill(pid, signal.SIGCONT)


def spoil(file, kind):
    """What becomes of a file by a crash, or by somebody's hand."""
    text = file.read_bytes()
    file.unlink()
    if kind == "fifo":
        os.mkfifo(file)
    elif kind == "directory":
        file.mkdir()
    elif kind == "link":
        file.symlink_to("/etc/shadow")
    else:
        file.write_bytes({"empty": b"", "garbage": os.urandom(4096), "truncated": text[:100], "deep": b"[" * 2_000_000,
                          "huge": b""}[kind])
        if kind == "huge":
            os.truncate(file, 3 << 30)
