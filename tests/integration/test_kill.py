# SPDX-License-Identifier: Apache-2.0
"""kill: signals by name and number, to init or to all."""

import signal

import harness
import host


class Kill(harness.Case):
    def listening(self):
        """A running container that tells every signal it gets."""
        id = self.started(self.bundle("signals"))
        self.assertTrue(host.until(lambda: "ready" in self.created.out))
        return id

    def heard(self, number):
        return host.until(lambda: f"signal {int(number)}\n" in self.created.out)

    def test_sends_by_every_spelling(self):
        id = self.listening()
        for spelling, number in (("USR1", signal.SIGUSR1), ("SIGUSR2", signal.SIGUSR2), ("hup", signal.SIGHUP),
                                 ("sigint", signal.SIGINT), ("28", 28), ("SIGRTMIN+3", 37), ("RTMIN+4", 38)):
            with self.subTest(spelling):
                self.ok("kill", id, spelling)
                self.assertTrue(self.heard(number), self.created.out)

    def test_defaults_to_term(self):
        id = self.listening()
        self.ok("kill", id)
        self.assertTrue(self.heard(signal.SIGTERM))
        self.wait_for(id, "stopped")

    def test_refuses_what_is_no_signal(self):
        id = self.listening()
        for spelling in ("NOPE", "-1", "65", "999", "", "9x", "SIG"):
            with self.subTest(spelling):
                self.bad("kill", id, spelling)
        self.assertEqual(self.state(id)["status"], "running")

    def test_works_before_start(self):
        id = self.create(self.bundle())
        self.ok("kill", id, "KILL")
        self.wait_for(id, "stopped")

    def test_of_a_stopped_container_is_an_error(self):
        id = self.started(self.bundle("true"))
        self.wait_for(id, "stopped")
        self.bad("kill", id, "KILL", text="container not running")

    def test_of_all_processes_of_a_stopped_container_is_fine(self):
        id = self.started(self.bundle("true"))
        self.wait_for(id, "stopped")
        self.ok("kill", "--all", id, "9")

    def test_of_all_processes_without_a_cgroup(self):
        self.ours_only()
        id = self.forget(self.new_id())
        self.ok("--cgroup-manager", "disabled", "create", "--bundle", self.bundle("sleep", "100", cgroup=False).path, id)
        self.ok("kill", "--all", id, "9")
        self.wait_for(id, "stopped")
        self.ok("kill", "--all", id, "9")
        self.bad("kill", id, "9", text="container not running")

    def test_of_an_unknown_id_is_an_error(self):
        self.bad("kill", "nobody", "KILL", text="does not exist")

    def test_reaches_all_without_a_pid_namespace(self):
        bundle = self.bundle("fork-sleep", "3").without_namespace("pid")
        id = self.started(bundle)
        self.assertTrue(host.until(lambda: "forked" in self.created.out))
        self.ok("kill", id, "KILL")
        self.wait_for(id, "stopped")
        self.assertTrue(host.until(lambda: not (bundle.cgroup / "cgroup.procs").read_text()
                                   or (host.reap(), False)[1]))

    def test_all_option_comes_before_or_after_the_id(self):
        for argv in (("--all", "ID", "9"), ("-a", "ID", "KILL")):
            id = self.started(self.bundle("fork-sleep", "2"))
            self.ok("kill", *[id if a == "ID" else a for a in argv])
            self.wait_for(id, "stopped")

    def test_all_gets_any_signal_to_every_process(self):
        bundle = self.bundle("signals")
        id = self.started(bundle)
        (bundle.cgroup / "sub").mkdir()
        second = self.rt.popen("exec", "--cgroup", "sub", id, "/bin/payload", "signals")
        heard = [lambda: self.created.out, lambda: open(f"{second.stem}.out").read()]
        self.assertTrue(host.until(lambda: all("ready" in out() for out in heard)))
        for spelling, number in (("usr1", 10), ("RTMAX-1", 63), ("35", 35)):
            self.ok("kill", "-a", id, spelling)
            self.assertTrue(host.until(lambda: all(f"signal {number}\n" in out() for out in heard)), spelling)
        self.assertEqual(self.state(id)["status"], "running")
        self.ok("kill", "--all", id, "KILL")
        self.assertEqual(harness.wait_for(second), 137)
        self.wait_for(id, "stopped")

    def test_all_without_a_cgroup_reaches_what_it_can(self):
        self.ours_only()
        bundle = self.bundle("signals", cgroup=False)
        id = self.forget(self.new_id())
        self.ok("--cgroup-manager", "disabled", "create", "--bundle", bundle.path, id)
        self.ok("start", id)
        self.bad("kill", "--all", id, "TERM", text="no cgroup")
        self.ok("kill", "--all", id, "KILL")
        self.wait_for(id, "stopped")
        self.ok("kill", "--all", id, "KILL")
        self.bad("kill", id, "KILL", text="container not running")

    def test_all_reaches_those_that_are_forked_meanwhile(self):
        id = self.started(self.bundle("fork-sleep", "100"))
        self.ok("kill", "--all", id, "STOP")
        pids = self.ok("ps", "--format", "json", id).json()
        self.assertTrue(host.until(lambda: {host.process_state(pid) for pid in pids} == {"T"}))
        self.assertEqual(self.ok("ps", "--format", "json", id).json(), pids)
        self.ok("kill", "--all", id, "KILL")

    def test_zero_asks_only(self):
        id = self.started(self.bundle("sleep", "100"))
        self.ok("kill", id, "0")
        self.assertEqual(self.state(id)["status"], "running")

    def test_repeated_is_quick_and_harmless(self):
        id = self.started(self.bundle("sleep", "100"))
        codes = {self.rt("kill", "--all", id, "9").code for _ in range(5)}
        self.assertEqual(codes, {0})

    def test_does_not_reach_a_process_that_took_the_pid(self):
        # The recorded start time, not the number, names init.
        id = self.started(self.bundle("sleep", "100"))
        pid = self.state(id)["pid"]
        host.kill(pid)
        host.wait_status(pid)
        self.bad("kill", id, "KILL", text="container not running")

    def test_passes_a_signal_on_only_once(self):
        id = self.listening()
        self.ok("kill", id, "USR1")
        self.ok("kill", id, "TERM")
        self.assertTrue(self.heard(signal.SIGTERM))
        self.assertEqual(self.created.out.count(f"signal {int(signal.SIGUSR1)}\n"), 1)
