# SPDX-License-Identifier: Apache-2.0
"""features: what this build can do, for engines."""

import harness


class Features(harness.Case):
    def setUp(self):
        super().setUp()
        self.features = self.ok("features").json()

    def test_is_json_and_nothing_else(self):
        self.assertEqual(self.ok("features").err, "")

    def test_names_versions(self):
        self.assertEqual(self.features["ociVersionMin"], "1.0.0")
        self.assertRegex(self.features["ociVersionMax"], r"^1\.[1-9]")

    def test_names_every_hook(self):
        self.assertEqual(set(self.features["hooks"]), {"prestart", "createRuntime", "createContainer",
                                                       "startContainer", "poststart", "poststop"})

    def test_names_the_namespaces(self):
        self.assertLessEqual({"cgroup", "ipc", "mount", "network", "pid", "user", "uts"},
                             set(self.features["linux"]["namespaces"]))

    def test_names_mount_options(self):
        self.assertLessEqual({"ro", "rw", "rbind", "nosuid", "nodev", "noexec", "rro", "rslave"},
                             set(self.features["mountOptions"]))

    def test_names_capabilities(self):
        self.assertIn("CAP_SYS_ADMIN", self.features["linux"]["capabilities"])

    def test_tells_of_cgroups_and_seccomp(self):
        self.assertTrue(self.features["linux"]["cgroup"]["v2"])
        seccomp = self.features["linux"]["seccomp"]
        self.assertTrue(seccomp["enabled"])
        self.assertIn("SCMP_ACT_ERRNO", seccomp["actions"])
        self.assertIn("SCMP_CMP_MASKED_EQ", seccomp["operators"])
        self.assertIn("SCMP_ARCH_X86_64", seccomp["archs"])

    def test_names_memory_policies(self):
        policy = self.features["linux"]["memoryPolicy"]
        self.assertLessEqual({"MPOL_DEFAULT", "MPOL_BIND", "MPOL_WEIGHTED_INTERLEAVE"}, set(policy["modes"]))
        self.assertLessEqual({"MPOL_F_STATIC_NODES", "MPOL_F_NUMA_BALANCING"}, set(policy["flags"]))

    def test_needs_no_environment(self):
        self.ok("features", env={}, cwd="/")

    def test_says_no_cgroup_v1(self):
        self.ours_only()
        self.assertFalse(self.features["linux"]["cgroup"].get("v1", False))
