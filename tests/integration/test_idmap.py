# SPDX-License-Identifier: Apache-2.0
"""Id-mapped mounts: the owners that a mount shows, seen from inside and from outside."""

import os
import pathlib

import bundle as bundles
import harness
import host
from coverage import accepts

MS_BIND = host.MS_BIND


def one(inside, outside, size):
    return [{"containerID": inside, "hostID": outside, "size": size}]


class IdMapped(harness.Case):
    def setUp(self):
        super().setUp()
        self.volume = self.folder / "volume"
        self.volume.mkdir()
        (self.volume / "file").write_text("text")
        os.chown(self.volume, 5, 6)
        os.chown(self.volume / "file", 5, 6)

    def in_user_namespace(self, *args):
        made = self.bundle(*args, config=bundles.with_user_namespace(bundles.docker_config()))
        for path in (made.rootfs, *made.rootfs.iterdir()):
            os.chown(path, 100000, 100000)
        return made

    def mapped(self, bundle, *options, uids=None, gids=None, source=None, kind="bind", place="/data"):
        bundle.add_mount(place, kind, source or self.volume, *options)
        for name, value in (("uidMappings", uids), ("gidMappings", gids)):
            if value is not None:
                bundle.config["mounts"][-1][name] = value
        return bundle.write()

    def owner(self, bundle, path="/data/file"):
        line = next(line for line in self.run_in(bundle).out.splitlines() if line.startswith(f"{path}: "))
        words = line.split()
        return int(words[words.index("uid") + 1]), int(words[words.index("gid") + 1])

    # Where the map comes from

    @accepts("/mounts/*/{uidMappings,gidMappings}/*/{containerID,hostID,size}")
    def test_properties_of_the_mount(self):
        bundle = self.mapped(self.bundle("stat", "/data/file"), "bind", uids=one(0, 7000, 10), gids=one(0, 8000, 10))
        self.assertEqual(self.owner(bundle), (7005, 8006))

    def test_an_option_of_its_own(self):
        bundle = self.mapped(self.bundle("stat", "/data/file"), "bind",
                             "idmap=uids=0-7000-5#5-9000-1;gids=0-8000-10")
        self.assertEqual(self.owner(bundle), (9000, 8006))

    def test_the_containers_own(self):
        for word in ("idmap", "ridmap"):
            with self.subTest(word):
                bundle = self.mapped(self.in_user_namespace("stat", "/data/file"), "bind", word)
                self.assertEqual(self.owner(bundle), (5, 6))

    def test_relative_to_the_containers_own(self):
        bundle = self.mapped(self.in_user_namespace("stat", "/data/file"), "bind", "idmap=uids=@5-40-1;gids=@6-50-1")
        self.assertEqual(self.owner(bundle), (40, 50))

    def test_a_side_that_is_missing_is_the_containers_own(self):
        bundle = self.mapped(self.in_user_namespace("stat", "/data/file"), "bind", "idmap=uids=5-100077-1")
        self.assertEqual(self.owner(bundle), (77, 6))

    def test_properties_in_a_user_namespace(self):
        bundle = self.mapped(self.in_user_namespace("stat", "/data/file"), "bind", "idmap",
                             uids=one(0, 100100, 10), gids=one(0, 100200, 10))
        self.assertEqual(self.owner(bundle), (105, 206))

    def test_the_map_of_a_joined_user_namespace(self):
        first = self.started(self.in_user_namespace("sleep", "100"))
        path = f"/proc/{self.state(first)['pid']}/ns/user"
        bundle = self.mapped(self.in_user_namespace("stat", "/data/file"), "bind", "idmap")
        bundle.config["linux"]["namespaces"] = [
            {"type": "user", "path": path} if n["type"] == "user" else n
            for n in bundle.config["linux"]["namespaces"]]
        for name in ("uidMappings", "gidMappings"):
            del bundle.config["linux"][name]
        self.assertEqual(self.owner(bundle.write()), (5, 6))

    # What it does

    def test_what_is_written_inside_has_its_owner_outside(self):
        self.volume.chmod(0o777)
        bundle = self.mapped(self.bundle("write", "/data/new", "x"), "bind", uids=one(5, 0, 1), gids=one(6, 0, 1))
        self.run_in(bundle)
        status = (self.volume / "new").stat()
        self.assertEqual((status.st_uid, status.st_gid), (5, 6))

    def test_root_of_a_user_namespace_writes_as_root(self):
        os.chown(self.volume, 0, 0)
        self.run_in(self.mapped(self.in_user_namespace("write", "/data/new", "x"), "bind", "idmap"))
        self.assertEqual((self.volume / "new").stat().st_uid, 0)

    def test_without_a_map_nothing_is_shifted(self):
        self.assertEqual(self.owner(self.mapped(self.bundle("stat", "/data/file"), "bind")), (5, 6))

    def test_an_owner_outside_of_the_map_is_nobody(self):
        bundle = self.mapped(self.bundle("stat", "/data/file"), "bind", uids=one(0, 7000, 1), gids=one(0, 7000, 1))
        self.assertEqual(self.owner(bundle), (65534, 65534))

    def test_the_hosts_view_stays(self):
        id = self.started(self.mapped(self.bundle("sleep", "100"), "bind", uids=one(0, 7000, 10),
                                      gids=one(0, 8000, 10)))
        self.assertEqual((self.volume / "file").stat().st_uid, 5)
        out = self.ok("exec", id, "/bin/payload", "stat", "/data/file").out
        self.assertIn("uid 7005 gid 8006", out)

    def test_a_file_is_mapped(self):
        for bundle in (self.bundle("stat", "/etc/made"), self.in_user_namespace("stat", "/etc/made")):
            self.mapped(bundle, "bind", uids=one(0, 100000, 10), gids=one(0, 100000, 10),
                        source=self.volume / "file", place="/etc/made")
            expected = 5 if "uidMappings" in bundle.config["linux"] else 100005
            self.assertEqual(self.owner(bundle, "/etc/made")[0], expected)

    def test_read_only_and_other_flags_go_along(self):
        for bundle in (self.bundle(), self.in_user_namespace()):
            self.mapped(bundle, "bind", "ro", "nosuid", "nodev", uids=one(0, 100000, 10), gids=one(0, 100000, 10))
            line = next(entry for entry in self.report(bundle)["mountinfo"] if entry.split()[4] == "/data")
            self.assertLessEqual({"ro", "nosuid", "nodev", "idmapped"}, set(line.split()[5].split(",")))

    # How far it goes

    def tree(self):
        inner = self.volume / "inner"
        inner.mkdir()
        host.mount("tmpfs", inner, "tmpfs")
        self.addCleanup(lambda: host.unmount(inner))
        (inner / "file").write_text("")
        os.chown(inner / "file", 1, 1)

    def test_the_word_decides_how_deep_it_goes(self):
        self.tree()
        maps = {"uids": one(0, 100000, 10), "gids": one(0, 100000, 10)}
        for words, expected in ((("rbind", "ridmap"), 100001), (("rbind",), 100001), (("rbind", "idmap"), 1)):
            with self.subTest(words):
                bundle = self.mapped(self.bundle("stat", "/data/file", "/data/inner/file"), *words, **maps)
                self.assertEqual(self.owner(bundle, "/data/inner/file")[0], expected)
                self.assertEqual(self.owner(bundle)[0], 100005)

    def test_a_tree_in_a_user_namespace(self):
        self.tree()
        bundle = self.mapped(self.in_user_namespace("stat", "/data/inner/file"), "rbind", "ridmap")
        self.assertEqual(self.owner(bundle, "/data/inner/file"), (1, 1))
        bundle = self.mapped(self.in_user_namespace("stat", "/data/inner/file"), "rbind", "idmap")
        self.assertEqual(self.owner(bundle, "/data/inner/file"), (65534, 65534))

    # New file systems

    def test_a_new_tmpfs(self):
        maps = {"uids": one(0, 100000, 10), "gids": one(0, 100000, 10)}
        self.assertEqual(self.owner(self.mapped(self.bundle("stat", "/data"), **maps, kind="tmpfs"), "/data"),
                         (100000, 100000))
        bundle = self.in_user_namespace("stat", "/data")
        self.assertEqual(self.owner(self.mapped(bundle, "uid=3", kind="tmpfs", **maps), "/data"), (3, 0))
        bundle = self.in_user_namespace("stat", "/data")
        self.assertEqual(self.owner(self.mapped(bundle, "idmap", "ro", kind="tmpfs"), "/data"), (0, 0))

    def test_a_new_tmpfs_keeps_the_mode_of_its_place(self):
        bundle = self.in_user_namespace("stat", "/data")
        (bundle.rootfs / "data").mkdir()
        (bundle.rootfs / "data").chmod(0o711)
        self.assertIn("mode 40711", self.run_in(self.mapped(bundle, "idmap", kind="tmpfs")).out)

    def test_a_copied_up_tmpfs(self):
        for bundle, word in ((self.bundle("stat", "/etc/passwd"), "idmap=uids=0-7000-9;gids=0-7000-9"),
                             (self.in_user_namespace("stat", "/etc/passwd"), "idmap")):
            with self.subTest(word):
                os.chown(bundle.rootfs / "etc/passwd", *([100000] * 2 if word == "idmap" else [0] * 2))
                self.mapped(bundle, word, "tmpcopyup", kind="tmpfs", place="/etc")
                self.assertEqual(self.owner(bundle, "/etc/passwd")[0], 0 if word == "idmap" else 7000)

    def test_sources_in_the_root(self):
        for bundle, expected in ((self.bundle("stat", "/data"), 100000), (self.in_user_namespace("stat", "/data"), 0)):
            source = bundle.rootfs / "srv"
            source.mkdir()
            self.mapped(bundle, "bind", uids=one(0, 100000, 10), gids=one(0, 100000, 10), source=source)
            self.assertEqual(self.owner(bundle, "/data")[0], expected)

    def test_many_mounts_share_a_map(self):
        bundle = self.in_user_namespace("stat", "/m/7/file")
        for number in range(20):
            self.mapped(bundle, "bind", "idmap", place=f"/m/{number}")
        self.assertEqual(self.owner(bundle, "/m/7/file"), (5, 6))

    # What is refused

    def test_one_side_alone(self):
        self.refused(self.mapped(self.bundle(), "bind", uids=one(0, 1, 1)), "/mounts/7")
        self.refused(self.mapped(self.bundle(), "bind", gids=one(0, 1, 1)), "/mounts/7")

    def test_a_word_without_anything_to_map(self):
        for word in ("idmap", "ridmap"):
            with self.subTest(word):
                self.refused(self.mapped(self.bundle(), "bind", word), f"/mounts/7/options: {word} needs")

    def test_podmans_idle_word_is_ignored(self):
        bundle = self.bundle("stat", "/data/file").edit("/annotations/io.container.manager", "libpod")
        self.assertEqual(self.owner(self.mapped(bundle, "bind", "idmap")), (5, 6))
        self.refused(self.mapped(self.bundle().edit("/annotations/io.container.manager", "libpod"), "bind", "ridmap"))

    def test_wrong_ranges_by_their_place(self):
        for text in ("uids=", "uids=1-2", "uids=a-b-c;gids=0-0-1", "pids=0-0-1", "uids=0-1-0;gids=0-1-1",
                     "uids=0-1-1", "uids=@0-1-1;gids=0-1-1", "uids=0-1-5#4-9-1;gids=0-1-1", "",
                     "uids=0-1-1;uids=0-1-1", "uids=0-4294967290-9;gids=0-1-1"):
            with self.subTest(text):
                self.ours_only()
                self.refused(self.mapped(self.bundle(), "bind", f"idmap={text}"), "/mounts/7/options")

    def test_a_map_given_twice(self):
        self.ours_only()
        bundle = self.mapped(self.bundle(), "bind", "idmap=uids=0-1-1;gids=0-1-1", uids=one(0, 1, 1), gids=one(0, 1, 1))
        self.refused(bundle, "/mounts/7/options")

    def test_a_file_system_without_id_maps_by_its_name(self):
        for bundle in (self.bundle(), self.in_user_namespace()):
            self.mapped(bundle, "bind", uids=one(0, 1, 1), gids=one(0, 1, 1), source="/proc/self/ns")
            self.refused(bundle, "id map")
        for kind in ("sysfs", "mqueue"):
            with self.subTest(kind):
                self.refused(self.mapped(self.bundle(), kind=kind, uids=one(0, 1, 1), gids=one(0, 1, 1)),
                             "/mounts/7): the file system takes no id map")

    def test_what_is_mounted_already(self):
        self.ours_only()
        self.refused(self.mapped(self.bundle(), "remount", kind=None, place="/dev/shm", uids=one(0, 1, 1),
                                 gids=one(0, 1, 1)), "/mounts/7")

    def test_a_source_that_comes_too_late_for_a_user_namespace(self):
        self.ours_only()
        bundle = self.in_user_namespace().add_mount("/srv", "tmpfs", "tmpfs")
        self.refused(self.mapped(bundle, "bind", "idmap", source=bundle.rootfs / "srv"), "/mounts/8")
        bundle = self.bundle("stat", "/data").add_mount("/srv", "tmpfs", "tmpfs")
        self.mapped(bundle, "bind", source=bundle.rootfs / "srv", uids=one(0, 5, 1), gids=one(0, 5, 1))
        self.assertEqual(self.owner(bundle, "/data")[0], 5)

    def test_no_process_is_left(self):
        bundle = self.mapped(self.bundle(), "bind", "idmap=uids=0-1-1;gids=0-1-1", source="/no/such/source")
        self.refused(bundle, "/no/such/source")
        id = self.create(self.mapped(self.bundle("sleep", "9"), "bind", uids=one(0, 1, 1), gids=one(0, 1, 1)))
        self.assertEqual(host.children(), [self.state(id)["pid"]])

    def test_the_payload_gets_no_descriptor(self):
        bundle = self.mapped(self.bundle("ls", "/proc/self/fd"), "bind", uids=one(0, 1, 1), gids=one(0, 1, 1))
        self.assertEqual(self.run_in(bundle).out.split(), ["0", "1", "2", "3"])  # 3 is ls at work


class Rootless(harness.Case):
    def test_a_user_is_told_what_is_missing(self):
        self.ours_only()
        volume = self.folder / "volume"
        volume.mkdir()
        user = 4321
        config = bundles.with_user_namespace(bundles.minimal_config(), first=user, count=1)
        bundle = self.bundle(config=config, cgroup=False)
        for path in (self.folder, volume, bundle.path, bundle.rootfs, *bundle.rootfs.iterdir()):
            os.chown(path, user, user)
        bundle.add_mount("/data", "bind", volume, "bind", "idmap")
        result = self.rt("--cgroup-manager", "disabled", "create", "--bundle", bundle.path, "box", user=user, group=user,
                         extra_groups=[])
        self.assertEqual(result.code, 1, str(result))
        self.assertIn("rootless", result.err)
        self.assertIn(f"/mounts/{len(bundle.config['mounts']) - 1}", result.err)
        self.assert_clean()
