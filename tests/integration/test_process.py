# SPDX-License-Identifier: Apache-2.0
"""/process: what the program sees of itself."""

import os
import resource

import harness
import host
from coverage import accepts, rejects


class Process(harness.Case):
    @accepts("/process/{args,env}")
    def test_has_the_arguments_and_the_environment_as_written(self):
        bundle = self.bundle()
        bundle.edit("/process/env", ["PATH=/bin", "A=1", "NEWLINE=a\nb", "EMPTY=", "EQUALS=a=b"])
        bundle.args("payload", "report", "", "ä", "a b")
        inside = self.run_in(bundle).json()
        self.assertEqual(len(inside["argv"]), 5)
        self.assertEqual(inside["argv"][2], "")
        for entry in ("A=1", "NEWLINE=a\nb", "EMPTY=", "EQUALS=a=b"):
            self.assertIn(entry, inside["env"])

    def test_has_nothing_of_the_callers_environment(self):
        inside = self.report(self.bundle(), env={**os.environ, "CANARY": "leak"})
        self.assertFalse([entry for entry in inside["env"] if entry.startswith("CANARY")])

    def test_the_last_of_equal_names_wins(self):
        inside = self.report(self.bundle().edit("/process/env", ["A=1", "B=2", "A=3"]))
        self.assertEqual([entry for entry in inside["env"] if entry.startswith("A=")], ["A=3"])

    def test_home_comes_from_the_password_file_of_the_container(self):
        for uid, home in ((0, "HOME=/root"), (1000, "HOME=/tmp"), (4711, "HOME=/")):
            bundle = self.minimal().edit("/process/user/uid", uid)
            self.assertIn(home, self.report(bundle)["env"])

    def test_home_is_kept_when_given(self):
        inside = self.report(self.minimal().edit("/process/env", ["HOME=/elsewhere"]))
        self.assertEqual([e for e in inside["env"] if e.startswith("HOME=")], ["HOME=/elsewhere"])

    @rejects("/process/env")
    def test_an_environment_entry_without_a_value_sign_is_refused(self):
        self.ours_only()
        for entry in ("NOVALUE", "=x", "A\0=b"):
            with self.subTest(entry):
                self.refused(self.bundle().edit("/process/env", [entry]), "/process/env")

    @accepts("/process/user/{uid,gid,additionalGids}")
    def test_has_user_and_groups(self):
        bundle = self.bundle().edit("/process/user", {"uid": 1000, "gid": 1001, "additionalGids": [5, 6]})
        inside = self.report(bundle)
        self.assertEqual(inside["uids"], [1000] * 3)
        self.assertEqual(inside["gids"], [1001] * 3)
        self.assertEqual(inside["groups"], [5, 6])

    def test_has_no_groups_of_the_caller(self):
        def join():
            os.setgroups([4, 27])

        bundle = self.bundle().edit("/process/user", {"uid": 0, "gid": 0})
        self.assertEqual(self.report(bundle, preexec_fn=join)["groups"], [])

    @rejects("/process/user/uid")
    def test_refuses_a_uid_out_of_range(self):
        self.ours_only()
        for uid in (-1, 4294967295, 4294967296, 1.5, "0", True):
            with self.subTest(uid):
                bundle = self.bundle()
                bundle.config["process"]["user"]["uid"] = uid
                self.refused(bundle.write(), "/process/user/uid")

    @accepts("/process/user/umask")
    def test_umask_is_set_or_022(self):
        self.assertEqual(self.report(self.bundle())["umask"], 0o22)
        self.assertEqual(self.report(self.bundle().edit("/process/user/umask", 0o77))["umask"], 0o77)

    def test_umask_is_not_the_callers(self):
        self.assertEqual(self.report(self.bundle(), preexec_fn=lambda: os.umask(0o7))["umask"], 0o22)

    @accepts("/process/cwd")
    def test_working_directory_is_made_when_missing(self):
        bundle = self.bundle().edit("/process/cwd", "/new/deep/place")
        self.assertEqual(self.report(bundle)["cwd"], "/new/deep/place")

    @rejects("/process/cwd")
    def test_working_directory_must_be_absolute(self):
        self.ours_only()
        self.refused(self.bundle().edit("/process/cwd", "tmp"), "/process/cwd")
        self.refused(self.bundle().edit("/process/cwd", ""), "/process/cwd")

    @rejects("/process/cwd")
    def test_working_directory_must_be_a_directory(self):
        self.refused(self.bundle().edit("/process/cwd", "/etc/passwd"))

    def test_working_directory_may_belong_to_the_user(self):
        bundle = self.bundle().edit("/process/cwd", "/home").edit("/process/user", {"uid": 1000, "gid": 1000})
        (bundle.rootfs / "home").mkdir(mode=0o700)
        os.chown(bundle.rootfs / "home", 1000, 1000)
        bundle.edit("/process/capabilities", {})
        self.assertEqual(self.report(bundle)["cwd"], "/home")

    @rejects("/process/args")
    def test_needs_arguments(self):
        self.refused(self.bundle().edit("/process/args", []))
        self.ours_only()
        self.refused(self.bundle().edit("/process/args", None), "/process/args")

    def test_is_found_in_the_path_of_the_container(self):
        bundle = self.bundle().edit("/process/env", ["PATH=/opt:/tools"])
        (bundle.rootfs / "tools").mkdir()
        (bundle.rootfs / "bin/payload").rename(bundle.rootfs / "tools/prog")
        bundle.args("prog", "echo", "found")
        self.assertEqual(self.run_in(bundle).out, "found\n")

    def test_is_pid_one_of_its_session(self):
        inside = self.report(self.bundle())
        self.assertEqual((inside["pid"], inside["sid"], inside["ppid"]), (1, 1, 0))

    def test_has_default_signals(self):
        import signal

        def ignore():
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2, signal.SIGTERM])

        status = self.report(self.bundle(), preexec_fn=ignore, restore_signals=False)["status"]
        self.assertEqual((status["SigBlk"], status["SigIgn"], status["SigCgt"]), ("0" * 16,) * 3)

    def test_has_no_parent_death_signal(self):
        self.assertEqual(self.report(self.bundle())["parent_death_signal"], 0)

    @accepts("/process/rlimits/*/{type,soft,hard}")
    def test_has_the_limits_given(self):
        bundle = self.bundle().edit("/process/rlimits", [
            {"type": "RLIMIT_NOFILE", "soft": 512, "hard": 700}, {"type": "RLIMIT_CORE", "soft": 0, "hard": 0}])
        limits = self.report(bundle)["rlimits"]
        self.assertEqual(limits["RLIMIT_NOFILE"], [512, 700])
        self.assertEqual(limits["RLIMIT_CORE"], [0, 0])

    def test_keeps_the_callers_other_limits(self):
        limits = self.report(self.bundle())["rlimits"]
        self.assertEqual(limits["RLIMIT_NOFILE"][1], resource.getrlimit(resource.RLIMIT_NOFILE)[1])

    def test_exec_has_the_limits_too(self):
        bundle = self.bundle("sleep", "100").edit("/process/rlimits", [
            {"type": "RLIMIT_NOFILE", "soft": 100, "hard": 200}])
        self.assertEqual(self.exec_report(self.started(bundle))["rlimits"]["RLIMIT_NOFILE"], [100, 200])

    @rejects("/process/rlimits/*/{type,soft}")
    def test_refuses_wrong_limits(self):
        self.refused(self.bundle().edit("/process/rlimits", [{"type": "RLIMIT_NONE", "soft": 1, "hard": 1}]))
        self.ours_only()
        self.refused(self.bundle().edit("/process/rlimits", [{"type": "RLIMIT_CORE", "soft": 2, "hard": 1}]))
        twice = [{"type": "RLIMIT_CORE", "soft": 0, "hard": 0}] * 2
        self.refused(self.bundle().edit("/process/rlimits", twice), "/process/rlimits")

    @accepts("/process/noNewPrivileges")
    def test_may_not_gain_privileges_when_so_configured(self):
        self.assertEqual(self.report(self.bundle())["status"]["NoNewPrivs"], "0")
        bundle = self.bundle().edit("/process/noNewPrivileges", True)
        self.assertEqual(self.report(bundle)["status"]["NoNewPrivs"], "1")

    @accepts("/process/oomScoreAdj")
    def test_has_an_oom_score(self):
        bundle = self.bundle().edit("/process/oomScoreAdj", 321)
        self.assertEqual(self.report(bundle)["oom_score_adj"].strip(), "321")

    def test_oom_score_stays_when_not_given(self):
        bundle = self.bundle().edit("/process/oomScoreAdj", None)
        mine = open("/proc/self/oom_score_adj").read().strip()
        self.assertEqual(self.report(bundle)["oom_score_adj"].strip(), mine)


class Reaping(harness.Case):
    def test_a_dead_container_is_a_zombie_of_the_subreaper_with_its_status(self):
        id = self.create(self.bundle("exit", "33"))
        pid = self.state(id)["pid"]
        self.ok("start", id)
        self.assertEqual(os.waitstatus_to_exitcode(host.wait_status(pid)), 33)
