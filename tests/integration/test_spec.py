# SPDX-License-Identifier: Apache-2.0
"""spec: a config.json to begin with."""

import json

import harness


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
