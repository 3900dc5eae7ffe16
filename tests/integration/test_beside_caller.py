# SPDX-License-Identifier: Apache-2.0
"""Where the cgroup of a container is that asks for none in particular, if its caller is not root of the machine."""

import os
import shutil
import subprocess
import unittest

import harness
import host

USER = 1000


@unittest.skipUnless(shutil.which("unshare"), "needs unshare(1)")
class BesideTheCaller(harness.Case):
    """Root of a user namespace in a cgroup that systemd delegates, as rootless Buildah is."""

    def setUp(self):
        super().setUp()
        self.ours_only()
        self.around = host.CGROUPS / harness.GROUP.relative_to(host.CGROUPS) / "delegated"
        self.own = self.around / "caller"
        self.own.mkdir(parents=True)
        self.addCleanup(lambda: (self.own.rmdir(), self.around.rmdir()))
        self.folder.chmod(0o755)
        self.root = self.folder / "root"
        self.root.mkdir()
        os.chown(self.root, USER, USER)

    def delegate(self):
        for place in (self.around, *(self.around / f"cgroup.{file}" for file in ("procs", "subtree_control"))):
            os.chown(place, USER, USER)

    def call(self, *args):
        def become():
            (self.own / "cgroup.procs").write_text("0")
            os.setgroups([])
            os.setresgid(USER, USER, USER)
            os.setresuid(USER, USER, USER)

        done = subprocess.run(["unshare", "--user", "--map-root-user", "--mount", harness.binary(), "--root", self.root, *args],
                              preexec_fn=become, capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def where(self):
        bundle = self.bundle("cat", "/proc/self/cgroup", cgroup=False).edit("/linux/resources", {})
        bundle.edit("/process/user/additionalGids", []).without_mount("/sys", "/sys/fs/cgroup", "/dev/pts")
        bundle.config["linux"].pop("sysctl", None)
        bundle.without_namespace("cgroup")
        for folder in (bundle.path, bundle.rootfs, *bundle.rootfs.iterdir()):
            os.chown(folder, USER, USER)
        id = self.new_id()
        lines = self.call("run", "--bundle", bundle.path, id).splitlines()
        return id, next(line[3:] for line in lines if line.startswith("0::"))

    def test_it_is_beside_the_callers_where_that_is_delegated(self):
        self.delegate()
        id, path = self.where()
        self.assertEqual(path, f"/{(self.around / f'oci-rt-{id}').relative_to(host.CGROUPS)}")
        self.assertEqual([child.name for child in self.around.iterdir() if child.is_dir()], ["caller"])

    def test_it_is_the_callers_where_nothing_is_delegated(self):
        _, path = self.where()
        self.assertEqual(path, f"/{self.own.relative_to(host.CGROUPS)}")
