# SPDX-License-Identifier: Apache-2.0
"""/linux/seccomp with SCMP_ACT_NOTIFY: system calls that an agent outside of the container answers."""

import errno
import fcntl
import json
import os
import pathlib
import select
import signal
import socket
import struct
import tempfile
import threading

import bundle as bundles
import harness
import host
from coverage import accepts

# linux/seccomp.h: struct seccomp_notif and struct seccomp_notif_resp, and what they are asked with.
NOTIFICATION = struct.Struct("=QIIiIQ6Q")
ANSWER = struct.Struct("=QqiI")
RECEIVE, SEND = 0xC0502100, 0xC0182101
CONTINUE = 1

SYSTEM_CALLS = {"sethostname": 170, "mkdir": 83}


class Agent:
    """Listens, keeps what it is told, and answers each notified call as it is asked to."""

    def __init__(self, path, answer=lambda number: (0, 0, CONTINUE)):
        self.answer, self.states, self.calls, self.sizes, self.after = answer, [], [], [], []
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(path if path.startswith("/") else "\0" + path[1:])
        self.listener.listen(8)
        self.filters = []
        self.wake, self.waker = socket.socketpair()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        while True:
            sources = [self.listener, self.wake, *self.filters]
            for source in select.select(sources, [], [])[0]:
                if source is self.wake:
                    return
                if source is self.listener:
                    self.accept()
                else:
                    self.handle(source)

    def accept(self):
        connection, _ = self.listener.accept()
        connection.settimeout(10)
        text = b""
        with connection:
            while True:
                data, fds, _, _ = socket.recv_fds(connection, 65536, 4)
                self.filters += fds
                if fds:
                    self.sizes.append(len(fds))
                text += data
                if not data:
                    break
        if text:  # who was killed before it told something
            self.states.append(json.loads(text))

    def handle(self, filter):
        request = bytearray(NOTIFICATION.size)
        try:
            fcntl.ioctl(filter, RECEIVE, request)
        except OSError:  # the call was given up, or the filter has no process any more
            self.filters.remove(filter)
            os.close(filter)
            return
        id, _, _, number, *_ = NOTIFICATION.unpack(request)
        self.calls.append(number)
        if (answer := self.answer(number)) is None:
            return
        value, error, flags = answer
        try:
            fcntl.ioctl(filter, SEND, ANSWER.pack(id, value, -error, flags))
        except OSError:
            pass  # it was killed meanwhile

    def told(self, count):
        """What it was told, once it has heard that many messages: it may be slower than the container."""
        host.until(lambda: len(self.states) >= count)
        return self.states

    def close(self):
        if not self.thread.is_alive():
            return
        self.waker.send(b"x")
        self.thread.join(10)
        for filter in self.filters:
            os.close(filter)
        for each in (self.listener, self.wake, self.waker):
            each.close()


def fails_with(error):
    return lambda number: (0, error, 0)


def goes_on(number):
    return 0, 0, CONTINUE


def never(number):
    return None


class SeccompNotify(harness.Case):
    def agent(self, answer=goes_on, path=None):
        self.path = str(path or self.folder / "agent.sock")
        agent = Agent(self.path, answer)
        self.addCleanup(agent.close)
        return agent

    def asking(self, *args, calls=("sethostname",), path=None, **more):
        """A bundle that asks the agent about some system calls, and allows all others."""
        bundle = self.bundle(*args)
        filter = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
                  "syscalls": [{"names": list(calls), "action": "SCMP_ACT_NOTIFY"}], **more}
        if path := path or getattr(self, "path", None):
            filter["listenerPath"] = path
        bundle.config["process"]["capabilities"]["effective"] += ["CAP_SYS_ADMIN"]
        bundle.config["process"]["capabilities"]["permitted"] += ["CAP_SYS_ADMIN"]
        bundle.config["process"]["capabilities"]["bounding"] += ["CAP_SYS_ADMIN"]
        return bundle.edit("/linux/seccomp", filter)

    # Who answers

    @accepts("/linux/seccomp/listenerPath")
    def test_the_agent_decides(self):
        agent = self.agent(fails_with(errno.EXDEV))
        self.assertEqual(self.run_in(self.asking("syscall", "sethostname")).json(), {"sethostname": errno.EXDEV})
        self.assertEqual(agent.calls, [SYSTEM_CALLS["sethostname"]])

    def test_the_agent_can_pretend(self):
        self.agent(lambda number: (0, 0, 0))
        result = self.run_in(self.asking("syscall", "mkdir", "mkdir", calls=["mkdir", "mkdirat"]))
        self.assertEqual(result.json(), {"mkdir": 0})  # twice: the second would find the directory

    def test_the_agent_can_let_pass(self):
        self.agent()
        self.assertEqual(self.run_in(self.asking("syscall", "sethostname")).json(), {"sethostname": 0})

    def test_works_with_and_without_new_privileges_and_for_a_user(self):
        for value in (True, False):
            for user in (0, 1000):
                with self.subTest(noNewPrivileges=value, user=user):
                    agent = self.agent(fails_with(errno.EXDEV), self.folder / f"agent{value}{user}")
                    bundle = self.asking("syscall", "sethostname").edit("/process/noNewPrivileges", value)
                    bundle.edit("/process/user", {"uid": user, "gid": user})
                    self.assertEqual(self.run_in(bundle).json(), {"sethostname": errno.EXDEV})
                    self.assertEqual(len(agent.told(1)), 1)

    def test_works_in_a_user_namespace(self):
        self.agent(fails_with(errno.EXDEV))
        for value in (True, False):
            bundle = self.asking("syscall", "sethostname").edit("/process/noNewPrivileges", value)
            bundles.with_user_namespace(bundle.config)
            os.chown(bundle.rootfs, 100000, 100000)
            for folder in bundle.rootfs.iterdir():
                os.chown(folder, 100000, 100000)
            self.assertEqual(self.run_in(bundle.write()).json(), {"sethostname": errno.EXDEV})

    def test_a_path_may_be_long_or_abstract(self):
        folder = self.folder / ("x" * 120)
        folder.mkdir()
        opened = os.open(folder, os.O_PATH)
        self.addCleanup(os.close, opened)
        for path, bound in ((str(folder / "agent"), f"/proc/self/fd/{opened}/agent"),
                            (f"@oci-rt-test-{os.getpid()}", None)):
            with self.subTest(path):
                self.agent(fails_with(errno.EXDEV), bound or path)
                bundle = self.asking("syscall", "sethostname", path=path)
                self.assertEqual(self.run_in(bundle).json(), {"sethostname": errno.EXDEV})

    @accepts("/linux/seccomp/flags")
    def test_a_flag_for_agents_that_must_not_be_interrupted(self):
        self.agent(fails_with(errno.EXDEV))
        bundle = self.asking("syscall", "sethostname", flags=["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"])
        self.assertEqual(self.run_in(bundle).json(), {"sethostname": errno.EXDEV})

    def test_the_filter_comes_from_the_cache_the_second_time(self):
        agent = self.agent(fails_with(errno.EXDEV))
        for _ in range(2):
            self.assertEqual(self.run_in(self.asking("syscall", "sethostname")).json(), {"sethostname": errno.EXDEV})
        self.assertEqual(len(agent.told(2)), 2)

    # What it is told

    @accepts("/linux/seccomp/listenerMetadata")
    def test_create_and_start_tell_of_the_container(self):
        agent = self.agent()
        bundle = self.asking("sleep", "100", listenerMetadata="as \"it\" is").edit("/annotations", {"key": "value"})
        bundle.edit("/ociVersion", "1.0.2")
        id = self.create(bundle)
        self.assertEqual(agent.states, [])
        pid = self.state(id)["pid"]
        self.ok("start", id)
        self.assertEqual(agent.told(1), [{
            "ociVersion": "1.3.0", "fds": ["seccompFd"], "pid": pid, "metadata": "as \"it\" is",
            "state": {"ociVersion": "1.0.2", "id": id, "status": "creating", "pid": pid,
                      "bundle": str(bundle.path), "annotations": {"key": "value"}}}])
        self.assertEqual(agent.sizes, [1])

    def test_metadata_that_is_absent_is_not_told(self):
        agent = self.agent()
        self.run_in(self.asking("true"))
        self.assertNotIn("metadata", agent.told(1)[0])
        self.assertNotIn("annotations", agent.states[0]["state"])

    def test_exec_tells_of_its_process(self):
        agent = self.agent(fails_with(errno.EXDEV))
        id = self.started(self.asking("sleep", "100", listenerMetadata="more"))
        result = self.ok("exec", id, "/bin/payload", "syscall", "sethostname")
        self.assertEqual(result.json(), {"sethostname": errno.EXDEV})
        self.ok("exec", "--detach", "--pid-file", self.folder / "pid", id, "/bin/payload", "sleep", "100")
        pid = int((self.folder / "pid").read_text())
        self.assertEqual(len(agent.told(3)), 3)
        told = agent.states[2]
        self.assertEqual((told["pid"], told["metadata"], told["fds"]), (pid, "more", ["seccompFd"]))
        self.assertEqual((told["state"]["status"], told["state"]["pid"]), ("running", self.state(id)["pid"]))

    def test_hooks_under_the_filter_have_the_agent_too(self):
        agent = self.agent(fails_with(errno.EXDEV))
        bundle = self.asking("syscall", "sethostname")
        hook = {"path": "/bin/payload", "args": ["payload", "syscall", "sethostname"]}
        bundle.edit("/hooks", {"startContainer": [hook]})
        result = self.run_in(bundle)
        self.assertEqual(result.out.split(), ['{"sethostname":', f"{errno.EXDEV}}}"] * 2)
        self.assertEqual(len(agent.told(2)), 2)

    def test_nothing_of_it_is_open_in_the_container(self):
        self.agent()
        report = self.report(self.asking())
        self.assertEqual(sorted(map(str, report["fds"])), sorted(map(str, self.report(self.bundle())["fds"])))

    # Profiles that ask about what a runtime could need

    def test_the_runtime_needs_none_of_the_calls_that_it_loads(self):
        calls = ["sendmsg", "recvmsg", "sendto", "connect", "socket", "close", "read", "capset", "futex", "ioctl",
                 "sched_yield", "nanosleep", "clock_nanosleep", "poll", "fcntl", "close_range", "exit", "rt_sigreturn"]
        for value in (True, False):
            for answer in (goes_on, fails_with(errno.EPERM)):
                with self.subTest(noNewPrivileges=value, answer=answer(0)):
                    path = tempfile.mktemp(dir=self.folder)
                    self.agent(lambda number: answer(number) if number != 126 else goes_on(number), path)
                    bundle = self.asking("true", calls=calls).edit("/process/noNewPrivileges", value)
                    self.run_in(bundle, timeout=10)
        id = self.started(self.asking("sleep", "100", calls=calls))
        self.rt("exec", id, "/bin/payload", "true", timeout=10)

    def test_a_profile_that_kills_for_all_but_what_the_program_does(self):
        agent = self.agent(fails_with(errno.EXDEV))
        bundle = self.asking("syscall", "sethostname").edit("/process/noNewPrivileges", True)
        filter = bundle.config["linux"]["seccomp"]
        filter["defaultAction"] = "SCMP_ACT_KILL_PROCESS"
        filter["syscalls"].append({"action": "SCMP_ACT_ALLOW", "names": [
            "execve", "exit_group", "write", "brk", "arch_prctl", "set_tid_address", "set_robust_list", "rseq",
            "prlimit64", "readlink", "readlinkat", "getrandom", "mprotect", "fstat", "newfstatat", "mmap"]})
        self.assertEqual(self.run_in(bundle.write(), timeout=10).json(), {"sethostname": errno.EXDEV})
        self.assertEqual(len(agent.told(1)), 1)

    def test_even_the_program_itself_may_be_asked_about(self):
        agent = self.agent()
        self.run_in(self.asking("exit", "7", calls=["execve"]), code=7, timeout=10)
        self.assertEqual(agent.calls, [59])

    def test_a_program_that_the_agent_refuses(self):
        self.agent(lambda number: (0, errno.EACCES, 0))
        result = self.run_in(self.asking("true", calls=["execve"]), code=None, timeout=10)
        self.assertIn("permission denied", result.err)
        self.assertEqual(result.code, 1)

    def test_works_for_a_process_in_real_time(self):
        self.agent(fails_with(errno.EXDEV))
        argv = self.rt.argv("run", "--bundle", self.asking("syscall", "sethostname").path, self.new_id())
        result = self.rt(argv=["chrt", "--fifo", "1", "taskset", "1", *argv], timeout=20)
        if "failed to set" in result.err:
            self.skipTest(result.err)
        self.assertEqual(result.json(), {"sethostname": errno.EXDEV})

    # When there is no answer

    def test_a_container_whose_agent_never_answers_can_be_killed(self):
        for flags in ([], ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]):
            with self.subTest(flags):
                agent = self.agent(never, tempfile.mktemp(dir=self.folder))
                id = self.started(self.asking("syscall", "sethostname", flags=flags))
                host.until(lambda: agent.calls)
                self.assertEqual(self.state(id)["status"], "running")
                self.ok("kill", id, "KILL")
                self.wait_for(id, "stopped")

    def test_a_container_whose_start_waits_for_the_agent_can_be_deleted(self):
        agent = self.agent(never)
        id = self.create(self.asking("sleep", "100", calls=["execve"]))
        start = self.rt.popen("start", id)
        self.assertTrue(host.until(lambda: agent.calls))
        self.ok("delete", "--force", id, timeout=8)
        harness.wait_for(start, 5)
        self.assert_clean()

    def test_an_agent_and_a_deadline_are_refused_together(self):
        self.agent()
        deadline = {"policy": "SCHED_DEADLINE", "runtime": 10**7, "deadline": 5 * 10**7, "period": 10**8}
        bundle = self.asking("true").edit("/process/scheduler", deadline)
        self.refused(bundle, "SCHED_FLAG_RESET_ON_FORK")

    def test_an_agent_that_dies_leaves_its_calls_unimplemented(self):
        agent = self.agent(never)
        process = self.rt.popen("run", "--bundle", self.asking("syscall", "sethostname").path, self.new_id())
        self.assertTrue(host.until(lambda: agent.calls))
        agent.close()
        self.assertEqual(harness.wait_for(process), 0)
        self.assertIn(str(errno.ENOSYS), pathlib.Path(f"{process.stem}.out").read_text())

    def test_without_a_listener_such_calls_are_not_implemented(self):
        result = self.run_in(self.asking("syscall", "sethostname"))
        self.assertEqual(result.json(), {"sethostname": errno.ENOSYS})

    def test_an_agent_that_nothing_is_asked_is_left_alone(self):
        agent = self.agent()
        bundle = self.asking("true")
        bundle.config["linux"]["seccomp"]["syscalls"] = [{"names": ["sethostname"], "action": "SCMP_ACT_ERRNO"}]
        self.run_in(bundle.write())
        self.assertEqual(agent.states, [])
        bundle.config["linux"]["seccomp"]["listenerPath"] = "/no/such/agent"
        self.run_in(bundle.write())

    def test_a_missing_agent_is_an_error_of_create(self):
        for path in (str(self.folder / "none"), str(self.folder)):
            with self.subTest(path):
                result = self.refused(self.asking("true", path=path), "failed to connect with seccomp agent")
                self.assertIn("/linux/seccomp/listenerPath " + path, result.err)
                self.assertEqual(self.run_in(self.asking("true", path=path), code=None).code, 1)
                self.assert_clean()

    def test_without_its_agent_a_container_stays_created(self):
        path = str(self.folder / "late")
        with socket.socket(socket.AF_UNIX) as unheard:
            unheard.bind(path)  # and does not listen
            id = self.create(self.asking("syscall", "sethostname", path=path))
            result = self.bad("start", id, text="failed to connect with seccomp agent")
            self.assertIn(path, result.err)
            self.assertEqual(self.state(id)["status"], "created")
        os.unlink(path)
        agent = self.agent(fails_with(errno.EXDEV), path)
        self.ok("start", id)
        self.wait_for(id, "stopped")
        self.assertEqual(len(agent.told(1)), 1)

    def test_exec_without_the_agent_fails(self):
        agent = self.agent()
        id = self.started(self.asking("sleep", "100"))
        os.unlink(self.path)
        self.bad("exec", id, "/bin/payload", "true", text="failed to connect with seccomp agent")
        self.assertEqual(len(self.ok("ps", "--format", "json", id).json()), 1)
        self.assertEqual(len(agent.told(1)), 1)

    def test_an_agent_that_hangs_up_ends_the_container(self):
        path = str(self.folder / "rude")
        with socket.socket(socket.AF_UNIX) as rude:
            rude.bind(path)
            rude.listen(1)

            id = self.create(self.asking("true", path=path))
            pid = self.state(id)["pid"]
            os.kill(pid, signal.SIGSTOP)  # it loads the filter when nobody listens any more
            process = self.rt.popen("start", id)
            rude.accept()[0].close()
            os.kill(pid, signal.SIGCONT)
            self.assertEqual(harness.wait_for(process), 1)
            self.assertIn("failed to send the seccomp state to /linux/seccomp/listenerPath " + path,
                          pathlib.Path(f"{process.stem}.err").read_text())
            self.wait_for(id, "stopped")

    # What is refused

    def test_what_an_agent_cannot_be_asked(self):
        for change in ({"defaultAction": "SCMP_ACT_NOTIFY"},
                       {"syscalls": [{"names": ["getcwd", "write"], "action": "SCMP_ACT_NOTIFY"}]}):
            with self.subTest(change):
                bundle = self.asking("true", path="/run/agent")
                bundle.config["linux"]["seccomp"].update(change)
                self.refused(bundle.write(), "SCMP_ACT_NOTIFY cannot be used")
        bundle = self.asking("true", path="/run/agent", calls=["write"])
        self.refused(bundle, "SCMP_ACT_NOTIFY cannot be used for the write syscall")

    def test_what_makes_no_listener_is_refused(self):
        self.ours_only()
        self.refused(self.asking("true", path="run/agent"), "/linux/seccomp/listenerPath")
        bundle = self.asking("true", listenerMetadata="for nobody")
        self.refused(bundle, "/linux/seccomp/listenerMetadata")

    def test_features_know_of_it(self):
        seccomp = self.ok("features").json()["linux"]["seccomp"]
        self.assertIn("SCMP_ACT_NOTIFY", seccomp["actions"])
        self.assertIn("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", seccomp["knownFlags"])
        self.assertIn("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", seccomp["supportedFlags"])
