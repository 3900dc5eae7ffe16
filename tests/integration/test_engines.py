# SPDX-License-Identifier: Apache-2.0
"""The contract with container engines: what they read, match and wait for."""

import json
import os

import harness
import host


class Output(harness.Case):
    """Engines read stdout and stderr together and parse the result."""

    def combined(self, *args):
        result = self.rt(*args, combined=True)
        self.assertEqual(result.code, 0, str(result))
        return result.out

    def test_state_is_json(self):
        id = self.create(self.bundle())
        self.assertEqual(json.loads(self.combined("state", id))["id"], id)

    def test_ps_is_json(self):
        id = self.create(self.bundle())
        self.assertEqual(len(json.loads(self.combined("ps", "--format", "json", id))), 1)

    def test_features_and_list_are_json(self):
        self.create(self.bundle())
        self.assertIn("ociVersionMax", json.loads(self.combined("features")))
        self.assertEqual(len(json.loads(self.combined("list", "--format=json"))), 1)

    def test_lifecycle_is_silent(self):
        self.ours_only()
        id = self.create(self.bundle("sleep", "100"))
        for verb in (["start", id], ["pause", id], ["resume", id], ["kill", id, "KILL"]):
            self.assertEqual(self.combined(*verb), "")
        self.wait_for(id, "stopped")
        self.assertEqual(self.combined("delete", id), "")
        self.assertEqual(self.combined("delete", "--force", id), "")

    def test_with_a_log_the_containers_streams_are_its_own(self):
        log = self.folder / "log"
        result = self.rt("--log", log, "--log-format", "json", "run", "--bundle", self.bundle("echo", "hi").path, "x",
                         combined=True)
        self.assertEqual(result.out, "hi\n")

    def test_an_error_is_one_line_in_the_log_and_on_stderr(self):
        self.ours_only()
        log = self.folder / "log"
        result = self.rt("--log", log, "--log-format", "json", "create", "--bundle",
                         self.bundle().args("nosuch").path, "x")
        self.assertEqual(len(result.err.splitlines()), 1, result.err)
        entries = [json.loads(line) for line in log.read_text().splitlines()]
        self.assertEqual([entry["level"] for entry in entries], ["error"])
        self.assertIn(entries[0]["msg"], result.err)
        self.assertLessEqual({"level", "msg", "time", "code"}, set(entries[0]))
        self.assertLess(len(result.err), 8192)


class Texts(harness.Case):
    """Texts are matched case-sensitively."""

    def expect(self, text, *args):
        result = self.rt(*args)
        self.assertGreater(result.code, 0)
        self.assertIn(text, result.err)

    def create_of(self, program, **edits):
        bundle = self.bundle(program) if program.startswith("/") else self.bundle().args(program)
        for pointer, value in edits.items():
            bundle.edit(pointer, value)
        return ["create", "--bundle", bundle.path, self.new_id()]

    def test_a_program_that_is_not_in_the_path(self):
        self.expect('exec: "nosuch": executable file not found in $PATH', *self.create_of("nosuch"))
        self.assert_clean()

    def test_a_program_that_is_not_there(self):
        self.expect('exec: "/no/such": stat /no/such: no such file or directory', *self.create_of("/no/such"))
        self.assert_clean()

    def test_a_program_that_is_a_directory(self):
        self.expect('exec: "/etc": ', *self.create_of("/etc"))
        self.expect("permission denied", *self.create_of("/etc"))

    def test_a_program_that_is_not_executable(self):
        self.expect('exec: "/etc/passwd": permission denied', *self.create_of("/etc/passwd"))
        self.assert_clean()

    def test_a_program_on_a_noexec_mount(self):
        bundle = self.bundle("/data/payload").add_mount("/data", "bind", os.path.dirname(harness.payload()), "bind",
                                                        "noexec", "ro")
        bundle.args("/data/" + os.path.basename(harness.payload()))
        self.expect("permission denied", "create", "--bundle", bundle.path, self.new_id())

    def test_a_program_the_user_may_not_run(self):
        bundle = self.bundle("/private").edit("/process/user", {"uid": 1000, "gid": 1000})
        (bundle.rootfs / "private").write_bytes(b"#!/bin/sh\n")
        (bundle.rootfs / "private").chmod(0o700)
        self.expect("permission denied", "create", "--bundle", bundle.edit("/process/capabilities", {}).path, "x")

    def test_a_file_mounted_over_a_directory(self):
        file = self.folder / "file"
        file.touch()
        bundle = self.bundle().add_mount("/etc", "bind", file, "bind")
        self.expect("not a directory", "create", "--bundle", bundle.path, self.new_id())

    def test_an_unknown_container(self):
        for verb in (["state"], ["start"], ["kill"], ["pause"], ["resume"], ["delete"], ["ps", "--format", "json"]):
            with self.subTest(verb):
                self.expect("container does not exist", *verb, "nobody")
        self.expect("container does not exist", "exec", "nobody", "true")

    def test_a_stopped_container(self):
        id = self.started(self.bundle("true"))
        self.wait_for(id, "stopped")
        self.expect("container not running", "kill", id, "9")

    def test_start_of_a_container_that_died(self):
        id = self.create(self.bundle())
        self.ok("kill", id, "9")
        self.wait_for(id, "stopped")
        self.expect("cannot start a container that has stopped", "start", id)


class Protocol(harness.Case):
    def test_exit_status_reaches_the_subreaper_even_of_quick_programs(self):
        for status in (0, 1, 77, 255):
            id = self.create(self.bundle("exit", status))
            pid = self.state(id)["pid"]
            self.ok("start", id)
            self.assertEqual(os.waitstatus_to_exitcode(host.wait_status(pid)), status)

    def test_a_killed_program_is_told_as_such(self):
        id = self.create(self.bundle("sleep", "100"))
        pid = self.state(id)["pid"]
        self.ok("start", id)
        self.ok("kill", id, "KILL")
        self.assertEqual(os.waitstatus_to_exitcode(host.wait_status(pid)), -9)

    def test_nothing_but_init_survives_create(self):
        id = self.create(self.bundle())
        self.assertEqual(host.children(), [self.state(id)["pid"]])

    def test_pipes_end_with_the_container(self):
        read, write = os.pipe()
        id = self.forget(self.new_id())
        process = self.rt.popen("create", "--bundle", self.bundle("echo", "out").path, id, stdout=write, stderr=write)
        os.close(write)
        self.assertEqual(harness.wait_for(process, 20), 0)
        self.ok("start", id)
        self.wait_for(id, "stopped")
        with os.fdopen(read, "rb") as pipe:
            self.assertEqual(pipe.read(), b"out\n")

    def test_calls_need_no_environment(self):
        id = self.create(self.bundle("sleep", "100"), env={"XDG_RUNTIME_DIR": ""})
        self.ok("start", id, env={"XDG_RUNTIME_DIR": "", "PATH": "/usr/bin"})
        self.ok("kill", id, "KILL", env={"XDG_RUNTIME_DIR": ""})
        self.wait_for(id, "stopped")
        self.ok("delete", "--force", id, env={"XDG_RUNTIME_DIR": ""})

    def test_globals_of_every_engine_are_understood(self):
        self.ours_only()
        log, id = self.folder / "log.json", self.forget("box")
        bundle = self.bundle("sleep", "100")
        base = [harness.binary()]
        containerd = [*base, "--root", self.rt.root, "--log", log, "--log-format", "json"]
        conmon = [*base, f"--root={self.rt.root}", f"--log-format=json", f"--log={log}", f"--root={self.rt.root}"]
        podman = [*base, "--root", self.rt.root, "--log-format=json", "--log", log, "--cgroup-manager", "cgroupfs"]
        for argv in ([*containerd, "create", "--bundle", bundle.path, "--pid-file", self.folder / "pid", id],
                     [*podman, "start", id],
                     [*conmon, "exec", "--pid-file", self.folder / "exec.pid", "-d", id, "/bin/payload", "true"],
                     [*containerd, "kill", "--all", id, "9"],
                     [*podman, "kill", "-a", id, "KILL"],
                     [*containerd, "delete", "--force", id],
                     [*podman, "delete", "--force", id]):
            result = self.rt(argv=list(map(str, argv)))
            self.assertEqual(result.code, 0, str(result))

    def test_a_private_mount_namespace_of_the_caller_is_respected(self):
        bundle = self.bundle("cat", "/data/file")
        hidden = self.folder / "hidden"
        hidden.mkdir()

        def enter():
            host.LIBC.unshare(host.CLONE_NEWNS)
            host.mount("tmpfs", hidden, "tmpfs")
            (hidden / "file").write_text("only here")

        bundle.add_mount("/data", "bind", hidden, "bind")
        self.assertEqual(self.run_in(bundle, preexec_fn=enter).out, "only here")

    def test_parent_death_signal_of_the_caller_does_no_harm(self):
        bundle = self.bundle("sleep", "100")
        id = self.create(bundle, preexec_fn=lambda: host.LIBC.prctl(1, 9))
        self.assertEqual(self.state(id)["status"], "created")

    def test_foreign_state_beside_ours_is_left_alone(self):
        self.rt.root.mkdir(mode=0o700)
        (self.rt.root / "other").mkdir()
        (self.rt.root / "other/state.json").write_text('{"foreign": true}')
        id = self.started(self.bundle("sleep", "100"))
        self.assertIn(id, self.ok("list", "-q").out.split())
        self.assertTrue((self.rt.root / "other/state.json").exists())
        (self.rt.root / "other/state.json").unlink()
        (self.rt.root / "other").rmdir()
