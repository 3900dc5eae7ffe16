# SPDX-License-Identifier: Apache-2.0
"""Below containerd's shim and BuildKit: pipes read to their end, texts of a late kill, a shim that dies."""

import json
import os
import signal

import harness
import host
import monitors


class Containerd(harness.Case):
    def base(self, bundle):
        return [harness.binary(), "--root", self.rt.root, "--log", bundle.path / "log.json", "--log-format", "json"]

    def shim(self, bundle, **how):
        self.forget("box")
        return monitors.Monitor(self, monitors.Shim(self.base(bundle), self.folder, bundle.path, **how))

    def check_end(self, ended):
        code, text = ended["kill"]
        self.assertEqual(code, 1)
        self.assertIn("container not running", text)  # which it makes "process already finished"
        self.assertEqual(ended["kill_all"], [0, ""])
        code, text = ended["state"]
        self.assertEqual((code, json.loads(text)["status"]), (0, "stopped"))
        self.assertEqual((ended["delete"], ended["again"], ended["others"]), ([0, ""], [0, ""], None))

    def test_a_container_with_pipes(self):
        bundle = self.bundle("report")
        shim = self.shim(bundle)
        self.assertEqual(shim.hear()["start"], [0, ""])
        ended = shim.hear()
        out, err = ended["said"]
        self.assertEqual((ended["exit"], err), (0, ""))
        self.assertEqual(sorted(json.loads(out)["fds"]), ["0", "1", "2"])
        self.check_end(ended)
        self.assertIn("container not running", (bundle.path / "log.json").read_text())

    def test_a_container_with_a_terminal_holds_no_pipe(self):
        shim = self.shim(self.bundle("exit", "9").edit("/process/terminal", True), terminal=True)
        made = shim.hear()
        self.assertEqual((made["code"], made["text"], made["start"]), (0, "", [0, ""]))
        ended = shim.hear()
        self.assertEqual(ended["exit"], 9)
        self.check_end(ended)

    def test_the_log_is_there_before_anything_is_said_and_has_the_last_error_last(self):
        bundle = self.bundle().args("nosuch")
        made = self.shim(bundle).hear()
        self.assertEqual(made["code"], 1)
        *_, last = (bundle.path / "log.json").read_text().splitlines()
        entry = json.loads(last)
        self.assertEqual((entry["level"], made["text"]), ("error", f"oci-rt: {entry['msg']}\n"))
        self.assertFalse((bundle.path / "init.pid").exists())
        good = self.bundle("true")
        self.assertEqual(self.shim(good).hear()["log"], "")

    def test_after_the_shim_was_killed_all_can_be_removed(self):
        bundle = self.bundle("sleep", "100")
        shim = self.shim(bundle)
        pid = shim.hear()["pid"]
        shim.end()
        self.assertEqual(self.state("box")["pid"], pid)
        # As the shim's own binary does it afterwards, from the bundle.
        argv = [*map(str, self.base(bundle)), "delete", "--force", "box"]
        result = self.rt(argv=argv, combined=True, cwd=bundle.path)
        self.assertEqual((result.code, result.out), (0, ""))
        self.assertEqual(os.waitstatus_to_exitcode(host.wait_status(pid)), -9)
        self.assert_clean()

    def test_a_shim_that_is_killed_while_it_creates(self):
        began = self.folder / "began"
        bundle = self.bundle("true")
        hook = {"path": bundle.script("slow", f"#!/bin/sh\ntouch {began}\nsleep 20\n")}
        bundle.edit("/hooks/createRuntime", [hook])
        shim = self.shim(bundle)
        self.assertTrue(host.until(began.exists))
        shim.end()
        self.ok("delete", "--force", "box", cwd=bundle.path)
        for pid in host.children():
            host.kill(pid)
        self.assert_clean()

    def test_an_exec_whose_process_file_goes_at_once(self):
        bundle = self.bundle("sleep", "100")
        self.started(bundle)
        file = self.folder / "runc-process1"
        for code in (0, 3):
            file.write_text(json.dumps(bundle.config["process"] | {"args": ["/bin/payload", "exit", str(code)]}))
            pid_file = self.folder / "e1.pid"
            self.ok("exec", "--process", file, "--detach", "--pid-file", pid_file, "box1")
            file.unlink()
            self.assertEqual(os.waitstatus_to_exitcode(host.wait_status(int(pid_file.read_text()))), code)
            pid_file.unlink()

    def test_a_hundred_execs_leave_nothing(self):
        bundle = self.bundle("sleep", "100")
        id = self.started(bundle)
        file = self.folder / "process"
        file.write_text(json.dumps(bundle.config["process"] | {"args": ["/bin/payload", "true"]}))
        pid = self.state(id)["pid"]
        before = len(os.listdir(f"/proc/{pid}/fd"))
        for _ in range(100):
            self.ok("exec", "--process", file, "--detach", "--pid-file", self.folder / "e.pid", id)
        self.assertTrue(host.until(lambda: (host.reap(), self.ok("ps", "--format", "json", id).json() == [pid])[1]))
        self.assertEqual(len(os.listdir(f"/proc/{pid}/fd")), before)


class BuildKit(harness.Case):
    """`run --keep` in the foreground, in a process group of its own, below the default root."""

    def setUp(self):
        super().setUp()
        self.ours_only()
        host.mount("tmpfs", "/run", "tmpfs")
        self.addCleanup(host.unmount, "/run")
        self._before = (host.mounts(), self._before[1])
        self.log = self.folder / "runc-log.json"

    def call(self, *words, **options):
        return self.rt(argv=[harness.binary(), "--log", str(self.log), "--log-format", "json", *map(str, words)],
                       combined=True, **options)

    def begin(self, bundle):
        own_group = lambda: (os.setpgid(0, 0), host.LIBC.prctl(monitors.PR_SET_PDEATHSIG, 9))
        return self.rt.popen(argv=[harness.binary(), "--log", str(self.log), "--log-format", "json", "run", "--bundle",
                                   str(bundle.path), "--keep", "step"], preexec_fn=own_group, combined=True)

    def running(self):
        state = self.call("state", "step")
        return state.code == 0 and json.loads(state.out)["status"] == "running"

    def test_a_step_ends_with_its_status_and_keeps_its_cgroup_until_delete(self):
        bundle = self.bundle("exit", "7")
        self.assertEqual(harness.wait_for(self.begin(bundle)), 7)
        self.assertIn("oom_kill ", (bundle.cgroup / "memory.events").read_text()
                      if "memory" in host.controllers() else "oom_kill 0")
        self.assertTrue(bundle.cgroup.exists())
        self.assertEqual(json.loads(self.call("state", "step").out)["status"], "stopped")
        self.assertEqual((self.call("delete", "step").code, bundle.cgroup.exists()), (0, False))

    def test_signals_reach_the_step(self):
        process = self.begin(self.bundle("sleep", "100"))
        self.assertTrue(host.until(self.running))
        self.call("kill", "step", "15")  # to pid 1 without a handler: nothing
        process.send_signal(signal.SIGTERM)
        self.assertEqual(self.call("kill", "step", "9").code, 0)
        self.assertEqual(harness.wait_for(process), 137)
        self.assertEqual(self.call("delete", "step").code, 0)

    def test_cancelling_is_tried_until_it_works(self):
        process = self.begin(self.bundle("sleep", "100"))
        self.assertTrue(host.until(lambda: self.call("kill", "step", "9").code == 0))
        code = harness.wait_for(process)
        self.assertIn(code, (1, 137))  # before or after the program began
        self.call("delete", "--force", "step")

    def test_an_exec_in_the_foreground(self):
        bundle = self.bundle("sleep", "100")
        process = self.begin(bundle)
        self.assertTrue(host.until(self.running))
        file = self.folder / "process"
        file.write_text(json.dumps(bundle.config["process"] | {"args": ["/bin/payload", "exit", "5"]}))
        self.assertEqual(self.call("exec", "--process", file, "--pid-file", self.folder / "pid", "step").code, 5)
        self.call("kill", "step", "9")
        self.assertEqual(harness.wait_for(process), 137)
        self.assertEqual(self.call("delete", "step").code, 0)

    def test_a_step_that_cannot_begin(self):
        process = self.begin(self.bundle().args("nosuch"))
        self.assertEqual(harness.wait_for(process), 1)
        self.assertIn("executable file not found in $PATH", json.loads(self.log.read_text())["msg"])
        self.assertIn("container does not exist", self.call("delete", "step").out)
        self.call("delete", "--force", "step")
