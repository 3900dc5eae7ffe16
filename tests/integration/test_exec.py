# SPDX-License-Identifier: Apache-2.0
"""exec: one more process in a container."""

import json
import os
import pathlib
import signal

import harness
import host


class Exec(harness.Case):
    def setUp(self):
        super().setUp()
        self.box = self.started(self.bundle("sleep", "1000"))

    def test_passes_output_and_exit_status_on(self):
        self.assertEqual(self.ok("exec", self.box, "/bin/payload", "echo", "hi").out, "hi\n")
        for status in (1, 5, 255):
            self.assertEqual(self.rt("exec", self.box, "/bin/payload", "exit", status).code, status)

    def test_tells_a_fatal_signal_as_128_and_its_number(self):
        result = self.rt("exec", self.box, "/bin/payload", "kill-self", "9")
        self.assertEqual(result.code, 137, str(result))

    def test_joins_every_namespace_of_init(self):
        pid = self.state(self.box)["pid"]
        inside = self.exec_report(self.box)["namespaces"]
        for name in ("mnt", "net", "pid", "ipc", "uts", "cgroup", "user"):
            with self.subTest(name):
                self.assertEqual(inside[name], os.readlink(f"/proc/{pid}/ns/{name}"))

    def test_is_in_the_cgroup_of_init(self):
        self.assertEqual(harness.cgroup_of(self.exec_report(self.box)["cgroup"]), "/")

    def test_has_the_environment_of_the_container(self):
        env = self.exec_report(self.box, "--env", "EXTRA=1", "--env", "HOSTNAME=other")["env"]
        self.assertIn("EXTRA=1", env)
        self.assertIn("HOSTNAME=other", env)
        self.assertNotIn("HOSTNAME=box", env)

    def test_has_capabilities_seccomp_and_groups_of_the_container(self):
        inside = self.exec_report(self.box)
        self.assertEqual(inside["status"]["CapEff"], "00000000a80425fb")
        self.assertEqual(inside["status"]["CapBnd"], "00000000a80425fb")
        self.assertEqual(inside["status"]["CapInh"], "0" * 16)
        self.assertEqual(inside["status"]["Seccomp"], "2")
        self.assertEqual(inside["groups"], [0, 10])

    def test_takes_user_and_directory(self):
        inside = self.exec_report(self.box, "--user", "1000:1001", "--cwd", "/tmp")
        self.assertEqual((inside["uids"], inside["gids"]), ([1000] * 3, [1001] * 3))
        self.assertEqual(inside["cwd"], "/tmp")
        self.assertEqual(inside["status"]["CapEff"], "0" * 16)

    def test_user_alone_has_group_zero(self):
        self.assertEqual(self.exec_report(self.box, "-u", "1000")["uids"], [1000] * 3)

    def test_refuses_what_is_no_user(self):
        self.ours_only()
        for user in ("1:", ":1", "1:2:3", "-1", "0x1", " 1", "1 ", "4294967295", "4294967296", "1" * 20, "u",
                     "", "root", "1e3"):
            with self.subTest(user):
                self.bad("exec", "--user", user, self.box, "/bin/payload", "true")

    def test_adds_capabilities_but_not_inheritable_ones(self):
        status = self.exec_report(self.box, "--cap", "CAP_SYS_PTRACE")["status"]
        self.assertEqual(status["CapEff"], "00000000a80c25fb")
        self.assertEqual((status["CapInh"], status["CapAmb"]), ("0" * 16, "0" * 16))

    def test_can_forbid_new_privileges(self):
        self.assertEqual(self.exec_report(self.box)["status"]["NoNewPrivs"], "0")
        self.assertEqual(self.exec_report(self.box, "--no-new-privs")["status"]["NoNewPrivs"], "1")

    def test_adds_groups(self):
        self.assertIn(1234, self.exec_report(self.box, "--additional-gids", "1234")["groups"])

    def test_stops_parsing_at_the_id(self):
        result = self.ok("exec", self.box, "/bin/payload", "echo", "--user", "-x", "--help")
        self.assertEqual(result.out, "--user -x --help\n")

    def test_takes_a_process_file(self):
        process = self.folder / "process.json"
        process.write_text(json.dumps({"args": ["/bin/payload", "report"], "cwd": "/tmp", "env": ["A=b"],
                                       "user": {"uid": 12, "gid": 34}}))
        inside = self.ok("exec", "--process", process, self.box).json()
        self.assertEqual((inside["uids"][0], inside["gids"][0], inside["cwd"]), (12, 34, "/tmp"))
        self.assertIn("A=b", inside["env"])

    def test_refuses_a_broken_process_file(self):
        process = self.folder / "process.json"
        for text in ("", "{", "[]", '{"args": "x", "cwd": "/"}', '{"cwd": "/"}', '{"args": [], "cwd": "/"}'):
            with self.subTest(text):
                process.write_text(text)
                self.bad("exec", "--process", process, self.box)

    def test_of_a_missing_program_fails_with_255(self):
        for program, text in (("/no/such", "no such file or directory"), ("nosuch", "executable file not found")):
            with self.subTest(program):
                result = self.rt("exec", self.box, program)
                self.assertIn(text, result.err)
                self.assertEqual(result.code, 255)

    def test_needs_a_command(self):
        self.assertGreater(self.rt("exec", self.box).code, 0)

    def test_of_an_unknown_container_is_an_error(self):
        result = self.rt("exec", "nobody", "/bin/payload", "true")
        self.assertGreater(result.code, 0)
        self.assertIn("does not exist", result.err)

    def test_detached_writes_the_pid_and_leaves_the_child_to_the_subreaper(self):
        pid_file = self.folder / "pid"
        self.ok("exec", "--detach", "--pid-file", pid_file, self.box, "/bin/payload", "exit", "42")
        status = host.wait_status(int(pid_file.read_text()))
        self.assertEqual(os.waitstatus_to_exitcode(status), 42)

    def test_detached_failure_leaves_no_pid_file(self):
        pid_file = self.folder / "pid"
        result = self.rt("exec", "--detach", "--pid-file", pid_file, self.box, "/no/such")
        self.assertGreater(result.code, 0)
        self.assertFalse(pid_file.exists())

    def test_forwards_signals(self):
        process = self.rt.popen("exec", self.box, "/bin/payload", "signals")
        result = harness.Result([], 0, process.stem)
        self.assertTrue(host.until(lambda: "ready" in result.out))
        process.send_signal(signal.SIGTERM)
        self.assertEqual(harness.wait_for(process, 10), 0)
        self.assertIn(f"signal {int(signal.SIGTERM)}", result.out)

    def test_sees_only_its_own_descriptors(self):
        read, write = os.pipe()
        try:
            inside = self.exec_report(self.box, pass_fds=(read, write))
        finally:
            os.close(read)
            os.close(write)
        self.assertEqual(sorted(inside["fds"]), ["0", "1", "2"])

    def test_has_a_session_of_its_own(self):
        inside = self.exec_report(self.box)
        self.assertEqual(inside["sid"], inside["pid"])

    def programs(self):
        """Once there are two: what they run. Before its execve the second is still the runtime."""
        pids = self.ok("ps", "--format", "json", self.box).json()
        names = {pathlib.Path(f"/proc/{pid}/comm").read_text().strip() for pid in pids}
        return names if len(pids) == 2 else set()

    def test_dies_with_the_container(self):
        process = self.rt.popen("exec", self.box, "/bin/payload", "sleep", "100")
        self.assertTrue(host.until(lambda: self.programs() == {"payload"}))
        self.ok("delete", "--force", self.box)
        self.assertEqual(harness.wait_for(process, 10), 137)


class ExecByStatus(harness.Case):
    def test_works_in_a_created_container(self):
        box = self.create(self.bundle())
        self.ok("exec", box, "/bin/payload", "true")
        self.assertEqual(self.state(box)["status"], "created")

    def test_fails_in_a_stopped_container(self):
        box = self.started(self.bundle("true"))
        self.wait_for(box, "stopped")
        result = self.rt("exec", box, "/bin/payload", "true")
        self.assertGreater(result.code, 0)
        self.assertIn("not running", result.err)

    def test_fails_in_a_paused_container(self):
        box = self.started(self.bundle("sleep", "1000"))
        self.ok("pause", box)
        self.assertGreater(self.rt("exec", box, "/bin/payload", "true", timeout=20).code, 0)
        self.ok("resume", box)

    def test_uses_the_config_of_create(self):
        bundle = self.bundle("sleep", "1000")
        box = self.started(bundle)
        bundle.edit("/process/env", ["CHANGED=1"])
        self.assertNotIn("CHANGED=1", self.exec_report(box)["env"])

    def test_joins_a_user_namespace(self):
        bundle = self.bundle("sleep", "1000", config=harness.bundles.with_user_namespace(harness.bundles.docker_config()))
        os.chown(bundle.rootfs, 100000, 100000)
        box = self.started(bundle)
        inside = self.exec_report(box)
        self.assertEqual(inside["uids"], [0, 0, 0])
        self.assertEqual(inside["uid_map"].split(), ["0", "100000", "65536"])
