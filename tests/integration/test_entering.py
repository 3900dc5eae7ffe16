# SPDX-License-Identifier: Apache-2.0
"""Processes that enter a container, and a container that lies in wait for them.

It has CAP_SYS_PTRACE and no filter: what the runtime shows of itself, it can take.
"""

import hashlib
import json
import os
import shutil

import bundle as bundles
import harness
import host

ROUNDS = 60


class Entering(harness.Case):
    def container(self, *args, ptrace=True):
        bundle = self.bundle(*args).edit("/linux/seccomp", None)
        capabilities = [*bundles.DOCKER_CAPABILITIES, *(["CAP_SYS_PTRACE"] if ptrace else [])]
        bundle.edit("/process/capabilities", {k: capabilities for k in ("bounding", "effective", "permitted")})
        return bundle

    def waiting(self, bundle, argv=None):
        """A started container that has said that it is ready, and what it says from then on."""
        id = self.forget(self.new_id())
        created = self.rt(argv=[*(argv or self.rt.argv()), "create", "--bundle", str(bundle.path), id])
        self.assertEqual(created.code, 0, str(created))
        self.ok("start", id)
        self.assertTrue(host.until(lambda: created.out.startswith("ready")), str(created))
        return id, created

    def test_show_no_directory_of_the_host(self):
        # T01, CVE-2016-9962
        canary = self.folder / "canary"
        canary.write_text("host")
        for ptrace in (False, True):
            with self.subTest(ptrace=ptrace):
                id, said = self.waiting(self.container("watch", str(canary).lstrip("/"), ptrace=ptrace))
                for _ in range(ROUNDS):
                    self.ok("exec", id, "/bin/payload", "true")
                self.assertNotIn("host reached", said.out)

    def test_hold_nothing_that_the_container_does_not(self):
        # Who has CAP_SYS_PTRACE does with another process what that one may do.
        id, said = self.waiting(self.container("seize"))
        for _ in range(ROUNDS):
            self.ok("exec", id, "/bin/payload", "true")
        self.assertIn("seized", said.out, "the attack itself failed")
        self.assertNotIn("more", said.out)

    def test_hold_nothing_more_where_a_filter_is_to_be_loaded(self):
        # For that the kernel asks for CAP_SYS_ADMIN, where privileges may be gained.
        bundle = self.container("seize").edit("/linux/seccomp", self.profile_of_entering())
        self.assertFalse(bundle.config["process"].get("noNewPrivileges"))
        id, said = self.waiting(bundle)
        for args in [["-d"], []] * (ROUNDS // 2):
            self.ok("exec", *args, id, "/bin/payload", "true")
        self.assertIn("seized", said.out, "the attack itself failed")
        self.assertNotIn("more", said.out)

    def test_are_under_the_filter_of_the_container(self):
        allowed = self.profile_of_entering()
        allowed["syscalls"][0]["names"].remove("getppid")
        allowed["syscalls"].append({"names": ["getppid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 99})
        for profile in (allowed, {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": allowed["syscalls"][1:]}):
            id, _ = self.waiting(self.container("seize", ptrace=False).edit("/linux/seccomp", profile))
            self.assertEqual(self.ok("exec", id, "/bin/payload", "entries").out.splitlines()[0], "native errno 99")
            status = self.ok("exec", id, "/bin/payload", "cat", "/proc/self/status").out
            self.assertRegex(status, r"NoNewPrivs:\s*0\n(?s:.*)Seccomp:\s*2\nSeccomp_filters:\s*1\n")
            self.assertRegex(status, r"CapEff:\s*00000000a80425fb\n")  # Docker's

    def test_pass_a_filter_that_forbids_what_they_do(self):
        # Then it is loaded at last, as for the first process.
        profile = {"defaultAction": "SCMP_ACT_ALLOW",
                   "syscalls": [{"names": ["sendmsg", "recvmsg", "close_range"], "action": "SCMP_ACT_KILL_PROCESS"}]}
        id, _ = self.waiting(self.container("seize", ptrace=False).edit("/linux/seccomp", profile))
        self.ok("exec", id, "/bin/payload", "true")

    def test_show_no_executable_that_can_be_written(self):
        # T02, CVE-2019-5736
        binary = self.folder / os.path.basename(harness.binary())
        shutil.copy2(harness.binary(), binary)
        before = hashlib.sha256(binary.read_bytes()).hexdigest()
        argv = [str(binary), *self.rt.argv()[1:]]
        bundle = self.container("overwrite")
        (bundle.rootfs / "bin/itself").write_text("#!/proc/self/exe\n")
        (bundle.rootfs / "bin/itself").chmod(0o755)
        id, said = self.waiting(bundle, argv)
        for program in ["/bin/itself", "/proc/self/exe", "/bin/payload"] * 7:
            self.rt(argv=[*argv, "exec", id, program])
        self.assertIn("held", said.out, "the attack itself failed")
        self.assertEqual(hashlib.sha256(binary.read_bytes()).hexdigest(), before, said.out)

    def test_may_have_a_terminal_and_a_schedule_under_a_filter(self):
        bundle = self.container("seize").edit("/linux/seccomp", self.profile_of_entering())
        id, said = self.waiting(bundle)
        process = self.folder / "process.json"
        process.write_text(json.dumps({**bundle.config["process"], "args": ["/bin/payload", "true"], "terminal": True,
                                       "scheduler": {"policy": "SCHED_BATCH", "nice": 3}, "ioPriority": {
                                           "class": "IOPRIO_CLASS_BE", "priority": 5}}))
        console = harness.ConsoleSocket(self.folder / "console")
        self.addCleanup(console.close)
        for _ in range(ROUNDS // 4):
            self.ok("exec", "-d", "--process", process, "--console-socket", console.path, id)
            os.close(console.receive())
        console.master = None
        self.assertIn("seized", said.out, "the attack itself failed")
        self.assertNotIn("more", said.out)

    def test_are_not_believed_what_others_say_in_their_name(self):
        # The channel to the runtime is all they hold. A lie ends the exec, at worst.
        self.ours_only()
        for lie in ("text", "hooks", "started", "ready"):
            with self.subTest(lie):
                id, said = self.waiting(self.container("speak", lie))
                pid_file = self.folder / "pid"
                for number in range(10 * ROUNDS):
                    if number > ROUNDS // 2 and "spoke" in said.out:
                        break
                    result = self.rt("exec", "-d", "--pid-file", pid_file, id, "/bin/payload", "sleep", "100")
                    self.assertIn(result.code, (0, 255), str(result))
                    if result.code == 0:
                        self.assertIn(int(pid_file.read_text()), self.pids(id))
                self.assertIn("spoke", said.out, "the attack itself failed")
                self.ok("delete", "--force", id)
                self.assert_clean()

    @staticmethod
    def profile_of_entering():
        """What the runtime needs up to execve, and a static program from there on; all else kills."""
        runtime = ["capget", "capset", "clone", "close", "close_range", "dup3", "execve", "exit_group", "fcntl", "getgroups",
                   "getresgid", "getresuid", "ioctl", "ioprio_set", "prctl", "recvmsg", "rt_sigaction", "rt_sigprocmask",
                   "sched_setattr", "sendmsg", "setsid"]
        payload = ["arch_prctl", "brk", "clock_nanosleep", "fork", "fstat", "futex", "getpid", "getppid", "getrandom", "gettid",
                   "lseek", "mmap", "mprotect", "munmap", "nanosleep", "newfstatat", "openat", "pidfd_open", "poll", "ppoll",
                   "pread64", "prlimit64", "process_vm_readv", "process_vm_writev", "ptrace", "read", "readlink",
                   "readlinkat", "rseq", "sched_yield", "set_robust_list", "set_tid_address", "sigaltstack", "tgkill",
                   "uname", "vfork", "wait4", "waitid", "write", "writev"]
        return {"defaultAction": "SCMP_ACT_KILL_PROCESS", "syscalls": [
            {"names": runtime + payload, "action": "SCMP_ACT_ALLOW"}]}

    def pids(self, id):
        return self.ok("ps", "--format", "json", id).json()
