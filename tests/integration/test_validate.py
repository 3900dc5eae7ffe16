# SPDX-License-Identifier: Apache-2.0
"""validate: what is wrong with a bundle is found, all at once and by its place; what is right is not complained about."""

import copy
import json
import os
import pathlib
import socket
import subprocess

import bundle as bundles
import harness
import host
from broken_bundles import FAULTS, INVALID, SECCOMP, TEXTS, WITH_USERS, errors, rule, warnings

NOBODY = 65534
SEVERITIES = ("error", "warning", "info")


class Validate(harness.Case):
    def setUp(self):
        super().setUp()
        self.ours_only()

    def findings(self, bundle, *options, **popen):
        result = self.rt("validate", "--bundle", bundle.path, "--format", "json", *options, **popen)
        self.assertEqual(result.err, "", str(result))
        report = result.json()
        found = report["findings"]
        counts = {word: sum(one["severity"] == word for one in found) for word in SEVERITIES}
        self.assertEqual((report["valid"], report["errors"], report["warnings"]),
                         (counts["error"] == 0, counts["error"], counts["warning"]))
        self.assertEqual(result.code, 1 if counts["error"] else 0, str(result))
        return found

    def assert_found(self, bundle, wanted, *options, **popen):
        found = self.findings(bundle, *options, **popen)
        triples = sorted((one["severity"], one["code"], one["pointer"]) for one in found)
        self.assertEqual(triples, sorted(wanted), json.dumps(found, indent=1))
        return {one["pointer"]: one for one in found}

    def edited(self, edits):
        bundle = self.minimal()
        if isinstance(edits, str):
            return bundle.write(edits)
        for pointer, value in edits.items():
            bundle.edit(pointer, copy.deepcopy(value))
        return bundle


class Faults(Validate):
    def test_a_sound_bundle_has_none(self):
        self.assert_found(self.minimal(), [])
        # The profile is made for every libseccomp there is.
        found = self.findings(self.bundle())
        self.assertEqual({one["code"] for one in found} - {"system-call-unknown"}, set())

    def test_are_all_found_and_nothing_else(self):
        self.assertGreaterEqual(len(FAULTS), 50)
        for name, (edits, wanted) in FAULTS.items():
            with self.subTest(name):
                self.assert_found(self.edited(edits), wanted)

    def test_of_the_text_are_told(self):
        for name, (text, words) in TEXTS.items():
            with self.subTest(name):
                code = "invalid-config" if words == "must be an object" else "config-syntax"
                found = self.assert_found(self.minimal().write(text), [("error", code, "")])
                self.assertIn(words, found[""]["message"])

    def test_in_all_sections_are_found_in_one_call(self):
        """Whatever does not stand in the way of another stands beside it."""
        whole, wanted = self.minimal(), []
        for name in ("numbers out of range", "misspelt properties", "unknown capabilities", "missing sources",
                     "parameters of the host", "hooks", "errnoRet of what has none", "no such node", "not in PATH"):
            edits, expected = FAULTS[name]
            for pointer, value in edits.items():
                whole.edit(pointer, copy.deepcopy(value))
            wanted += expected
        # With hooks that come first, the program may come with them.
        wanted = [("warning", *rest) if rest == ("program-not-found", "/process/args/0") else (first, *rest)
                  for first, *rest in map(tuple, wanted) for rest in [tuple(rest)]]
        self.assert_found(whole, wanted)

    def test_stop_create_or_start(self):
        """An error is not a matter of taste."""
        for name, (edits, wanted) in FAULTS.items():
            if any(one[0] == "error" for one in wanted):
                with self.subTest(name):
                    self.assertNotEqual(self.run_in(self.edited(edits), code=None).code, 0)
                    self.assert_clean()

    def test_without_errors_let_create_pass(self):
        for name, (edits, wanted) in FAULTS.items():
            # These wait for start, or for what the host lacks.
            if any(one[0] == "error" for one in wanted) or name in ("no process", "an unknown file system", "a file system that is not for users",
                                                                     "a program that a hook may bring"):
                continue
            with self.subTest(name):
                self.create(self.edited(edits))


class Files(Validate):
    def test_a_bundle_or_a_config_that_is_not_there(self):
        bundle = self.minimal()
        (bundle.path / "config.json").unlink()
        self.assert_found(bundle, errors("", code="config-unreadable"))
        bundle.path = self.folder / "nowhere"
        self.assert_found(bundle, errors("", code="config-unreadable"))

    def test_a_config_by_another_name(self):
        bundle = self.minimal()
        other = self.folder / "other.json"
        other.write_text(json.dumps({**bundle.config, "ociVersion": "9"}))
        self.assert_found(bundle, errors("/ociVersion"), "--config", str(other))

    def test_a_root_that_is_a_symlink_or_a_file(self):
        bundle = self.minimal()
        (bundle.path / "link").symlink_to("rootfs")
        (bundle.path / "file").write_text("")
        self.assert_found(bundle.edit("/root/path", "link"), errors("/root/path", code="root-unusable"))
        self.assert_found(bundle.edit("/root/path", "file"), errors("/root/path", code="root-unusable"))

    def test_a_dangling_source(self):
        bundle = self.minimal()
        (bundle.path / "dangling").symlink_to("/no/such")
        bundle.add_mount("/a", "bind", "dangling", "bind")
        self.assert_found(bundle, errors("/mounts/1/source", code="source-missing"))
        bundle.edit("/mounts/1/options", ["bind", "copy-symlink"])
        self.assert_found(bundle, [])

    def test_a_program_behind_a_mount_is_not_missed(self):
        bundle = self.minimal().args("/opt/tool").add_mount("/opt", "bind", "/usr", "bind")
        self.assert_found(bundle, [])
        bundle.args("tool").edit("/process/env", ["PATH=/bin:/opt/bin"])
        self.assert_found(bundle, [])

    def test_a_program_behind_symlinks_is_found(self):
        bundle = self.minimal()
        (bundle.rootfs / "opt").symlink_to("usr/../bin")
        (bundle.rootfs / "usr").mkdir()
        (bundle.rootfs / "tool").symlink_to("/opt/payload")
        (bundle.rootfs / "out").symlink_to("../../../../bin/payload")
        (bundle.rootfs / "loop").symlink_to("loop")
        for name in ("/tool", "/out", "/opt/payload", "opt/../tool"):
            self.assert_found(bundle.args(name), [])
        self.assert_found(bundle.args("/opt/nothing"), errors("/process/args/0", code="program-not-found"))
        self.findings(bundle.args("/loop"))  # neither yes nor no, but an end
        # Through a link into a mount.
        (bundle.rootfs / "mnt").mkdir()
        (bundle.rootfs / "far").symlink_to("mnt")
        bundle.add_mount("/mnt", "tmpfs", "tmpfs")
        self.assert_found(bundle.args("/far/tool"), [])
        # And a mount through a link.
        bundle.edit("/mounts/1/destination", "/far")
        self.assert_found(bundle.args("/mnt/tool"), [])

    def test_a_program_relative_to_cwd(self):
        bundle = self.minimal().edit("/process/cwd", "/bin")
        self.assert_found(bundle.args("./payload"), [])
        self.assert_found(bundle.args("../payload"), errors("/process/args/0", code="program-not-found"))

    def test_devices_of_a_user_namespace(self):
        bundle = self.edited(WITH_USERS).without_mount("/dev").add_mount("/dev", "tmpfs", "tmpfs")
        for path, minor in (("/dev/null", 3), ("/dev/zero", 3), ("/dev/none", 1)):
            index = len(bundle.config["linux"].get("devices", []))
            bundle.config["linux"].setdefault("devices", []).append({"path": path, "type": "c", "major": 1, "minor": minor})
        bundle.write()
        self.assert_found(bundle, errors("/linux/devices/1/path", "/linux/devices/2/path", code="device-missing"))

    def test_an_agent_that_listens(self):
        bundle = self.edited({"/linux/seccomp": {**SECCOMP, "syscalls": [rule(action="SCMP_ACT_NOTIFY")]}})
        path = str(self.folder / "agent.sock")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as agent:
            agent.bind(path)
            self.assert_found(bundle.edit("/linux/seccomp/listenerPath", path), [])
        self.assert_found(bundle.edit("/linux/seccomp/listenerPath", "@abstract"), [])


class Host(Validate):
    def test_controllers_that_are_not_there(self):
        bundle = self.minimal()
        wanted, present = [], host.controllers()
        for name, pointer, value in (("memory", "/linux/resources/memory/limit", 1 << 26),
                                     ("pids", "/linux/resources/pids/limit", 50),
                                     ("rdma", "/linux/resources/rdma", {"mlx5_0": {"hcaHandles": 3}})):
            bundle.edit(pointer, value)
            if name not in present:
                wanted.append(name)
        found = [one for one in self.findings(bundle) if one["code"] == "controller-missing"]
        self.assertEqual(len(found), len(wanted), found)
        if not wanted:
            self.skipTest("all controllers are there")

    def test_security_modules_that_are_not_there(self):
        names = pathlib.Path("/sys/kernel/security/lsm")
        present = names.read_text() if names.exists() else ""
        bundle = self.minimal().edit("/process/apparmorProfile", "box").edit("/process/selinuxLabel", "a:b:c:d")
        bundle.add_mount("/a", "tmpfs", "tmpfs").edit("/linux/mountLabel", "a:b:c:d")
        wanted = [] if "apparmor" in present or pathlib.Path("/sys/module/apparmor").exists() else ["/process/apparmorProfile"]
        if not pathlib.Path("/sys/fs/selinux/enforce").exists():
            wanted += ["/process/selinuxLabel", "/linux/mountLabel"]
        self.assert_found(bundle, errors(*wanted, code="lsm-missing"))

    def test_resctrl_that_is_not_there(self):
        if any(" - resctrl " in line for line in host.mounts()):
            self.skipTest("resctrl is mounted")
        bundle = self.minimal().edit("/linux/intelRdt", {"closID": "box"})
        self.assert_found(bundle, errors("/linux/intelRdt", code="resctrl-missing"))

    def test_processors_that_are_not_there(self):
        self.need_controller("cpuset")
        bundle = self.minimal().edit("/linux/resources/cpu", {"cpus": "0,8000", "mems": "900"})
        self.assert_found(bundle, errors("/linux/resources/cpu/cpus", code="processor-missing") +
                          errors("/linux/resources/cpu/mems", code="node-missing"))

    def test_block_devices_that_are_not_there(self):
        bundle = self.minimal().edit("/linux/resources/blockIO", {
            "throttleReadBpsDevice": [{"major": 4000, "minor": 5, "rate": 1 << 20}]})
        self.assertIn("device-missing", {one["code"] for one in self.findings(bundle)})

    def test_a_cgroup_that_is_in_use(self):
        bundle = self.minimal("sleep", 100)
        self.started(bundle)
        self.assert_found(bundle, warnings("cgroup-in-use", "/linux/cgroupsPath"))


class Callers(Validate):
    """What users other than root are told."""

    def as_nobody(self, bundle, prefix=":"):
        program = self.folder / "oci-rt"
        program.write_bytes(pathlib.Path(harness.binary()).read_bytes())
        program.chmod(0o755)
        command = (f"{prefix}; exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups --inh-caps=-all "
                   f"--bounding-set=-all {program} --root {self.folder}/none validate --bundle {bundle.path} --format json")
        done = subprocess.run(["unshare", "--mount", "sh", "-ec", command], capture_output=True, text=True, timeout=30)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertEqual(done.stderr, "")
        return {(one["severity"], one["code"], one["pointer"]): one["hint"] for one in json.loads(done.stdout)["findings"]}

    def test_without_a_user_namespace_privilege_is_missing(self):
        found = self.as_nobody(self.minimal(cgroup=False))
        self.assertIn(("error", "privilege-missing", "/linux/namespaces"), found)

    def test_ids_must_be_granted(self):
        bundle = self.minimal(cgroup=False)
        bundles.with_user_namespace(bundle.config, first=400000)
        found = self.as_nobody(bundle.write(), "mount -t tmpfs none /etc; echo nobody:x:65534:65534::/: > /etc/passwd; "
                               "echo nobody:300000:65536 | tee /etc/subuid > /etc/subgid")
        hint = found[("error", "ids-not-granted", "/linux/uidMappings/0")]
        self.assertEqual(hint, "usermod --add-subuids 400000-465535 nobody")
        self.assertIn(("error", "ids-not-granted", "/linux/gidMappings/0"), found)
        found = self.as_nobody(bundle.write(), "mount -t tmpfs none /etc; echo nobody:x:65534:65534::/: > /etc/passwd; "
                               "echo nobody:400000:65536 | tee /etc/subuid > /etc/subgid")
        self.assertFalse([key for key in found if key[1] in ("ids-not-granted", "subordinate-ids-missing")], found)

    def test_one_s_own_id_needs_no_grant(self):
        bundle = self.minimal(cgroup=False)
        bundles.with_user_namespace(bundle.config, first=NOBODY, count=1)
        found = self.as_nobody(bundle.write(), "mount -t tmpfs none /etc")
        self.assertFalse([key for key in found if key[0] == "error" and key[1] != "user-namespaces-refused"], found)

    def test_cgroups_of_others_are_told(self):
        bundle = self.minimal()
        bundles.with_user_namespace(bundle.config, first=NOBODY, count=1)
        self.assertIn(("error", "cgroup-not-writable", "/linux/cgroupsPath"), self.as_nobody(bundle.write()))

    def test_namespaces_that_the_host_forbids(self):
        bundle = self.edited(WITH_USERS)
        command = (f"mount -t tmpfs none /proc/sys/user; echo 0 > /proc/sys/user/max_user_namespaces; "
                   f"echo 0 > /proc/sys/user/max_pid_namespaces; echo 0 > /proc/sys/user/max_time_namespaces; exec "
                   f"{harness.binary()} --root {self.rt.root} validate --bundle {bundle.path} --format json")
        done = subprocess.run(["unshare", "--mount", "sh", "-ec", command], capture_output=True, text=True, timeout=30)
        found = json.loads(done.stdout)["findings"]
        self.assertEqual([(one["severity"], one["code"], one["pointer"], one["hint"]) for one in found],
                         [("error", "namespace-limit-zero", "/linux/namespaces",
                           "sysctl -w user.max_pid_namespaces=28633 && sysctl -w user.max_user_namespaces=28633")])


class Form(Validate):
    def test_text_and_json_agree(self):
        for name in ("misspelt properties", "hooks", "unknown words", "unknown system calls"):
            bundle = self.edited(FAULTS[name][0])
            found = self.findings(bundle)
            result = self.rt("validate", "--bundle", bundle.path)
            lines = result.out.splitlines()
            self.assertEqual(result.code, 1 if any(one["severity"] == "error" for one in found) else 0)
            wanted = []
            for one in found:
                wanted.append(f"{one['severity']:<9}{one['pointer']}: {one['message']} [{one['code']}]")
                wanted += [f"   mend: {one['hint']}"] if one["hint"] else []
            self.assertEqual(lines[:-1], wanted)
            self.assertRegex(lines[-1], r"^\d+ errors?, \d+ warnings?$")

    def test_is_in_order_and_well_formed(self):
        found = self.findings(self.edited(FAULTS["hooks"][0]))
        ranks = [SEVERITIES.index(one["severity"]) for one in found]
        self.assertEqual(ranks, sorted(ranks))
        for one in found:
            self.assertEqual(list(one), ["severity", "code", "pointer", "message", "hint"])
            self.assertRegex(one["code"], r"^[a-z0-9-]+$")

    def test_every_code_is_in_the_manual(self):
        page = (pathlib.Path(__file__).parents[2] / "man/oci-rt-validate.8.scd").read_text()
        codes = {one[1] for _, wanted in FAULTS.values() for one in wanted}
        sources = pathlib.Path(__file__).parents[2] / "src/commands/validate"
        for path in sources.glob("*.cpp"):
            codes |= {part.split('"')[0] for part in path.read_text().split('report.error("')[1:]}
            codes |= {part.split('"')[0] for part in path.read_text().split('report.warning("')[1:]}
        self.assertEqual([code for code in sorted(codes) if f"*{code}*" not in page], [])

    def test_strict_fails_for_warnings_too(self):
        warned, sound = self.edited(FAULTS["misspelt properties"][0]), self.minimal()
        told = self.edited(FAULTS["covered"][0])
        for bundle, status in ((warned, 1), (sound, 0), (told, 0)):
            self.assertEqual(self.rt("validate", "--strict", "--bundle", bundle.path).code, status)
        self.assertEqual(self.rt("validate", "--bundle", warned.path).code, 0)

    def test_hints_are_words_of_a_shell(self):
        bundle = self.minimal().add_mount("/a", "bind", "/no/such; touch $(pwd)/it's", "bind")
        found = self.assert_found(bundle, errors("/mounts/1/source", code="source-missing"))
        self.assertEqual(found["/mounts/1/source"]["hint"], "mkdir -p '/no/such; touch $(pwd)/it'\\''s'")

    def test_words_are_suggested(self):
        found = {one["pointer"]: one for one in self.findings(self.edited(FAULTS["misspelt properties"][0]))}
        self.assertEqual(found["/process/noNewPrivilege"]["hint"], 'rename it to "noNewPrivileges"')
        self.assertEqual(found["/hostName"]["hint"], 'rename it to "hostname"')
        found = {one["pointer"]: one for one in self.findings(self.edited(FAULTS["unknown words"][0]))}
        self.assertIn('did you mean "network"?', found["/linux/namespaces/0/type"]["message"])

    def test_nothing_of_the_host_changes(self):
        before = (host.cgroup_tree(harness.GROUP), host.mounts(), sorted(os.listdir(self.folder)))
        self.findings(self.bundle())
        after = (host.cgroup_tree(harness.GROUP), host.mounts(),
                 sorted(name for name in os.listdir(self.folder) if not name.startswith(("output", "bundle-"))))
        self.assertEqual((before[0], before[1]), (after[0], after[1]))
        self.assertFalse(self.rt.root.exists())
