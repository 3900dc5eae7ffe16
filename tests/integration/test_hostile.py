# SPDX-License-Identifier: Apache-2.0
"""Hostile images and configs: the known ways out of a container, each tried here.

The names T… are those of the recipes; CVE numbers name the class, not one bug.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import time

import bundle as bundles
import faults
import harness
import host

# A program that grabs the executable of every process it sees, as CVE-2019-5736 did.
OVERWRITE = """#!/bin/sh
while :; do for p in /proc/[0-9]*; do [ "$p" = /proc/1 ] || { printf EVIL >> "$p/exe"; } 2>/dev/null; done; done
"""


class Hostile(harness.Case):
    def setUp(self):
        super().setUp()
        self.outside = self.folder / "outside"
        self.outside.mkdir()
        self.canary = self.folder / "canary"
        self.canary.write_text("host secret")

    def tried(self, bundle, *options, **popen):
        """Runs it; whatever comes out, it ended cleanly and quickly."""
        result = self.rt("run", "--bundle", bundle.path, *options, self.new_id(), **popen)
        self.assertGreaterEqual(result.code, 0, str(result))
        return result


class Executable(Hostile):
    """T02, CVE-2019-5736: the binary of the runtime is overwritten from inside."""

    def copy(self):
        path = self.folder / os.path.basename(harness.binary())
        shutil.copy2(harness.binary(), path)
        return path, hashlib.sha256(path.read_bytes()).hexdigest()

    def test_cannot_be_written_by_a_container(self):
        self.need_busybox()
        binary, before = self.copy()
        bundle = self.bundle("/bin/sh", "/bin/overwrite")
        capabilities = [*bundles.DOCKER_CAPABILITIES, "CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH"]
        bundle.edit("/process/capabilities", {k: capabilities for k in ("bounding", "effective", "permitted")})
        (bundle.rootfs / "bin/overwrite").write_text(OVERWRITE)
        (bundle.rootfs / "bin/itself").write_text("#!/proc/self/exe\n")
        (bundle.rootfs / "bin/itself").chmod(0o755)
        argv = [str(binary), *self.rt.argv()[1:]]
        id = self.forget(self.new_id())
        self.assertEqual(self.rt(argv=[*argv, "run", "-d", "--bundle", str(bundle.path), id]).code, 0)
        for program in ["/bin/itself", "/proc/self/exe", "/bin/true"] * 10:
            self.rt(argv=[*argv, "exec", id, program])
        self.assertEqual(hashlib.sha256(binary.read_bytes()).hexdigest(), before)

    def test_is_not_what_a_container_can_run(self):
        binary, before = self.copy()
        argv = [str(binary), *self.rt.argv()[1:]]
        bundle = self.bundle("/proc/self/exe", "--version")
        (bundle.rootfs / "bin/link").symlink_to("/proc/self/exe")
        for program in ("/proc/self/exe", "/bin/link", "/proc/1/exe", "/proc/thread-self/exe"):
            bundle.args(program, "--version")
            result = self.rt(argv=[*argv, "run", "--bundle", str(bundle.path), self.new_id()])
            self.assertNotIn("spec:", result.out)
            self.assertNotEqual(result.code, 0, str(result))
        self.assertEqual(hashlib.sha256(binary.read_bytes()).hexdigest(), before)


class LeakedDescriptors(Hostile):
    """T09, CVE-2024-21626: a descriptor of the host as working directory or program."""

    def setUp(self):
        super().setUp()
        self.fds = (9, 15)
        for number, path in zip(self.fds, (self.outside, "/")):
            fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            os.dup2(fd, number, inheritable=True)
            if fd != number:
                os.close(fd)
            self.addCleanup(os.close, number)
        (self.outside / "canary").touch()

    def test_are_no_working_directory(self):
        for number in range(3, 16):
            with self.subTest(number):
                bundle = self.bundle("ls", ".").edit("/process/cwd", f"/proc/self/fd/{number}")
                result = self.tried(bundle, pass_fds=self.fds)
                self.assertNotIn("canary", result.out)
                self.assertNotEqual(result.code, 0, str(result))

    def test_are_none_behind_a_link(self):
        for number in (7, 8, 9, 15):
            bundle = self.bundle("ls", ".").edit("/process/cwd", "/evil")
            (bundle.rootfs / "evil").symlink_to(f"/proc/self/fd/{number}")
            result = self.tried(bundle, pass_fds=self.fds)
            self.assertNotIn("canary", result.out)
            self.assertNotEqual(result.code, 0, str(result))

    def test_are_no_program(self):
        shutil.copy2(harness.payload(), self.outside / "program")  # a static one runs anywhere
        for number in range(3, 16):
            result = self.tried(self.bundle(f"/proc/self/fd/{number}/program", "exit", "42"), pass_fds=self.fds)
            self.assertNotIn(result.code, (0, 42), str(result))

    def test_are_no_working_directory_of_exec(self):
        id = self.started(self.bundle("sleep", "100"))
        for number in range(3, 16):
            result = self.rt("exec", "--cwd", f"/proc/self/fd/{number}", id, "/bin/payload", "ls", ".",
                             pass_fds=self.fds)
            self.assertNotIn("canary", result.out)
            self.assertNotEqual(result.code, 0)


class PlantedLinks(Hostile):
    """T06, T29, CVE-2026-47766 and its like: links where the runtime makes files."""

    def bare(self, *args):
        return self.bundle(*args).without_mount("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue")

    def test_at_dev_lead_nowhere(self):
        (self.outside / "ptmx").write_text("m")
        for target in (self.outside, f"../../../../../../../..{self.outside}"):
            bundle = self.bare("true")
            (bundle.rootfs / "dev").rmdir()
            (bundle.rootfs / "dev").symlink_to(target)
            self.assertNotEqual(self.tried(bundle).code, 0)
            self.assertEqual(os.listdir(self.outside), ["ptmx"])
            self.assertEqual((self.outside / "ptmx").read_text(), "m")

    def test_at_the_console_lead_nowhere(self):
        for readonly, devpts in ((True, False), (False, False), (True, True), (False, True)):
            bundle = self.bare("true").edit("/process/terminal", True).edit("/root/readonly", readonly)
            if devpts:
                bundle.add_mount("/dev/pts", "devpts", "devpts", "newinstance", "ptmxmode=0666")
            (bundle.rootfs / "dev/console").symlink_to(self.outside / "created")
            console = harness.ConsoleSocket(self.folder / f"console{readonly}{devpts}")
            id = self.new_id()
            created = self.rt("create", "--bundle", bundle.path, "--console-socket", console.path, id)
            self.rt("delete", "--force", id)
            console.close()
            self.assertNotEqual(created.code, 0)
            self.assertEqual(os.listdir(self.outside), [])

    def test_at_the_console_in_a_bound_dev_lead_nowhere(self):
        # T08, CVE-2025-52565
        devices, marker = self.folder / "devices", self.outside / "marker"
        devices.mkdir()
        marker.write_text("marker")
        (devices / "console").symlink_to("/marker")
        bundle = self.bare("true").edit("/process/terminal", True)
        (bundle.rootfs / "marker").write_text("inside")
        bundle.config["mounts"].insert(1, {"destination": "/dev", "source": str(devices), "options": ["rbind"]})
        bundle.add_mount("/dev/pts", "devpts", "devpts", "newinstance", "ptmxmode=0666")
        console = harness.ConsoleSocket(self.folder / "console")
        id = self.new_id()
        created = self.rt("create", "--bundle", bundle.write().path, "--console-socket", console.path, id)
        self.rt("delete", "--force", id)
        console.close()
        self.assertNotEqual(created.code, 0, "a terminal lies over /marker")
        self.assertIn("console", created.err)
        self.assertEqual((bundle.rootfs / "marker").read_text(), "inside")
        self.assertEqual(marker.read_text(), "marker")

    def test_at_the_working_directory_lead_nowhere(self):
        bundle = self.bundle("true").edit("/process/cwd", "/link/new")
        (bundle.rootfs / "link").symlink_to(f"../../../../../../../..{self.outside}")
        self.tried(bundle)
        self.assertEqual(os.listdir(self.outside), [])

    def test_at_dev_null_lead_nowhere(self):
        # T28
        secret = self.outside / "secret"
        secret.write_text("host secret")
        secret.chmod(0o600)
        bundle = self.bare("cat", "/proc/self/fd/0").edit("/process/user", {"uid": 1234, "gid": 1234})
        (bundle.rootfs / "dev/null").symlink_to(secret)
        result = self.tried(bundle)
        self.assertNotIn("secret", result.out)
        self.assertEqual((secret.stat().st_uid, secret.stat().st_mode & 0o777), (0, 0o600))

    def test_at_proc_lead_nowhere(self):
        # T03
        for place in ("proc", "sys"):
            for target in ("/bad", str(self.outside)):
                bundle = self.bundle("true")
                (bundle.rootfs / place).rmdir()
                (bundle.rootfs / place).symlink_to(target)
                self.assertNotEqual(self.tried(bundle).code, 0)
                self.assertEqual(os.listdir(self.outside), [])


class BrokenState(Hostile):
    """T20: whatever became of the state file, delete --force ends the container and removes all."""

    def test_does_not_keep_a_container_alive(self):
        self.ours_only()
        for kind in ("empty", "garbage", "truncated", "deep", "huge", "fifo", "directory", "link"):
            with self.subTest(kind):
                id = self.started(self.bundle("sleep", "100"), id=f"broken-{kind}")
                file = self.state_file(id)
                faults.spoil(file, kind)
                begin = time.monotonic()
                looked = self.rt("state", id, timeout=10)
                self.assertTrue(0 <= looked.code < 128, str(looked))
                self.ok("delete", "--force", id, timeout=10)
                self.assertLess(time.monotonic() - begin, 2)
                self.assert_clean()

    def test_and_what_stands_in_for_it_are_not_all(self):
        self.ours_only()
        for kind in ("empty", "garbage", "fifo", "directory", "link"):
            with self.subTest(kind):
                id = self.started(self.bundle("sleep", "100"), id=f"spoilt-{kind}")
                for file in (self.state_file(id), self.rt.root / id / "recovery"):
                    faults.spoil(file, kind)
                self.ok("delete", "--force", id, timeout=10)
                self.assert_clean()

    def state_file(self, id):
        found = [p for p in (self.rt.root / id).iterdir() if p.suffix == ".json" and p.name != "config.json"]
        self.assertEqual(len(found), 1, found)
        return found[0]


class UserFiles(Hostile):
    """T21: what an image may put at /etc/passwd and /etc/group."""

    def test_do_not_stop_the_runtime(self):
        for kind in ("fifo", "link", "directory", "huge", "missing"):
            with self.subTest(kind):
                self.ours_only()
                bundle = self.minimal("report")
                passwd = bundle.rootfs / "etc/passwd"
                passwd.unlink()
                if kind == "fifo":
                    os.mkfifo(passwd)
                elif kind == "link":
                    passwd.symlink_to("/proc/self/fd/0")
                elif kind == "directory":
                    passwd.mkdir()
                elif kind == "huge":
                    passwd.touch()
                    os.truncate(passwd, 2 << 30)
                begin = time.monotonic()
                inside = self.run_in(bundle, timeout=10).json()
                self.assertLess(time.monotonic() - begin, 2)
                self.assertIn("HOME=/", inside["env"])


class WrongConfigs(Hostile):
    """T22: values a parser may misread; each is refused before anything is made."""

    STRICT = {
        "NUL in hostname": ("/hostname", "a\0b"), "NUL in args": ("/process/args", ["/bin/payload\0x", "true"]),
        "NUL in destination": ("/mounts/0/destination", "/proc\0x"), "NUL in cwd": ("/process/cwd", "/tmp\0x"),
        "relative cwd": ("/process/cwd", "tmp"), "boolean uid": ("/process/user/uid", True),
        "text as uid": ("/process/user/uid", "0"), "fraction as uid": ("/process/user/uid", 1.5),
        "negative uid": ("/process/user/uid", -1), "the uid that means none": ("/process/user/uid", 4294967295),
        "args as text": ("/process/args", "/bin/payload"), "mounts as object": ("/mounts", {}),
        "namespaces as text": ("/linux/namespaces", "pid"), "empty root": ("/root/path", ""),
        "annotation without a name": ("/annotations", {"": "x"}), "annotation as number": ("/annotations", {"a": 1}),
    }

    def test_are_refused(self):
        self.ours_only()
        for name, (pointer, value) in self.STRICT.items():
            with self.subTest(name):
                self.refused(self.bundle().edit(pointer, value))

    def test_of_text_are_refused(self):
        self.ours_only()
        good = self.bundle()
        text = (good.path / "config.json").read_text()
        for name, bad in (("trailing", text + "x"), ("twice", text[:-1] + ', "ociVersion": "1.0.0"}'),
                          ("mark", "\ufeff" + text), ("not UTF-8", text.replace("box", "b\udcffx", 1)),
                          ("surrogate", text.replace('"box"', '"\\ud800"', 1)), ("exponent", text.replace(
                              '"uid": 0', '"uid": 1e3', 1))):
            with self.subTest(name):
                bundle = self.bundle()
                self.refused(bundle.write(bad.encode(errors="surrogateescape")))

    def test_with_another_case_are_unknown(self):
        bundle = self.bundle("exit", "3")
        bundle.config["process"]["Args"] = ["/bin/payload", "exit", "4"]
        if harness.is_ours():
            self.run_in(bundle.write(), code=3)


class Environment(Hostile):
    def test_of_the_container_does_not_reach_hooks(self):
        # T15, CVE-2025-23266: LD_PRELOAD of the image in a hook of the host.
        bundle = self.bundle("true").edit("/process/env", ["LD_PRELOAD=/evil.so", "PATH=/bin"])
        file = self.folder / "environment"
        for kind in ("createRuntime", "createContainer", "poststart", "poststop"):
            bundle.edit(f"/hooks/{kind}", [
                {"path": bundle.script(f"{kind}.sh", f"#!/bin/sh\nenv >> {file}\n"), "env": ["PATH=/usr/bin:/bin"]}])
        self.run_in(bundle)
        self.assertNotIn("LD_PRELOAD", file.read_text())

    def test_injects_no_characters_into_the_callers_terminal(self):
        # T16: TIOCSTI from inside.
        master, slave = os.openpty()
        bundle = self.bundle("syscall", "tiocsti")
        done = subprocess.run(self.rt.argv("run", "--bundle", bundle.path, self.new_id()), stdin=slave,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, timeout=20)
        os.close(slave)
        os.close(master)
        self.assertNotIn(b'"tiocsti": 0', done.stdout, done)

    def test_of_pid_reuse_reaches_nobody(self):
        # T23: what is stopped is signalled no more, and delete leaves the rest alone.
        bystander = subprocess.Popen(["sleep", "100"])
        host.STARTED.add(bystander.pid)
        try:
            id = self.started(self.bundle("true"))
            self.wait_for(id, "stopped")
            self.ok("delete", "--force", id)
            self.assertIsNone(bystander.poll())
        finally:
            bystander.kill()
            bystander.wait()
            host.STARTED.discard(bystander.pid)


class StateRoot(Hostile):
    """T26s: a state root that others may write is refused."""

    def test_open_to_others_is_refused(self):
        self.ours_only()
        for kind in ("world", "owner"):
            with self.subTest(kind):
                shutil.rmtree(self.rt.root, ignore_errors=True)
                self.rt.root.mkdir()
                if kind == "world":
                    self.rt.root.chmod(0o777)
                else:
                    os.chown(self.rt.root, 1000, 1000)
                self.bad("create", "--bundle", self.bundle().path, self.new_id())

    def test_is_nobody_elses(self):
        self.ours_only()
        self.create(self.bundle(), id="box")
        for path in (self.rt.root, self.rt.root / "box", *(self.rt.root / "box").iterdir()):
            self.assertEqual(path.stat().st_mode & 0o077 if path.name != "start" else 0, 0, path)

    def test_planted_files_in_it_are_not_followed(self):
        self.ours_only()
        self.rt.root.mkdir(mode=0o700)
        (self.rt.root / "box").symlink_to(self.outside)
        self.bad("create", "--bundle", self.bundle().path, "box")
        self.rt("delete", "--force", "box")
        self.assertEqual(os.listdir(self.outside), [])
        pathlib.Path(self.rt.root / "box").unlink(missing_ok=True)
