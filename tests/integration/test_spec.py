# SPDX-License-Identifier: Apache-2.0
"""spec: a config.json to begin with."""

import errno
import json
import os
import subprocess

import harness
import host

PRESETS = ("docker", "podman", "kubernetes")
CAPABILITIES = {"docker": 14, "podman": 11, "kubernetes": 14}


def may_have_many_files():
    """Whether a container may get what Podman gives, on a machine that has its own limits."""
    with subprocess.Popen(["sh", "-c", "ulimit -Hn 1048576"], stderr=subprocess.DEVNULL) as shell:
        return shell.wait() == 0


class Spec(harness.Case):
    def test_writes_a_config_into_the_directory(self):
        self.ok("spec", cwd=self.folder)
        config = json.loads((self.folder / "config.json").read_text())
        self.assertTrue(config["ociVersion"].startswith("1."))
        self.assertTrue(config["process"]["noNewPrivileges"])
        self.assertEqual(config["root"]["path"], "rootfs")

    def test_takes_a_bundle(self):
        (self.folder / "b").mkdir()
        self.ok("spec", "--bundle", self.folder / "b")
        self.assertTrue((self.folder / "b/config.json").exists())

    def test_does_not_overwrite(self):
        (self.folder / "config.json").write_text("mine")
        self.bad("spec", cwd=self.folder)
        self.assertEqual((self.folder / "config.json").read_text(), "mine")

    def test_runs_as_it_is(self):
        bundle = self.bundle()
        (bundle.path / "config.json").unlink()
        self.ok("spec", cwd=bundle.path)
        bundle.config = json.loads((bundle.path / "config.json").read_text())
        bundle.edit("/process/terminal", False)
        bundle.edit("/linux/cgroupsPath", f"/{harness.GROUP.name}/spec")
        inside = self.report(bundle)
        self.assertEqual(inside["pid"], 1)
        self.assertEqual(inside["status"]["CapInh"], "0" * 16)

    def test_rootless_has_a_user_namespace(self):
        self.ok("spec", "--rootless", cwd=self.folder)
        config = json.loads((self.folder / "config.json").read_text())
        kinds = {n["type"] for n in config["linux"]["namespaces"]}
        self.assertIn("user", kinds)
        self.assertEqual(config["linux"]["uidMappings"][0]["size"], 1)

    # What is refused leaves no file.

    def refused_spec(self, *options, text):
        self.bad("spec", *options, cwd=self.folder, text=text)
        self.assertFalse((self.folder / "config.json").exists())

    def test_what_is_not_valid_is_not_written(self):
        self.refused_spec("--set", "/hostname=7", text="/hostname: must be a string")
        self.refused_spec("--set", "/hostname=box", text="needs quotes")
        self.refused_spec("--set", "hostname=7", text="begins with")
        self.refused_spec("--set", "/hostname", text="POINTER=JSON")
        self.refused_spec("--set", "/mounts/99/type=1", text="no element 99")
        self.refused_spec("--set", '/linux/namespaces=[{"type":"pid"}]', text="namespace")
        self.refused_spec("--preset", "lxc", text="docker, podman, kubernetes")
        self.refused_spec("--seccomp", "missing.json", text="missing.json")

    def test_a_profile_with_conditions_is_refused(self):
        profile = self.folder / "profile.json"
        profile.write_text(json.dumps({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
            {"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}}]}))
        self.refused_spec("--seccomp", "profile.json", text="/syscalls/0/includes")

    # What is written runs.

    def specified(self, *options, args=("report",), rootless=False):
        """A bundle whose configuration is what spec writes for the payload."""
        bundle = self.bundle()
        (bundle.path / "config.json").unlink()
        options = ["--set", "/process/terminal=false", "--set", f'/process/args={json.dumps(["/bin/payload", *args])}',
                   *options]
        options += ["--set", f'/linux/cgroupsPath="/{harness.GROUP.name}/{bundle.path.name}"']
        if rootless:
            options.append("--rootless")
        # A hybrid host has its controllers elsewhere.
        elif "--preset" in options and not {"cpu", "memory", "pids"} <= set(host.controllers()):
            options += ["--set", '/linux/resources={"devices":[{"allow":false,"access":"rwm"}]}']
        if "podman" in options and not rootless and not may_have_many_files():
            options += ["--set", "/process/rlimits=null"]
        self.ok("spec", *options, cwd=bundle.path)
        bundle.config = json.loads((bundle.path / "config.json").read_text())
        return bundle

    def test_set_changes_what_runs(self):
        bundle = self.specified("--set", '/hostname="web"', "--set", '/process/env/-="COLOUR=blue"',
                                "--set", '/mounts/-={"destination":"/tmp","type":"tmpfs","source":"tmpfs"}')
        inside = self.run_in(bundle).json()
        self.assertEqual(inside["hostname"], "web")
        self.assertEqual(bundle.config["process"]["env"][-1], "COLOUR=blue")
        self.assertEqual(bundle.config["mounts"][-1]["destination"], "/tmp")

    def test_presets_run(self):
        for preset in PRESETS:
            for rootless in (False, True):
                with self.subTest(preset, rootless=rootless):
                    self.check_preset(preset, rootless)

    def check_preset(self, preset, rootless):
        bundle = self.specified("--preset", preset, rootless=rootless)
        status = self.run_in(bundle).json()["status"]
        self.assertEqual(int(status["CapEff"], 16).bit_count(), CAPABILITIES[preset])
        self.assertEqual(status["CapBnd"], status["CapEff"])
        self.assertEqual(status["CapAmb"], "0" * 16)
        self.assertEqual(status["Seccomp"], "2")
        self.assertEqual(status["NoNewPrivs"], "0")
        self.check_paths(preset, rootless)
        self.check_calls(preset, rootless)

    def check_paths(self, preset, rootless):
        script = ("wc -c < /proc/keys; ls /sys/firmware | wc -l; echo 1 2>/dev/null > /proc/sys/kernel/hostname"
                  " && echo written; mount | grep -c ' /proc/sys .*ro,'; touch /new && echo touched; umask")
        bundle = self.specified("--preset", preset, "--set",
                                f'/process/args={json.dumps(["/bin/busybox", "sh", "-c", script])}', rootless=rootless)
        self.assertEqual(self.run_in(bundle).out.split(), ["0", "0", "1", "touched", "0022"])

    def check_calls(self, preset, rootless):
        calls = ("getcwd", "mkdir", "bpf", "swapon", "keyctl", "unshare")
        answers = self.run_in(self.specified("--preset", preset, args=("syscall", *calls), rootless=rootless)).json()
        self.assertEqual((answers["getcwd"], answers["mkdir"]), (0, 0))
        self.assertEqual((answers["bpf"], answers["swapon"]), (errno.EPERM, errno.EPERM))
        if preset != "podman":  # which leaves both to the kernel
            self.assertEqual((answers["keyctl"], answers["unshare"]), (errno.EPERM, errno.EPERM))

    def test_presets_run_for_a_user(self):
        user = {"user": 1000, "group": 1000, "extra_groups": []}
        for preset in PRESETS:
            with self.subTest(preset):
                bundle = self.specified("--preset", preset)
                for path in (bundle.path, bundle.rootfs):
                    os.chown(path, 1000, 1000)
                (bundle.path / "config.json").unlink()
                self.rt.root.mkdir(exist_ok=True)
                os.chown(self.rt.root, 1000, 1000)
                self.ok("spec", "--rootless", "--preset", preset, "--set", "/process/terminal=false",
                        "--set", '/process/args=["/bin/payload","report"]', cwd=bundle.path, **user)
                result = self.run_in(bundle, **user)
                self.assertEqual(result.json()["status"]["Seccomp"], "2")

    def test_a_capability_opens_the_filter(self):
        capability = [part for kind in ("bounding", "effective", "permitted")
                      for part in ("--set", f'/process/capabilities/{kind}/-="CAP_SYS_ADMIN"')]
        bundle = self.specified("--preset", "docker", *capability, args=("syscall", "unshare"))
        self.assertEqual(self.run_in(bundle).json(), {"unshare": 0})

    def test_the_default_filter_is_also_for_the_plain_template(self):
        bundle = self.specified("--seccomp", "default", args=("syscall", "keyctl"))
        self.assertEqual(self.run_in(bundle).json(), {"keyctl": errno.EPERM})

    def test_a_preset_may_go_without_a_filter(self):
        status = self.run_in(self.specified("--preset", "docker", "--seccomp", "none")).json()["status"]
        self.assertEqual(status["Seccomp"], "0")

    def test_a_filter_of_a_file(self):
        profile = self.folder / "profile.json"
        profile.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
            {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 99}]}))
        bundle = self.specified("--seccomp", profile, args=("syscall", "mkdir"))
        self.assertEqual(self.run_in(bundle).json(), {"mkdir": 99})
