# SPDX-License-Identifier: Apache-2.0
"""`oci-rt` of a plain user, without an engine: maps through newuidmap and newgidmap."""

import json
import os
import shutil
import stat
import unittest

import bundle as bundles
import harness
import host
import rootless
from rootless import COUNT, FIRST, GID, NAME, UID

HELPERS = ("/usr/bin/newuidmap", "/usr/bin/newgidmap")
needs_helpers = unittest.skipUnless(all(map(os.path.exists, HELPERS)), "the package uidmap is not installed")


class Alone(rootless.Case):
    """With grants."""

    def specified(self, *options):
        made = self.owned()
        (made.path / "config.json").unlink()
        result = self.ok("spec", "--rootless", "--preset", "docker", "--set", "/process/terminal=false", "--set",
                         '/process/args=["/bin/payload","report"]', *options, cwd=made.path, **self.user())
        made.config = json.loads((made.path / "config.json").read_text())
        return made, result.err

    @needs_helpers
    def test_spec_maps_what_is_granted_and_it_runs(self):
        made, said = self.specified()
        self.assertEqual(said, "")
        self.assertEqual(made.config["linux"]["uidMappings"], rootless.mappings(rootless.WHOLE))
        self.assertIn("gid=5", [m for m in made.config["mounts"] if m["destination"] == "/dev/pts"][0]["options"])
        inside = self.run_in(made, **self.user()).json()
        self.assertEqual(inside["uid_map"].split(), ["0", str(UID), "1", "1", str(FIRST), str(COUNT)])
        self.assertEqual(inside["gid_map"].split(), ["0", str(GID), "1", "1", str(FIRST), str(COUNT)])
        self.assertEqual(inside["setgroups"].strip(), "allow")
        self.assertEqual(inside["uids"], [0, 0, 0])

    def test_spec_without_grants_maps_one_id_and_says_what_is_missing(self):
        self.grant("")
        made, said = self.specified()
        self.assertIn(f"user {NAME}", said)
        self.assertIn("usermod --add-subuids 100000-165535 --add-subgids 100000-165535", said)
        inside = self.run_in(made, **self.user()).json()
        self.assertEqual(inside["uid_map"].split(), ["0", str(UID), "1"])
        self.assertEqual(inside["setgroups"].strip(), "deny")

    @needs_helpers
    def test_ranges_follow_each_other_and_none_is_mapped_twice(self):
        self.grant(f"{NAME}:600000:10\n{UID}:700000:5\n{NAME}:600005:3\n{NAME}:{UID}:1\nother:1:1\n")
        made, _ = self.specified("--set", "/mounts/2/options=[\"newinstance\"]")
        self.assertEqual(made.config["linux"]["uidMappings"],
                         rootless.mappings([(0, UID, 1), (1, 600000, 10), (11, 700000, 5)]))
        self.run_in(made, **self.user())

    @needs_helpers
    def test_what_the_container_writes_belongs_to_its_users(self):
        made = self.mapped("write", "/tmp/file", "x").edit("/process/user", {"uid": 1000, "gid": 50})
        (made.rootfs / "tmp").chmod(0o777)
        self.run_in(made, **self.user())
        status = os.stat(made.rootfs / "tmp/file")
        self.assertEqual((status.st_uid, status.st_gid), (FIRST + 999, FIRST + 49))

    @needs_helpers
    def test_groups_can_be_set(self):
        made = self.mapped("report").edit("/process/user/additionalGids", [5, 10])
        self.assertEqual(self.run_in(made, **self.user(groups=[rootless.OUTSIDER])).json()["groups"], [5, 10])

    @needs_helpers
    def test_one_side_may_be_written_without_a_helper(self):
        for uids, gids, setgroups in ((rootless.WHOLE, rootless.SINGLE, "deny"), (rootless.SINGLE, rootless.WHOLE, "allow")):
            made = self.mapped("report", uids=uids, gids=gids)
            inside = self.run_in(made, **self.user()).json()
            self.assertEqual(inside["setgroups"].strip(), setgroups)
            self.assertEqual((len(inside["uid_map"].split()), len(inside["gid_map"].split())),
                             (3 * len(uids), 3 * len(gids)))

    @needs_helpers
    def test_the_whole_lifecycle(self):
        user = self.user(XDG_RUNTIME_DIR="")
        id = self.new_id()
        self.addCleanup(lambda: self.ok("delete", "--force", id, **user))
        pid_file = self.folder / "pid"
        self.ok("create", "--bundle", self.mapped("sleep", "100").path, "--pid-file", pid_file, id, **user)
        self.assertTrue(pid_file.read_bytes().isdigit())
        self.ok("start", id, **user)
        self.assertEqual(self.ok("state", id, **user).json()["owner"], NAME)
        inside = self.ok("exec", "--user", "7:8", id, "/bin/payload", "report", **user).json()
        self.assertEqual((inside["uids"][0], inside["gids"][0]), (7, 8))
        self.assertEqual(len(self.ok("list", "-q", **user).out.split()), 1)
        self.bad("pause", id, text="cgroup", **user)
        self.ok("kill", id, "KILL", **user)
        self.assertEqual(host.wait_status(int(pid_file.read_text())), 9)
        self.ok("delete", id, **user)

    @needs_helpers
    def test_a_terminal(self):
        console = harness.ConsoleSocket(self.folder / "console.sock")
        self.addCleanup(console.close)
        os.chmod(console.path, 0o777)
        made = self.mapped("isatty").edit("/process/terminal", True)
        id = self.new_id()
        self.addCleanup(lambda: self.ok("delete", "--force", id, **self.user()))
        self.ok("create", "--bundle", made.path, "--console-socket", console.path, id, **self.user())
        self.assertIsNotNone(console.receive())

    def test_limits_beyond_reach_are_those_of_the_caller_and_said_so(self):
        made = self.mapped("report", uids=rootless.SINGLE)
        made.edit("/process/rlimits", [{"type": "RLIMIT_NOFILE", "soft": 1 << 20, "hard": 1 << 20}])
        made.edit("/process/oomScoreAdj", -500)
        few = lambda: host.LIBC.prlimit(0, 7, (host.ctypes.c_ulong * 2)(500, 600), None)
        result = self.run_in(made, preexec_fn=few, **self.user())
        self.assertEqual(result.json()["rlimits"]["RLIMIT_NOFILE"], [600, 600])
        self.assertIn("/process/rlimits: RLIMIT_NOFILE is set to 600", result.err)
        self.assertIn("/process/oomScoreAdj: -500", result.err)

    def test_one_id_is_enough_for_what_docker_writes(self):
        made = self.mapped("report", uids=rootless.SINGLE, config=bundles.docker_config())
        result = self.run_in(made, **self.user(groups=[rootless.OUTSIDER]))
        inside = result.json()
        self.assertIn("additionalGids: left out", result.err)
        self.assertEqual(inside["setgroups"].strip(), "deny")
        self.assertIn("/dev/pts", " ".join(inside["mountinfo"]))

    def test_exec_leaves_out_groups_that_cannot_be_set(self):
        id = self.new_id()
        self.addCleanup(lambda: self.ok("delete", "--force", id, **self.user()))
        made = self.mapped("sleep", "100", uids=rootless.SINGLE)
        self.ok("create", "--bundle", made.path, id, **self.user())
        self.ok("start", id, **self.user())
        inside = self.ok("exec", "--additional-gids", "0", id, "/bin/payload", "report", **self.user()).json()
        self.assertEqual((inside["groups"], inside["setgroups"].strip()), ([], "deny"))

    @needs_helpers
    def test_groups_of_the_caller_can_be_kept(self):
        secret = self.folder / "secret"
        secret.write_text("for the group")
        os.chown(secret, 0, rootless.OUTSIDER)
        secret.chmod(0o640)
        made = self.mapped("cat", "/secret").add_mount("/secret", "bind", secret, "bind", "ro")
        made.edit("/annotations", {"run.oci.keep_original_groups": "1"})
        user = self.user(groups=[rootless.OUTSIDER])
        self.assertEqual(self.run_in(made, **user).out, "for the group")
        self.assertNotEqual(self.run_in(made.edit("/annotations", {}), code=None, **user).code, 0)

    def test_without_a_user_namespace_the_way_is_told(self):
        result = self.bad("run", "--bundle", self.owned("true").path, self.new_id(), **self.user())
        self.assertIn("oci-rt spec --rootless", result.err)
        self.assert_clean()

    def test_without_a_place_for_its_state_the_way_is_told(self):
        made = self.mapped("true", uids=rootless.SINGLE)
        host.mount("tmpfs", "/run", "tmpfs", 0, "mode=755")
        self.addCleanup(host.unmount, "/run")
        self._before = (host.mounts(), self._before[1])
        for _ in range(2):  # nobody's, and root's
            result = self.rt(argv=[harness.binary(), "create", "--bundle", str(made.path), "box"], **self.user())
            self.assertEqual(result.code, 1)
            self.assertIn("XDG_RUNTIME_DIR", result.err)
            os.makedirs("/run/oci-rt", mode=0o700, exist_ok=True)

    def test_the_default_root_is_below_xdg_runtime_dir(self):
        runtime = self.folder / "runtime"
        runtime.mkdir(mode=0o700)
        os.chown(runtime, UID, GID)
        user = self.user(XDG_RUNTIME_DIR=str(runtime))
        made = self.mapped("true", uids=rootless.SINGLE)
        call = lambda *args: self.rt(argv=[harness.binary(), *map(str, args)], **user)
        self.assertEqual(call("create", "--bundle", made.path, "box").code, 0)
        place = runtime / "oci-rt/box"
        self.assertEqual(stat.S_IMODE(place.stat().st_mode), 0o700)
        # Whoever tidies up what is old in there leaves alone what is sticky.
        self.assertEqual(stat.S_IMODE((runtime / "oci-rt").stat().st_mode), 0o1700)
        self.assertEqual(call("delete", "--force", "box").code, 0)
        self.assertEqual([p.name for p in (runtime / "oci-rt").iterdir() if not p.name.startswith(".")], [])


class Refusals(rootless.Case):
    """What is missing is said, with the command that mends it, and nothing is left behind."""

    def refused_map(self, made, *texts, **popen):
        log = self.folder / f"log{self._ids}.json"
        options = {**self.user(), **popen}
        self.bad("--log", log, "--log-format", "json", "create", "--bundle", made.path, self.new_id(), **options)
        (line,) = log.read_text().splitlines()
        entry = json.loads(line)
        for text in texts:
            self.assertIn(text, entry["msg"])
        self.assert_clean()
        return entry

    @needs_helpers
    def test_ids_that_are_not_granted(self):
        made = self.mapped("true", uids=[(0, UID, 1), (1, 900000, 1000)])
        entry = self.refused_map(made, "newgidmap", f"does not grant all of these ids to user {NAME}",
                                 f'usermod --add-subgids 900000-900999 {NAME}')
        self.assertEqual((entry["code"], entry["pointer"]), ("id-map-refused", "/linux/gidMappings"))
        made = self.mapped("true", uids=[(0, UID, 1), (1, 900000, 1000)], gids=rootless.WHOLE)
        entry = self.refused_map(made, "newuidmap", "--add-subuids 900000-900999")
        self.assertEqual((entry["code"], entry["pointer"]), ("id-map-refused", "/linux/uidMappings"))

    @needs_helpers
    def test_the_grants_of_others_do_not_count(self):
        self.grant(f"somebody:{FIRST}:{COUNT}\n")
        self.refused_map(self.mapped("true"), f"--add-subgids {FIRST}-{FIRST + COUNT - 1}")

    @needs_helpers
    def test_helpers_without_privilege(self):
        copy = self.folder / "copy"
        shutil.copy(HELPERS[1], copy)
        copy.chmod(0o755)
        self.over(HELPERS[1], copy)
        self.refused_map(self.mapped("true"), "no privilege itself", f"chmod u+s {HELPERS[1]}")

    @needs_helpers
    def test_helpers_that_are_not_there(self):
        nothing = self.folder / "nothing"
        nothing.touch(mode=0o644)
        self.over(HELPERS[1], nothing)
        entry = self.refused_map(self.mapped("true"), "newgidmap is not installed", "uidmap")
        self.assertEqual(entry["code"], "id-map-helpers-missing")

    @needs_helpers
    def test_a_caller_who_may_gain_no_privileges(self):
        forbid = lambda: host.LIBC.prctl(38, 1, 0, 0, 0)
        self.refused_map(self.mapped("true"), "no_new_privs", preexec_fn=forbid)

    @needs_helpers
    def test_helpers_are_those_of_the_host_and_get_nothing_of_the_caller(self):
        seen = self.folder / "seen"
        seen.touch(mode=0o666)
        seen.chmod(0o666)
        spy = self.folder / "spy"
        spy.write_text(f'#!/bin/sh\n{{ echo "$@"; tr "\\0" "\\n" < /proc/$$/environ; ls -l /proc/$$/fd; }} > {seen}\n'
                       'echo "a reason" >&2; exit 3\n')
        spy.chmod(0o755)
        self.over(HELPERS[1], spy)
        evil = self.folder / "bin"
        evil.mkdir()
        (evil / "newgidmap").symlink_to("/bin/true")
        entry = self.refused_map(self.mapped("true"), "ended with status 3", "a reason",
                                 **self.user(PATH=str(evil), SECRET="1", LD_PRELOAD="/x"))
        self.assertEqual(entry["code"], "id-map-refused")
        words, *rest = seen.read_text().splitlines()
        self.assertEqual(words.split()[1:], ["0", str(GID), "1", "1", str(FIRST), str(COUNT)])
        self.assertNotIn("SECRET", " ".join(rest))
        self.assertNotIn("PATH=", " ".join(rest))
        # 0 to 2, the script itself, and what ls and the shell redirect to.
        self.assertNotIn("lock", " ".join(rest))

    @needs_helpers
    def test_validate_says_it_before(self):
        made = self.mapped("true", uids=[(0, UID, 1), (1, 900000, 1000)])
        findings = self.rt("validate", "--bundle", made.path, "--format", "json", **self.user()).json()["findings"]
        self.assertIn("ids-not-granted", [one["code"] for one in findings])

    def test_a_cgroup_that_is_not_delegated(self):
        made = self.mapped("true", uids=rootless.SINGLE).edit("/linux/cgroupsPath", f"/{harness.GROUP.name}/box")
        entry = self.refused_map(made, "cgroup", "Delegate=")
        self.assertEqual(entry["code"], "cgroup-not-delegated")
