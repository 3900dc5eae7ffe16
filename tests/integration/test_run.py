# SPDX-License-Identifier: Apache-2.0
"""run: create, start and, in the foreground, wait."""

import os
import signal

import harness
import host


class Run(harness.Case):
    def test_passes_the_exit_status_on(self):
        for status in (0, 1, 7, 126, 255):
            with self.subTest(status):
                self.run_in(self.bundle("exit", status), code=status)

    def test_tells_a_fatal_signal_as_128_and_its_number(self):
        id = self.new_id()
        process = self.rt.popen("run", "--bundle", self.bundle("sleep", "100").path, id)
        self.assertTrue(host.until(lambda: self.rt("state", id).code == 0 and self.state(id)["status"] == "running"))
        self.ok("kill", id, "KILL")
        self.assertEqual(harness.wait_for(process, 10), 137)

    def test_leaves_nothing(self):
        self.run_in(self.bundle("true"))
        self.assert_clean()

    def test_connects_the_standard_streams(self):
        self.need_busybox()
        bundle = self.bundle("/bin/sh", "-c", "read x; echo out $x; echo err >&2")
        result = self.run_in(bundle, input="hello\n")
        self.assertEqual((result.out, result.err), ("out hello\n", "err\n"))

    def test_detached_returns_at_once_and_leaves_it_running(self):
        id = self.forget(self.new_id())
        self.ok("run", "--detach", "--bundle", self.bundle("sleep", "100").path, id)
        self.assertEqual(self.state(id)["status"], "running")
        self.assertIn(self.state(id)["pid"], host.children())

    def test_keep_leaves_a_stopped_container(self):
        id = self.forget(self.new_id())
        self.assertEqual(self.rt("run", "--keep", "--bundle", self.bundle("exit", "4").path, id).code, 4)
        self.assertEqual(self.state(id)["status"], "stopped")

    def test_forwards_signals_to_the_process(self):
        process = self.rt.popen("run", "--bundle", self.bundle("signals").path, self.new_id())
        result = harness.Result([], 0, process.stem)
        self.assertTrue(host.until(lambda: "ready" in result.out))
        for number in (signal.SIGUSR1, signal.SIGHUP, signal.SIGTERM):
            process.send_signal(number)
            self.assertTrue(host.until(lambda: f"signal {int(number)}\n" in result.out), result.out)
        self.assertEqual(harness.wait_for(process, 10), 0)

    def test_writes_the_pid_file(self):
        path = self.folder / "pid"
        self.run_in(self.bundle("true"), "--pid-file", path)
        self.assertTrue(path.read_text().isdigit())

    def test_of_a_missing_program_is_an_error_without_leftovers(self):
        result = self.rt("run", "--bundle", self.bundle("/no/such/program").path, self.new_id())
        self.assertGreater(result.code, 0)
        self.assertIn("no such file or directory", result.err)
        self.assert_clean()

    def test_reaps_orphans_that_come_to_it(self):
        self.need_busybox()
        bundle = self.bundle("/bin/sh", "-c", "(sleep 0.05 &) ; exit 9").without_namespace("pid")
        self.run_in(bundle, code=9)

    def test_two_may_run_at_once(self):
        first = self.rt.popen("run", "--bundle", self.bundle("exit", "3").path, "one")
        second = self.rt.popen("run", "--bundle", self.bundle("exit", "4").path, "two")
        self.assertEqual((harness.wait_for(first, 20), harness.wait_for(second, 20)), (3, 4))

    def test_works_without_any_environment(self):
        result = self.run_in(self.bundle("echo", "hi"), env={})
        self.assertEqual(result.out, "hi\n")

    def test_does_not_need_its_working_directory(self):
        gone = self.folder / "gone"
        gone.mkdir()
        process = self.rt.popen("run", "--bundle", self.bundle("echo", "hi").path, self.new_id(),
                                cwd=gone, preexec_fn=lambda: os.rmdir(gone))
        self.assertEqual(harness.wait_for(process, 20), 0)
