# SPDX-License-Identifier: Apache-2.0
"""A conmon and a containerd shim, as far as a runtime meets them: processes that start it and reap what it leaves.

Both run in a process of their own, so that they can be subreapers, lose their streams, and be killed.
"""

import json
import os
import select
import signal
import time

import host

PR_SET_PDEATHSIG = 1


class Monitor:
    """A child that runs `work(tell)`; what it tells, as JSON, is heard here."""

    def __init__(self, case, work):
        hear, tell = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(hear)
                work(lambda **what: os.write(tell, (json.dumps(what) + "\n").encode()))
                os._exit(0)
            except BaseException as problem:  # nobody else would say it
                os.write(tell, (json.dumps({"problem": repr(problem)}) + "\n").encode())
                os._exit(1)
        host.STARTED.add(self.pid)
        os.close(tell)
        self._lines = os.fdopen(hear)
        case.addCleanup(self.end)

    def hear(self, seconds=20):
        ready, _, _ = select.select([self._lines], [], [], seconds)
        text = self._lines.readline() if ready else ""
        if not text:
            raise AssertionError("the monitor said nothing")
        return json.loads(text)

    def end(self, number=signal.SIGKILL):
        if self._lines.closed:
            return
        host.kill(self.pid, number)
        os.waitpid(self.pid, 0)
        host.STARTED.discard(self.pid)
        self._lines.close()


def subreaper():
    host.LIBC.prctl(host.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def spawn(argv, streams, env=None, cwd=None):
    """The runtime, with these as 0, 1 and 2 (None: closed), ended by the kernel if we end."""
    pid = os.fork()
    if pid:
        return pid
    try:
        host.LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        os.umask(0o022)
        if cwd:
            os.chdir(cwd)
        copies = [None if fd is None else os.dup(fd) for fd in streams]
        for number, copy in enumerate(copies):
            if copy is None:
                os.close(number)
            else:
                os.dup2(copy, number)
        os.execve(argv[0], argv, os.environ if env is None else env)
    finally:
        os._exit(126)


def drain(fd, seconds=10):
    """All of a pipe up to its end; fails if somebody keeps it open."""
    text, end = b"", time.monotonic() + seconds
    while True:
        ready, _, _ = select.select([fd], [], [], max(0, end - time.monotonic()))
        if not ready:
            raise TimeoutError(f"somebody keeps a pipe open: {text!r}")
        if not (chunk := os.read(fd, 65536)):
            return text.decode()
        text += chunk


def others():
    """Children besides those that were waited for."""
    try:
        return os.waitpid(-1, os.WNOHANG)[0] or "alive"
    except ChildProcessError:
        return None


class Conmon:
    """conmon's half of create or exec: sync pipe, streams, console socket, exit code."""

    def __init__(self, argv, pid_file, console=None, closed=(), passthrough=None, env=None):
        self.argv, self.pid_file, self.console = [str(word) for word in argv], str(pid_file), console
        self.closed, self.passthrough = closed, passthrough
        self.env = {"XDG_RUNTIME_DIR": "", "PATH": "/usr/bin", "_OCI_SYNCPIPE": "3", "_OCI_STARTPIPE": "4"} | (env or {})

    def __call__(self, tell):
        os.setsid()
        subreaper()
        null = os.open("/dev/null", os.O_RDWR)
        out, err = os.pipe(), os.pipe()
        for _, end in (out, err):
            os.fchmod(end, 0o777)
        streams = [null, null if self.console else out[1], err[1]]
        if self.passthrough:
            streams = list(self.passthrough)
        streams = [None if number in self.closed else fd for number, fd in enumerate(streams)]
        runtime = spawn(self.argv, streams, self.env)
        for end in (out[1], err[1]):
            os.close(end)
        if self.console:
            self.console.receive()
        _, status = os.waitpid(runtime, 0)
        if status:
            message = os.read(err[0], 8191).decode()
            tell(data=-1, message=message, status=os.waitstatus_to_exitcode(status),
                 has_pid_file=os.path.exists(self.pid_file), others=others())
            return
        with open(self.pid_file, "rb") as file:
            data = file.read()
        pid = int(data)
        tell(data=pid, bytes=data.decode())
        _, status = os.waitpid(pid, 0)
        texts = [drain(out[0]), drain(err[0])]
        exit_code = os.waitstatus_to_exitcode(status)
        tell(exit=exit_code if exit_code >= 0 else 128 - exit_code, out=texts[0], err=texts[1], others=others())


class Shim:
    """containerd's shim: go-runc waits until nobody holds the pipes of a command any more."""

    def __init__(self, base, folder, bundle, terminal=False, id="box"):
        self.base, self.folder, self.bundle = [str(word) for word in base], folder, bundle
        self.terminal, self.id = terminal, id

    def go_runc(self, *words):
        """What exec.Cmd does without streams of its own: one pipe for both, read to its end."""
        read, write = os.pipe()
        pid = spawn([*self.base, *map(str, words)], [os.open("/dev/null", os.O_RDWR), write, write], cwd=self.bundle)
        os.close(write)
        text = drain(read)
        os.close(read)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), text

    def create(self, *options):
        words = ["create", "--bundle", self.bundle, "--pid-file", f"{self.bundle}/init.pid", *options, self.id]
        if self.terminal:
            return (*self.go_runc(*words), None)
        pipes = [os.pipe() for _ in range(3)]
        streams = [pipes[0][0], pipes[1][1], pipes[2][1]]
        pid = spawn([*self.base, *map(str, words)], streams, cwd=self.bundle)
        for fd in streams:
            os.close(fd)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), "", [pipes[0][1], pipes[1][0], pipes[2][0]]

    def __call__(self, tell):
        os.setsid()
        subreaper()
        listener = os.open("/dev/null", os.O_RDWR)
        os.set_inheritable(listener, True)  # as the shim's socket is seen to be
        console = None
        if self.terminal:
            import harness
            console = harness.ConsoleSocket(f"{self.folder}/pty.sock")
        code, text, pipes = self.create(*(["--console-socket", console.path] if console else []))
        if code:
            tell(code=code, text=text or drain(pipes[2]))
            return
        if console:
            console.receive()  # only now: until then the backlog holds it
        with open(f"{self.bundle}/init.pid", encoding="ascii") as file:
            pid = int(file.read())
        with open(self.base[self.base.index("--log") + 1], encoding="utf-8") as log:
            tell(code=0, text=text, pid=pid, log=log.read(), start=self.go_runc("start", self.id))
        _, status = os.waitpid(pid, 0)
        said = [drain(fd) for fd in pipes[1:]] if pipes else []
        tell(exit=os.waitstatus_to_exitcode(status), said=said, others=others(),
             kill=self.go_runc("kill", self.id, "9"), kill_all=self.go_runc("kill", "--all", self.id, "9"),
             state=self.go_runc("state", self.id), delete=self.go_runc("delete", self.id),
             again=self.go_runc("delete", "--force", self.id))
