# SPDX-License-Identifier: Apache-2.0
"""A thousand times a second the runtime is stopped and goes on, which cuts short whatever call it waits in: each command
succeeds nevertheless. And no wait depends on what time it is. OCI_RT_SLOW: 200 lifecycles."""

import os
import pathlib
import re
import signal
import threading
import time
import unittest

import harness

LIFECYCLES = 200 if os.environ.get("OCI_RT_SLOW") else 6
SOURCES = pathlib.Path(__file__).resolve().parents[2] / "src"
# What time it is: for people who read it, or certificates.
TELL_THE_TIME = {"base/time.cpp", "monitor/log_record.cpp", "cli/moment.cpp"}


class Storm(harness.Case):
    seconds = 1500 if os.environ.get("OCI_RT_SLOW") else 200

    def stormy(self, *args, code=0):
        process = self.rt.popen(*args)
        over, self.gusts = threading.Event(), 0

        def blow():
            while not over.is_set():
                for number in (signal.SIGSTOP, signal.SIGCONT):
                    try:
                        process.send_signal(number)
                    except ProcessLookupError:
                        return
                self.gusts += 1
                self.all_gusts += 1
                time.sleep(0.001)

        thread = threading.Thread(target=blow)
        thread.start()
        try:
            ended = harness.wait_for(process, 60)
        finally:
            over.set()
            thread.join()
        self.assertEqual(ended, code, str(harness.Result(process.args, ended, process.stem)))

    def test_of_signals(self):
        self.ours_only()
        self.rt.validates = False
        self.all_gusts = 0
        box, short = self.bundle("sleep", "1000"), self.bundle("exit", "7")
        for _ in range(LIFECYCLES):
            self.stormy("create", "--bundle", box.path, "storm")
            self.stormy("start", "storm")
            self.stormy("exec", "storm", "/bin/payload", "exit", "5", code=5)
            self.stormy("pause", "storm")
            self.stormy("resume", "storm")
            self.stormy("kill", "storm", "KILL")
            self.wait_for("storm", "stopped")
            self.stormy("delete", "storm")
            self.stormy("run", "--bundle", short.path, "storm", code=7)
            self.assert_clean()
        self.assertGreater(self.all_gusts, 5 * LIFECYCLES)


@unittest.skipUnless(SOURCES.is_dir(), "no sources here")
class Clocks(unittest.TestCase):
    def test_waits_go_by_the_clock_that_nobody_sets(self):
        pattern = re.compile(r"system_clock|CLOCK_REALTIME|gettimeofday|\btime\(nullptr\)|TFD_TIMER_ABSTIME")
        found = {str(path.relative_to(SOURCES)) for folder in ("base", "kernel", "host", "features", "container", "engine",
                                                               "commands", "cli", "monitor")
                 for path in (SOURCES / folder).rglob("*.[ch]pp") if pattern.search(path.read_text())}
        self.assertLessEqual(found, TELL_THE_TIME)
