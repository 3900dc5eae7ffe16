# SPDX-License-Identifier: Apache-2.0
"""gates.py, which compares runtimes under faults, races and attacks: for a moment, with this one alone."""

import pathlib
import subprocess
import sys

import harness

GATES = 12


class Gates(harness.Case):
    seconds = 200

    def test_none_has_anything_bad(self):
        tool = pathlib.Path(__file__).parent / "gates.py"
        done = subprocess.run([sys.executable, tool, "--payload", harness.payload(), "--runtime", f"oci-rt={harness.binary()}",
                               "--points", "6", "--rounds", "3"], capture_output=True, text=True, timeout=180, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), GATES + 2, done.stdout)
