# SPDX-License-Identifier: Apache-2.0
"""A command that is hit at its system calls, one after the other.

OCI_RT_FAULTS=all tries every call; otherwise some are tried, others each time. OCI_RT_FAULTS=N begins at N.
"""

import os
import random

import faults
import harness

EVERY = os.environ.get("OCI_RT_FAULTS", "") == "all"
BEGIN = int(os.environ.get("OCI_RT_FAULTS", "").replace("all", "") or random.randrange(1000))


class Faults(harness.Case):
    seconds = 600 if EVERY else 120
    name = "fault"
    others = False

    def setUp(self):
        super().setUp()
        self.ours_only()
        self.box = self.bundle("sleep", "100")
        self.output = self.folder / "traced"

    def trace(self, at, *args, **how):
        return faults.Trace(self.rt.argv(*args), at, cwd=self.folder, output=self.output, **how).run()

    def sweep(self, tries, args, prepare=lambda: None, check=lambda trace: None, refused=False, **how):
        """Hits the calls of a command one after the other; after each, all must be removable. refused: it fails
        anyway, and something else is there all the time."""
        prepare()
        total = self.trace(0, *args, **how).calls
        self.assertGreater(total, 20)
        self.others = refused
        self.remove()
        stride = 1 if EVERY else max(total // tries, 1)
        for at in range(1 if EVERY else 1 + BEGIN % stride, total + 1, stride):
            prepare()
            trace = self.trace(at, *args, **how)
            with self.subTest(f"call {at} of {total}, number {trace.number}, of {args[0]}, begun at {BEGIN}"):
                check(trace)
                self.remove(f"{trace.code}: {self.output.read_text()[:500]}")
        if refused:
            return
        # The name is free again.
        self.ok("create", "--bundle", self.box.path, self.name)
        self.ok("start", self.name)
        self.remove()

    def remove(self, message=""):
        self.ok("delete", "--force", self.name, timeout=15)
        if not self.others:
            self.assert_clean(message)

    def create(self):
        self.ok("create", "--bundle", self.box.path, self.name)

    def run_it(self):
        self.ok("run", "-d", "--bundle", self.box.path, self.name)

    @property
    def creation(self):
        return ["create", "--bundle", self.box.path, self.name]
