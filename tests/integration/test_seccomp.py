# SPDX-License-Identifier: Apache-2.0
"""/linux/seccomp: the filter of system calls."""

import errno

import harness
from coverage import accepts, rejects


def profile(default, *rules, **more):
    return {"defaultAction": default, "architectures": ["SCMP_ARCH_X86_64"], "syscalls": list(rules), **more}


def rule(action, *names, **more):
    return {"names": list(names), "action": action, **more}


class Seccomp(harness.Case):
    def tried(self, filter, *calls, code=0):
        bundle = self.bundle("syscall", *calls).edit("/linux/seccomp", filter)
        result = self.run_in(bundle, code=code)
        return result.json() if code == 0 else result

    def test_the_default_profile_lets_ordinary_programs_run(self):
        bundle = self.bundle("syscall", "mkdir", "getppid", "getcwd")
        self.assertEqual(self.run_in(bundle).json(), {"mkdir": 0, "getppid": 0, "getcwd": 0})

    @accepts("/linux/seccomp/defaultAction")
    def test_the_default_profile_denies_what_docker_denies(self):
        answers = self.run_in(self.bundle("syscall", "mount", "unshare", "keyctl", "bpf", "swapon")).json()
        self.assertEqual(set(answers.values()), {errno.EPERM})

    @accepts("/linux/seccomp/syscalls/*/{names,action,errnoRet}")
    def test_an_action_may_have_an_errno(self):
        answers = self.tried(profile("SCMP_ACT_ALLOW", rule("SCMP_ACT_ERRNO", "sethostname", errnoRet=99),
                                     rule("SCMP_ACT_ERRNO", "mkdir")), "sethostname", "mkdir")
        self.assertEqual(answers, {"sethostname": 99, "mkdir": errno.EPERM})

    @accepts("/linux/seccomp/defaultErrnoRet")
    def test_the_default_action_may_have_an_errno(self):
        bundle = self.bundle("syscall", "keyctl")
        bundle.config["linux"]["seccomp"]["defaultErrnoRet"] = 77
        self.assertEqual(self.run_in(bundle.write()).json(), {"keyctl": 77})

    def test_killing_is_a_signal(self):
        self.tried(profile("SCMP_ACT_ALLOW", rule("SCMP_ACT_KILL_PROCESS", "sethostname")), "sethostname", code=128 + 31)

    def test_logging_lets_pass(self):
        self.assertEqual(self.tried(profile("SCMP_ACT_ALLOW", rule("SCMP_ACT_LOG", "getcwd")), "getcwd"), {"getcwd": 0})

    @accepts("/linux/seccomp/syscalls/*/args/*/{index,value,op}")
    def test_arguments_are_compared(self):
        only_mounts = rule("SCMP_ACT_ERRNO", "unshare", errnoRet=5,
                           args=[{"index": 0, "value": 0x20000, "op": "SCMP_CMP_EQ"}])
        answers = self.tried(profile("SCMP_ACT_ALLOW", only_mounts), "unshare", "unshare_user")
        self.assertEqual(answers["unshare"], 5)
        self.assertNotEqual(answers["unshare_user"], 5)

    @accepts("/linux/seccomp/syscalls/*/args/*/{value,valueTwo,op}")
    def test_masked_arguments_are_compared(self):
        any_namespace = rule("SCMP_ACT_ERRNO", "unshare", errnoRet=6,
                             args=[{"index": 0, "value": 0x10020000, "valueTwo": 0x20000, "op": "SCMP_CMP_MASKED_EQ"}])
        answers = self.tried(profile("SCMP_ACT_ALLOW", any_namespace), "unshare", "unshare_user")
        self.assertEqual(answers["unshare"], 6)
        self.assertNotEqual(answers["unshare_user"], 6)
        # Bits beside the mask do not count.
        not_user = rule("SCMP_ACT_ERRNO", "unshare", errnoRet=6,
                        args=[{"index": 0, "value": 0x10000000, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}])
        answers = self.tried(profile("SCMP_ACT_ALLOW", not_user), "unshare", "unshare_user")
        self.assertEqual(answers["unshare"], 6)
        self.assertNotEqual(answers["unshare_user"], 6)

    def test_a_rule_counts_behind_another_that_begins_to_hold(self):
        """As libseccomp before 2.6.1 has it, the second one is never reached (GHSA-4q85-33p6-j5g6)."""
        first = rule("SCMP_ACT_ERRNO", "personality", errnoRet=7, args=[
            {"index": 0, "value": 0x7FFFFFFF, "op": "SCMP_CMP_LE"}, {"index": 1, "value": 5, "op": "SCMP_CMP_GT"}])
        second = rule("SCMP_ACT_ERRNO", "personality", errnoRet=8,
                      args=[{"index": 0, "value": 0xFFFFFFFF00000000, "op": "SCMP_CMP_LT"}])
        bundle = self.bundle().edit("/linux/seccomp", profile("SCMP_ACT_ALLOW", first, second))
        self.assertEqual(self.report(bundle)["personality"], -1)  # asked for with 0xffffffff

    def test_unknown_calls_of_the_profile_are_skipped(self):
        self.tried(profile("SCMP_ACT_ALLOW", rule("SCMP_ACT_ERRNO", "no_such_call", "mkdir")), "getppid")

    def test_calls_newer_than_the_profile_are_not_implemented(self):
        self.ours_only()
        self.assertEqual(self.run_in(self.bundle("syscall", "newer")).json(), {"newer": errno.ENOSYS})

    @rejects("/linux/seccomp/{defaultAction,flags,syscalls/*/action,syscalls/*/args/*/op}")
    def test_wrong_words_are_refused(self):
        for filter in (profile("SCMP_ACT_NONE"), profile("SCMP_ACT_ALLOW", rule("SCMP_ACT_NONE", "getcwd")),
                       profile("SCMP_ACT_ALLOW", flags=["SECCOMP_FILTER_FLAG_NONE"]),
                       profile("SCMP_ACT_ALLOW", rule("SCMP_ACT_ERRNO", "getcwd", args=[
                           {"index": 0, "value": 1, "op": "SCMP_CMP_NONE"}]))):
            with self.subTest(filter):
                self.refused(self.bundle().edit("/linux/seccomp", filter))

    @rejects("/linux/seccomp/syscalls/*/errnoRet")
    def test_an_errno_without_an_action_that_uses_it_is_refused(self):
        self.ours_only()
        filter = profile("SCMP_ACT_ALLOW", rule("SCMP_ACT_ALLOW", "getcwd", errnoRet=1))
        self.refused(self.bundle().edit("/linux/seccomp", filter), "errnoRet")

    def test_status_shows_the_filter(self):
        self.assertEqual(self.report(self.bundle())["status"]["Seccomp"], "2")
        self.assertEqual(self.report(self.bundle().edit("/linux/seccomp", None))["status"]["Seccomp"], "0")

    def test_works_with_and_without_new_privileges(self):
        for value in (True, False):
            bundle = self.bundle("syscall", "mount").edit("/process/noNewPrivileges", value)
            self.assertEqual(self.run_in(bundle).json(), {"mount": errno.EPERM})

    def test_works_for_an_unprivileged_user(self):
        bundle = self.bundle("syscall", "keyctl").edit("/process/user", {"uid": 1000, "gid": 1000})
        self.assertEqual(self.run_in(bundle).json(), {"keyctl": errno.EPERM})

    def test_exec_has_the_filter_too(self):
        id = self.started(self.bundle("sleep", "100"))
        self.assertEqual(self.ok("exec", id, "/bin/payload", "syscall", "keyctl").json(), {"keyctl": errno.EPERM})
