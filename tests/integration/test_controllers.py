# SPDX-License-Identifier: Apache-2.0
"""memory, cpu, cpuset and pids: each limit twice, as its file has it and as a process inside meets it."""

import errno
import json
import math
import os
import time

import controllers
import harness
import host
from controllers import MEGABYTE, numbers
from coverage import accepts, rejects

SEVERAL = 64 * MEGABYTE


class Memory(controllers.Box):
    def setUp(self):
        super().setUp()
        self.need_controller("memory")

    @accepts("/linux/resources/memory/limit")
    def test_above_the_limit_a_process_is_killed(self):
        limits = {"memory": {"limit": 16 * MEGABYTE, "swap": 16 * MEGABYTE}}
        self.assertEqual(self.values(limits, "memory.max"), [str(16 * MEGABYTE)])
        id, read = self.box(limits)
        self.assertEqual(self.inside(id, "hold", "8", "0").out, "held\n")
        self.assertEqual(numbers(read("memory.events"))["oom_kill"], 0)
        self.assertEqual(self.inside(id, "hold", "24", "0", code=137).out, "")
        self.assertEqual(numbers(read("memory.events"))["oom_kill"], 1)

    @accepts("/linux/resources/memory/{limit,swap}")
    def test_every_way_to_say_it(self):
        self.need_file("memory.swap.max")
        for memory, limit, swap in (
                ({}, "max", "max"), ({"limit": 0}, "max", "max"), ({"limit": -1}, "max", "max"),
                ({"limit": SEVERAL}, SEVERAL, "max"), ({"limit": SEVERAL, "swap": 0}, SEVERAL, "max"),
                ({"limit": SEVERAL, "swap": -1}, SEVERAL, "max"), ({"limit": SEVERAL, "swap": SEVERAL}, SEVERAL, 0),
                ({"limit": SEVERAL, "swap": 3 * SEVERAL}, SEVERAL, 2 * SEVERAL), ({"swap": -1}, "max", "max")):
            with self.subTest(memory):
                self.assertEqual(self.values({"memory": memory}, "memory.max", "memory.swap.max"),
                                 [str(limit), str(swap)])

    @rejects("/linux/resources/memory/{limit,swap}")
    def test_what_cannot_be_is_refused(self):
        self.ours_only()
        for memory in ({"limit": SEVERAL, "swap": SEVERAL - 1}, {"swap": SEVERAL}, {"limit": -1, "swap": SEVERAL},
                       {"limit": -2}, {"limit": SEVERAL, "swap": -2}, {"limit": SEVERAL, "reservation": -2}):
            with self.subTest(memory):
                self.refused(self.prepared({"memory": memory}), "/linux/resources/memory/")

    @accepts("/linux/resources/memory/swap")
    def test_what_does_not_fit_into_memory_goes_to_swap(self):
        self.need_file("memory.swap.max")
        self.swap()
        id, read = self.holding({"memory": {"limit": 16 * MEGABYTE, "swap": SEVERAL}}, "hold", "32")
        self.assertEqual(read("memory.swap.max"), str(48 * MEGABYTE))
        self.assertGreater(int(read("memory.swap.current")), 12 * MEGABYTE)
        self.assertLessEqual(int(read("memory.current")), 16 * MEGABYTE)
        # The same without swap, and with too little of it.
        for swap in (16, 24):
            id, read = self.box({"memory": {"limit": 16 * MEGABYTE, "swap": swap * MEGABYTE}})
            self.inside(id, "hold", "40", "0", code=137)
            self.assertLessEqual(int(read("memory.swap.peak")), (swap - 16) * MEGABYTE)

    @accepts("/linux/resources/memory/reservation")
    def test_what_is_reserved_is_taken_last(self):
        # Two of the same size in a cgroup that is too small for both and a third: one has a reservation.
        group = harness.GROUP / "small"
        group.mkdir()
        self.addCleanup(host.remove_cgroup, group)
        for folder in (harness.GROUP, group):
            (folder / "cgroup.subtree_control").write_text("+memory")
        boxes = []
        for reservation in (32 * MEGABYTE, 0):
            bundle = self.prepared({"memory": {"reservation": reservation}}, "hold-file", "/data", below="small")
            bundle.add_mount("/data", "bind", self.file_of_zeros(24), "bind", "ro")
            id = self.started(bundle)
            self.assertTrue(host.until(lambda: "held" in self.created.out, 20))
            boxes.append(bundle.cgroup)
        self.assertEqual((boxes[0] / "memory.low").read_text().strip(), str(32 * MEGABYTE))
        (group / "memory.max").write_text(str(56 * MEGABYTE))
        (group / "memory.swap.max").write_text("0") if (group / "memory.swap.max").exists() else None
        self.holding({}, "hold", "16", below="small")
        kept = [int((box / "memory.current").read_text()) for box in boxes]
        self.assertGreater(kept[0], 20 * MEGABYTE, kept)
        self.assertLess(kept[1], 18 * MEGABYTE, kept)

    @accepts("/linux/resources/unified/*")
    def test_above_high_a_process_is_slowed_down(self):
        id, read = self.box({"unified": {"memory.high": str(16 * MEGABYTE)}})
        self.assertEqual(read("memory.high"), str(16 * MEGABYTE))
        self.inside(id, "hold", "8", "0")
        self.assertEqual(numbers(read("memory.events"))["high"], 0)
        process = self.rt.popen("exec", id, "/bin/payload", "hold", "20", "0")
        self.assertTrue(host.until(lambda: numbers(read("memory.events"))["high"] > 0, 20), read("memory.events"))
        self.assertEqual(numbers(read("memory.events"))["oom_kill"], 0)
        self.ok("update", "--memory-high", "max", id)
        self.assertEqual(harness.wait_for(process, 60), 0)

    @accepts("/linux/resources/memory/checkBeforeUpdate")
    def test_what_is_in_use_is_looked_at_where_asked(self):
        self.ours_only()
        id, read = self.holding({"memory": {"limit": SEVERAL, "swap": SEVERAL}}, "hold", "24")
        less = {"limit": 8 * MEGABYTE, "swap": 8 * MEGABYTE}
        self.bad("update", "-r", "-", id, input=json.dumps({"memory": {**less, "checkBeforeUpdate": True}}),
                 text="rejecting memory limit")
        self.assertEqual((read("memory.max"), self.state(id)["status"]), (str(SEVERAL), "running"))
        self.rt("update", "-r", "-", id, input=json.dumps({"memory": less}))
        self.wait_for(id, "stopped")


def weight_of(shares):
    """As runc 1.3.2 and crun 1.23 have it: 2, 1024 and 262144 are 1, 100 and 10000."""
    l = math.log2(shares)
    return math.ceil(10 ** ((l * l + 125 * l) / 612 - 7 / 34))


class Processors(controllers.Box):
    def setUp(self):
        super().setUp()
        self.need_controller("cpu")

    def contest(self, *limits, seconds=5):
        """How much time each of several busy containers gets of one processor, in seconds."""
        there = self.one_processor()
        boxes = [self.box({"cpu": {**there, **cpu}}, "burn", "60000")[1] for cpu in limits]
        used = lambda: [numbers(read("cpu.stat"))["usage_usec"] / 1e6 for read in boxes]
        time.sleep(0.5)
        before = used()
        time.sleep(seconds)
        return [after - start for start, after in zip(before, used())]

    @accepts("/linux/resources/cpu/shares")
    def test_shares_are_weights(self):
        for shares in (0, 1, 2, 3, 10, 512, 1024, 1025, 4096, 100000, 262144, 1000000):
            weight = 100 if shares == 0 else 1 if shares <= 2 else min(10000, weight_of(min(shares, 262144)))
            with self.subTest(shares):
                self.assertEqual(self.values({"cpu": {"shares": shares}}, "cpu.weight"), [str(weight)])

    @accepts("/linux/resources/cpu/shares")
    def test_time_is_divided_by_weight(self):
        few, many = self.contest({"shares": 1024}, {"shares": 4096})
        wanted = weight_of(4096) / weight_of(1024)
        print(f"1024 to 4096 shares: {few:.2f} s and {many:.2f} s, 1 : {many / few:.2f}, wanted 1 : {wanted:.2f}")
        self.assertAlmostEqual(many / few / wanted, 1, delta=0.15)

    @accepts("/linux/resources/cpu/idle")
    def test_who_is_idle_gets_what_is_left(self):
        self.need_file("cpu.idle")
        self.assertEqual(self.values({"cpu": {"idle": 1, "shares": 2048}}, "cpu.idle"), ["1"])
        self.assertEqual(self.values({"cpu": {"idle": 0}}, "cpu.idle", "cpu.weight"), ["0", "100"])
        idle, busy = self.contest({"idle": 1}, {"shares": 1024}, seconds=3)
        print(f"idle: {idle:.2f} s beside {busy:.2f} s")
        self.assertLess(idle, busy / 10)

    @accepts("/linux/resources/cpu/{quota,period}")
    def test_quota_is_the_part_of_a_period(self):
        for cpu, text in (({"quota": 30000, "period": 60000}, "30000 60000"), ({"quota": 30000}, "30000 100000"),
                          ({"quota": -1, "period": 50000}, "max 50000"), ({"period": 50000}, "max 50000"),
                          ({"quota": 0, "period": 0}, "max 100000"), ({"quota": -1}, "max 100000")):
            with self.subTest(cpu):
                self.assertEqual(self.values({"cpu": cpu}, "cpu.max"), [text])
        for quota, period in ((30000, 100000), (10000, 20000)):
            with self.subTest(quota=quota):
                id, read = self.box({"cpu": {"quota": quota, "period": period}})
                used = int(self.inside(id, "burn", "4000").out) / 4000
                print(f"quota {quota}/{period}: {used:.3f} of a processor")
                self.assertAlmostEqual(used / (quota / period), 1, delta=0.15)
                self.assertGreater(numbers(read("cpu.stat"))["nr_throttled"], 10)

    @accepts("/linux/resources/cpu/burst")
    def test_what_was_not_used_may_be_later(self):
        self.need_file("cpu.max.burst")
        bursts = {}
        for burst in (0, 40000):
            id, read = self.box({"cpu": {"quota": 40000, "period": 100000, "burst": burst}})
            self.assertEqual(read("cpu.max.burst"), str(burst))
            self.inside(id, "pulse", "60", "400", "20")  # more than the quota, after some periods of none
            bursts[burst] = numbers(read("cpu.stat"))["nr_bursts"]
        print(f"periods with a burst: {bursts}")
        self.assertEqual(bursts[0], 0)
        self.assertGreater(bursts[40000], 1)

    @rejects("/linux/resources/cpu/{idle,burst,quota,period}")
    def test_what_cannot_be_is_refused(self):
        self.ours_only()
        for cpu, word in (({"idle": 2}, "idle"), ({"quota": 40000, "burst": 50000}, "burst"), ({"quota": 10}, "quota"),
                          ({"quota": 40000, "period": 2000000}, "quota")):
            with self.subTest(cpu):
                self.refused(self.prepared({"cpu": cpu}), f"/linux/resources/cpu/{word}")

    @accepts("/linux/resources/cpu/{cpus,mems}")
    def test_processes_stay_on_their_processors(self):
        self.need_controller("cpuset")
        for one in range(os.cpu_count()):
            with self.subTest(one):
                id, read = self.box({"cpu": {"cpus": str(one), "mems": "0"}})
                self.assertEqual([read(f) for f in ("cpuset.cpus", "cpuset.cpus.effective", "cpuset.mems")],
                                 [str(one), str(one), "0"])
                self.assertEqual(json.loads(self.inside(id, "scheduling").out)["processors"], [one])
                status = self.inside(id, "cat", "/proc/self/status").out
                self.assertIn(f"Cpus_allowed_list:\t{one}\n", status)
                self.assertIn("Mems_allowed_list:\t0\n", status)
                for _ in range(8):
                    at = self.inside(id, "cat", "/proc/self/stat").out
                    self.assertEqual(at[at.rindex(")") + 2:].split()[36], str(one))

    @rejects("/linux/resources/cpu/{cpus,mems}")
    def test_processors_that_are_not_there_are_refused(self):
        self.need_controller("cpuset")
        self.ours_only()
        for word, value in (("cpus", "0-9999"), ("cpus", "x"), ("mems", "77"), ("mems", "0;1")):
            with self.subTest(value):
                self.refused(self.prepared({"cpu": {word: value}}), f"/linux/resources/cpu/{word}")


class Pids(controllers.Box):
    @accepts("/linux/resources/pids/limit")
    def test_beyond_the_limit_fork_fails(self):
        self.need_controller("pids")
        self.ours_only()  # others take 0 for 1, or for no limit
        for limit, text, forks in ((0, "0", 0), (1, "1", 0), (2, "2", 1), (9, "9", 8), (-1, "max", 20), (None, "max", 20)):
            with self.subTest(limit):
                resources = {} if limit is None else {"pids": {"limit": limit}}
                self.assertEqual(self.values(resources, "pids.max"), [text])
                self.assertEqual(self.run_in(self.prepared(resources, "forks", "20")).out, f"{forks}\n")
                inside = self.run_in(self.prepared(resources, "scheduling")).json()
                self.assertEqual(inside["fork"], 0 if forks else errno.EAGAIN)
        id, read = self.box({"pids": {"limit": 3}})
        self.inside(id, "forks", "20")
        self.assertGreater(numbers(read("pids.events"))["max"], 0)
