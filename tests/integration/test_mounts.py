# SPDX-License-Identifier: Apache-2.0
"""/mounts: what is mounted, with which options, and what is refused."""

import os

import harness
from coverage import accepts, rejects


def find(inside, destination):
    """The last mount at a place: its flags, its propagation, its type, its filesystem options."""
    for line in reversed(inside["mountinfo"]):
        left, right = line.split(" - ")
        fields = left.split()
        if fields[4] == destination:
            return {"flags": fields[5].split(","), "propagation": fields[6:], "type": right.split()[0],
                    "options": right.split()[2].split(","), "root": fields[3]}
    return None


class Mounts(harness.Case):
    def mounted(self, *mounts, bundle=None):
        bundle = bundle or self.bundle()
        for mount in mounts:
            bundle.add_mount(*mount)
        inside = self.report(bundle)
        return find(inside, mounts[0][0])

    def volume(self, name="volume"):
        path = self.folder / name
        path.mkdir(exist_ok=True)
        (path / "file").write_text("from the host")
        return path

    @accepts("/mounts/*/{destination,type}")
    def test_docker_defaults_are_there(self):
        inside = self.report(self.bundle())
        for destination, kind in (("/proc", "proc"), ("/dev", "tmpfs"), ("/dev/pts", "devpts"), ("/sys", "sysfs"),
                                  ("/sys/fs/cgroup", "cgroup2"), ("/dev/mqueue", "mqueue"), ("/dev/shm", "tmpfs")):
            with self.subTest(destination):
                self.assertEqual(find(inside, destination)["type"], kind)

    @accepts("/mounts/*/{destination,type,options}")
    def test_flags_are_set(self):
        mount = self.mounted(("/data", "tmpfs", "tmpfs", "ro", "nosuid", "nodev", "noexec", "noatime", "size=1m"))
        self.assertLessEqual({"ro", "nosuid", "nodev", "noexec", "noatime"}, set(mount["flags"]))
        self.assertIn("size=1024k", mount["options"])

    @accepts("/mounts/*/{destination,source}")
    def test_a_bind_shows_the_hosts_files(self):
        bundle = self.bundle("cat", "/data/file").add_mount("/data", "bind", self.volume(), "rbind", "rw")
        self.assertEqual(self.run_in(bundle).out, "from the host")

    def test_a_bind_may_be_relative_to_the_bundle(self):
        bundle = self.bundle("cat", "/data/file")
        (bundle.path / "here").mkdir()
        (bundle.path / "here/file").write_text("near")
        self.assertEqual(self.run_in(bundle.add_mount("/data", "bind", "here", "bind")).out, "near")

    def test_a_read_only_bind_cannot_be_written(self):
        bundle = self.bundle("write", "/data/new", "x").add_mount("/data", "bind", self.volume(), "bind", "ro")
        self.assertEqual(self.run_in(bundle, code=None).code, 30)
        self.assertEqual(os.listdir(self.volume()), ["file"])

    def test_a_writable_bind_can(self):
        bundle = self.bundle("write", "/data/new", "x").add_mount("/data", "bind", self.volume(), "bind", "rw")
        self.run_in(bundle)
        self.assertEqual((self.volume() / "new").read_text(), "x")

    def test_a_file_is_bound_on_a_file(self):
        bundle = self.bundle("cat", "/etc/made").add_mount("/etc/made", "bind", self.volume() / "file", "bind")
        self.assertEqual(self.run_in(bundle).out, "from the host")

    def test_a_file_over_a_directory_is_refused(self):
        bundle = self.bundle().add_mount("/etc", "bind", self.volume() / "file", "bind")
        self.refused(bundle, "not a directory")

    @rejects("/mounts/*/source")
    def test_a_missing_source_is_refused_by_name(self):
        self.refused(self.bundle().add_mount("/data", "bind", "/no/such/source", "bind"), "/no/such/source")

    def test_the_type_bind_means_nothing_without_the_option_in_the_list(self):
        mount = self.mounted(("/data", "none", self.volume(), "rbind"))
        self.assertIn("volume", mount["root"])

    def test_recursive_read_only_reaches_what_is_below(self):
        import host

        volume = self.volume()
        (volume / "inner").mkdir()
        host.mount("tmpfs", volume / "inner", "tmpfs")
        try:
            for option, flag in (("ro", "rw"), ("rro", "ro")):
                with self.subTest(option):
                    bundle = self.bundle().add_mount("/data", "bind", volume, "rbind", option)
                    self.assertIn(flag, find(self.report(bundle), "/data/inner")["flags"])
        finally:
            host.unmount(volume / "inner")

    def test_propagation_is_set(self):
        self.assertEqual(self.mounted(("/a", "tmpfs", "tmpfs", "rprivate"))["propagation"], [])
        self.assertTrue(self.mounted(("/b", "tmpfs", "tmpfs", "shared"))["propagation"][0].startswith("shared:"))
        self.assertEqual(self.mounted(("/c", "tmpfs", "tmpfs", "unbindable"))["propagation"], ["unbindable"])

    def test_the_last_of_contradicting_options_wins(self):
        self.assertIn("rw", self.mounted(("/a", "tmpfs", "tmpfs", "ro", "rw"))["flags"])
        self.assertIn("ro", self.mounted(("/a", "tmpfs", "tmpfs", "rw", "ro"))["flags"])

    def test_the_destination_is_made(self):
        self.assertIsNotNone(self.mounted(("/deep/down/here", "tmpfs", "tmpfs")))

    def test_order_is_kept(self):
        inside = self.report(self.bundle().add_mount("/a", "tmpfs", "tmpfs").add_mount("/a/b", "tmpfs", "tmpfs"))
        self.assertIsNotNone(find(inside, "/a/b"))

    def test_links_in_the_destination_stay_inside(self):
        bundle = self.bundle()
        outside = self.volume("outside")
        (bundle.rootfs / "link").symlink_to(f"../../../../../../../..{outside}")
        self.rt("run", "--bundle", bundle.add_mount("/link/in", "tmpfs", "tmpfs").path, self.new_id())
        self.assertEqual(os.listdir(outside), ["file"])

    def test_links_in_the_destination_are_followed_inside(self):
        bundle = self.bundle()
        (bundle.rootfs / "var/run").symlink_to("/run")
        self.run_in(bundle.add_mount("/var/run/x", "tmpfs", "tmpfs"))
        self.assertTrue((bundle.rootfs / "run/x").is_dir())

    def test_dots_in_the_destination_stay_inside(self):
        bundle = self.bundle().add_mount("/../../../../x", "tmpfs", "tmpfs")
        result = self.rt("run", "--bundle", bundle.path, self.new_id())
        self.assertLess(result.code, 128, str(result))
        self.assertFalse(os.path.exists(bundle.path.parent / "x"))

    def test_tmpfs_takes_the_mode_given_or_that_of_the_place(self):
        bundle = self.bundle("stat", "/kept", "/given", "/new")
        (bundle.rootfs / "kept").mkdir()
        (bundle.rootfs / "kept").chmod(0o711)
        bundle.add_mount("/kept", "tmpfs", "tmpfs").add_mount("/given", "tmpfs", "tmpfs", "mode=0750")
        out = self.run_in(bundle.add_mount("/new", "tmpfs", "tmpfs", "mode=1777")).out
        self.assertIn("/given: mode 40750", out)
        self.assertIn("/new: mode 41777", out)
        self.assertIn("/kept: mode 40711", out)

    def test_tmpcopyup_copies_what_was_there(self):
        bundle = self.bundle("cat", "/etc/passwd").add_mount("/etc", "tmpfs", "tmpfs", "tmpcopyup")
        self.assertIn("root:x:0:0", self.run_in(bundle).out)

    @rejects("/mounts/*/options")
    def test_a_wrong_option_of_a_filesystem_is_refused(self):
        self.refused(self.bundle().add_mount("/data", "tmpfs", "tmpfs", "frobnicate=9"), "/data")

    @rejects("/mounts/*/type")
    def test_a_wrong_filesystem_is_refused(self):
        self.refused(self.bundle().add_mount("/data", "nosuchfs", "x"), "/data")

    def test_the_mount_namespace_of_the_host_is_untouched(self):
        self.mounted(("/data", "bind", self.volume(), "rbind", "rshared"))
        self.assert_clean()

    def test_many_mounts_work(self):
        bundle = self.minimal()
        for number in range(300):
            bundle.config["mounts"].append({"destination": f"/m/{number}", "type": "tmpfs", "source": "tmpfs"})
        self.run_in(bundle.write())

    def test_idmapped_binds_shift_the_owner(self):
        volume = self.volume()
        bundle = self.bundle("stat", "/data/file")
        bundle.add_mount("/data", "bind", volume, "bind")
        bundle.config["mounts"][-1].update({
            "uidMappings": [{"containerID": 0, "hostID": 7000, "size": 10}],
            "gidMappings": [{"containerID": 0, "hostID": 8000, "size": 10}]})
        self.assertIn("uid 7000 gid 8000", self.run_in(bundle.write()).out)

    @rejects("/mounts/*/destination")
    def test_a_destination_must_be_given(self):
        self.ours_only()
        bundle = self.bundle()
        bundle.config["mounts"].append({"type": "tmpfs", "source": "tmpfs"})
        self.refused(bundle.write(), "/mounts/7")
        self.refused(self.bundle().add_mount("", "tmpfs", "tmpfs"), "/mounts/7")


class ProtectedPlaces(harness.Case):
    """T03, T04: nothing but procfs at /proc, and only known files in it."""

    def decoy(self):
        path = self.folder / "decoy"
        path.mkdir(exist_ok=True)
        (path / "file").write_text("untouched")
        return path

    def test_proc_may_not_be_replaced(self):
        self.ours_only()
        for kind, source, options in (("tmpfs", "tmpfs", []), ("bind", self.decoy(), ["bind"])):
            with self.subTest(kind):
                bundle = self.bundle().without_mount("/proc").add_mount("/proc", kind, source, *options)
                self.refused(bundle)

    def test_inside_proc_only_known_files_may_be_covered(self):
        self.ours_only()
        for place in ("/proc/self/attr", "/proc/sys/kernel/domainname", "/proc/1/../sys", "/proc/version"):
            with self.subTest(place):
                source = self.decoy() if place != "/proc/sys/kernel/domainname" else self.decoy() / "file"
                self.refused(self.bundle().add_mount(place, "bind", source, "bind"))
        self.assertEqual((self.decoy() / "file").read_text(), "untouched")

    def test_inside_proc_nothing_may_be_covered_by_way_of_a_link(self):
        # The name of the destination says nothing of where it is.
        self.ours_only()
        for link, place in (("/proc/sys/kernel", "/into/domainname"), ("../proc", "/into/cpuinfo"), ("/proc/self", "/into/attr")):
            with self.subTest(place):
                bundle = self.bundle()
                (bundle.rootfs / "into").symlink_to(link)
                source = self.decoy() if place == "/into/attr" else self.decoy() / "file"
                self.refused(bundle.add_mount(place, "bind", source, "bind"))
        self.assertEqual((self.decoy() / "file").read_text(), "untouched")

    def test_the_files_lxcfs_covers_are_allowed(self):
        for name in ("cpuinfo", "meminfo", "stat", "uptime", "loadavg"):
            bundle = self.bundle("cat", f"/proc/{name}").add_mount(
                f"/proc/{name}", "bind", self.decoy() / "file", "bind")
            self.assertEqual(self.run_in(bundle).out, "untouched")

    def test_proc_and_sys_need_an_ordinary_directory(self):
        for place in ("proc", "sys"):
            with self.subTest(place):
                bundle = self.bundle()
                (bundle.rootfs / place).rmdir()
                (bundle.rootfs / place).symlink_to("/bad")
                self.ours_only()
                self.refused(bundle)
                self.assertFalse((bundle.rootfs / "bad").exists())
