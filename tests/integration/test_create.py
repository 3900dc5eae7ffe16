# SPDX-License-Identifier: Apache-2.0
"""create: everything is made, nothing is started."""

import json
import os
import pathlib

import bundle as bundles
import harness
import host
from coverage import accepts, rejects


class Create(harness.Case):
    def test_makes_a_container_that_waits(self):
        id = self.create(self.bundle("write", "/tmp/ran", "yes"))
        state = self.state(id)
        self.assertEqual(state["status"], "created")
        self.assertGreater(state["pid"], 0)

    def test_does_not_run_the_program(self):
        bundle = self.bundle("write", "/tmp/ran", "yes")
        self.create(bundle)
        self.assertFalse((bundle.rootfs / "tmp/ran").exists())

    def test_says_nothing_on_success(self):
        self.create(self.bundle())
        self.assertEqual((self.created.out, self.created.err), ("", ""))

    def test_init_is_a_child_that_comes_to_the_subreaper(self):
        id = self.create(self.bundle())
        self.assertIn(self.state(id)["pid"], host.children())

    def test_init_is_in_its_cgroup_already(self):
        bundle = self.bundle()
        id = self.create(bundle)
        group = harness.cgroup_of(pathlib.Path(f"/proc/{self.state(id)['pid']}/cgroup").read_text())
        self.assertEqual(str(host.CGROUPS) + group, str(bundle.cgroup))

    def test_an_id_is_taken_only_once(self):
        bundle = self.bundle()
        id = self.create(bundle)
        self.bad("create", "--bundle", bundle.path, id)
        self.assertEqual(self.state(id)["status"], "created")

    def test_the_bundle_defaults_to_the_working_directory(self):
        bundle = self.bundle()
        id = self.forget(self.new_id())
        self.ok("create", id, cwd=bundle.path)
        self.assertEqual(self.state(id)["bundle"], str(bundle.path))

    def test_a_relative_bundle_is_remembered_as_absolute(self):
        bundle = self.bundle()
        id = self.forget(self.new_id())
        self.ok("create", "-b", bundle.path.name, id, cwd=bundle.path.parent)
        self.assertEqual(self.state(id)["bundle"], str(bundle.path))

    def test_a_missing_bundle_is_an_error(self):
        self.bad("create", "--bundle", self.folder / "nowhere", self.new_id())
        self.assert_clean()

    def test_a_bundle_without_config_is_an_error(self):
        self.bad("create", "--bundle", self.folder, self.new_id())
        self.assert_clean()

    def test_changes_of_config_after_create_do_not_matter(self):
        bundle = self.bundle("write", "/tmp/first", "x")
        id = self.create(bundle)
        bundle.args("/bin/payload", "write", "/tmp/second", "x")
        self.ok("start", id)
        self.wait_for(id, "stopped")
        self.assertTrue((bundle.rootfs / "tmp/first").exists())
        self.assertFalse((bundle.rootfs / "tmp/second").exists())

    def test_another_config_file_can_be_named(self):
        self.ours_only()
        bundle = self.bundle("exit", "3")
        other = bundle.path / "other.json"
        (bundle.path / "config.json").rename(other)
        self.assertEqual(self.rt("run", "--bundle", bundle.path, "--config", other, self.new_id()).code, 3)

    def test_a_config_without_a_process_cannot_be_started(self):
        bundle = self.bundle()
        bundle.edit("/process", None)
        id = self.forget(self.new_id())
        if self.rt("create", "--bundle", bundle.path, id).code == 0:
            self.bad("start", id)

    @rejects("/ociVersion")
    def test_the_version_of_the_specification_is_checked(self):
        self.ours_only()
        for version in ("invalid", "2.0.0", "", "1", "1.0"):
            with self.subTest(version):
                self.refused(self.bundle().edit("/ociVersion", version), "ociVersion")

    @accepts("/ociVersion")
    def test_every_version_one_is_accepted(self):
        for version in ("1.0.0", "1.0.2-dev", "1.3.0"):
            self.run_in(self.minimal().edit("/ociVersion", version))

    def test_unknown_properties_are_ignored(self):
        bundle = self.bundle().edit("/linux/unheardOf", {"a": [1]})
        self.run_in(bundle.edit("/somethingNew", 1))

    def test_no_linux_section_is_needed(self):
        self.ours_only()
        bundle = self.minimal(cgroup=False)
        bundle.edit("/linux", None)
        bundle.edit("/mounts", [])
        result = self.rt("create", "--bundle", bundle.path, self.forget(self.new_id()))
        # Without a mount namespace the rootfs cannot be entered safely: both answers are clean.
        self.assertLess(result.code, 128, str(result))


class PidFile(harness.Case):
    def test_holds_the_pid_and_nothing_else(self):
        path = self.folder / "pid"
        id = self.create(self.bundle(), "--pid-file", path)
        self.assertEqual(path.read_bytes(), str(self.state(id)["pid"]).encode())

    def test_may_be_relative_to_the_caller(self):
        id = self.create(self.bundle(), "--pid-file", "here.pid", cwd=self.folder)
        self.assertEqual((self.folder / "here.pid").read_text(), str(self.state(id)["pid"]))

    def test_replaces_an_empty_file(self):
        path = self.folder / "pid"
        path.touch()
        id = self.create(self.bundle(), "--pid-file", path)
        self.assertEqual(path.read_text(), str(self.state(id)["pid"]))

    def test_is_not_left_by_a_failed_create(self):
        path = self.folder / "pid"
        self.bad("create", "--bundle", self.bundle("/no/such").path, "--pid-file", path, self.new_id())
        self.assertFalse(path.exists())
        self.assertEqual([p.name for p in self.folder.iterdir() if p.name.startswith(".")], [])


class Ids(harness.Case):
    def test_good_ones_are_accepted(self):
        for id in ("a", "A_b+c.d-e", "0123456789abcdef" * 4, "_x"):
            with self.subTest(id):
                self.create(self.minimal(), id=id)

    def test_bad_ones_are_refused(self):
        self.ours_only()
        keep = self.folder / "victim"
        keep.mkdir()
        (keep / "keep").touch()
        for id in ("../victim", ".", "..", "a/b", "", "a\nb", "x" * 300, "x" * 1100, "%2e%2e", "a b", "ü", ".hid"):
            for verb in (["create", "--bundle", self.minimal().path], ["delete", "-f"], ["state"], ["kill"]):
                with self.subTest(id=id, verb=verb[0]):
                    self.bad(*verb, id)
        self.assertTrue((keep / "keep").exists())


class StateDirectory(harness.Case):
    def test_is_private(self):
        self.create(self.bundle())
        self.assertEqual(os.stat(self.rt.root).st_mode & 0o077 & ~0o055, 0)
        self.assertEqual(os.stat(self.rt.root / "box1").st_mode & 0o022, 0)

    def test_a_foreign_directory_is_not_adopted(self):
        self.rt.root.mkdir(mode=0o700)
        (self.rt.root / "box1").mkdir()
        (self.rt.root / "box1/foreign.json").write_text(json.dumps({"a": 1}))
        self.bad("create", "--bundle", self.bundle().path, "box1")
        self.assertTrue((self.rt.root / "box1/foreign.json").exists())
        (self.rt.root / "box1/foreign.json").unlink()
        (self.rt.root / "box1").rmdir()

    def test_a_docker_like_bundle_and_a_minimal_one_both_run(self):
        self.run_in(self.bundle())
        self.run_in(self.minimal())
        self.assertEqual(len(bundles.docker_config()["mounts"]), 7)
