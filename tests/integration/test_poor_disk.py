# SPDX-License-Identifier: Apache-2.0
"""No room, no inodes, or no leave to write, where the state, the pid file and the log are: an error, and nothing is left."""

import os
import resource

import harness
import host

MS_RDONLY, MS_REMOUNT = 1, 32


class PoorDisk(harness.Case):
    seconds = 150

    def setUp(self):
        super().setUp()
        self.ours_only()
        self.rt.validates = False
        self.box = self.bundle("sleep", "1000")

    def disk(self, options):
        place = self.folder / "disk"
        place.mkdir(exist_ok=True)
        host.mount("tmpfs", place, "tmpfs", 0, options)
        return place

    def said_well(self, result, can_speak=True):
        self.assertGreaterEqual(result.code, 0, f"ended by a signal: {result}")
        self.assertTrue(result.code < 128 or result.code == 255, str(result))
        if result.code != 0 and can_speak:
            self.assertNotEqual(result.err.strip(), "", str(result))

    def lifecycle(self, message):
        """Whatever works of it; then all is gone."""
        created = self.rt("create", "--bundle", self.box.path, "poor")
        self.said_well(created)
        if created.code == 0:
            for verb in (("start", "poor"), ("pause", "poor"), ("resume", "poor"), ("exec", "poor", "/bin/payload", "true")):
                self.said_well(self.rt(*verb))
        self.ok("delete", "--force", "poor")
        self.assert_clean_below(message)
        return created.code == 0

    def assert_clean_below(self, message):
        left = {kind: some for kind, some in self.leftovers().items() if kind != "mounts"}
        self.assertEqual(left, {}, message)

    def with_disk(self, options):
        place = self.disk(options)
        root, self.rt.root = self.rt.root, place / "state"
        try:
            return self.lifecycle(options)
        finally:
            self.rt.root = root
            host.unmount(place)

    def test_a_state_root_without_room(self):
        worked = [self.with_disk(f"size={size}k") for size in (4, 8, 16, 32, 64, 128, 512)]
        self.assertFalse(worked[0])
        self.assertTrue(worked[-1])

    def test_a_state_root_without_inodes(self):
        worked = [self.with_disk(f"nr_inodes={count}") for count in (*range(2, 21), 40)]
        self.assertFalse(worked[0])
        self.assertTrue(worked[-1])

    def test_a_read_only_state_root(self):
        place = self.disk("size=1m")
        root, self.rt.root = self.rt.root, place / "state"
        try:
            self.ok("create", "--bundle", self.box.path, "poor")
            host.mount("tmpfs", place, "tmpfs", MS_REMOUNT | MS_RDONLY)
            self.bad("create", "--bundle", self.box.path, "other", text="read-only file system")
            self.assertEqual(self.state("poor")["status"], "created")
            self.bad("start", "poor")
            # It cannot go, and so is left as it is; but it can be ended.
            self.bad("delete", "--force", "poor", text="read-only file system")
            self.assertEqual(self.state("poor")["status"], "created")
            self.ok("kill", "poor", "KILL")
            self.wait_for("poor", "stopped")
            host.mount("tmpfs", place, "tmpfs", MS_REMOUNT)
            self.ok("delete", "poor")
            self.assert_clean_below("")
        finally:
            self.rt.root = root
            host.unmount(place)

    def full_disk(self):
        place = self.disk("size=4k,nr_inodes=10")
        (place / "filler").write_bytes(b"x" * 4096)
        return place

    def test_a_pid_file_on_a_full_disk(self):
        place = self.full_disk()
        try:
            self.bad("create", "--bundle", self.box.path, "--pid-file", place / "pid", "poor", text="no space left")
            self.assertEqual(os.listdir(place), ["filler"])
            self.assert_clean_below("")
        finally:
            host.unmount(place)

    def test_a_log_on_a_full_disk(self):
        """What cannot be logged is still said, and what works works."""
        place = self.full_disk()
        try:
            for log_format in ("text", "json"):
                log = ("--log", place / "log", "--log-format", log_format)
                self.ok(*log, "create", "--bundle", self.box.path, "poor")
                self.bad(*log, "create", "--bundle", self.box.path, "poor", text="already exists")
                self.ok(*log, "delete", "--force", "poor")
            self.assert_clean_below("")
        finally:
            host.unmount(place)

    def test_a_console_socket_on_a_full_disk(self):
        place = self.disk("nr_inodes=2")
        (place / "filler").write_bytes(b"")
        try:
            self.box.edit("/process/terminal", True)
            self.bad("create", "--bundle", self.box.path, "--console-socket", place / "console", "poor")
            self.assert_clean_below("")
        finally:
            host.unmount(place)

    def test_limits_of_the_caller(self):
        """ulimit -v, -n and -f, on each verb: no signal, SIGXFSZ neither."""
        verbs = (("start", "poor"), ("state", "poor"), ("exec", "poor", "/bin/payload", "true"), ("pause", "poor"),
                 ("resume", "poor"), ("kill", "poor", "TERM"), ("list",), ("delete", "--force", "poor"))
        for kind, values in ((resource.RLIMIT_NOFILE, (5, 8, 12, 20)), (resource.RLIMIT_FSIZE, (0, 1)),
                             (resource.RLIMIT_AS, (8 << 20, 16 << 20, 64 << 20))):
            for value in values:
                limit = lambda kind=kind, value=value: resource.setrlimit(kind, (value, value))
                self.ok("create", "--bundle", self.box.path, "poor")
                for verb in verbs:
                    with self.subTest(verb, kind=kind, value=value):
                        result = self.rt(*verb, preexec_fn=limit)
                        # An address space in which not even the loader has room ends before main().
                        if kind != resource.RLIMIT_AS or result.code >= 0:
                            self.said_well(result, can_speak=kind != resource.RLIMIT_FSIZE)
                self.ok("delete", "--force", "poor")
                self.assert_clean(f"{kind} {value}")
