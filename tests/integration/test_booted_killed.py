# SPDX-License-Identifier: Apache-2.0
"""create is killed while systemd makes the unit: delete --force does not say 0 while one may still appear."""

import os
import random
import time

import faults
import harness
from test_booted import Booted, systemctl

SLOW = os.environ.get("OCI_RT_SLOW") == "1"


class Killed(Booted):
    seconds = 600

    def test_at_any_instant(self):
        chance = random.Random(4711)
        for _ in range(60 if SLOW else 20):
            bundle = self.scope("sleep", "100", path=self.path)
            process = self.rt.popen("--systemd-cgroup", "create", "--bundle", bundle.path, "crash")
            time.sleep(chance.uniform(0, 0.08))
            process.kill()
            harness.wait_for(process)
            self.ok("delete", "--force", "crash")
            self.assert_gone()

    def sweep(self, victim, tries):
        output = self.folder / "traced"
        units = f"oci-{self.name}-*"

        def attempt(at):
            bundle = self.scope("sleep", "100", path=f"{self.path}-{at}")
            argv = self.rt.argv("--systemd-cgroup", "create", "--bundle", bundle.path, "crash")
            trace = faults.Trace(argv, at, victim=victim, cwd=self.folder, output=output).run()
            self.ok("delete", "--force", "crash")
            return trace.calls

        total = attempt(0)
        self.assertGreater(total, 20)
        stride = max(total // tries, 1)
        for at in range(1 + random.randrange(stride), total + 1, stride):
            with self.subTest(f"call {at} of {total}"):
                attempt(at)
                self.assertEqual(systemctl("list-units", "--all", "--plain", "--no-legend", units), "")
        time.sleep(1)
        self.assertEqual(systemctl("list-units", "--all", "--plain", "--no-legend", units), "")

    def test_at_a_call(self):
        self.sweep("self", 100 if SLOW else 20)

    def test_with_a_child_killed_at_a_call(self):
        self.sweep("child", 50 if SLOW else 10)
