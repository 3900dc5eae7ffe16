# SPDX-License-Identifier: Apache-2.0
"""SIGINT, SIGTERM and SIGHUP to the runtime, as of an impatient person or engine: nothing is left half-made or half-removed."""

import random
import signal
import subprocess
import time

import harness
import host

SLOW_HOOK = "#!/bin/sh\n: >$0.began\nexec sleep 60\n"


class Interrupted(harness.Case):
    seconds = 120

    def setUp(self):
        super().setUp()
        self.ours_only()
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):  # nohup and others have them ignored
            self.addCleanup(signal.signal, number, signal.signal(number, signal.SIG_DFL))

    def interrupted_in(self, kind, number=signal.SIGINT):
        """create, in whose hook the signal comes."""
        bundle = self.bundle("sleep", "100")
        hook = bundle.script("hook", SLOW_HOOK)
        if kind == "createContainer":
            bundle.edit("/hooks/createContainer", [{"path": hook}])
        else:
            bundle.edit(f"/hooks/{kind}", [{"path": hook}])
        process = self.rt.popen("create", "--bundle", bundle.path, "late")
        self.assertTrue(host.until((bundle.path / "hook.began").exists))
        began = time.monotonic()
        process.send_signal(number)
        code = harness.wait_for(process)
        self.assertLess(time.monotonic() - began, 10)
        return code

    def test_create_goes_back_where_it_waits(self):
        for kind in ("createRuntime", "createContainer"):
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                with self.subTest(kind, number=number):
                    self.assertEqual(self.interrupted_in(kind, number), 1)
                    self.assert_clean()

    def test_create_at_any_instant_is_done_or_undone(self):
        bundle = self.bundle("sleep", "100")
        chance = random.Random(4711)
        for _ in range(30):
            process = self.rt.popen("create", "--bundle", bundle.path, "late", stdout=subprocess.DEVNULL)
            time.sleep(chance.uniform(0, 0.03))
            process.terminate()
            code = harness.wait_for(process)
            if code == 0:
                self.ok("delete", "late")
            self.assert_clean(f"create ended with {code}")

    def test_delete_comes_to_its_end(self):
        bundle = self.bundle("sleep", "100")
        hook = bundle.script("hook", "#!/bin/sh\n: >$0.began\nsleep 0.5\n: >$0.ended\n")
        bundle.edit("/hooks/poststop", [{"path": hook}])
        id = self.started(bundle)
        process = self.rt.popen("delete", "--force", id)
        self.assertTrue(host.until((bundle.path / "hook.began").exists))
        process.send_signal(signal.SIGTERM)
        self.assertEqual(harness.wait_for(process), 0)
        self.assertTrue((bundle.path / "hook.ended").exists())
        self.assert_clean()

    def test_what_is_ignored_stays_so(self):
        bundle = self.bundle("true")
        hook = bundle.script("hook", "#!/bin/sh\n: >$0.began\nsleep 0.5\n")
        bundle.edit("/hooks/createRuntime", [{"path": hook}])
        process = subprocess.Popen(["nohup", *self.rt.argv("create", "--bundle", str(bundle.path), "late")],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        host.STARTED.add(process.pid)
        self.assertTrue(host.until((bundle.path / "hook.began").exists))
        process.send_signal(signal.SIGHUP)
        self.assertEqual(harness.wait_for(process), 0)
        self.ok("delete", "late")
