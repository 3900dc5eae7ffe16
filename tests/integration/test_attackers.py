# SPDX-License-Identifier: Apache-2.0
"""T05, K10, CVE-2021-30465: paths exchanged while they are used, in the root, of the bundle, of the sources of mounts."""

import os

import attackers
import harness


class Attacked(harness.Case):
    seconds = 180
    runs = 3400 if os.environ.get("OCI_RT_SLOW") else 30

    def attack(self, kind):
        def bundle(*args):
            return self.minimal(*args)

        def run(path):
            result = self.rt("run", "--bundle", path, "box")
            out, err = result.out, result.err
            for end in ("out", "err"):
                os.unlink(f"{result._stem}.{end}")
            return result.code, out, err

        self.ours_only()
        self.rt.validates = False  # of one, and then run the other
        count = attackers.attack(kind, self.folder, bundle, run, self.runs)
        self.assertEqual(count.escaped, 0, count.words)
        self.assertGreaterEqual(count.good, int(0.99 * self.runs), count.words)

    def test_components_of_destinations(self):
        self.attack("rootfs")

    def test_bundles_for_one_another(self):
        self.attack("bundle")

    def test_components_of_sources(self):
        self.attack("source")

    def test_that_are_never_exchanged_would_prove_nothing(self):
        """That the attacker is at work: who looks twice sees two things."""
        (self.folder / "one").mkdir()
        (self.folder / "two").mkdir()
        with attackers.exchanging((self.folder, "one", "two")):
            seen = set()
            for _ in range(100000):
                seen.add(os.stat(self.folder / "one").st_ino)
                if len(seen) > 1:
                    return
        self.fail("nothing was ever exchanged")
