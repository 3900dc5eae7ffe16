# SPDX-License-Identifier: Apache-2.0
"""The command line: global options, usage errors, the log."""

import datetime
import json
import shlex
import socket

import harness

VERBS = "create start state kill delete run exec list ps pause resume update events stats spec features".split()


class Cli(harness.Case):
    def call(self, *args, **options):
        return self.rt(argv=[harness.binary(), *map(str, args)], **options)

    def test_version_names_program_and_specification(self):
        for option in ("--version", "-v"):
            out = self.call(option).out
            self.assertRegex(out.splitlines()[0], r"^\S+ version \d+\.\d+")
            self.assertIn("spec: 1.", out)

    def test_help_names_every_verb(self):
        out = self.call("--help").out
        for verb in VERBS:
            self.assertIn(verb, out)

    def test_every_verb_has_help(self):
        for verb in VERBS:
            with self.subTest(verb):
                result = self.call(verb, "--help")
                self.assertEqual(result.code, 0)
                self.assertIn(verb, result.out)

    def test_an_unknown_verb_is_an_error(self):
        self.ours_only()
        result = self.call("frobnicate")
        self.assertGreater(result.code, 0)
        self.assertIn("frobnicate", result.err)

    def test_an_unknown_option_is_named(self):
        for args in (["--invalidflag", "list"], ["create", "--invalidflag", "x"]):
            result = self.call(*args)
            self.assertGreater(result.code, 0)
            self.assertIn("invalidflag", result.err)

    def test_globals_may_repeat_and_use_both_spellings(self):
        self.ours_only()
        result = self.call("--root", "/nowhere", f"--root={self.rt.root}", "--log-format", "json", "--log-format=text",
                           "--debug", "--rootless=auto", "--cgroup-manager", "cgroupfs", "list", "-q")
        self.assertEqual(result.code, 0, str(result))

    def test_systemd_and_rootless_globals_are_known(self):
        self.ours_only()
        for option in (["--systemd-cgroup"], ["--rootless", "true"], ["--log-level", "debug"], ["--criu", "/x"],
                       ["--cgroup-manager", "disabled"], ["--cgroup-manager=systemd"]):
            with self.subTest(option):
                self.assertEqual(self.call("--root", self.rt.root, *option, "list", "-q").code, 0)

    def test_a_wrong_value_of_a_global_is_an_error(self):
        for option in (["--log-format", "xml"], ["--cgroup-manager", "v1"]):
            self.assertGreater(self.call(*option, "list").code, 0)

    def test_every_verb_needs_its_arguments(self):
        for verb in ("create", "start", "state", "kill", "delete", "run", "exec", "ps", "pause", "resume", "update",
                     "events"):
            with self.subTest(verb):
                result = self.rt(verb)
                self.assertGreater(result.code, 0)
                self.assertTrue(result.err)

    def test_surplus_arguments_are_an_error(self):
        for verb in ("start", "state", "delete", "pause", "resume", "update", "events"):
            with self.subTest(verb):
                self.assertGreater(self.rt(verb, "one", "two").code, 0)

    def test_closed_standard_streams_do_no_harm(self):
        self.need_busybox()
        bundle = self.bundle("exit", "6")
        command = " ".join(self.rt.argv("run", "--bundle", bundle.path, self.new_id()))
        for streams in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            with self.subTest(streams):
                self.assertEqual(self.rt(argv=["/bin/sh", "-c", f"{command} {streams}"]).code, 6)


class Log(harness.Case):
    def lines(self, path):
        return path.read_text().splitlines()

    def test_an_error_is_one_json_line_and_text_on_stderr(self):
        log = self.folder / "log"
        result = self.rt("--log", log, "--log-format", "json", "state", "nobody")
        self.assertGreater(result.code, 0)
        self.assertEqual(len(self.lines(log)), 1)
        entry = json.loads(self.lines(log)[0])
        self.assertEqual(entry["level"], "error")
        self.assertIn("does not exist", entry["msg"])
        self.assertIn("does not exist", result.err)
        datetime.datetime.fromisoformat(entry["time"].replace("Z", "+00:00")[:19] + "+00:00")

    def test_the_file_exists_even_when_nothing_is_said(self):
        log = self.folder / "log"
        self.rt("--log", log, "--log-format", "json", "list", "-q")
        self.assertTrue(log.exists())

    def test_is_appended_to(self):
        log = self.folder / "log"
        for _ in range(2):
            self.rt("--log", log, "--log-format", "json", "state", "nobody")
        self.assertEqual(len(self.lines(log)), 2)

    def test_text_is_text(self):
        log = self.folder / "log"
        self.rt("--log", log, "--log-format", "text", "state", "nobody")
        self.assertIn("does not exist", log.read_text())
        self.assertFalse(log.read_text().startswith("{"))

    def test_control_characters_are_escaped(self):
        self.ours_only()
        log = self.folder / "log"
        self.rt("--log", log, "--log-format", "json", "state", "a\nb\x1b[31m")
        self.assertEqual(len(self.lines(log)), 1)
        json.loads(log.read_text())

    def test_success_is_silent(self):
        log = self.folder / "log"
        self.rt("--log", log, "--log-format", "json", "run", "--bundle", self.bundle("true").path, self.new_id())
        self.assertEqual(log.read_text(), "")

    def test_debug_says_more(self):
        self.ours_only()
        log = self.folder / "log"
        self.rt("--debug", "--log", log, "--log-format", "json", "run", "--bundle", self.bundle("true").path, "x")
        for line in self.lines(log):
            json.loads(line)

    def daemon(self, name, address, mounts):
        """What a daemon at that address gets of an error, in a machine whose directory of it is this test's."""
        self.ours_only()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(f"{self.folder}/{address}")
            listener.settimeout(5)
            call = shlex.join(self.rt.argv("--log", name, "--log-format", "json", "state", "nobody"))
            result = self.rt(argv=["unshare", "-m", "sh", "-ec", f"{mounts}; exec {call}"])
            self.assertEqual(result.code, 1)
            self.assertIn("does not exist", result.err)
            return listener.recv(65536).decode()

    def test_may_be_the_journal(self):
        bind = f"mount -t tmpfs none /run; mkdir /run/systemd; ln -s {self.folder} /run/systemd/journal"
        said = self.daemon("journald:box", "socket", bind)
        self.assertRegex(said, r"\APRIORITY=3\nSYSLOG_IDENTIFIER=box\nMESSAGE=.*does not exist.*\n\Z")

    def test_may_be_syslog(self):
        bind = f"mount -t tmpfs none /dev; mknod /dev/null c 1 3; ln -s {self.folder}/log /dev/log"
        self.assertRegex(self.daemon("syslog:box", "log", bind), r"\A<11>box\[\d+\]: .*does not exist.*\Z")

    def test_a_daemon_that_is_not_there_is_an_error(self):
        self.ours_only()
        for name in ("journald:box", "syslog:box"):
            result = self.rt(argv=["unshare", "-m", "sh", "-ec", "mount -t tmpfs none /run; mount -t tmpfs none /dev; "
                                   "mknod /dev/null c 1 3; exec " + shlex.join(self.rt.argv("--log", name, "list"))])
            self.assertEqual(result.code, 1)
            self.assertIn(f"--log {name}: cannot connect to /", result.err)

    def test_a_log_that_cannot_be_opened_is_an_error(self):
        result = self.rt("--log", "/no/such/dir/log", "list")
        self.assertGreater(result.code, 0)
