# SPDX-License-Identifier: Apache-2.0
"""/process/capabilities: five sets, exactly as written."""

import shutil

import harness
from coverage import accepts, rejects

SETS = {"effective": "CapEff", "permitted": "CapPrm", "inheritable": "CapInh", "bounding": "CapBnd",
        "ambient": "CapAmb"}
NONE, CHOWN, KILL = "0" * 16, "0000000000000001", "0000000000000020"


class Capabilities(harness.Case):
    def got(self, capabilities, uid=0):
        bundle = self.bundle().edit("/process/capabilities", capabilities)
        status = self.report(bundle.edit("/process/user", {"uid": uid, "gid": uid}))["status"]
        return {word: status[line] for word, line in SETS.items()}

    def test_docker_defaults(self):
        status = self.report(self.bundle())["status"]
        for line in ("CapEff", "CapPrm", "CapBnd"):
            self.assertEqual(status[line], "00000000a80425fb")
        self.assertEqual((status["CapInh"], status["CapAmb"]), (NONE, NONE))

    @accepts("/process/capabilities/bounding")
    def test_each_set_is_its_own(self):
        both = ["CAP_CHOWN", "CAP_KILL"]
        got = self.got({"bounding": both, "permitted": both, "effective": ["CAP_CHOWN"]}, uid=0)
        self.assertEqual(got["bounding"], "0000000000000021")
        self.assertEqual((got["inheritable"], got["ambient"]), (NONE, NONE))

    def test_none_means_none(self):
        got = self.got({})
        self.assertEqual(set(got.values()), {NONE})

    def test_absent_means_none(self):
        self.ours_only()
        got = self.got(None)
        self.assertEqual(set(got.values()), {NONE})

    @accepts("/process/capabilities/{permitted,inheritable,ambient}")
    def test_a_user_has_them_only_as_ambient(self):
        chown = ["CAP_CHOWN"]
        self.assertEqual(self.got({"bounding": chown, "permitted": chown, "effective": chown}, uid=1000)["effective"],
                         NONE)
        got = self.got({word: chown for word in SETS}, uid=1000)
        self.assertEqual(set(got.values()), {CHOWN})

    @accepts("/process/capabilities/{permitted,effective}")
    def test_effective_ones_count_before_the_program_runs(self):
        # The program is root's alone: what is effective decides whether a user may begin it.
        held = ["CAP_DAC_OVERRIDE"]
        for effective, code in ((held, 0), ([], 1)):
            with self.subTest(effective):
                bundle = self.bundle("/bin/own", "true").edit("/process/user", {"uid": 1000, "gid": 1000})
                shutil.copy(harness.payload(), bundle.rootfs / "bin/own")
                (bundle.rootfs / "bin/own").chmod(0o700)
                bundle.edit("/process/capabilities", {"bounding": held, "permitted": held, "effective": effective})
                result = self.run_in(bundle, code=None)
                self.assertEqual(min(result.code, 1), code, str(result))

    def test_unknown_ones_are_skipped(self):
        self.ours_only()
        got = self.got({"bounding": ["CAP_KILL", "CAP_TELEPORT"], "effective": ["CAP_KILL"], "permitted": ["CAP_KILL"]})
        self.assertEqual(got["bounding"], KILL)

    def test_ungrantable_ones_are_skipped(self):
        self.ours_only()
        everything = open("/proc/self/status").read().split("CapBnd:")[1].split()[0]
        names = self.ok("features").json()["linux"]["capabilities"]
        got = self.got({word: names for word in ("bounding", "effective", "permitted")})
        self.assertEqual(int(got["bounding"], 16) & ~int(everything, 16), 0)

    @rejects("/process/capabilities", "/process/capabilities/bounding")
    def test_wrong_types_are_refused(self):
        self.ours_only()
        self.refused(self.bundle().edit("/process/capabilities", ["CAP_CHOWN"]), "/process/capabilities")
        self.refused(self.bundle().edit("/process/capabilities/bounding", "CAP_CHOWN"), "/process/capabilities")

    def test_what_is_dropped_cannot_be_done(self):
        bundle = self.bundle("syscall", "chroot", "mknod").edit("/process/capabilities", {})
        bundle.edit("/linux/seccomp", None)
        self.assertEqual(self.run_in(bundle).json(), {"chroot": 1, "mknod": 1})
