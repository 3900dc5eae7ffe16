# SPDX-License-Identifier: Apache-2.0
"""/linux/maskedPaths and readonlyPaths."""

import os

import harness
from coverage import accepts, rejects
from test_mounts import find


class Masks(harness.Case):
    @accepts("/linux/maskedPaths")
    def test_a_masked_file_is_empty(self):
        bundle = self.bundle("cat", "/secret")
        (bundle.rootfs / "secret").write_text("top")
        self.assertEqual(self.run_in(bundle.edit("/linux/maskedPaths", ["/secret"])).out, "")

    def test_a_masked_directory_is_empty_and_read_only(self):
        bundle = self.bundle("ls", "/etc").edit("/linux/maskedPaths", ["/etc"])
        self.assertEqual(self.run_in(bundle).out, "")
        bundle.args("/bin/payload", "write", "/etc/x", "y")
        self.assertEqual(self.run_in(bundle, code=None).code, 30)

    def test_what_is_missing_is_skipped(self):
        self.run_in(self.bundle().edit("/linux/maskedPaths", ["/no/such", "/proc/nothing"])
                    .edit("/linux/readonlyPaths", ["/no/such"]))

    def test_a_path_may_be_listed_twice(self):
        self.run_in(self.bundle().edit("/linux/maskedPaths", ["/proc/keys", "/proc/keys"])
                    .edit("/linux/readonlyPaths", ["/proc/sys", "/proc/sys"]))

    def test_docker_masks_hold(self):
        out = self.run_in(self.bundle("cat", "/proc/keys", "/proc/timer_list", "/proc/interrupts")).out
        self.assertEqual(out, "")
        self.assertEqual(self.run_in(self.bundle("ls", "/sys/firmware")).out, "")

    @accepts("/linux/readonlyPaths")
    def test_read_only_paths_cannot_be_written(self):
        bundle = self.bundle("write", "/proc/sys/kernel/hostname", "x")
        self.assertEqual(self.run_in(bundle, code=None).code, 30)
        inside = self.report(bundle)
        for path in ("/proc/sys", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sysrq-trigger"):
            if os.path.exists(path):
                self.assertIn("ro", find(inside, path)["flags"], path)

    def test_read_only_keeps_the_other_flags(self):
        inside = self.report(self.bundle())
        self.assertLessEqual({"nosuid", "nodev", "noexec"}, set(find(inside, "/proc/sys")["flags"]))

    def test_links_stay_inside(self):
        outside = self.folder / "outside"
        outside.mkdir()
        (outside / "file").write_text("kept")
        bundle = self.bundle("true")
        (bundle.rootfs / "link").symlink_to(outside / "file")
        self.rt("run", "--bundle", bundle.edit("/linux/maskedPaths", ["/link"]).path, self.new_id())
        self.assertEqual((outside / "file").read_text(), "kept")

    def test_need_a_mount_namespace(self):
        self.ours_only()
        self.refused(self.bundle().without_namespace("mount"))

    @rejects("/linux/{maskedPaths,readonlyPaths}")
    def test_relative_paths_are_refused(self):
        self.ours_only()
        self.refused(self.bundle().edit("/linux/maskedPaths", ["secret"]), "/linux/maskedPaths")
        self.refused(self.bundle().edit("/linux/readonlyPaths", ["secret"]), "/linux/readonlyPaths")

    def test_one_that_cannot_be_is_an_error(self):
        # Only what is not there needs no mask.
        bundle = self.bundle().edit("/linux/maskedPaths", ["/loop/secret"])
        (bundle.rootfs / "loop").symlink_to("loop")
        self.refused(bundle, "/loop/secret")

    def test_the_mask_is_not_the_containers_own_null(self):
        # T07, CVE-2025-31133: a /dev/null of the image as the source of the mask.
        devices = self.folder / "devices"
        devices.mkdir()
        for kind in ("link", "file", "missing"):
            with self.subTest(kind):
                (devices / "null").unlink(missing_ok=True)
                if kind == "link":
                    (devices / "null").symlink_to("/marker")
                elif kind == "file":
                    (devices / "null").write_text("MARKER")
                bundle = self.bundle("cat", "/secret").edit("/linux/maskedPaths", ["/secret"])
                (bundle.rootfs / "secret").write_text("SECRET")
                (bundle.rootfs / "marker").write_text("MARKER")
                bundle.without_mount("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue")
                bundle.config["mounts"].insert(1, {"destination": "/dev", "type": "bind", "source": str(devices),
                                                   "options": ["rbind"]})
                result = self.rt("run", "--bundle", bundle.write().path, self.new_id())
                self.assertNotIn("MARKER", result.out)
                self.assertNotIn("SECRET", result.out)
