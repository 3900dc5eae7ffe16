# SPDX-License-Identifier: Apache-2.0
"""/process/apparmorProfile, selinuxLabel and /linux/mountLabel: the labels of security modules."""

import os
import pathlib

import harness
from coverage import accepts, rejects
from test_mounts import find

PROFILES = pathlib.Path("/sys/kernel/security/apparmor/profiles")
SELINUX = pathlib.Path("/sys/fs/selinux")


class AppArmor(harness.Case):
    @accepts("/process/apparmorProfile")
    def test_the_program_has_the_profile(self):
        if not PROFILES.exists():
            self.skipTest("no AppArmor on this host")
        loaded = [line.rsplit(" ", 1)[0] for line in PROFILES.read_text().splitlines()]
        for name in ("docker-default", "containers-default", "lxc-container-default"):
            profile = next((one for one in loaded if one.startswith(name)), None)
            if profile:
                break
        else:
            self.skipTest("no profile for containers is loaded")
        inside = self.report(self.minimal().edit("/process/apparmorProfile", profile))
        self.assertTrue(inside["attr"].startswith(profile), inside["attr"])

    @rejects("/process/apparmorProfile")
    def test_an_unknown_profile_is_refused(self):
        self.refused(self.minimal().edit("/process/apparmorProfile", "no-such-profile"), "apparmor")


class Selinux(harness.Case):
    def label(self, kind):
        if not (SELINUX / "enforce").exists():
            self.skipTest("no SELinux on this host")
        if pathlib.Path("/proc/self/attr/current").read_text().startswith("kernel"):
            self.skipTest("SELinux has no policy on this host")
        context = f"system_u:{'object_r' if kind == 'container_file_t' else 'system_r'}:{kind}:s0"
        try:
            (SELINUX / "context").write_text(context)
        except OSError:
            self.skipTest(f"the policy of this host has no {kind}")
        return context

    @accepts("/process/selinuxLabel")
    def test_the_program_has_the_label(self):
        inside = self.report(self.minimal().edit("/process/selinuxLabel", self.label("container_t")))
        self.assertIn(":container_t:", inside["attr"])

    @rejects("/process/selinuxLabel")
    def test_a_label_needs_its_module(self):
        self.only_without_selinux()
        self.refused(self.minimal().edit("/process/selinuxLabel", "no:such:label:s0"), "selinux")

    @accepts("/linux/mountLabel")
    def test_mounts_have_the_label(self):
        label = self.label("container_file_t")
        bundle = self.minimal().edit("/linux/mountLabel", label).add_mount("/data", "tmpfs", "tmpfs")
        self.assertIn(f'context="{label}"', ",".join(find(self.report(bundle), "/data")["options"]))

    def only_without_selinux(self):
        if (SELINUX / "enforce").exists():
            self.skipTest("SELinux is on")

    @rejects("/linux/mountLabel")
    def test_a_mount_label_needs_its_module(self):
        self.only_without_selinux()
        bundle = self.minimal().edit("/linux/mountLabel", "no:such:label:s0").add_mount("/data", "tmpfs", "tmpfs")
        self.refused(bundle, "/linux/mountLabel")
        self.assertFalse(os.path.ismount(bundle.rootfs / "data"))
