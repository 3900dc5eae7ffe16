# SPDX-License-Identifier: Apache-2.0
"""What is shipped to register oci-rt with engines: well formed, and one name everywhere."""

import json
import pathlib
import re
import unittest

import harness

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "share/engines"
PROGRAM = "/somewhere/bin/oci-rt"


@unittest.skipUnless(FOLDER.is_dir(), "only in the source tree")
class Registration(harness.Case):
    def text(self, name):
        source = FOLDER / (name + ".in")
        return (source if source.exists() else FOLDER / name).read_text().replace("@bindir@", "/somewhere/bin")

    def toml(self, name):
        try:
            import tomllib
        except ImportError:
            self.skipTest("python3 >= 3.11 reads TOML")
        return tomllib.loads(self.text(name))

    def test_podman_grants_by_name_what_its_own_runtimes_have(self):
        engine = self.toml("50-oci-rt.containers.conf")["engine"]
        self.assertEqual(engine["runtimes"][engine["runtime"]], [PROGRAM])
        # Lists replace what is built in.
        self.assertLessEqual({"crun", "runc", "oci-rt"}, set(engine["runtime_supports_json"]))
        # The manual says ...nocgroups, the code reads this.
        self.assertLessEqual({"crun", "oci-rt"}, set(engine["runtime_supports_nocgroup"]))

    def test_docker_uses_it_by_default(self):
        daemon = json.loads(self.text("daemon.json"))
        self.assertEqual(daemon["runtimes"][daemon["default-runtime"]], {"path": PROGRAM})

    def test_containerd_knows_it_in_both_its_formats(self):
        for name, version, plugin in (("containerd-1.toml", 2, "io.containerd.grpc.v1.cri"),
                                      ("containerd-2.toml", 3, "io.containerd.cri.v1.runtime")):
            config = self.toml(name)
            self.assertEqual(config["version"], version)
            runtime = config["plugins"][plugin]["containerd"]["runtimes"]["oci-rt"]
            self.assertEqual(runtime["runtime_type"], "io.containerd.runc.v2")
            self.assertEqual(runtime["options"], {"BinaryName": PROGRAM, "SystemdCgroup": True})

    def test_crio_keeps_its_containers_where_oci_rt_does(self):
        runtime = self.toml("50-oci-rt.crio.conf")["crio"]["runtime"]["runtimes"]["oci-rt"]
        self.assertEqual((runtime["runtime_path"], runtime["runtime_type"], runtime["runtime_root"]),
                         (PROGRAM, "oci", "/run/oci-rt"))

    def test_kubernetes_calls_it_as_the_engines_do(self):
        self.assertEqual(re.findall(r"^handler: (.*)$", self.text("runtimeclass.yaml"), re.M), ["oci-rt"])

    def test_pods_pass_the_gates_that_ask_for_features(self):
        features = json.loads(self.ok("features").out)
        self.assertIn("rro", features["mountOptions"])
        self.assertIn("user", features["linux"]["namespaces"])
        self.assertTrue(features["linux"]["mountExtensions"]["idmap"]["enabled"])
