# SPDX-License-Identifier: Apache-2.0
"""run IMAGE: each option by what it does inside."""

import errno
import json
import os
import pathlib
import pty

import harness
import host
from test_image import NAME
from test_run_image import PAYLOAD, RunCase


class Options(RunCase):
    def setUp(self):
        super().setUp()
        self.stored()

    def test_env(self):
        report = self.report("-e", "A=b c", "--env=GIVEN", "-eMISSING", "-e", "COLOUR=red", env={"GIVEN": "by the caller"})
        for line in ("A=b c", "GIVEN=by the caller", "COLOUR=red"):
            self.assertIn(line, report["env"])
        self.assertFalse([line for line in report["env"] if line.startswith(("MISSING", "COLOUR=blue"))])

    def test_env_file(self):
        file = self.folder / "variables"
        file.write_text("# nothing\n\n  ONE=1\nTWO=2=2\nGIVEN\n")
        report = self.report("--env-file", file, "-e", "TWO=3", env={"GIVEN": "yes"})
        for line in ("ONE=1", "TWO=3", "GIVEN=yes"):
            self.assertIn(line, report["env"])
        self.wrong("--env-file", "/no/such", NAME, text="--env-file")
        file.write_text("=x\n")
        self.wrong("--env-file", file, NAME, text="NAME=VALUE")

    def test_workdir_user_hostname(self):
        report = self.report("-w", "/some/where", "-u", "web", "--hostname", "deep.thought")
        self.assertEqual(report["cwd"], "/some/where")
        self.assertEqual((report["uids"][0], report["gids"][0], 50 in report["groups"]), (33, 34, True))
        self.assertEqual(report["hostname"], "deep.thought")
        self.assertIn("HOSTNAME=deep.thought", report["env"])
        self.assertEqual(self.report("-u", "7:8")["gids"][0], 8)
        self.wrong("-u", "nobody-there", NAME, text="nobody-there")
        self.wrong("-w", "relative", NAME, text="--workdir")

    def test_entrypoint(self):
        self.assertEqual(self.run_image("--entrypoint", PAYLOAD, NAME, "echo", "x").out, "x\n")
        self.assertEqual(self.run_image("--entrypoint=", NAME, PAYLOAD, "echo", "y").out, "y\n")
        self.assertEqual(self.run_image(NAME, "echo", "-e", "--rm").out, "-e --rm\n")
        self.assertEqual(self.run_image(NAME, "--", "echo", "z").out, "z\n")

    def test_a_name_keeps_the_container(self):
        self.run_image("--name", "kept", NAME, "true")
        self.assertEqual(self.containers(), ["kept"])
        self.assertEqual(self.state("kept")["status"], "stopped")
        self.says("--name", "kept", NAME, "true", text="already", code=125)
        self.assertEqual(self.prune().code, 0)
        self.assertEqual(self.containers(), ["kept"])
        self.ok("delete", "kept")
        self.assert_released()
        self.run_image("--name", "kept", "--rm", NAME, "true")
        self.run_image("--rm=true", NAME, "true")
        self.assert_released()
        self.wrong("--name", "no/name", NAME, text="--name")

    def test_no_name_and_no_rm_keeps_it_under_a_name_of_its_own(self):
        self.run_image("--rm=false", NAME, "true")
        name, = self.containers()
        self.assertRegex(name, "^[a-z]+_[a-z]+[0-9]*$")
        self.ok("delete", name)
        self.assert_released()

    def test_interactive(self):
        read, write = os.pipe()
        os.write(write, b"typed\n"), os.close(write)
        self.assertEqual(self.inside("-i", command=["cat", "/proc/self/fd/0"], stdin=read), "typed\n")
        os.close(read)
        self.assertEqual(self.inside(command=["cat", "/proc/self/fd/0"], input="unseen"), "")

    def test_tty(self):
        master, slave = pty.openpty()
        process = self.rt.popen(*self.words("-it", NAME, "tty"), **self.options({"stdin": slave}))
        self.assertEqual(harness.wait_for(process), 0, pathlib.Path(f"{process.stem}.err").read_text())
        os.close(master), os.close(slave)
        seen = json.loads(pathlib.Path(f"{process.stem}.out").read_text())
        self.assertEqual(seen["isatty"], [1, 1, 1])
        self.assertIn("TERM=xterm", self.report("-t")["env"])

    def test_detach(self):
        result = self.run_image("-d", "--name", "back", NAME, "signals")
        self.assertEqual(result.out, "back\n")
        self.wait_for("back", "running")
        self.assertTrue(host.until(lambda: self.ok("logs", "back").out == "ready\n"))
        self.ok("kill", "back", "KILL")
        self.assertEqual(self.ok("wait", "back").out, "137\n")
        self.assertEqual(self.ok("state", "back").json()["signal"], 9)
        self.ok("delete", "back")
        self.assert_released()

    def test_detached_with_a_terminal(self):
        self.run_image("-dt", "--name", "back", NAME, "tty")
        self.assertEqual(self.ok("wait", "back").out, "0\n")
        self.assertEqual(json.loads(self.ok("logs", "back").out)["isatty"], [1, 1, 1])
        self.ok("delete", "back")
        self.assert_released()

    def test_detached_and_removed_at_its_end(self):
        name = self.run_image("-d", NAME, "signals").out.strip()
        self.wait_for(name, "running")
        self.ok("kill", name, "KILL")
        self.assertTrue(host.until(lambda: self.rt("state", name).code != 0))
        self.assert_released()

    def test_volumes_of_the_host(self):
        folder = self.folder / "shared"
        folder.mkdir()
        (folder / "file").write_text("of the host")
        self.run_image("-v", f"{folder}:/mnt/deep", NAME, "write", "/mnt/deep/new", "made")
        self.assertEqual((folder / "new").read_text(), "made")
        self.assertEqual(self.inside("-v", "./shared:/mnt:ro", command=["cat", "/mnt/file"]), "of the host")
        self.run_image("-v", f"{folder}:/mnt:ro", NAME, "write", "/mnt/other", "x", code=errno.EROFS)
        self.assertIn("nosuid", next(line for line in self.report("-v", f"{folder}:/mnt:ro,nosuid,z")["mountinfo"] if " /mnt " in line))
        self.wrong("-v", "/no/such:/mnt", NAME, text="/no/such")
        self.wrong("-v", f"{folder}:mnt", NAME, text="--volume")
        self.wrong("-v", f"{folder}:/mnt:strange", NAME, text="strange")

    def test_mount(self):
        folder = self.folder / "shared"
        folder.mkdir()
        self.run_image("--mount", f"type=bind,src={folder},dst=/mnt", NAME, "write", "/mnt/new", "made")
        self.assertEqual((folder / "new").read_text(), "made")
        self.run_image("--mount", f"type=bind,source={folder},target=/mnt,readonly", NAME, "write", "/mnt/x", "x", code=errno.EROFS)
        self.assertEqual(self.inside("--mount", "source=named,target=/data", command=["cat", "/data/seed"]), "of the image")
        self.assertEqual(self.inside("--mount", "type=volume,target=/data", command=["cat", "/data/seed"]), "of the image")
        lines = self.report("--mount", "type=tmpfs,target=/scratch,tmpfs-size=1m")["mountinfo"]
        self.assertIn("size=1024k", next(line for line in lines if " /scratch " in line))
        for words in ("target=", "type=bind,target=/x", f"type=volume,src={folder},dst=/x", "type=npipe,dst=/x", "what=1,dst=/x"):
            self.wrong("--mount", words, NAME, text="--mount")

    def test_volumes_by_name_begin_with_what_the_image_has(self):
        self.assertEqual(self.inside("-v", "web.data:/data", command=["cat", "/data/seed"]), "of the image")
        self.run_image("-v", "web.data:/data", NAME, "write", "/data/more", "kept")
        self.assertEqual(self.inside("-v", "web.data:/other", command=["cat", "/other/more"]), "kept")
        self.assertEqual(self.inside("-v", "bare:/data:nocopy", command=["ls", "/data"]), "")
        self.assertEqual(self.prune().code, 0)
        self.assertEqual((self.store / "volumes/web.data/more").read_text(), "kept")
        self.assert_released()

    def test_volumes_of_the_image_are_the_containers_own(self):
        super().stored(self.made(execution={**self.execution(), "Volumes": {"/data": {}, "/fresh": {}}}))
        self.run_image("--name", "box", "--read-only", NAME, "write", "/data/more", "text")
        self.assertEqual((self.store / "containers/box/volumes/0/more").read_text(), "text")
        self.assertEqual((self.store / "containers/box/volumes/0/seed").read_text(), "of the image")
        self.delete("box")
        self.assertEqual(self.inside("-v", "/fresh", command=["ls", "/data"]), "seed\n")
        self.assert_released()

    def test_a_volume_of_the_image_is_nothing_of_the_kernels(self):
        for path in ("/proc", "/sys/fs", "/dev/shm", "/", "/tmp/../proc/self"):
            with self.subTest(path=path):
                super().stored(self.made(execution={**self.execution(), "Volumes": {path: {}}}))
                self.wrong(NAME, text="wants a volume")

    def test_tmpfs_and_read_only(self):
        lines = self.report("--read-only", "--tmpfs", "/scratch:size=1m,exec")["mountinfo"]
        scratch = next(line for line in lines if " /scratch " in line)
        self.assertIn("size=1024k", scratch)
        self.assertNotIn("noexec", scratch)
        self.assertIn("noexec", next(line for line in self.report("--tmpfs=/scratch")["mountinfo"] if " /scratch " in line))
        self.run_image("--read-only", NAME, "write", "/file", "x", code=errno.EROFS)
        self.run_image("--read-only", "--tmpfs", "/scratch", NAME, "write", "/scratch/file", "x")

    def test_capabilities(self):
        bounding = lambda *args: int(self.report(*args)["status"]["CapBnd"], 16)
        usual = bounding()
        self.assertTrue(usual >> 13 & 1)  # CAP_NET_RAW
        self.assertFalse(bounding("--cap-drop", "net_raw") >> 13 & 1)
        self.assertEqual(bounding("--cap-drop=ALL", "--cap-add=CAP_CHOWN"), 1)
        self.assertEqual(bounding("--cap-add", "SYS_TIME") ^ usual, 1 << 25)
        self.assertTrue(bounding("--cap-add", "all") >> 21 & 1)
        self.wrong("--cap-add", "FLYING", NAME, text="FLYING")

    def test_security_options(self):
        status = self.report("--security-opt", "no-new-privileges")["status"]
        self.assertEqual(status["NoNewPrivs"], "1")
        self.assertEqual(self.report()["status"]["Seccomp"], "2")
        self.assertEqual(self.report("--security-opt=seccomp=unconfined")["status"]["Seccomp"], "0")
        profile = self.folder / "profile.json"
        profile.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
            {"names": ["getppid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 77}]}))
        self.assertIn("77", self.inside("--security-opt", f"seccomp={profile}", command=["syscall", "getppid"]))
        self.wrong("--security-opt", "seccomp=/no/such", NAME, text="/no/such")
        self.wrong("--security-opt", "strange=1", NAME, text="strange")

    def test_privileged(self):
        report = self.report("--privileged")
        self.assertEqual(report["status"]["Seccomp"], "0")
        self.assertTrue(int(report["status"]["CapEff"], 16) >> 21 & 1)
        self.assertFalse([line for line in report["mountinfo"] if " /proc/kcore " in line or " /proc/sys " in line])
        self.assertNotIn(" ro,", next(line for line in report["mountinfo"] if " /sys " in line))

    def test_ulimit_device_annotation(self):
        self.assertEqual(self.report("--ulimit", "nofile=100:200")["rlimits"]["RLIMIT_NOFILE"], [100, 200])
        self.assertIn("rdev 1:7", self.inside("--device", "/dev/full:/dev/mine:r", command=["stat", "/dev/mine"]))
        self.run_image("--name", "box", "--label", "a/b~c=d", "--annotation", "run.oci.x=y", NAME, "true")
        annotations = self.state("box")["annotations"]
        self.assertEqual((annotations["a/b~c"], annotations["run.oci.x"]), ("d", "y"))
        self.delete("box")
        self.wrong("--label", "run.oci.handler=evil", NAME, text="--label")
        self.wrong("--device", "/etc/passwd", NAME, text="no device")
        self.wrong("--ulimit", "nofile=2:1", NAME, text="--ulimit")

    def test_limits_reach_the_cgroup(self):
        self.need_controller("memory", "pids", "cpu")
        self.run_image("-d", "--name", "box", "-m", "64m", "--pids-limit", "33", "--cpus", "1.5", NAME, "signals")
        group = harness.GROUP / "box"
        self.assertEqual((group / "memory.max").read_text().strip(), str(64 << 20))
        self.assertEqual((group / "pids.max").read_text().strip(), "33")
        self.assertEqual((group / "cpu.max").read_text().strip(), "150000 100000")
        self.delete("box")

    def test_limits_that_cannot_be_are_refused(self):
        for option in ("--memory=much", "--cpus=0", "--pids=-2", "--memory-swap=1g", "--cpu-shares=1"):
            self.wrong(option, NAME, text=option.split("=")[0])
        if "memory" not in host.controllers():
            self.wrong("-m", "64m", NAME, text="/linux/resources/memory/limit")

    def test_network(self):
        report = self.report()
        self.assertNotEqual(report["namespaces"]["net"], os.readlink("/proc/self/ns/net"))
        self.assertIn("127.0.0.1\tlocalhost", self.inside(command=["cat", "/etc/hosts"]))
        self.assertEqual(self.report("--network", "host")["namespaces"]["net"], os.readlink("/proc/self/ns/net"))
        hosts = pathlib.Path("/etc/hosts").read_text()
        self.assertTrue(self.inside("--network=host", "--hostname", "box", command=["cat", "/etc/hosts"]).startswith(hosts))
        self.assertEqual(self.inside("--hostname", "box", command=["cat", "/etc/hostname"]), "box\n")
        self.wrong("--network", "pasta", NAME, text="none, bridge, host")
