# SPDX-License-Identifier: Apache-2.0
"""/root: the root filesystem."""

import json
import os

import harness
from coverage import accepts, rejects


class Root(harness.Case):
    def test_is_all_a_container_sees(self):
        listing = set(self.run_in(self.bundle("ls", "/")).out.split())
        self.assertLessEqual({"bin", "proc", "etc"}, listing)
        self.assertFalse({"boot", "srv", "home"} & listing)

    def test_may_be_absolute(self):
        bundle = self.bundle()
        self.run_in(bundle.edit("/root/path", str(bundle.rootfs)))

    @accepts("/root/path")
    def test_may_have_another_name(self):
        bundle = self.bundle()
        bundle.rootfs.rename(bundle.path / "other")
        self.run_in(bundle.edit("/root/path", "other"))

    @rejects("/root/path")
    def test_must_exist(self):
        self.refused(self.bundle().edit("/root/path", "nowhere"), "nowhere")

    def test_must_be_a_directory(self):
        self.refused(self.bundle().edit("/root/path", "config.json"))

    @rejects("/root", "/root/path")
    def test_must_be_named(self):
        for value in ({}, None, {"path": ""}):
            with self.subTest(value):
                self.refused(self.bundle().edit("/root", value))

    @rejects("/root/path")
    def test_may_not_be_the_hosts(self):
        self.ours_only()
        for path in ("/", "/..", "../../../../../../../.."):
            with self.subTest(path):
                self.refused(self.bundle().edit("/root/path", path))

    def test_is_writable(self):
        bundle = self.bundle("write", "/tmp/file", "text")
        self.run_in(bundle)
        self.assertEqual((bundle.rootfs / "tmp/file").read_text(), "text")

    @accepts("/root/readonly")
    def test_read_only_forbids_writing_but_not_in_mounts(self):
        bundle = self.bundle("write", "/tmp/file", "text").edit("/root/readonly", True)
        self.assertEqual(self.run_in(bundle, code=None).code, 30)  # EROFS
        bundle.add_mount("/tmp", "tmpfs", "tmpfs", "nosuid")
        self.run_in(bundle)

    def test_read_only_still_gets_mount_points(self):
        bundle = self.bundle().edit("/root/readonly", True).add_mount("/not/yet/there", "tmpfs", "tmpfs")
        self.run_in(bundle)

    def test_is_not_shared_with_the_host(self):
        before = open("/proc/self/mountinfo").read()
        id = self.started(self.bundle("sleep", "100"))
        self.assertEqual(open("/proc/self/mountinfo").read(), before)
        self.assertEqual(self.state(id)["status"], "running")

    def test_a_shared_host_gets_no_mounts(self):
        # T34
        script = """mount --make-rshared / && wc -l </proc/self/mountinfo && "$@" && wc -l </proc/self/mountinfo"""
        for name in ("", "private", "rprivate", "rslave", "shared", "rshared"):
            with self.subTest(name):
                bundle = self.bundle("true").add_mount("/made", "tmpfs", "tmpfs").edit("/linux/rootfsPropagation", name or None)
                run = self.rt.argv("run", "--bundle", bundle.path, self.new_id())
                result = self.rt(argv=["unshare", "-m", "sh", "-c", script, "sh", *run])
                self.assertEqual(result.code, 0, str(result))
                before, after = result.out.split()
                self.assertEqual(before, after)

    @accepts("/linux/rootfsPropagation")
    def test_propagation_is_as_configured(self):
        for name, mark in (("private", ""), ("rprivate", ""), ("rslave", ""), ("shared", "shared:"),
                           ("unbindable", "unbindable")):
            with self.subTest(name):
                inside = self.report(self.bundle().edit("/linux/rootfsPropagation", name))
                line = [entry for entry in inside["mountinfo"] if entry.split()[4] == "/"][-1]
                options = line.split(" - ")[0].split()[6:]
                self.assertTrue(any(o.startswith(mark) for o in options) if mark else
                                not any(o.startswith("shared") for o in options), line)

    @rejects("/linux/rootfsPropagation")
    def test_refuses_another_propagation(self):
        self.refused(self.bundle().edit("/linux/rootfsPropagation", "sideways"))

    def test_old_root_is_gone(self):
        inside = self.report(self.bundle())
        self.assertEqual(len([e for e in inside["mountinfo"] if e.split()[4] == "/"]), 1)
        self.assertNotIn(str(self.folder), json.dumps([e.split()[4] for e in inside["mountinfo"]]))

    def test_no_pivot_works_too(self):
        self.run_in(self.bundle(), "--no-pivot")

    def test_is_not_touched_by_a_run(self):
        bundle = self.minimal()
        before = sorted(os.listdir(bundle.rootfs))
        self.run_in(bundle)
        self.assertEqual(sorted(os.listdir(bundle.rootfs)), before)
