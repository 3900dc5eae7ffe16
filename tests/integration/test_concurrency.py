# SPDX-License-Identifier: Apache-2.0
"""Many at once: different containers do not meet, one container has one winner."""

import concurrent.futures
import time

import harness
import host

CONTAINERS, WORKERS, ROUNDS = 200, 8, 15


class Concurrency(harness.Case):
    seconds = 300

    def at_once(self, *commands):
        """Starts all commands, then waits for all; returns their results."""
        running = [self.rt.popen(*command) for command in commands]
        return [harness.Result(p.args, harness.wait_for(p, 60), p.stem) for p in running]

    def test_many_containers_run_and_leave_nothing(self):
        bundles = [self.minimal("exit", "7") for _ in range(CONTAINERS)]
        waiting, running, codes = list(range(CONTAINERS)), [], []
        while waiting or running:
            while waiting and len(running) < WORKERS:
                number = waiting.pop()
                running.append(self.rt.popen("run", "--bundle", bundles[number].path, f"many{number}"))
            host.reap()
            for process in [p for p in running if p.poll() is not None]:
                running.remove(process)
                host.STARTED.discard(process.pid)
                codes.append(process.returncode)
            time.sleep(0.001)
        self.assertEqual(codes, [7] * CONTAINERS)
        self.assert_clean()

    def test_one_of_several_creates_wins(self):
        for _ in range(ROUNDS):
            bundles = [self.bundle() for _ in range(4)]
            results = self.at_once(*[("create", "--bundle", b.path, "same") for b in bundles])
            self.assertEqual(sorted(r.code == 0 for r in results), [False, False, False, True],
                             "\n".join(map(str, results)))
            self.assertEqual(self.state("same")["status"], "created")
            self.ok("delete", "--force", "same")
            self.assert_clean()

    def test_one_of_several_starts_wins(self):
        for _ in range(ROUNDS):
            id = self.create(self.bundle("sleep", "100"), id="same")
            results = self.at_once(*[("start", id)] * 4)
            self.assertEqual(sum(r.code == 0 for r in results), 1, "\n".join(map(str, results)))
            self.ok("delete", "--force", id)

    def test_several_deletes_agree(self):
        for _ in range(ROUNDS):
            id = self.create(self.bundle("sleep", "100"), id="same")
            results = self.at_once(*[("delete", "--force", id)] * 4)
            self.assertEqual([r.code for r in results], [0] * 4, "\n".join(map(str, results)))
            self.assert_clean()

    def test_create_delete_and_start_leave_a_deletable_container(self):
        # T25
        for _ in range(ROUNDS):
            bundles = [self.bundle("sleep", "100") for _ in range(4)]
            self.at_once(*[("create", "--bundle", b.path, "same") for b in bundles], ("delete", "--force", "same"),
                         ("start", "same"))
            self.ok("delete", "--force", "same")
            self.assert_clean()

    def test_kills_and_states_may_meet(self):
        for _ in range(ROUNDS):
            id = self.started(self.bundle("sleep", "100"), id="same")
            results = self.at_once(("kill", id, "KILL"), ("state", id), ("kill", id, "KILL"), ("state", id),
                                   ("ps", "--format", "json", id))
            self.assertTrue(all(0 <= r.code < 128 for r in results), "\n".join(map(str, results)))
            self.assertEqual(results[1].code, 0)
            self.wait_for(id, "stopped")
            self.ok("delete", id)

    def test_execs_may_meet_the_end(self):
        for _ in range(ROUNDS):
            id = self.started(self.bundle("sleep", "100"), id="same")
            results = self.at_once(*[("exec", id, "/bin/payload", "true")] * 4, ("delete", "--force", id))
            self.assertEqual(results[-1].code, 0, str(results[-1]))
            self.assert_clean()

    def test_many_execs_at_once(self):
        id = self.started(self.bundle("sleep", "100"))
        results = self.at_once(*[("exec", id, "/bin/payload", "exit", "9")] * 40)
        self.assertEqual([r.code for r in results], [9] * 40)

    def test_one_container_after_the_other_in_threads(self):
        def lifecycle(number):
            id, bundle = f"thread{number}", bundles[number]
            codes = [self.rt.popen(*command) for command in [("create", "--bundle", bundle.path, id)]]
            return [harness.wait_for(p) for p in codes]

        bundles = [self.bundle("sleep", "100") for _ in range(WORKERS)]
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            self.assertEqual(list(pool.map(lifecycle, range(WORKERS))), [[0]] * WORKERS)
        for number in range(WORKERS):
            self.ok("delete", "--force", f"thread{number}")
