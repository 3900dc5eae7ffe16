# SPDX-License-Identifier: Apache-2.0
"""A real distribution: Docker's default config on a debootstrapped Debian (OCI_RT_DEBIAN_ROOT)."""

import json
import os
import unittest

import bundle as bundles
import harness
import host
from test_mounts import find

ROOT = os.environ.get("OCI_RT_DEBIAN_ROOT", "")
SCRIPT = "cat /proc/self/status; echo ==; cat /proc/self/mountinfo; echo ==; hostname; ls /proc/self/fd; exec sleep 1000"


@unittest.skipUnless(ROOT, "OCI_RT_DEBIAN_ROOT names no Debian root filesystem")
class Debian(harness.Case):
    def setUp(self):
        super().setUp()
        self.path = self.folder / "bundle"
        self.path.mkdir()
        config = bundles.docker_config("sleep", "1000")
        config["root"]["path"] = ROOT
        config["linux"]["cgroupsPath"] = f"/{harness.GROUP.name}/debian"
        self.config = config
        self.cgroup = harness.GROUP / "debian"

    def begin(self, *args, start=True):
        self.config["process"]["args"] = list(args)
        (self.path / "config.json").write_text(json.dumps(self.config))
        id = self.forget("debian")
        self.created = self.ok("create", "--bundle", self.path, id)
        if start:
            self.ok("start", id)
        return id

    def test_whole_lifecycle(self):
        id = self.begin("sleep", "1000", start=False)
        self.assertEqual(self.state(id)["status"], "created")
        self.ok("start", id)
        self.assertEqual(self.state(id)["status"], "running")
        self.assertTrue(self.ok("exec", id, "apt-get", "--version").out.startswith("apt "))
        self.ok("pause", id)
        self.assertEqual(self.state(id)["status"], "paused")
        self.ok("resume", id)
        self.ok("kill", id, "KILL")
        self.wait_for(id, "stopped")
        self.ok("delete", id)
        self.assert_clean()

    def test_a_shell_on_a_terminal(self):
        id = self.begin("sleep", "1000")
        console = harness.ConsoleSocket(self.folder / "console")
        self.addCleanup(console.close)
        self.ok("exec", "-t", "-d", "--console-socket", console.path, id, "bash")
        console.receive()
        os.write(console.master, b"echo $((6*7)); tty; exit\n")
        text = console.read_until("/dev/pts/0")
        self.assertIn("42", text)
        self.assertIn("/dev/pts/0", text)

    def test_what_it_sees(self):
        id = self.begin("sh", "-c", SCRIPT)
        self.assertTrue(host.until(lambda: self.created.out.count("==") == 2 and self.created.out.endswith("\n")))
        host.until(lambda: len(self.created.out.split("==")[2].split()) > 4, 2)
        status, mountinfo, rest = self.created.out.split("==")
        self.assertIn("CapEff:\t00000000a80425fb", status)
        self.assertIn("Seccomp:\t2", status)
        self.assertIn("sleep", self.ok("exec", id, "cat", "/proc/1/comm").out)
        hostname, *fds = rest.split()
        self.assertEqual(hostname, "box")
        self.assertEqual(fds, ["0", "1", "2", "3"])  # 3 is the directory that ls reads
        inside = {"mountinfo": mountinfo.strip().splitlines()}
        self.assertIn("ro", find(inside, "/proc/sys")["flags"])
        self.assertEqual(self.ok("exec", id, "cat", "/proc/keys", "/proc/timer_list").out, "")
        self.assertGreater(self.rt("exec", id, "touch", "/proc/sys/kernel/x").code, 0)

    def test_an_interactive_program_can_be_updated_from_inside(self):
        id = self.begin("sleep", "1000")
        result = self.ok("exec", id, "dpkg-query", "--show", "--showformat", "${Version}", "base-files")
        self.assertTrue(result.out.startswith("12"), result.out)
