# SPDX-License-Identifier: Apache-2.0
"""features: what this build can do, for engines. It keeps to the specification, and it is true."""

import copy
import os
import pathlib

import bundle as bundles
import features_schema
import harness

NAMESPACE_FILES = {"mount": "mnt", "network": "net"}
ON_BINDS = {"bind", "rbind", "copy-symlink", "src-nofollow", "dest-nofollow"}


class Document(harness.Case):
    def setUp(self):
        super().setUp()
        self.features = self.ok("features").json()

    def test_is_json_and_nothing_else(self):
        self.assertEqual(self.ok("features").err, "")

    def test_keeps_to_the_schema(self):
        self.assertEqual(list(features_schema.problems(self.features)), [])

    def test_the_checker_finds_what_the_schema_forbids(self):
        for pointer, value in (("ociVersionMin", "1"), ("hooks", ["before"]), ("mountOptions", "ro"), ("mine", True),
                               ("linux/namespaces", ["net"]), ("linux/capabilities", ["cap_kill"]),
                               ("linux/cgroup/v2", "yes"), ("linux/seccomp/archs", ["SCMP_ARCH_VAX"]),
                               ("annotations/name", 1)):
            document = copy.deepcopy(self.features)
            *folders, last = pointer.split("/")
            place = document
            for folder in folders:
                place = place[folder]
            place[last] = value
            with self.subTest(pointer):
                self.assertEqual(len(list(features_schema.problems(document))), 1)
        self.assertEqual(list(features_schema.problems({"ociVersionMin": "1.0.0"})), ["/ociVersionMax: missing"])

    def test_no_list_says_anything_twice(self):
        linux, seccomp = self.features["linux"], self.features["linux"]["seccomp"]
        for place in (self.features, linux, seccomp):
            for name, value in place.items():
                if isinstance(value, list):
                    with self.subTest(name):
                        self.assertEqual(len(value), len(set(value)))

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

    def test_tells_of_cgroups_and_seccomp(self):
        self.assertTrue(self.features["linux"]["cgroup"]["v2"])
        seccomp = self.features["linux"]["seccomp"]
        self.assertTrue(seccomp["enabled"])
        self.assertIn("SCMP_ACT_ERRNO", seccomp["actions"])
        self.assertIn("SCMP_CMP_MASKED_EQ", seccomp["operators"])
        self.assertIn("SCMP_ARCH_X86_64", seccomp["archs"])
        self.assertLessEqual(set(seccomp["supportedFlags"]), set(seccomp["knownFlags"]))

    def test_names_memory_policies(self):
        policy = self.features["linux"]["memoryPolicy"]
        self.assertLessEqual({"MPOL_DEFAULT", "MPOL_BIND", "MPOL_WEIGHTED_INTERLEAVE"}, set(policy["modes"]))
        self.assertLessEqual({"MPOL_F_STATIC_NODES", "MPOL_F_NUMA_BALANCING"}, set(policy["flags"]))

    def test_needs_no_environment(self):
        self.ok("features", env={}, cwd="/")

    def test_says_no_cgroup_v1(self):
        self.ours_only()
        self.assertFalse(self.features["linux"]["cgroup"].get("v1", False))

    def test_names_the_annotations_that_change_what_is_done(self):
        self.ours_only()
        self.assertEqual(self.features["potentiallyUnsafeConfigAnnotations"],
                         ["org.systemd.property.", "run.oci.delegate-cgroup", "run.oci.hooks.stderr", "run.oci.hooks.stdout",
                          "run.oci.keep_original_groups", "run.oci.mount_context_type",
                          "run.oci.pidfd_receiver", "run.oci.seccomp.receiver", "run.oci.seccomp_fail_unknown_syscall"])


class Truth(harness.Case):
    """Whatever is advertised can be had."""

    def setUp(self):
        super().setUp()
        self.features = self.ok("features").json()
        self.linux = self.features["linux"]

    def accepted(self, bundle, what, text=""):
        """`create` takes it without a word of doubt."""
        id = self.new_id()
        result = self.rt("create", "--bundle", bundle.path, id)
        with self.subTest(what):
            self.assertEqual((result.code, result.err), (0, text), str(result))
        if result.code == 0:
            self.ok("delete", "--force", id)

    def test_the_versions_are_accepted(self):
        for name in ("ociVersionMin", "ociVersionMax"):
            self.accepted(self.bundle().edit("/ociVersion", self.features[name]), name)

    def test_every_hook_is_run(self):
        bundle = self.bundle()
        proofs = {}
        for name in self.features["hooks"]:
            # Seen from inside of the container, too.
            proof = "/tmp/proof" if name == "startContainer" else str(bundle.path / f"proof-{name}")
            script = "/bin/payload" if name == "startContainer" else "/bin/sh"
            args = [script, "write", proof, "x"] if name == "startContainer" else [script, "-c", f": > {proof}"]
            bundle.edit(f"/hooks/{name}", [{"path": script, "args": args}])
            proofs[name] = pathlib.Path(f"{bundle.rootfs}{proof}" if name == "startContainer" else proof)
        self.run_in(bundle)
        self.assertEqual([name for name, proof in proofs.items() if not proof.exists()], [])

    def test_every_mount_option_is_accepted(self):
        source = self.folder / "source"
        source.mkdir()
        for option in self.features["mountOptions"]:
            if "idmap" in option:  # needs a user namespace
                continue
            bundle = self.minimal()
            if option == "remount":
                bundle.add_mount("/mnt", "tmpfs", "tmpfs").add_mount("/mnt", None, "none", "bind", option, "ro")
            elif option in ON_BINDS:
                bundle.add_mount("/mnt", None, source, *dict.fromkeys(("bind", option)))
            else:
                bundle.add_mount("/mnt", "tmpfs", "tmpfs", option)
            self.accepted(bundle, option)

    def test_what_is_no_mount_option_is_left_to_the_file_system(self):
        self.refused(self.minimal().add_mount("/mnt", "tmpfs", "tmpfs", "no-such-option"))

    def test_every_namespace_can_be_made(self):
        config = bundles.with_user_namespace(bundles.minimal_config())
        config["linux"]["namespaces"] = [{"type": kind} for kind in self.linux["namespaces"]]
        bundle = self.bundle(config=config)
        for path in (bundle.rootfs, *bundle.rootfs.iterdir()):
            os.chown(path, 100000, 100000)
        inside = self.report(bundle)["namespaces"]
        for kind in self.linux["namespaces"]:
            file = NAMESPACE_FILES.get(kind, kind)
            with self.subTest(kind):
                self.assertNotEqual(inside[file], os.readlink(f"/proc/self/ns/{file}"))

    def test_every_namespace_of_the_kernel_is_named(self):
        files = set(os.listdir("/proc/self/ns")) - {"pid_for_children", "time_for_children"}
        self.assertLessEqual({NAMESPACE_FILES.get(kind, kind) for kind in self.linux["namespaces"]}, files)

    def test_every_capability_is_known_to_the_kernel(self):
        last = int(pathlib.Path("/proc/sys/kernel/cap_last_cap").read_text())
        names = self.linux["capabilities"]
        self.assertLessEqual(len(names), last + 1)
        bundle = self.bundle()
        for kind in ("bounding", "effective", "permitted"):
            bundle.edit(f"/process/capabilities/{kind}", names)
        held = int(self.report(bundle)["status"]["CapEff"], 16)
        status = pathlib.Path("/proc/self/status").read_text()
        grantable = int(status.split("CapBnd:")[1].split()[0], 16)
        self.assertEqual(held, grantable & ((1 << len(names)) - 1))

    def test_cgroup_v2_limits(self):
        self.need_controller("hugetlb")
        bundle = self.minimal("sleep", "100").edit("/linux/resources", {"hugepageLimits": [
            {"pageSize": "2MB", "limit": 4194304}]})
        self.started(bundle)
        self.assertEqual((bundle.cgroup / "hugetlb.2MB.max").read_text().strip(), "4194304")

    def test_the_systemd_driver_is_there(self):
        self.ours_only()
        self.assertTrue(self.linux["cgroup"]["systemd"] and self.linux["cgroup"]["systemdUser"])
        # Where no systemd runs it says so; test_systemd has one that does.
        bundle = self.minimal().edit("/linux/cgroupsPath", None)
        result = self.rt("--systemd-cgroup", "create", "--bundle", bundle.path, "box")
        if result.code == 0:
            self.ok("delete", "--force", "box")
        else:
            self.assertIn("cannot reach systemd", result.err)

    def test_rdma_limits_are_written(self):
        if not self.linux["cgroup"]["rdma"]:
            self.skipTest("not advertised")
        bundle = self.minimal().edit("/linux/resources/rdma", {"mlx5_1": {"hcaHandles": 3}})
        # Without such a device the kernel refuses what was written.
        result = self.rt("create", "--bundle", bundle.path, "box")
        if result.code == 0:
            self.ok("delete", "--force", "box")
        else:
            self.assertIn("/linux/resources/rdma/mlx5_1", result.err)
            self.assertNotIn("not supported", result.err)

    def with_filter(self, **more):
        bundle = self.minimal()
        return bundle.edit("/linux/seccomp", {"defaultAction": "SCMP_ACT_ALLOW", **more})

    def test_every_seccomp_action_loads(self):
        for action in self.linux["seccomp"]["actions"]:
            if action != "SCMP_ACT_NOTIFY":  # needs somebody to notify
                self.accepted(self.with_filter(syscalls=[{"names": ["acct"], "action": action}]), action)

    def test_what_is_no_action_is_refused(self):
        for action in {"SCMP_ACT_SLEEP", "SCMP_ACT_NOTIFY"} - set(self.linux["seccomp"]["actions"]):
            self.refused(self.with_filter(syscalls=[{"names": ["acct"], "action": action}]), "/linux/seccomp")

    def test_every_seccomp_operator_loads(self):
        for operator in self.linux["seccomp"]["operators"]:
            args = [{"index": 0, "value": 1 << 40, "valueTwo": 1 << 40, "op": operator}]
            self.accepted(self.with_filter(syscalls=[{"names": ["acct"], "action": "SCMP_ACT_ERRNO", "args": args}]),
                          operator)

    def test_every_seccomp_architecture_loads(self):
        rules = [{"names": ["acct"], "action": "SCMP_ACT_ERRNO"}]
        for name in self.linux["seccomp"]["archs"]:
            self.accepted(self.with_filter(architectures=[name], syscalls=rules), name)

    def test_every_supported_seccomp_flag_loads(self):
        for flag in self.linux["seccomp"]["supportedFlags"]:
            self.accepted(self.with_filter(flags=[flag], syscalls=[{"names": ["acct"], "action": "SCMP_ACT_ERRNO"}]),
                          flag)

    def test_labels_are_understood_whether_or_not_the_host_has_them(self):
        self.ours_only()
        for name, property, file in (("apparmor", "apparmorProfile", "/sys/module/apparmor"),
                                     ("selinux", "selinuxLabel", "/sys/fs/selinux/enforce")):
            with self.subTest(name):
                self.assertTrue(self.linux[name]["enabled"])
                if not os.path.exists(file):
                    self.refused(self.minimal().edit(f"/process/{property}", "some"), "not enabled on this host")
