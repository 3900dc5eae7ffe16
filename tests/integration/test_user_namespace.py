# SPDX-License-Identifier: Apache-2.0
"""/linux/uidMappings, gidMappings: root inside, nobody outside."""

import errno
import os

import bundle as bundles
import harness
import host
from coverage import accepts, rejects

MS_RDONLY, MS_NOSUID, MS_REMOUNT = 1, 2, 32


class UserNamespace(harness.Case):
    def mapped(self, *args, **options):
        made = self.bundle(*args, config=bundles.with_user_namespace(bundles.docker_config()), **options)
        os.chown(made.rootfs, 100000, 100000)
        for folder in made.rootfs.iterdir():
            os.chown(folder, 100000, 100000)
        return made

    @accepts("/linux/{uidMappings,gidMappings}/*/{containerID,hostID,size}")
    def test_maps_ids_as_configured(self):
        inside = self.report(self.mapped())
        self.assertEqual(inside["uid_map"].split(), ["0", "100000", "65536"])
        self.assertEqual(inside["gid_map"].split(), ["0", "100000", "65536"])
        self.assertEqual((inside["uids"], inside["gids"]), ([0] * 3, [0] * 3))

    def test_is_an_unprivileged_user_outside(self):
        id = self.started(self.mapped("sleep", "100"))
        self.assertEqual(os.stat(f"/proc/{self.state(id)['pid']}").st_uid, 100000)

    def test_may_have_several_ranges(self):
        bundle = self.mapped()
        ranges = [{"containerID": 0, "hostID": 100000, "size": 1}, {"containerID": 1, "hostID": 200000, "size": 9999}]
        bundle.edit("/linux/uidMappings", ranges).edit("/linux/gidMappings", ranges)
        self.assertEqual(self.report(bundle)["uid_map"].split(), ["0", "100000", "1", "1", "200000", "9999"])

    def test_keeps_groups_and_capabilities(self):
        inside = self.report(self.mapped())
        self.assertEqual(inside["groups"], [0, 10])
        self.assertEqual(inside["status"]["CapEff"], "00000000a80425fb")

    def test_has_the_default_devices(self):
        out = self.run_in(self.mapped("stat", "/dev/null", "/dev/zero", "/dev/urandom")).out
        self.assertIn("/dev/null: mode 20666", out)
        self.assertIn("rdev 1:3", out)

    def test_no_more_mappings_than_the_kernel_takes(self):
        # T35, CVE-2021-43784: what is too long for a message is refused by the name of its place.
        self.ours_only()
        for count in (341, 5000):
            ranges = [{"containerID": i, "hostID": 100000 + i, "size": 1} for i in range(count)]
            self.refused(self.mapped().edit("/linux/uidMappings", ranges), "/linux/uidMappings: more than 340")
        # The kernel wants them in a page.
        self.refused(self.mapped().edit("/linux/gidMappings", ranges[:340]), "/linux/gidMappings: 340 entries are more text")
        bundle = self.mapped().edit("/linux/uidMappings", ranges[:200]).edit("/linux/gidMappings", ranges[:200])
        self.assertEqual(len(self.report(bundle)["uid_map"].split()), 3 * 200)
        overlapping = [{"containerID": 0, "hostID": 100000, "size": 10}, {"containerID": 5, "hostID": 200000, "size": 10}]
        self.refused(self.mapped().edit("/linux/gidMappings", overlapping), "/linux/gidMappings")
        bundle = self.bundle().without_namespace("network").edit("/linux/sysctl", None)
        bundle.config["linux"]["namespaces"].append({"type": "network", "path": "/" + "x" * 70000})
        self.refused(bundle.write(), "/linux/namespaces")

    @rejects("/linux/uidMappings")
    def test_mappings_need_a_namespace(self):
        bundle = self.bundle().edit("/linux/uidMappings", [{"containerID": 0, "hostID": 1000, "size": 1}])
        self.refused(bundle)

    @rejects("/linux/{uidMappings,gidMappings}")
    def test_a_namespace_needs_mappings(self):
        bundle = self.mapped().edit("/linux/uidMappings", None).edit("/linux/gidMappings", None)
        self.ours_only()
        self.refused(bundle)

    @rejects("/linux/uidMappings", "/linux/uidMappings/*/size")
    def test_wrong_mappings_are_refused_by_place(self):
        self.ours_only()
        overlapping = [{"containerID": 0, "hostID": 1, "size": 10}, {"containerID": 5, "hostID": 100, "size": 10}]
        empty = [{"containerID": 0, "hostID": 1, "size": 0}]
        many = [{"containerID": n, "hostID": 100000 + n, "size": 1} for n in range(5000)]
        for value in (overlapping, empty, many):
            with self.subTest(value[:2]):
                self.refused(self.mapped().edit("/linux/uidMappings", value), "/linux/uidMappings")

    def test_an_unmapped_user_is_refused(self):
        self.refused(self.mapped().edit("/process/user/uid", 70000))

    def test_binds_from_places_the_user_cannot_reach_work(self):
        private = self.folder / "private/deep"
        private.mkdir(parents=True)
        (private / "file").write_text("inside")
        (self.folder / "private").chmod(0o700)
        (private / "file").chmod(0o644)
        private.chmod(0o755)
        bundle = self.mapped("cat", "/data/file").add_mount("/data", "bind", private, "bind", "ro")
        self.assertEqual(self.run_in(bundle).out, "inside")

    def restricted(self):
        """A volume that the host has mounted read-only, and with another one in it."""
        volume = self.folder / "volume"
        volume.mkdir(exist_ok=True)
        host.mount("tmpfs", volume, "tmpfs", 0, "mode=777")
        self.addCleanup(host.unmount, volume)
        (volume / "inner").mkdir()
        host.mount("tmpfs", volume / "inner", "tmpfs", 0, "mode=777")
        self.addCleanup(host.unmount, volume / "inner")
        host.mount(None, volume, None, MS_REMOUNT | host.MS_BIND | MS_RDONLY | MS_NOSUID)
        self._before = (host.mounts(), self._before[1])
        return volume

    def administrator(self, *args):
        bundle = self.mapped(*args)
        for names in bundle.config["process"]["capabilities"].values():
            names.append("CAP_SYS_ADMIN")
        bundle.edit("/linux/seccomp", None)
        return bundle

    def test_the_container_cannot_take_back_what_the_host_has_set(self):
        volume = self.restricted()
        for options in (["rbind"], ["rbind", "nodev", "rslave"], ["rbind", "ro", "rprivate"]):
            with self.subTest(options):
                bundle = self.administrator("syscall", "remount_data").add_mount("/data", "bind", volume, *options)
                self.assertEqual(self.run_in(bundle).json(), {"remount_data": errno.EPERM})

    def test_the_config_can_take_it_back(self):
        volume = self.restricted()
        bundle = self.administrator("write", "/data/file", "text").add_mount("/data", "bind", volume, "rbind", "rw")
        self.run_in(bundle)
        self.assertEqual((volume / "file").read_text(), "text")

    def test_a_volume_without_the_mount_that_lies_in_it(self):
        volume = self.restricted()
        (volume / "inner/below").touch()
        bundle = self.mapped("ls", "/data/inner").add_mount("/data", "bind", volume, "bind")
        self.assertEqual(self.run_in(bundle).out.split(), [])

    def test_can_be_joined_by_path(self):
        first = self.started(self.mapped("sleep", "100"))
        path = f"/proc/{self.state(first)['pid']}/ns/user"
        bundle = self.mapped()
        bundle.config["linux"]["namespaces"] = [
            {"type": "user", "path": path} if n["type"] == "user" else n
            for n in bundle.config["linux"]["namespaces"]]
        inside = self.report(bundle.write())
        self.assertEqual(inside["namespaces"]["user"], os.readlink(path))

    def test_lifecycle_leaves_nothing(self):
        id = self.started(self.mapped("sleep", "100"))
        self.ok("exec", id, "/bin/payload", "true")
        self.ok("pause", id)
        self.ok("resume", id)
        self.ok("delete", "--force", id)
        self.assert_clean()
