# SPDX-License-Identifier: Apache-2.0
"""Where the host is short of something, or a config asks for more than there can be."""

import os
import resource
import time

import bundle as bundles
import harness
import host


class StateRoot(harness.Case):
    """T27: a small or read-only file system for the state."""

    def on(self, *options, flags=0):
        self.ours_only()
        self.rt.root.mkdir(mode=0o700)
        host.mount("tmpfs", self.rt.root, "tmpfs", 0, ",".join(["mode=700", *options]))
        self.addCleanup(host.unmount, self.rt.root)
        self._before = (host.mounts(), self._before[1])

    def attempt(self):
        id = self.new_id()
        result = self.rt("create", "--bundle", self.bundle("sleep", "100").path, id)
        self.assertGreaterEqual(result.code, 0, str(result))
        self.assertTrue(result.code == 0 or result.err.strip(), "no text")
        self.ok("delete", "--force", id)
        self.assert_clean(str(result))
        return result

    def test_that_is_full(self):
        for size in ("4k", "8k", "16k", "32k"):
            with self.subTest(size):
                self.rt.root = self.folder / f"state-{size}"
                self.on(f"size={size}")
                self.attempt()

    def test_that_has_few_inodes(self):
        for inodes in range(2, 12):
            with self.subTest(inodes):
                self.rt.root = self.folder / f"state-{inodes}"
                self.on(f"nr_inodes={inodes}")
                self.attempt()

    def test_that_is_read_only(self):
        self.on()
        host.mount("none", self.rt.root, None, 0x20 | 0x1, None)  # MS_REMOUNT | MS_RDONLY
        self._before = (host.mounts(), self._before[1])
        self.bad("create", "--bundle", self.bundle().path, self.new_id())


class Sizes(harness.Case):
    """T35: what is too long or too many is refused by its name, not truncated."""

    def test_of_a_namespace_path(self):
        self.refused(self.bundle().edit("/linux/namespaces/1", {"type": "network", "path": "/" + "x" * 70000}),
                     "namespaces/1")

    def test_of_id_maps(self):
        self.ours_only()
        for name, maps in {"many": [{"containerID": i, "hostID": 100000 + i, "size": 1} for i in range(5000)],
                           "overlapping": [{"containerID": 0, "hostID": 100000, "size": 10},
                                           {"containerID": 5, "hostID": 200000, "size": 10}],
                           "beyond": [{"containerID": 0, "hostID": 4294967290, "size": 10}],
                           "none": [{"containerID": 0, "hostID": 100000, "size": 0}]}.items():
            with self.subTest(name):
                config = bundles.with_user_namespace(bundles.docker_config())
                config["linux"]["uidMappings"] = maps
                self.refused(self.bundle(config=config), "uidMappings")

    def test_of_200_id_maps_are_taken(self):
        config = bundles.with_user_namespace(bundles.docker_config("/bin/payload", "true"))
        for kind in ("uidMappings", "gidMappings"):
            config["linux"][kind] = [{"containerID": i, "hostID": 100000 + i, "size": 1} for i in range(200)]
        self.run_in(self.bundle(config=config))

    def test_of_many_mounts_are_taken(self):
        bundle = self.bundle("true")
        for number in range(1200):
            bundle.config["mounts"].append({"destination": f"/many/{number}", "type": "tmpfs", "source": "tmpfs"})
        begin = time.monotonic()
        self.run_in(bundle.write())
        self.assertLess(time.monotonic() - begin, 10)

    def test_of_more_binds_than_descriptors_are_taken(self):
        # In a user namespace the parent opens the sources, one descriptor each.
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        if hard < 4096:
            self.skipTest("few descriptors here")
        for user in (False, True):
            with self.subTest(user=user):
                config = bundles.docker_config("/bin/payload", "ls", "/many/1099")
                if user:
                    bundles.with_user_namespace(config)
                bundle = self.bundle(config=config)
                source = self.folder / "source"
                source.mkdir(exist_ok=True)
                (source / "found").touch()
                source.chmod(0o755)
                for number in range(1100):
                    bundle.config["mounts"].append({"destination": f"/many/{number}", "source": str(source),
                                                    "options": ["rbind"]})
                os.chown(bundle.rootfs, 100000, 100000)
                result = self.run_in(bundle.write(), code=None, preexec_fn=lambda: resource.setrlimit(
                    resource.RLIMIT_NOFILE, (1024, hard)))
                if user and result.code == 1:
                    self.assertIn("too many open files", result.err)
                    self.assert_clean()
                else:
                    self.assertIn("found", result.out)

    def test_of_every_number_of_descriptors(self):
        # Whichever call finds none left: create takes back all it made.
        config = bundles.with_user_namespace(bundles.docker_config("/bin/payload", "true"))
        bundle = self.bundle(config=config)
        os.chown(bundle.rootfs, 100000, 100000)
        for limit in range(6, 40):
            with self.subTest(limit):
                result = self.run_in(bundle, code=None, preexec_fn=lambda: resource.setrlimit(
                    resource.RLIMIT_NOFILE, (limit, limit)))
                self.assertIn(result.code, (0, 1, 127), str(result))
                if limit > 16:
                    self.assert_clean(str(result))
                else:
                    self.ok("delete", "--force", f"box{self._ids}")

    def test_of_arguments(self):
        self.ours_only()
        result = self.rt("run", "--bundle", self.bundle("echo", *["x" * 100000] * 30).path, self.new_id())
        self.assertTrue(0 < result.code < 128, str(result)[:500])
        self.assertIn("larger than", result.err)


class Shared(harness.Case):
    """T34: mounts of a container never come to a host whose mounts are shared."""

    def test_mounts_do_not_come_to_the_host(self):
        shared = self.folder / "shared"
        shared.mkdir()
        host.mount("tmpfs", shared, "tmpfs", 0, "mode=755")
        self.addCleanup(host.unmount, shared)
        host.mount("none", shared, None, 0x100000)  # MS_SHARED
        self._before = (host.mounts(), self._before[1])
        for propagation in (None, "private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable"):
            with self.subTest(propagation):
                bundle = self.bundle("sleep", "100", name=f"shared/{propagation}")
                bundle.edit("/linux/cgroupsPath", f"/{harness.GROUP.name}/{propagation}")
                bundle.add_mount("/added", "tmpfs", "tmpfs")
                if propagation:
                    bundle.edit("/linux/rootfsPropagation", propagation)
                id = self.started(bundle, id=f"shared-{propagation}")
                now = [line for line in host.mounts() if line not in self._before[0]]
                self.assertEqual(now, [])
                self.ok("delete", "--force", id)
                now = [line for line in host.mounts() if line not in self._before[0]]
                self.assertEqual(now, [])
