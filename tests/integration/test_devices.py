# SPDX-License-Identifier: Apache-2.0
"""/linux/devices and the device rules of the cgroup."""

import errno
import os

import harness
from coverage import accepts, rejects

DEFAULTS = {"null": "1:3", "zero": "1:5", "full": "1:7", "random": "1:8", "urandom": "1:9", "tty": "5:0"}


class Devices(harness.Case):
    def test_the_default_ones_are_there(self):
        out = self.run_in(self.bundle("stat", *[f"/dev/{name}" for name in DEFAULTS])).out
        for name, number in DEFAULTS.items():
            self.assertIn(f"/dev/{name}: mode 20666 uid 0 gid 0 rdev {number}", out)

    def test_the_links_are_there(self):
        bundle = self.bundle("/bin/ls", "-l", "/dev")
        self.need_busybox()
        out = self.run_in(bundle).out
        for link in ("fd -> /proc/self/fd", "stdin -> /proc/self/fd/0", "stdout -> /proc/self/fd/1",
                     "stderr -> /proc/self/fd/2", "ptmx -> pts/ptmx"):
            self.assertIn(link, out)

    @accepts("/linux/devices/*/{type,path,major,minor,fileMode,uid,gid}")
    def test_more_can_be_given(self):
        bundle = self.bundle("stat", "/dev/deep/kmsg", "/dev/pipe", "/dev/block")
        bundle.edit("/linux/devices", [
            {"path": "/dev/deep/kmsg", "type": "c", "major": 1, "minor": 11, "fileMode": 0o640, "uid": 5, "gid": 6},
            {"path": "/dev/pipe", "type": "p", "fileMode": 0o600},
            {"path": "/dev/block", "type": "b", "major": 7, "minor": 200}])
        out = self.run_in(bundle).out
        self.assertIn("/dev/deep/kmsg: mode 20640 uid 5 gid 6 rdev 1:11", out)
        self.assertIn("/dev/pipe: mode 10600", out)
        self.assertIn("/dev/block: mode 60666", out)

    def test_the_mode_does_not_depend_on_the_callers_umask(self):
        bundle = self.bundle("stat", "/dev/null", "/dev/x")
        bundle.edit("/linux/devices", [{"path": "/dev/x", "type": "c", "major": 1, "minor": 3, "fileMode": 0o666}])
        out = self.run_in(bundle, preexec_fn=lambda: os.umask(0o77)).out
        self.assertIn("/dev/x: mode 20666", out)

    @rejects("/linux/devices/*/type")
    def test_a_wrong_type_is_refused(self):
        self.refused(self.bundle().edit("/linux/devices", [{"path": "/dev/x", "type": "z", "major": 1, "minor": 3}]))

    @rejects("/linux/devices/*/path")
    def test_a_file_in_the_way_is_refused(self):
        self.ours_only()
        bundle = self.bundle().without_mount("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue")
        (bundle.rootfs / "dev/x").write_text("here already")
        self.refused(bundle.edit("/linux/devices", [{"path": "/dev/x", "type": "c", "major": 1, "minor": 3}]))

    def test_a_device_stays_inside(self):
        outside = self.folder / "outside"
        outside.mkdir()
        bundle = self.bundle()
        (bundle.rootfs / "link").symlink_to(outside)
        bundle.edit("/linux/devices", [{"path": "/link/x", "type": "c", "major": 1, "minor": 3}])
        self.rt("run", "--bundle", bundle.path, self.new_id())
        self.assertEqual(os.listdir(outside), [])


class DeviceRules(harness.Case):
    def opened(self, rules, *calls):
        bundle = self.bundle("syscall", *calls)
        bundle.edit("/linux/seccomp", None)
        bundle.config["linux"]["resources"]["devices"] = rules
        return self.run_in(bundle.write()).json()

    @accepts("/linux/resources/devices/*/{allow,access}")
    def test_what_is_not_allowed_can_neither_be_made_nor_opened(self):
        rules = [{"allow": False, "access": "rwm"}]
        self.assertEqual(self.opened(rules, "mknod_odd", "open_odd")["open_odd"], errno.EPERM)

    @accepts("/linux/resources/devices/*/{allow,type,major,minor,access}")
    def test_what_is_allowed_can_be_opened(self):
        rules = [{"allow": False, "access": "rwm"},
                 {"allow": True, "type": "c", "major": 240, "minor": 77, "access": "rwm"}]
        # Nothing is behind this number: the driver, not the rule, answers.
        self.assertEqual(self.opened(rules, "mknod_odd", "open_odd"), {"mknod_odd": 0, "open_odd": errno.ENXIO})

    def test_default_devices_are_always_allowed(self):
        bundle = self.bundle("cat", "/dev/null")
        bundle.edit("/linux/resources/devices", [{"allow": False, "access": "rwm"}])
        self.run_in(bundle)
