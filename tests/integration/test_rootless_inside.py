# SPDX-License-Identifier: Apache-2.0
"""`oci-rt` as root of a user namespace that is there already, as below rootless Podman."""

import os

import host
import rootless
from rootless import FIRST, OUTSIDER, SINGLE, UID, WHOLE

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_NOATIME, MS_REMOUNT = 1, 2, 4, 8, 1024, 32
OVERFLOW = 65534


class BelowPodman(rootless.Case):
    """No user namespace in config.json: the caller's is the container's, too."""

    ranges = WHOLE

    def setUp(self):
        super().setUp()
        self.rt.validates = False  # outside it would be another answer
        self.outer = rootless.Outer(self, self.ranges, groups=[OUTSIDER])
        self._before = (host.mounts(), len(host.descriptors()))
        self.caller = self.outer.caller(XDG_RUNTIME_DIR="")

    def podman(self, *args):
        return self.owned(*args, config=rootless.podman_config())

    def inside(self, made, *args):
        made.args("/bin/payload", *(args or ["report"]))
        return self.run_in(made, **self.caller)

    def without_network(self, made):
        return made.without_namespace("network")

    def test_the_defaults_run(self):
        result = self.inside(self.podman())
        inside = result.json()
        self.assertEqual(inside["uid_map"].split()[:3], ["0", str(UID), "1"])
        self.assertEqual((inside["uids"], inside["groups"]), ([0] * 3, []))
        self.assertEqual(result.err, "")

    def test_a_time_namespace_as_docker_asks_for_it(self):
        made = self.podman()
        made.config["linux"]["namespaces"].append({"type": "time"})
        inside = self.inside(made.write()).json()
        self.assertNotEqual(inside["namespaces"]["time"], os.readlink("/proc/self/ns/time"))
        made.edit("/linux/timeOffsets", {"boottime": {"secs": 100}})
        self.assertIn("100", self.inside(made).json()["timens_offsets"])

    def test_hooks_run_as_the_caller(self):
        place = self.folder / "hooked"
        hook = self.podman().script("hook", f"#!/bin/sh\ncat /proc/self/uid_map > {place}\n")
        self.inside(self.podman().edit("/hooks/prestart", [{"path": hook}]))
        self.assertEqual(place.read_text().split()[:3], ["0", str(UID), "1"])

    def test_exit_status_and_lifecycle(self):
        id = self.new_id()
        self.addCleanup(lambda: self.ok("delete", "--force", id, **self.caller))
        self.ok("create", "--bundle", self.podman("sleep", "100").path, id, **self.caller)
        pid = self.ok("state", id, **self.caller).json()["pid"]
        self.ok("start", id, **self.caller)
        self.assertEqual(self.ok("exec", id, "/bin/payload", "report", **self.caller).json()["uids"], [0] * 3)
        self.ok("update", id, **self.caller)
        for verb in (["pause", id], ["stats", "--no-stream", id]):
            self.bad(*verb, text="cgroup", **self.caller)
        self.ok("kill", id, "9", **self.caller)
        self.assertEqual(host.wait_status(pid), 9)
        self.ok("kill", "--all", id, "9", **self.caller)
        self.ok("delete", id, **self.caller)

    def test_default_devices_are_those_of_the_host(self):
        out = self.inside(self.podman(), "stat", "/dev/null", "/dev/full", "/dev/tty").out
        self.assertIn("rdev 1:3", out)
        self.assertIn("rdev 5:0", out)

    def test_sysfs_of_the_host_where_the_network_is_the_hosts(self):
        report = self.inside(self.without_network(self.podman())).json()
        self.assertEqual(report["namespaces"]["net"], os.readlink("/proc/self/ns/net"))
        (place,) = [line for line in report["mountinfo"] if line.split()[4] == "/sys"]
        self.assertIn("ro,", place.split()[5])

    def test_sysfs_and_cgroup_as_podman_binds_them(self):
        made = self.without_network(self.podman()).without_mount("/sys", "/sys/fs/cgroup")
        made.add_mount("/sys", "bind", "/sys", "rprivate", "nosuid", "noexec", "nodev", "ro", "rbind")
        made.add_mount("/sys/fs/cgroup", "cgroup", "/sys/fs/cgroup", "rprivate", "nosuid", "noexec", "nodev",
                       "relatime", "ro")
        self.inside(made, "ls", "/sys/fs/cgroup")

    def test_proc_of_the_host_where_the_processes_are_the_hosts(self):
        made = self.podman().without_namespace("pid").without_mount("/proc")
        made.config["mounts"].insert(0, {"destination": "/proc", "type": "bind", "source": "/proc",
                                         "options": ["rbind", "nosuid", "noexec", "nodev"]})
        made.edit("/linux/maskedPaths", []).edit("/linux/readonlyPaths", [])
        self.assertGreater(self.inside(made.write()).json()["pid"], 1)

    def test_mqueue_without_an_ipc_namespace(self):
        if not os.path.exists("/dev/mqueue"):
            self.skipTest("this host has none")
        self.inside(self.podman().without_namespace("ipc"), "ls", "/dev/mqueue")

    def test_a_whole_tree_is_read_only_where_engines_say_rro(self):
        volume = self.folder / "volume"
        (volume / "below").mkdir(parents=True)
        host.mount("tmpfs", volume / "below", "tmpfs", 0, "mode=777")
        self.addCleanup(host.unmount, volume / "below")
        self._before = (host.mounts(), self._before[1])
        outer = rootless.Outer(self, self.ranges)
        self._before = (host.mounts(), len(host.descriptors()))
        made = self.podman("report").add_mount("/data", "bind", volume, "rbind", "rprivate", "rro")
        places = {line.split()[4]: line.split()[5].split(",")
                  for line in self.run_in(made, **outer.caller()).json()["mountinfo"]}
        self.assertIn("ro", places["/data"])
        self.assertIn("ro", places["/data/below"])

    def test_what_the_host_has_locked_on_a_volume_stays(self):
        volume = self.folder / "volume"
        volume.mkdir()
        host.mount("tmpfs", volume, "tmpfs", MS_NOATIME | MS_NODEV | MS_NOSUID | MS_NOEXEC, "mode=777")
        self.addCleanup(host.unmount, volume)
        host.mount(None, volume, None, MS_REMOUNT | host.MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)
        self._before = (host.mounts(), self._before[1])
        outer = rootless.Outer(self, self.ranges)  # which has the volume with locks on it
        self._before = (host.mounts(), len(host.descriptors()))
        for words in (["rbind", "rprivate"], ["bind", "rw", "exec", "relatime"], ["rbind", "ro", "strictatime", "suid"]):
            with self.subTest(words):
                made = self.podman("report").add_mount("/data", "bind", volume, *words)
                report = self.run_in(made, **outer.caller()).json()
                (place,) = [line for line in report["mountinfo"] if line.split()[4] == "/data"]
                options = place.split()[5].split(",")
                self.assertLessEqual({"ro", "nosuid", "nodev", "noexec"}, set(options))

    def test_scores_and_limits_are_raised_as_far_as_can_be(self):
        made = self.podman("report").edit("/process/oomScoreAdj", -900)
        made.edit("/process/rlimits", [{"type": "RLIMIT_NPROC", "soft": 1 << 40, "hard": 1 << 40}])
        result = self.run_in(made, **self.caller)
        self.assertIn("/process/oomScoreAdj", result.err)
        self.assertIn("/process/rlimits: RLIMIT_NPROC is set to", result.err)

    def test_groups_of_the_caller_go_unless_they_are_to_be_kept(self):
        self.assertEqual(self.inside(self.podman()).json()["groups"], [])
        for value, kept in (("1", [OVERFLOW]), ("0", [])):
            made = self.podman().edit("/annotations", {"run.oci.keep_original_groups": value})
            self.assertEqual(self.inside(made).json()["groups"], kept)

    def test_kept_groups_open_files_that_only_they_may_read(self):
        secret = self.folder / "secret"
        secret.write_text("for the group")
        os.chown(secret, 0, OUTSIDER)
        secret.chmod(0o640)
        made = self.podman().add_mount("/secret", "bind", secret, "bind", "ro")
        made.edit("/annotations", {"run.oci.keep_original_groups": "1"})
        self.assertEqual(self.inside(made, "cat", "/secret").out, "for the group")
        made.edit("/annotations", {})
        made.args("/bin/payload", "cat", "/secret")
        self.assertNotEqual(self.run_in(made, code=None, **self.caller).code, 0)


class WithItsOwnMap(BelowPodman):
    """--userns=keep-id, nomap, --uidmap: one more user namespace, written without helpers."""

    def podman(self, *args, uids=((0, 1, 1000), (1000, 0, 1), (1001, 1001, 64000))):
        made = super().podman(*args)
        made.config["linux"]["namespaces"].append({"type": "user"})
        for side in ("uidMappings", "gidMappings"):
            made.config["linux"][side] = rootless.mappings(uids)
        self.reach(made, uids)
        return made.write()

    def reach(self, made, uids):
        """Podman gives the image to the container's root."""
        owner = {0: UID}.get(uids[0][1], FIRST + uids[0][1] - 1)
        for folder in (made.rootfs, *made.rootfs.iterdir()):
            os.chown(folder, owner, owner)

    def test_the_defaults_run(self):
        made = self.podman().edit("/process/user", {"uid": 1000, "gid": 1000})
        inside = self.inside(made).json()
        self.assertEqual(inside["uids"], [1000] * 3)
        self.assertEqual(inside["uid_map"].split()[:6], ["0", "1", "1000", "1000", "0", "1"])

    def test_a_map_without_the_caller(self):
        for uids in ([(0, 1, 1000)], [(0, 1, 65536)]):
            with self.subTest(uids):
                made = self.podman(uids=uids)
                self.assertEqual(self.inside(made).json()["uids"], [0] * 3)

    def test_a_map_of_what_the_caller_has_not(self):
        made = self.podman("true", uids=[(0, 1, 70000)])
        result = self.bad("create", "--bundle", made.path, self.new_id(), **self.caller)
        self.assertIn("own user namespace", result.err)

    def test_kept_groups_open_files_that_only_they_may_read(self):
        """Also in one more user namespace."""
        made = self.podman().edit("/annotations", {"run.oci.keep_original_groups": "1"})
        self.assertEqual(self.inside(made).json()["groups"], [OVERFLOW])


class WithOneId(BelowPodman):
    """Without /etc/subuid: setgroups is denied."""

    ranges = SINGLE

    def test_the_defaults_run(self):
        made = self.podman().edit("/process/user/additionalGids", [1, 2])
        result = self.inside(made)
        self.assertEqual(result.json()["setgroups"].strip(), "deny")
        self.assertIn("additionalGids: left out", result.err)

    def test_groups_of_the_caller_go_unless_they_are_to_be_kept(self):
        self.assertEqual(self.inside(self.podman()).json()["groups"], [OVERFLOW])  # nothing can take it away

    def test_kept_groups_open_files_that_only_they_may_read(self):
        """Whether or not they are to be kept."""


class Pods(rootless.Case):
    def test_a_joined_user_namespace_comes_with_a_dummy_map(self):
        self.rt.validates = False
        outer = rootless.Outer(self, WHOLE)
        self._before = (host.mounts(), len(host.descriptors()))
        caller = outer.caller()
        uids = [(0, 1, 1000)]
        for made in (first := self.owned("sleep", "100", config=rootless.podman_config()),
                     second := self.owned("report", config=rootless.podman_config())):
            for folder in (made.rootfs, *made.rootfs.iterdir()):
                os.chown(folder, FIRST, FIRST)
        first.config["linux"]["namespaces"].append({"type": "user"})
        first.edit("/linux/uidMappings", rootless.mappings(uids)).edit("/linux/gidMappings", rootless.mappings(uids))
        id = self.new_id()
        self.addCleanup(lambda: self.ok("delete", "--force", id, **caller))
        self.ok("create", "--bundle", first.path, id, **caller)
        self.ok("start", id, **caller)
        pid = self.ok("state", id, **caller).json()["pid"]
        spaces = [{"type": kind, "path": f"/proc/{pid}/ns/{file}"} for kind, file in
                  (("user", "user"), ("network", "net"), ("ipc", "ipc"), ("uts", "uts"), ("pid", "pid"))]
        second.config["linux"]["namespaces"] = [*spaces, {"type": "mount"}, {"type": "cgroup"}]
        second.config.pop("hostname")
        for side in ("uidMappings", "gidMappings"):
            second.edit(f"/linux/{side}", rootless.mappings([(0, 0, 1)]))
        inside = self.run_in(second, **caller).json()
        self.assertEqual(inside["uid_map"].split(), ["0", "1", "1000"])
        self.assertEqual(inside["uids"], [0] * 3)
