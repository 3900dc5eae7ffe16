# SPDX-License-Identifier: Apache-2.0
"""The words of /mounts/N/options, each by what it does inside, and propagation by what the host sees."""

import errno
import os

import bundle as bundles
import harness
import host
from test_mounts import find

MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_SHARED, MS_RDONLY = 2, 4, 8, 1 << 20, 1
MS_NOATIME, MS_NODIRATIME, MS_NOSYMFOLLOW = 1024, 2048, 256
ALL_OPTIONS = """
    async atime bind defaults dev diratime dirsync exec iversion lazytime loud noatime nodev nodiratime noexec
    noiversion nolazytime norelatime nostrictatime nosuid private rbind relatime remount ro rw rprivate rshared
    rslave runbindable shared silent slave strictatime suid sync unbindable mand nomand tmpcopyup nosymfollow
    symfollow rro rrw rsuid rnosuid rdev rnodev rexec rnoexec rdiratime rnodiratime rrelatime rnorelatime ratime
    rnoatime rstrictatime rnostrictatime rnosymfollow rsymfollow idmap ridmap rsync rasync rdirsync rmand rnomand
    copy-symlink src-nofollow dest-nofollow""".split()


class Options(harness.Case):
    def setUp(self):
        super().setUp()
        self.volume = self.folder / "volume"
        (self.volume / "inner").mkdir(parents=True)
        (self.volume / "file").write_text("text")

    def on_host(self, place, flags=0, kind="tmpfs"):
        host.mount("tmpfs", place, kind, flags)
        self.addCleanup(lambda: host.unmount(place))

    def in_user_namespace(self, *args):
        made = self.bundle(*args, config=bundles.with_user_namespace(bundles.docker_config()))
        for path in (made.rootfs, *made.rootfs.iterdir()):
            os.chown(path, 100000, 100000)
        return made

    def mounted(self, *mounts, bundle=None):
        bundle = bundle or self.bundle()
        for mount in mounts:
            bundle.add_mount(*mount)
        inside = self.report(bundle)
        return find(inside, mounts[-1][0])

    # Attributes

    def test_features_lists_every_option_once(self):
        listed = self.ok("features").json()["mountOptions"]
        self.assertEqual(sorted(set(listed)), sorted(listed))
        self.assertEqual(set(ALL_OPTIONS) - set(listed), set())

    def test_what_is_listed_is_accepted(self):
        bundle = self.bundle()
        skipped = {"remount", "bind", "rbind", "idmap", "ridmap", "copy-symlink", "src-nofollow", "ro", "rro", "unbindable",
                   "runbindable"}
        for number, word in enumerate(w for w in ALL_OPTIONS if w not in skipped):
            bundle.add_mount(f"/m/{number}", "tmpfs", "tmpfs", word)
        self.run_in(bundle)

    def test_recursive_words_reach_the_mounts_below(self):
        self.on_host(self.volume / "inner")
        for word, flag in (("rro", "ro"), ("rnosuid", "nosuid"), ("rnodev", "nodev"), ("rnoexec", "noexec"),
                           ("rnodiratime", "nodiratime"), ("rnoatime", "noatime"), ("rnosymfollow", "nosymfollow")):
            with self.subTest(word):
                inside = self.report(self.bundle().add_mount("/data", "bind", self.volume, "rbind", word))
                for place in ("/data", "/data/inner"):
                    self.assertIn(flag, find(inside, place)["flags"])
                inside = self.report(self.bundle().add_mount("/data", "bind", self.volume, "rbind", word[1:]))
                self.assertIn(flag, find(inside, "/data")["flags"])
                self.assertNotIn(flag, find(inside, "/data/inner")["flags"])

    def test_recursive_words_clear_what_is_set_below(self):
        every = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NODIRATIME | MS_NOATIME | MS_NOSYMFOLLOW
        self.on_host(self.volume / "inner", every)
        for word, flag in (("rrw", "ro"), ("rsuid", "nosuid"), ("rdev", "nodev"), ("rexec", "noexec"),
                           ("rdiratime", "nodiratime"), ("ratime", "noatime"), ("rrelatime", "noatime"),
                           ("rstrictatime", "noatime"), ("rsymfollow", "nosymfollow")):
            with self.subTest(word):
                inside = self.report(self.bundle().add_mount("/data", "bind", self.volume, "rbind", word))
                self.assertNotIn(flag, find(inside, "/data/inner")["flags"])
                inside = self.report(self.bundle().add_mount("/data", "bind", self.volume, "rbind", word[1:]))
                self.assertIn(flag, find(inside, "/data/inner")["flags"])

    def test_ways_of_access_time(self):
        self.on_host(self.volume / "inner")
        for word, present, absent in (("rstrictatime", (), ("relatime", "noatime")), ("rnorelatime", (), ("relatime",)),
                                      ("rrelatime", ("relatime",), ()), ("rnostrictatime", ("relatime",), ()),
                                      ("rnoatime", ("noatime",), ("relatime",))):
            with self.subTest(word):
                inside = self.report(self.bundle().add_mount("/data", "bind", self.volume, "rbind", word))
                flags = set(find(inside, "/data/inner")["flags"])
                self.assertLessEqual(set(present), flags)
                self.assertFalse(set(absent) & flags)
        for word, flag in (("noatime", "noatime"), ("relatime", "relatime"), ("nodiratime", "nodiratime")):
            self.assertIn(flag, self.mounted(("/a", "tmpfs", "tmpfs", word))["flags"])

    def test_attributes_do_what_they_say(self):
        self.on_host(self.volume / "inner")
        (self.volume / "link").symlink_to("file")
        for options, code in ((["nosymfollow"], errno.ELOOP), (["nosymfollow", "symfollow"], 0), ([], 0)):
            bundle = self.bundle("cat", "/data/link").add_mount("/data", "bind", self.volume, "bind", *options)
            self.assertEqual(self.run_in(bundle, code=None).code, code)
        bundle = self.bundle("write", "/data/inner/new", "x").add_mount("/data", "bind", self.volume, "rbind", "rro")
        self.assertEqual(self.run_in(bundle, code=None).code, errno.EROFS)

    def test_an_attribute_is_cleared_only_if_asked(self):
        self.on_host(self.volume / "inner", MS_NODEV | MS_NOSUID)
        flags = self.mounted(("/data", "bind", self.volume / "inner", "bind"))["flags"]
        self.assertLessEqual({"nodev", "nosuid"}, set(flags))
        flags = self.mounted(("/data", "bind", self.volume / "inner", "bind", "dev", "suid"))["flags"]
        self.assertFalse({"nodev", "nosuid"} & set(flags))

    def test_attributes_of_the_source_stay_in_a_user_namespace(self):
        self.on_host(self.volume / "inner", MS_NODEV | MS_NOSUID | MS_RDONLY)
        bundle = self.in_user_namespace().add_mount("/data", "bind", self.volume / "inner", "bind", "noexec")
        self.assertLessEqual({"ro", "nodev", "nosuid", "noexec"}, set(find(self.report(bundle), "/data")["flags"]))

    def test_locked_attributes_are_cleared_on_demand_only(self):
        # init itself opens what lies in the root: there the kernel has locked what the host set.
        bundle = self.in_user_namespace()
        (bundle.rootfs / "srv").mkdir()
        self.on_host(bundle.rootfs / "srv", MS_NODEV | MS_NOSUID)
        os.chown(bundle.rootfs / "srv", 100000, 100000)
        bundle.add_mount("/data", "bind", bundle.rootfs / "srv", "bind", "noexec")
        self.assertLessEqual({"nodev", "nosuid", "noexec"}, set(find(self.report(bundle), "/data")["flags"]))
        bundle.add_mount("/more", "bind", bundle.rootfs / "srv", "bind", "dev")
        result = self.bad("create", "--bundle", bundle.path, "box", text="/more (/mounts/8)")
        self.assertIn("not permitted", result.err)

    def test_the_last_word_wins(self):
        for words, expected in ((("nosuid", "suid"), False), (("suid", "nosuid"), True), (("rnosuid", "rsuid"), False),
                                (("rsuid", "rnosuid"), True)):
            with self.subTest(words):
                flags = self.mounted(("/a", "tmpfs", "tmpfs", *words))["flags"]
                self.assertEqual("nosuid" in flags, expected)
        self.assertIn("noatime", self.mounted(("/a", "tmpfs", "tmpfs", "strictatime", "noatime"))["flags"])
        self.assertEqual(self.mounted(("/a", "tmpfs", "tmpfs", "shared", "private"))["propagation"], [])
        self.assertNotIn("sync", self.mounted(("/a", "tmpfs", "tmpfs", "sync", "async"))["options"])
        self.assertIn("sync", self.mounted(("/a", "tmpfs", "tmpfs", "async", "sync"))["options"])

    # The superblock

    def test_flags_of_the_file_system(self):
        for word, flag in (("sync", "sync"), ("dirsync", "dirsync"), ("lazytime", "lazytime"), ("rsync", "sync"),
                           ("rdirsync", "dirsync")):
            with self.subTest(word):
                self.assertIn(flag, self.mounted(("/a", "tmpfs", "tmpfs", word))["options"])
        for words in (("lazytime", "nolazytime"), ("sync", "rasync"), ("nolazytime",), ("async",)):
            with self.subTest(words):
                options = self.mounted(("/a", "tmpfs", "tmpfs", *words))["options"]
                self.assertFalse({"lazytime", "sync"} & set(options))
        for word in ("iversion", "noiversion", "silent", "loud", "mand", "nomand", "rmand", "rnomand", "defaults"):
            with self.subTest(word):
                self.assertIsNotNone(self.mounted(("/a", "tmpfs", "tmpfs", word)))

    def test_unknown_words_fail_by_the_entry_and_the_kernels_reason(self):
        for word in ("frobnicate", "frobnicate=9", "rfrobnicate", "riversion", "rbin", "noro"):
            with self.subTest(word):
                name = word.split("=")[0]
                refused = self.refused(self.bundle().add_mount("/data", "tmpfs", "tmpfs", word), "/data (/mounts/7)")
                self.assertIn(name, refused.err)
        self.refused(self.bundle().add_mount("/data", "tmpfs", "tmpfs", "size=many"), "size")
        self.refused(self.bundle().add_mount("/data", "nosuchfs", "x"), "/mounts/7")

    def test_data_on_a_bind_is_dropped_with_a_warning(self):
        bundle = self.bundle().add_mount("/data", "bind", self.volume, "bind", "mode=755", "size=1k")
        result = self.rt("--log-level", "warning", "run", "--bundle", bundle.path, self.new_id())
        self.assertEqual(result.code, 0, str(result))
        self.assertIn("/mounts/7", result.err)
        self.assertIn("mode", result.err)

    # Places and links

    def test_a_copied_symlink_and_one_not_followed(self):
        (self.volume / "link").symlink_to("file")
        bundle = self.bundle("stat", "/copy", "/followed")
        bundle.add_mount("/copy", "bind", self.volume / "link", "bind", "copy-symlink")
        bundle.add_mount("/followed", "bind", self.volume / "link", "bind")
        out = self.run_in(bundle).out
        self.assertIn("/copy: mode 120777", out)
        self.assertIn("/followed: mode 100", out)

    def test_a_source_link_itself_is_mounted(self):
        (self.volume / "link").symlink_to("file")
        bundle = self.bundle("stat", "/itself")
        os.symlink("nowhere", bundle.rootfs / "itself")
        bundle.add_mount("/itself", "bind", self.volume / "link", "bind", "src-nofollow", "dest-nofollow")
        result = self.rt("run", "--bundle", bundle.path, self.new_id())
        self.assertEqual(result.code, 0, str(result))
        self.assertIn("mode 120777", result.out)
        self.assertIn("size 4", result.out)

    def test_a_link_as_the_place(self):
        bundle = self.bundle().add_mount("/place", "tmpfs", "tmpfs", "dest-nofollow")
        os.symlink("/tmp", bundle.rootfs / "place")
        self.refused(bundle, "/place (/mounts/7)")
        bundle = self.bundle().add_mount("/place", "tmpfs", "tmpfs")
        os.symlink("/tmp", bundle.rootfs / "place")
        self.assertIsNotNone(find(self.report(bundle), "/tmp"))

    def test_tmpcopyup_is_for_tmpfs(self):
        self.refused(self.bundle().add_mount("/data", "bind", self.volume, "bind", "tmpcopyup"), "tmpcopyup")

    def test_mounts_over_the_root(self):
        other = self.bundle()
        (other.rootfs / "only-here").write_text("")
        proc = self.minimal().config["mounts"]
        bundle = self.minimal("ls", "/").edit("/mounts", [])
        bundle.add_mount("/", "tmpfs", "tmpfs", "mode=755").add_mount("/bin", "bind", other.rootfs / "bin", "bind")
        bundle.config["mounts"] += proc
        self.assertEqual(sorted(self.run_in(bundle.write()).out.split()), ["bin", "dev", "proc"])
        self.assertNotIn("only-here", os.listdir(bundle.rootfs))
        bundle = self.minimal("ls", "/").edit("/mounts", []).add_mount("/", "bind", other.rootfs, "rbind", "rw")
        bundle.config["mounts"] += proc
        self.assertIn("only-here", self.run_in(bundle.write()).out)
        bundle.edit("/mounts/0/options", ["rbind", "ro"]).args("/bin/payload", "write", "/new", "x")
        self.assertEqual(self.run_in(bundle, code=None).code, errno.EROFS)

    # Changing what is mounted

    def test_remounting_attributes(self):
        mount = self.mounted(("/a", "tmpfs", "tmpfs"), ("/a", None, None, "remount", "nosuid", "ro"))
        self.assertLessEqual({"nosuid", "ro"}, set(mount["flags"]))
        mount = self.mounted(("/a", "bind", self.volume, "bind", "ro", "nodev"), ("/a", None, None, "remount", "bind", "rw"))
        self.assertIn("rw", mount["flags"])
        self.assertIn("nodev", mount["flags"])
        mount = self.mounted(("/a", "tmpfs", "tmpfs"), ("/a", None, None, "rshared"))
        self.assertTrue(mount["propagation"][0].startswith("shared:"))

    def test_remounting_with_options_of_the_file_system(self):
        for bundle in (self.bundle(), self.in_user_namespace()):
            mount = self.mounted(("/a", "tmpfs", "tmpfs", "size=1m", "nosuid"),
                                 ("/a", None, None, "remount", "size=10m", "lazytime"), bundle=bundle)
            self.assertIn("size=10240k", mount["options"])
            self.assertIn("lazytime", mount["options"])
            self.assertIn("nosuid", mount["flags"])
        mount = self.mounted(("/a", "tmpfs", "tmpfs", "sync"), ("/a", None, None, "remount", "async"))
        self.assertNotIn("sync", mount["options"])

    def test_a_remounted_bind_leaves_the_hosts_file_system(self):
        self.on_host(self.volume / "inner")
        mount = self.mounted(("/a", "bind", self.volume / "inner", "bind"),
                             ("/a", None, None, "remount", "bind", "size=1m", "noexec"))
        self.assertIn("noexec", mount["flags"])
        self.assertNotIn("size=1024k", mount["options"])

    def test_remounts_are_refused_by_their_place(self):
        self.refused(self.bundle().add_mount("/etc", None, None, "remount", "ro"), "/etc (/mounts/7)")
        self.refused(self.bundle().add_mount("/dev/shm", None, None, "remount", "frobnicate=1"), "frobnicate")
        self.refused(self.bundle().add_mount("/no/such", None, None, "remount", "ro"), "/no/such (/mounts/7)")

    # Kernel file systems

    def test_sysfs_without_a_network_namespace_of_its_own(self):
        bundle = self.in_user_namespace().without_namespace("network").edit("/linux/sysctl", None)
        mount = find(self.report(bundle), "/sys")
        self.assertEqual(mount["type"], "sysfs")
        self.assertIn("ro", mount["flags"])
        self.assertIn("noexec", mount["flags"])
        bundle.args("/bin/payload", "write", "/sys/kernel/mm/ksm/run", "0")
        self.assertIn(self.run_in(bundle, code=None).code, (errno.EROFS, errno.EACCES, errno.ENOENT))

    def test_the_containers_own_cgroup_without_a_cgroup_namespace(self):
        for bundle in (self.bundle(), self.in_user_namespace()):
            bundle.without_namespace("cgroup")
            mount = find(self.report(bundle), "/sys/fs/cgroup")
            self.assertEqual(mount["type"], "cgroup2")
            self.assertTrue(mount["root"].endswith(bundle.path.name), mount)
            self.assertLessEqual({"ro", "nosuid", "nodev", "noexec"}, set(mount["flags"]))

    def test_options_of_the_cgroup_hierarchy_are_the_hosts(self):
        before = [line for line in host.mounts() if " - cgroup2 " in line]
        bundle = self.bundle().without_mount("/sys/fs/cgroup").add_mount(
            "/sys/fs/cgroup", "cgroup2", "cgroup", "nsdelegate", "memory_recursiveprot", "name=systemd", "ro")
        self.assertIn("ro", find(self.report(bundle), "/sys/fs/cgroup")["flags"])
        self.assertEqual([line for line in host.mounts() if " - cgroup2 " in line], before)

    def test_mqueue(self):
        self.assertEqual(self.mounted(("/queues", "mqueue", "mqueue", "nosuid"))["type"], "mqueue")
        bundle = self.bundle().without_namespace("ipc")
        bundle.config["linux"]["sysctl"] = {}
        self.assertEqual(find(self.report(bundle.write()), "/dev/mqueue")["type"], "mqueue")

    def test_overlay_with_many_and_long_layers(self):
        bundle = self.bundle("ls", "/merged")
        names = [("x" * 200) + str(number) for number in range(4)] + ["y:z"]
        for name in names:
            (self.volume / name).mkdir()
            (self.volume / name / f"from-{name[-3:]}").write_text("")
        layers = ":".join(str(self.volume / name).replace(":", "\\:") for name in names)
        upper, work = self.volume / ("u" * 240), self.volume / ("w" * 240)
        upper.mkdir(), work.mkdir()
        bundle.add_mount("/merged", "overlay", "overlay", f"lowerdir={layers}", f"upperdir={upper}", f"workdir={work}")
        self.assertEqual(sorted(self.run_in(bundle).out.split()),
                         sorted(["from-xx0", "from-xx1", "from-xx2", "from-xx3", "from-y:z"]))
        bundle.args("/bin/payload", "write", "/merged/new", "x")
        self.run_in(bundle)
        self.assertEqual((upper / "new").read_text(), "x")
        self.refused(self.bundle().add_mount("/a", "tmpfs", "tmpfs", "size=" + "1" * 300), "longer than 255")

    # The propagation of the root

    def test_another_rootfs_propagation_is_refused(self):
        self.refused(self.bundle().edit("/linux/rootfsPropagation", "rsideways"), "/linux/rootfsPropagation")

    # Labels

    def test_a_mount_label_needs_selinux(self):
        if os.path.isdir("/sys/fs/selinux") and os.listdir("/sys/fs/selinux"):
            self.skipTest("SELinux is there")
        self.ours_only()
        bundle = self.bundle().edit("/linux/mountLabel", "system_u:object_r:container_file_t:s0:c1,c2")
        self.refused(bundle, "/linux/mountLabel: SELinux is not enabled")
        bundle.without_mount("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue")
        self.run_in(bundle)  # procfs, sysfs and cgroupfs take none

    def test_a_wrong_kind_of_context_is_refused(self):
        self.ours_only()
        bundle = self.bundle().edit("/annotations/run.oci.mount_context_type", "sideways")
        self.refused(bundle, "run.oci.mount_context_type")


class Propagation(harness.Case):
    """rootfsPropagation, and the words of a mount: what passes between host and container."""

    def setUp(self):
        super().setUp()
        self.volume = self.folder / "volume"
        self.volume.mkdir()
        host.mount("tmpfs", self.volume, "tmpfs")
        self.addCleanup(self.tidy)
        host.mount("none", self.volume, None, MS_SHARED)
        (self.volume / "host").mkdir()
        (self.volume / "inside").mkdir()

    def tidy(self):
        for line in reversed(host.mounts()):
            if line.split()[4].startswith(str(self.volume)):
                host.unmount(line.split()[4])

    def box(self, propagation, *options):
        bundle = self.minimal("sleep", "100")
        every = ["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE"]
        bundle.edit("/process/capabilities", {kind: every for kind in ("bounding", "effective", "permitted")})
        if propagation:
            bundle.edit("/linux/rootfsPropagation", propagation)
        return self.started(bundle.add_mount("/data", "bind", self.volume, "rbind", *options))

    def passes(self, id):
        """Whether mounts of the host appear inside, and mounts of the container outside."""
        host.mount("tmpfs", self.volume / "host", "tmpfs")
        into = any(line.split()[4] == "/data/host" for line in self.exec_report(id)["mountinfo"])
        self.ok("exec", id, "/bin/payload", "mount", "/data/inside")
        out = any(line.split()[4] == str(self.volume / "inside") for line in host.mounts())
        for name in ("inside", "host"):
            if any(line.split()[4] == str(self.volume / name) for line in host.mounts()):
                host.unmount(self.volume / name)
        return into, out

    def test_every_value_of_rootfs_propagation(self):
        for value, expected in (("private", (False, False)), ("rprivate", (False, False)), ("slave", (True, False)),
                                ("rslave", (True, False)), ("shared", (True, True)), ("rshared", (True, True)),
                                ("unbindable", (False, False)), ("runbindable", (False, False)),
                                (None, (True, False))):
            with self.subTest(value):
                id = self.box(value)
                self.assertEqual(self.passes(id), expected)
                mounts = self.exec_report(id)["mountinfo"]
                root = find({"mountinfo": mounts}, "/")["propagation"]
                proc = find({"mountinfo": mounts}, "/proc")["propagation"]
                self.assertEqual(any(mark.startswith("shared:") for mark in root), value in ("shared", "rshared"))
                self.assertEqual(any(mark.startswith("shared:") for mark in proc), value == "rshared")
                self.assertEqual("unbindable" in root, value in ("unbindable", "runbindable"))
                self.assertEqual("unbindable" in proc, value == "runbindable")
                self.ok("delete", "--force", id)

    def test_words_of_a_mount_go_first(self):
        for value, word, expected in (("rshared", "rprivate", (False, False)), ("rshared", "rslave", (True, False)),
                                      ("shared", "rshared", (True, True)), ("rslave", "rprivate", (False, False))):
            with self.subTest((value, word)):
                id = self.box(value, word)
                self.assertEqual(self.passes(id), expected)
                self.ok("delete", "--force", id)

    def test_a_shared_word_alone_does_not_reach_the_host(self):
        id = self.box("rprivate", "rshared")
        self.assertEqual(self.passes(id), (False, False))

    def test_the_root_itself_never_passes_anything_out(self):
        for value in ("private", "rslave", "shared", "rshared"):
            with self.subTest(value):
                before = len(host.mounts())
                bundle = self.minimal("sleep", "9").edit("/linux/rootfsPropagation", value)
                id = self.create(bundle.add_mount("/x", "tmpfs", "tmpfs"))
                self.assertEqual(len(host.mounts()), before)
                self.ok("delete", "--force", id)
