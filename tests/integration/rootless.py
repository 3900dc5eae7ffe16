# SPDX-License-Identifier: Apache-2.0
"""Callers without privileges: a plain user with grants in /etc/subuid, and the root of a user namespace.

Both exist in this worker's mount namespace alone: /etc is a copy, bound over the host's.
"""

import os
import shutil
import subprocess

import bundle as bundles
import harness
import host

UID = GID = 4321
NAME = "oci-rt-test"
FIRST, COUNT = 500000, 65536  # what /etc/subuid and /etc/subgid grant
CLONE_NEWUSER = 0x10000000
OUTSIDER = 7777  # a group of the caller that no map has

WHOLE = [(0, UID, 1), (1, FIRST, COUNT)]
SINGLE = [(0, UID, 1)]


def mappings(ranges):
    return [{"containerID": inside, "hostID": outside, "size": size} for inside, outside, size in ranges]


class Case(harness.Case):
    """Commands of a user that the host does not know: `self.ok("state", id, **self.user())`."""

    @classmethod
    def setUpClass(cls):
        cls.etc = harness.WORK / "etc"
        subprocess.run(["cp", "-a", "/etc", cls.etc], check=True, stderr=subprocess.DEVNULL)
        for file, line in (("passwd", f"{NAME}:x:{UID}:{GID}::/tmp:/bin/sh\n"), ("group", f"{NAME}:x:{GID}:\n")):
            with open(cls.etc / file, "a") as known:
                known.write(line)
        host.mount(cls.etc, "/etc", None, host.MS_BIND)

    @classmethod
    def tearDownClass(cls):
        host.unmount("/etc")
        shutil.rmtree(cls.etc)

    def setUp(self):
        super().setUp()
        self.grant(f"{NAME}:{FIRST}:{COUNT}\n")
        self.rt.root.mkdir(mode=0o700)
        os.chown(self.rt.root, UID, GID)
        self.folder.chmod(0o777)

    def grant(self, uids, gids=None):
        (self.etc / "subuid").write_text(uids)
        (self.etc / "subgid").write_text(uids if gids is None else gids)

    def user(self, groups=(), **env):
        return {"user": UID, "group": GID, "extra_groups": list(groups), "env": env}

    def owned(self, *args, config=None, uid=UID, **options):
        """A bundle of the user, without a cgroup of its own, as engines write it for such a caller."""
        made = self.bundle(*args, config=config, cgroup=False, **options)
        made.edit("/linux/resources", {})
        for folder in (made.path, made.rootfs, *made.rootfs.iterdir()):
            os.chown(folder, uid, uid)
        return made

    def mapped(self, *args, uids=WHOLE, gids=None, **options):
        """With a user namespace, and what is left of a container's rights in one."""
        made = self.owned(*args, **options)
        made.config["linux"]["namespaces"].append({"type": "user"})
        made.config["linux"].pop("sysctl", None)
        made.edit("/linux/uidMappings", mappings(uids))
        return made.edit("/linux/gidMappings", mappings(uids if gids is None else gids))

    def over(self, target, source):
        """Binds a file over one of the host's, until the test ends."""
        host.mount(source, target, None, host.MS_BIND)
        self.addCleanup(host.unmount, target)
        self._before = (host.mounts(), self._before[1])


class Outer:
    """A user and mount namespace that is there already, as Podman and RootlessKit make them."""

    def __init__(self, case, ranges, groups=(), uid=UID, helpers=False):
        """helpers: newuidmap and newgidmap write the maps, run by the user itself, if /etc/subuid grants them."""
        ready, go = os.pipe(), os.pipe()
        self.groups = list(groups)
        before = lambda: (os.setgroups(self.groups), os.setresgid(uid, uid, uid), os.setresuid(uid, uid, uid),
                          host.LIBC.unshare(CLONE_NEWUSER | host.CLONE_NEWNS), os.write(ready[1], b"x"),
                          os.read(go[0], 1))
        pid = os.fork()
        if pid == 0:
            try:
                before()
                os.execv("/bin/sleep", ["sleep", "600"])
            finally:
                os._exit(1)
        host.STARTED.add(pid)
        os.read(ready[0], 1)
        if len(ranges) == 1:
            self._write(pid, "setgroups", "deny")
        for kind in ("gid_map", "uid_map"):
            if helpers:
                subprocess.run(["new" + kind.replace("_", ""), str(pid), *[str(n) for line in ranges for n in line]],
                               check=True, user=uid, group=uid, extra_groups=[])
            else:
                self._write(pid, kind, "".join(f"{a} {b} {c}\n" for a, b, c in ranges))
        os.write(go[1], b"x")
        for end in (*ready, *go):
            os.close(end)
        self.pid = pid
        self.spaces = [(os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY), flag)
                       for kind, flag in (("user", CLONE_NEWUSER), ("mnt", host.CLONE_NEWNS))]
        case.addCleanup(self.close)

    @staticmethod
    def _write(pid, file, text):
        with open(f"/proc/{pid}/{file}", "w") as opened:
            opened.write(text)

    def enter(self):
        """In the child, before execve: root of that namespace."""
        os.setgroups(self.groups)
        for fd, flag in self.spaces:
            if host.LIBC.setns(fd, flag) != 0:
                os._exit(99)
        os.setresgid(0, 0, 0)
        os.setresuid(0, 0, 0)

    def caller(self, **env):
        return {"preexec_fn": self.enter, "env": env}

    def close(self):
        host.kill(self.pid)
        os.waitpid(self.pid, 0)
        host.STARTED.discard(self.pid)
        for fd, _ in self.spaces:
            os.close(fd)
        self.spaces = []


def podman_config(*args):
    """What rootless Podman writes: no user namespace, no cgroup path, no devices."""
    config = bundles.docker_config(*args)
    config["linux"].pop("sysctl")
    config["linux"]["resources"] = {}
    config["process"]["user"] = {"uid": 0, "gid": 0, "umask": 18}
    return config
