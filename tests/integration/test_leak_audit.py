# SPDX-License-Identifier: Apache-2.0
"""The machine has no more of anything after some lifecycles; leak_audit.py makes it thousands. OCI_RT_SLOW: 1000 and 200."""

import os

import harness
import leak_audit

SEQUENTIAL, PARALLEL = (1000, 200) if os.environ.get("OCI_RT_SLOW") else (30, 20)


class LeakAuditShort(harness.Case):
    seconds = 900 if os.environ.get("OCI_RT_SLOW") else 200

    def test_of_lifecycles(self):
        self.ours_only()
        self.rt.validates = False
        audit = leak_audit.Audit(self)
        grown = audit.whole(SEQUENTIAL, PARALLEL, 10)
        self.assertEqual(audit.failures, [])
        self.assertEqual(grown, {}, str(audit.numbers))

    def test_it_can_fail(self):
        """A descriptor, a cgroup and a process more are seen."""
        before = leak_audit.Inventory(self.rt.root)
        place = harness.GROUP / "left"
        place.mkdir()
        try:
            with open("/dev/null", encoding="utf-8"):
                grown = leak_audit.Inventory(self.rt.root).grown(before)
                self.assertIn(str(place), grown["cgroups"])
                self.assertTrue(grown["descriptors"])
        finally:
            place.rmdir()
