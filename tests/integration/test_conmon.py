# SPDX-License-Identifier: Apache-2.0
"""Below conmon: who reaps, what the pid file says, where errors go, what nobody may keep open."""

import json
import os

import harness
import host
import monitors


class Below(harness.Case):
    def setUp(self):
        super().setUp()
        self.log = self.folder / "oci-log"

    def argv(self, *words):
        return [harness.binary(), "--root", self.rt.root, "--log-format=json", "--log", self.log, *words]

    def monitored(self, bundle, *options, pid_file=None, id="box", **how):
        """`create` below a conmon of its own."""
        self.forget(id)
        pid_file = pid_file or self.folder / "pidfile"
        argv = self.argv("create", "--bundle", bundle.path, "--pid-file", pid_file, *options, id)
        return monitors.Monitor(self, monitors.Conmon(argv, pid_file, **how))

    def executed(self, id, process, *options, pid_file=None, **how):
        file = self.folder / f"process{len(list(self.folder.iterdir()))}"
        file.write_text(json.dumps(process))
        pid_file = pid_file or self.folder / f"{file.name}.pid"
        argv = self.argv("exec", "--pid-file", pid_file, "--process", file, "--detach", *options, id)
        return monitors.Monitor(self, monitors.Conmon(argv, pid_file, **how))


class Create(Below):
    def test_exit_codes_arrive_however_quick_the_program_is(self):
        for number, code in enumerate((0, 1, 77, 255)):
            conmon = self.monitored(self.bundle("exit", code), id=f"box{number}")
            made = conmon.hear()
            self.assertEqual(made["bytes"], str(made["data"]))
            self.assertEqual(self.state(f"box{number}")["pid"], made["data"])
            self.ok("start", f"box{number}")
            self.assertEqual(conmon.hear(), {"exit": code, "out": "", "err": "", "others": None})

    def test_a_fatal_signal_is_128_and_its_number(self):
        conmon = self.monitored(self.bundle("sleep", "100"))
        conmon.hear()
        self.ok("start", "box")
        self.ok("kill", "box", "9")
        self.assertEqual(conmon.hear()["exit"], 137)

    def test_streams_are_the_containers_and_end_with_it(self):
        conmon = self.monitored(self.bundle("echo", "said"))
        conmon.hear()
        self.ok("start", "box")
        self.assertEqual(conmon.hear()["out"], "said\n")

    def test_a_failure_is_told_on_stderr_and_in_the_log_alike(self):
        for program, text in (("nosuch", 'exec: "nosuch": executable file not found in $PATH'),
                              ("/etc", 'exec: "/etc": '), ("/no/such", "no such file or directory")):
            conmon = self.monitored(self.bundle().args(program))
            said = conmon.hear()
            self.assertEqual((said["data"], said["has_pid_file"], said["others"]), (-1, False, None))
            self.assertIn(text, said["message"])
            entry = json.loads(self.log.read_text())
            self.assertEqual(said["message"], f"oci-rt: {entry['msg']}\n")
            self.log.unlink()
            self.assert_clean()

    def test_a_terminal(self):
        console = harness.ConsoleSocket(self.folder / "conmon-term.ABC")
        self.addCleanup(console.close)
        bundle = self.bundle("exit", "6").edit("/process/terminal", True)
        conmon = self.monitored(bundle, "--console-socket", console.path, console=console)
        conmon.hear()
        self.ok("start", "box")
        self.assertEqual(conmon.hear()["exit"], 6)

    def test_streams_that_are_closed(self):
        for closed in ((0,), (0, 1), (0, 1, 2)):
            with self.subTest(closed):
                conmon = self.monitored(self.bundle("true"), closed=closed, id=f"box{len(closed)}")
                conmon.hear()
                self.ok("start", f"box{len(closed)}")
                self.assertEqual(conmon.hear()["exit"], 0)

    def test_streams_of_the_user_are_passed_through(self):
        (read, write), null = os.pipe(), os.open("/dev/null", os.O_RDWR)
        conmon = self.monitored(self.bundle("echo", "through"), passthrough=(null, write, write))
        os.close(write)
        os.close(null)
        conmon.hear()
        self.ok("start", "box")
        self.assertEqual(conmon.hear()["exit"], 0)
        conmon.end()
        self.assertEqual(os.read(read, 100), b"through\n")
        os.close(read)

    def test_nothing_of_conmon_is_in_the_container(self):
        held = [os.pipe() for _ in range(6)]
        for pair in held:
            for end in pair:
                os.set_inheritable(end, True)
        conmon = self.monitored(self.bundle("report"), env={"SECRET": "1"})
        conmon.hear()
        self.ok("start", "box")
        ended = conmon.hear()
        for pair in held:
            for end in pair:
                os.close(end)
        inside = json.loads(ended["out"])
        self.assertEqual(sorted(inside["fds"]), ["0", "1", "2"])
        self.assertFalse([one for one in inside["env"] if one.startswith(("_OCI_", "SECRET", "XDG_"))])

    def test_a_pid_file_that_is_there_already_is_replaced(self):
        place = self.folder / "made-by-mkstemp"
        place.write_text("old")
        conmon = self.monitored(self.bundle("true"), pid_file=place)
        self.assertEqual(conmon.hear()["bytes"], place.read_text())
        self.ok("start", "box")
        conmon.hear()

    def test_init_is_in_its_last_cgroup_when_conmon_looks(self):
        conmon = self.monitored(self.bundle("sleep", "100"))
        place = f"/proc/{conmon.hear()['data']}/cgroup"
        with open(place) as file:
            before = file.read()
        self.ok("start", "box")
        with open(place) as file:
            self.assertEqual(file.read(), before)
        self.ok("kill", "box", "9")
        conmon.hear()

    def test_the_end_of_conmon_is_the_end_of_create(self):
        """Even in the middle of it: what is left can be deleted by force."""
        began = self.folder / "began"
        hook = {"path": self.bundle().script("slow", f"#!/bin/sh\ntouch {began}\nsleep 20\n")}
        bundle = self.bundle("true").edit("/hooks/createRuntime", [hook])
        conmon = self.monitored(bundle)
        self.assertTrue(host.until(began.exists))
        conmon.end()
        self.ok("delete", "--force", "box")
        for pid in host.children():  # the hook itself is nobody's
            host.kill(pid)
        self.assert_clean()


class Exec(Below):
    def setUp(self):
        super().setUp()
        self.box = self.bundle("sleep", "100")
        self.conmon = self.monitored(self.box)
        self.conmon.hear()
        self.ok("start", "box")
        self.addCleanup(self.rt, "kill", "box", "9")
        self.process = self.box.config["process"]

    def test_exit_codes_arrive_however_quick_the_program_is(self):
        for code in (0, 1, 42):
            conmon = self.executed("box", self.process | {"args": ["/bin/payload", "exit", str(code)]})
            said = conmon.hear()
            self.assertEqual(said["bytes"], str(said["data"]))
            self.assertEqual(conmon.hear(), {"exit": code, "out": "", "err": "", "others": None})

    def test_a_program_that_did_not_start_leaves_no_pid_file(self):
        for program, text in (("nosuch", "executable file not found"), ("/etc", "permission denied")):
            said = self.executed("box", self.process | {"args": [program]}).hear()
            self.assertEqual((said["data"], said["has_pid_file"], said["status"]), (-1, False, 255))
            self.assertIn(text, said["message"])
            self.assertEqual(said["others"], None)

    def test_a_terminal(self):
        console = harness.ConsoleSocket(self.folder / "conmon-term.DEF")
        self.addCleanup(console.close)
        conmon = self.executed("box", self.process | {"args": ["/bin/payload", "exit", "6"], "terminal": True},
                               "--console-socket", console.path, console=console)
        conmon.hear()
        self.assertEqual(conmon.hear()["exit"], 6)

    def test_streams_that_are_closed(self):
        conmon = self.executed("box", self.process | {"args": ["/bin/payload", "exit", "5"]}, closed=(0, 1))
        conmon.hear()
        self.assertEqual(conmon.hear()["exit"], 5)

    def test_many_at_once(self):
        many = [self.executed("box", self.process | {"args": ["/bin/payload", "exit", str(n)]}) for n in range(12)]
        for code, conmon in enumerate(many):
            conmon.hear()
            self.assertEqual((ended := conmon.hear())["exit"], code, ended)
