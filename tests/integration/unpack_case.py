# SPDX-License-Identifier: Apache-2.0
"""Layers given to tests/support/unpack_tool.cpp, in each place that layers are unpacked in."""

import json
import os
import pathlib
import shutil
import subprocess

import harness
import rootless
from layers import snapshot

MOST_MEMORY = 64 << 10  # KiB
PLACES = ("root", "user namespace", "subordinate ids")
WAYS = [(where, form) for where in PLACES for form in ("overlay", "flat")]


def tool():
    return str(pathlib.Path(harness.payload()).with_name("unpack-tool"))


class UnpackCase(rootless.Case):
    seconds = 300

    def setUp(self):
        super().setUp()
        if not os.path.exists(tool()):
            self.skipTest("built without images")
        self.victim = self.folder / "victim"
        self.victim.mkdir()
        (self.victim / "file").write_text("untouched")
        (self.victim / "file").chmod(0o640)
        for path in (self.victim, self.victim / "file"):
            os.chown(path, rootless.UID, rootless.GID)
        self.before = snapshot(self.victim)
        self._trees, self._user = 0, None

    def user(self):
        """As `oci-rt image unpack` makes it for a user."""
        if self._user is None:
            if not shutil.which("newuidmap"):
                self.skipTest("no newuidmap")
            self._user = rootless.Outer(self, rootless.WHOLE, helpers=True)
        return self._user

    def new_tree(self):
        self._trees += 1
        path = self.folder / f"tree{self._trees}"
        path.mkdir(mode=0o700)
        return path

    def unpack(self, data, where="root", form="overlay", *words, into=None):
        tree = into or self.new_tree()
        argv = [tool(), str(tree), *words]
        if form == "flat":
            argv.append("flat")
        options = {}
        if where == "user namespace":
            argv = ["unshare", "-Ur", *argv, "userns", *([] if "record" in words else ["squash"])]
        if where == "subordinate ids":
            os.chown(tree, rootless.UID, rootless.GID)
            argv.append("userns")
            options["preexec_fn"] = self.user().enter
        finished = subprocess.run(argv, input=data, capture_output=True, timeout=280, **options)
        self.assertIn(finished.returncode, (0, 1), finished.stderr)
        report = json.loads(finished.stdout)
        self.assertEqual(snapshot(self.victim), self.before, "the victim was touched")
        self.assertLess(report["memory"], MOST_MEMORY, report)
        return tree, report

    def refused(self, data, text=""):
        """In every way, as the layer's own fault."""
        for where, form in WAYS:
            with self.subTest(where=where, form=form):
                tree, report = self.unpack(data, where, form)
                self.assertIn("error", report, sorted(snapshot(tree)))
                self.assertIn(text, report["error"])
                self.assertEqual(report["kind"], 0, report)
                self.assertEqual(sorted(os.listdir(self.folder / "victim")), ["file"])
                shutil.rmtree(tree)

    def contained(self, data, check):
        """In every way, and `check(tree)` looks at what became of it."""
        for where, form in WAYS:
            with self.subTest(where=where, form=form):
                tree, report = self.unpack(data, where, form)
                self.assertNotIn("error", report)
                check(tree)
                shutil.rmtree(tree)

    def inside(self, tree, path):
        """A path of the victim, below the tree's own root."""
        return tree / str(path).lstrip("/")
