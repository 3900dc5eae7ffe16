# SPDX-License-Identifier: Apache-2.0
"""info: what this host can do, and what to mend."""

import json
import os
import pathlib
import stat
import subprocess

import harness
import host

NOBODY = 65534
SEVERITIES = ("error", "warning", "info")


class Info(harness.Case):
    def setUp(self):
        super().setUp()
        self.ours_only()
        # Where a user other than root reaches it.
        self.program = self.folder / "oci-rt"
        self.program.write_bytes(pathlib.Path(harness.binary()).read_bytes())
        self.program.chmod(0o755)

    def info(self, **options):
        result = self.ok("info", "--format", "json", **options)
        self.assertEqual(result.err, "")
        return result.json()

    def as_nobody(self, *args, prefix="", env=None):
        """The answer to a user, in a mount namespace of its own where a shell makes ready before."""
        command = (f"{prefix or ':'} && exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups "
                   f"--inh-caps=-all {self.program} {' '.join(args)}")
        done = subprocess.run(["unshare", "--mount", "sh", "-e", "-c", command], capture_output=True, text=True,
                              timeout=30, env={"PATH": os.environ["PATH"], **(env or {})})
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return done.stdout

    def codes(self, info):
        return {finding["code"]: finding for finding in info["findings"]}

    # As root

    def test_is_text_for_people(self):
        text = self.ok("info").out
        for word in ("system ", "caller ", "cgroups ", "user namespaces ", "kernel has "):
            self.assertRegex(text, rf"(?m)^{word}")
        self.assertIn("root of the machine", text)
        self.assertIn(os.uname().release, text)
        self.assertNotIn("\t", text)

    def test_both_forms_tell_the_same_findings(self):
        text = self.ok("info").out
        for finding in self.info()["findings"]:
            self.assertIn(f"{finding['severity']:<9}{finding['message']} [{finding['code']}]\n", text)
            if finding["hint"]:
                self.assertIn(f"   mend: {finding['hint']}\n", text)

    def test_findings_are_well_formed_and_in_order(self):
        findings = self.info()["findings"]
        ranks = [SEVERITIES.index(finding["severity"]) for finding in findings]
        self.assertEqual(ranks, sorted(ranks))
        for finding in findings:
            self.assertRegex(finding["code"], r"^[a-z0-9-]+$")
            self.assertNotIn("\n", finding["message"] + finding["hint"])

    def test_every_code_is_in_the_manual(self):
        page = pathlib.Path(__file__).parents[2] / "man/oci-rt-info.8.scd"
        self.assertTrue(all(f"*{code}*" in page.read_text() for code in self.codes(self.info())))

    def test_the_caller_is_known(self):
        info = self.info()
        self.assertEqual((info["user"]["uid"], info["user"]["name"]), (0, "root"))
        self.assertEqual(info["stateRoot"], {"path": str(self.rt.root), "writable": True, "detail": ""})
        self.assertNotIn("subordinate-ids-missing", self.codes(info))

    def test_the_kernel_is_asked(self):
        kernel = self.info()["kernel"]
        self.assertEqual((kernel["release"], kernel["machine"]), (os.uname().release, os.uname().machine))
        # The tests of the runtime would not run without.
        missing = [name for name, one in kernel["features"].items() if one["required"] and not one["available"]]
        self.assertEqual(missing, [])
        self.assertEqual(kernel["features"]["time-namespaces"]["available"], os.path.exists("/proc/self/ns/time"))

    def test_tells_whether_devices_can_be_filtered(self):
        features = self.info()["kernel"]["features"]
        self.assertTrue(features["device-filter"]["available"])

    def test_the_layout_of_cgroups_is_that_of_the_kernel(self):
        cgroup = self.info()["cgroup"]
        self.assertEqual(cgroup["mountPoint"], "/sys/fs/cgroup")
        self.assertEqual(cgroup["controllers"], host.controllers())
        lines = pathlib.Path("/proc/self/cgroup").read_text().splitlines()
        held = {name for line in lines for name in line.split(":")[1].split(",") if name and "=" not in name}
        self.assertEqual(set(cgroup["legacyControllers"]), held)
        self.assertEqual(cgroup["layout"], "hybrid" if held else "unified")
        self.assertEqual(cgroup["own"], harness.cgroup_of("\n".join(lines)))
        self.assertTrue(cgroup["canMakeChildren"])

    def test_controllers_that_v1_holds_are_a_finding(self):
        info = self.info()
        held = {"blkio" if name == "io" else name for name in ("cpu", "cpuset", "io", "memory", "pids")}
        if not held & set(info["cgroup"]["legacyControllers"]):
            self.assertNotIn("cgroup-hybrid", self.codes(info))
            return
        self.assertRegex(self.codes(info)["cgroup-hybrid"]["hint"], "cgroup_no_v1=all|unified_cgroup_hierarchy=1")

    def test_no_cgroup_v2_is_an_error(self):
        done = subprocess.run(["unshare", "--mount", "sh", "-ec", "umount -l /sys/fs/cgroup; exec \"$@\"", "sh",
                               str(self.program), "info", "--format", "json"], capture_output=True, text=True)
        info = json.loads(done.stdout)
        self.assertIn(info["cgroup"]["layout"], ("legacy", "none"))
        self.assertEqual(self.codes(info)["cgroup-v2-missing"]["severity"], "error")

    def test_a_read_only_state_directory_is_an_error(self):
        place = self.folder / "fixed"
        place.mkdir()
        host.mount("tmpfs", place, "tmpfs", 1)
        self.addCleanup(lambda: host.unmount(place))
        done = subprocess.run([self.program, "--root", place / "state", "info", "--format", "json"],
                              capture_output=True, text=True)
        found = self.codes(json.loads(done.stdout))["state-root-not-writable"]
        self.assertIn("read-only", found["message"])

    def test_nothing_is_changed(self):
        before = host.mounts(), host.cgroup_tree(harness.GROUP), pathlib.Path("/proc/filesystems").read_text()
        self.ok("info")
        after = host.mounts(), host.cgroup_tree(harness.GROUP), pathlib.Path("/proc/filesystems").read_text()
        self.assertEqual(after, before)
        self.assertFalse(self.rt.root.exists())

    # As somebody else

    def test_a_user_without_subordinate_ids_is_told_how_to_get_them(self):
        empty = self.folder / "empty"
        empty.write_text("")
        prefix = f"mount --bind {empty} /etc/subuid && mount --bind {empty} /etc/subgid"
        for file in ("/etc/subuid", "/etc/subgid"):
            if not os.path.exists(file):
                self.skipTest(f"no {file} to mount over")
        info = json.loads(self.as_nobody("info", "--format", "json", prefix=prefix))
        self.assertEqual(info["user"]["uid"], NOBODY)
        self.assertEqual(info["subordinateIds"]["uids"], [])
        found = self.codes(info)["subordinate-ids-missing"]
        self.assertEqual(found["hint"], "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "
                                        f"{info['user']['name']}")

    def test_a_user_with_subordinate_ids_is_not(self):
        granted = self.folder / "granted"
        granted.write_text(f"somebody:100000:65536\n{NOBODY}:300000:65536\n")
        prefix = f"mount --bind {granted} /etc/subuid && mount --bind {granted} /etc/subgid"
        for file in ("/etc/subuid", "/etc/subgid"):
            if not os.path.exists(file):
                self.skipTest(f"no {file} to mount over")
        info = json.loads(self.as_nobody("info", "--format", "json", prefix=prefix))
        self.assertEqual(info["subordinateIds"]["gids"], [{"first": 300000, "count": 65536}])
        self.assertNotIn("subordinate-ids-missing", self.codes(info))

    def test_helpers_are_looked_at(self):
        helper = self.folder / "helper"
        helper.write_text("#!/bin/sh\n")
        for mode in (0o755, 0o4755):
            helper.chmod(mode)
            prefix = (f"mount -t tmpfs tmpfs /usr/local/bin && cp -p {helper} /usr/local/bin/newuidmap && "
                      f"cp -p {helper} /usr/local/bin/newgidmap && chmod {mode:o} /usr/local/bin/new*idmap")
            if any(os.path.exists(f"/usr/bin/new{kind}idmap") for kind in "ug"):
                self.skipTest("the real ones are installed")
            info = json.loads(self.as_nobody("info", "--format", "json", prefix=prefix))
            for one in info["subordinateIds"]["helpers"].values():
                self.assertEqual(one["privileged"], bool(mode & stat.S_ISUID))
            self.assertEqual("id-map-helpers-unprivileged" in self.codes(info), not mode & stat.S_ISUID)

    def test_no_user_namespaces_are_told_by_their_limit(self):
        limit = self.folder / "limit"
        limit.write_text("0\n")
        prefix = f"mount --bind {limit} /proc/sys/user/max_user_namespaces"
        info = json.loads(self.as_nobody("info", "--format", "json", prefix=prefix))
        self.assertEqual(self.codes(info)["namespace-limit-zero"]["hint"],
                         "sysctl -w user.max_user_namespaces=28633")

    def test_a_probe_tells_what_the_kernel_really_does(self):
        """A limit of 0 in the user namespace around: the files say it, and the attempt fails."""
        script = f"echo 0 > /proc/sys/user/max_user_namespaces && {self.program} info --format json"
        done = subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec", script],
                              capture_output=True, text=True)
        info = json.loads(done.stdout)
        self.assertFalse(info["userNamespaces"]["available"])
        self.assertFalse(info["kernel"]["features"]["idmapped-tmpfs"]["available"])
        self.assertIn("namespace-limit-zero", self.codes(info))

    def test_in_a_user_namespace_root_is_not_the_root_of_the_machine(self):
        done = subprocess.run(["unshare", "--user", "--map-root-user", "--mount", self.program, "info", "--format",
                               "json"], capture_output=True, text=True)
        user = json.loads(done.stdout)["user"]
        self.assertEqual((user["uid"], user["isHostRoot"], user["inInitialUserNamespace"]), (0, False, False))

    def test_a_user_may_not_divide_the_cgroup_of_root(self):
        cgroup = json.loads(self.as_nobody("info", "--format", "json"))["cgroup"]
        self.assertFalse(cgroup["canMakeChildren"])

    def test_the_state_directory_follows_the_environment(self):
        place = self.folder / "runtime"
        place.mkdir()
        place.chmod(0o777)
        info = json.loads(self.as_nobody("info", "--format", "json", env={"XDG_RUNTIME_DIR": str(place)}))
        self.assertEqual(info["stateRoot"]["path"], f"{place}/oci-rt")
        self.assertTrue(info["stateRoot"]["writable"])

    def test_a_program_that_hangs_holds_nobody_up(self):
        slow = self.folder / "criu"
        slow.write_text("#!/bin/sh\nexec sleep 50\n")
        slow.chmod(0o755)
        if os.path.exists("/usr/sbin/criu") or os.path.exists("/usr/bin/criu"):
            self.skipTest("the real one is installed")
        prefix = f"mount -t tmpfs tmpfs /usr/local/bin && cp -p {slow} /usr/local/bin/criu"
        info = json.loads(self.as_nobody("info", "--format", "json", prefix=prefix))
        self.assertEqual(info["criu"], {"path": "/usr/local/bin/criu", "version": ""})

    def test_criu_tells_its_version(self):
        criu = self.folder / "criu"
        criu.write_text("#!/bin/sh\necho Version: 3.17.1\n")
        criu.chmod(0o755)
        if os.path.exists("/usr/sbin/criu") or os.path.exists("/usr/bin/criu"):
            self.skipTest("the real one is installed")
        prefix = f"mount -t tmpfs tmpfs /usr/local/bin && cp -p {criu} /usr/local/bin/criu"
        self.assertIn("/usr/local/bin/criu 3.17.1\n", self.as_nobody("info", prefix=prefix))

    def test_other_forms_are_refused(self):
        self.bad("info", "--format", "table", text="'table' is none of text, json")
