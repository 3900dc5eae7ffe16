# SPDX-License-Identifier: Apache-2.0
"""events and stats: what containers use, and what happens to them."""

import json
import os
import unittest

import harness
import host

MEGABYTE = 1 << 20


class Listening(harness.Case):
    def listen(self, id, *options):
        """Follows a container; `told` yields the types of the lines so far."""
        self.process = self.rt.popen("events", *options, id)
        self.addCleanup(self.stop)
        path = f"{self.process.stem}.out"
        self.lines = lambda: [json.loads(line) for line in open(path) if line.endswith("\n")]
        self.told = lambda: [line["type"] for line in self.lines()]
        self.hears("stats")

    def hears(self, kind, seconds=5):
        self.assertTrue(host.until(lambda: kind in self.told(), seconds), f"no {kind} in {self.told()}")

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        host.STARTED.discard(self.process.pid)


class Events(Listening):
    def test_tell_a_whole_life(self):
        id = self.create(self.bundle("sleep", "100"))
        self.listen(id, "--interval", "1h")
        for verb, kind in (("start", "started"), ("pause", "paused"), ("resume", "resumed")):
            self.ok(verb, id)
            self.hears(kind)
        self.ok("kill", id, "KILL")
        self.assertEqual(harness.wait_for(self.process), 0)
        self.assertEqual(self.told(), ["created", "stats", "started", "paused", "resumed", "exited"])
        self.assertEqual({line["id"] for line in self.lines()}, {id})

    def test_begin_with_how_it_is(self):
        self.ours_only()
        id = self.started(self.bundle("sleep", "100"))
        self.ok("pause", id)
        self.listen(id, "--interval", "1h")
        self.assertEqual(self.told(), ["paused", "stats"])
        self.ok("resume", id)
        self.hears("resumed")

    def test_end_at_once_when_nobody_listens(self):
        self.ours_only()
        id = self.started(self.bundle("sleep", "100"))
        read, write = os.pipe()
        process = self.rt.popen("events", "--interval", "1h", id, stdout=write)
        os.close(write)
        self.assertIn(b"stats", os.read(read, 65536))
        os.close(read)
        self.assertEqual(harness.wait_for(process, 5), 1)
        self.assertIn("nobody reads", open(f"{process.stem}.err").read())

    def test_are_the_same_for_several_listeners(self):
        id = self.started(self.bundle("sleep", "100"))
        processes = [self.rt.popen("events", "--interval", "1h", id) for _ in range(3)]
        def told(process):
            return [json.loads(line)["type"] for line in open(f"{process.stem}.out") if line.endswith("\n")]
        self.assertTrue(host.until(lambda: all(told(process) == ["stats"] for process in processes)))
        self.ok("pause", id)
        self.assertTrue(host.until(lambda: all(told(process)[-1] == "paused" for process in processes)))
        self.ok("kill", id, "KILL")
        for process in processes:
            self.assertEqual(harness.wait_for(process), 0)
            self.assertEqual(told(process)[-1], "exited")

    def test_come_at_the_interval(self):
        id = self.started(self.bundle("sleep", "100"))
        self.listen(id, "--interval", "50ms")
        self.assertTrue(host.until(lambda: self.told().count("stats") > 3))

    def test_sleep_in_between(self):
        id = self.started(self.bundle("sleep", "100"))
        self.listen(id, "--interval", "1h")
        before = os.stat(f"/proc/{self.process.pid}") and self.switches()
        host.until(lambda: False, 0.5)
        self.assertLessEqual(self.switches() - before, 2)

    def switches(self):
        text = open(f"/proc/{self.process.pid}/status").read()
        return int(text.split("voluntary_ctxt_switches:")[1].split()[0])

    def test_end_when_the_container_is_deleted(self):
        bundle = self.bundle("sleep", "100")
        id = self.new_id()
        self.ok("create", "--bundle", bundle.path, id)
        self.listen(id, "--interval", "1h")
        self.ok("delete", "--force", id)
        self.assertEqual(harness.wait_for(self.process), 0)
        self.assertEqual(self.told()[-1], "exited")

    def test_end_when_nobody_listens(self):
        id = self.started(self.bundle("sleep", "100"))
        read, write = os.pipe()
        process = self.rt.popen("events", "--interval", "20ms", id, stdout=write)
        os.close(write)
        os.close(read)
        self.assertEqual(harness.wait_for(process), 1)

    def test_out_of_memory_is_told(self):
        self.need_controller("memory")
        bundle = self.bundle("sleep", "100")
        bundle.edit("/linux/resources/memory", {"limit": 16 * MEGABYTE, "swap": 16 * MEGABYTE})
        id = self.started(bundle)
        self.listen(id, "--interval", "1h")
        self.assertEqual(self.rt("exec", id, "/bin/payload", "hold", "64", "0").code, 137)
        self.hears("oom")

    def test_out_of_memory_of_init_is_told_before_its_end(self):
        self.need_controller("memory")
        bundle = self.bundle("hold", "64")
        bundle.edit("/linux/resources/memory", {"limit": 16 * MEGABYTE, "swap": 16 * MEGABYTE})
        id = self.create(bundle)
        self.listen(id, "--interval", "1h")
        self.rt("start", id)
        harness.wait_for(self.process)
        self.assertEqual(self.told()[-2:], ["oom", "exited"])

    def test_pressure_is_told(self):
        bundle = self.bundle("sleep", "100")
        id = self.started(bundle)
        if not (bundle.cgroup / "cpu.pressure").exists():
            self.bad("events", "--pressure", id, text="pressure")
            self.skipTest("this kernel counts no pressure of cgroups")
        self.listen(id, "--interval", "1h", "--pressure")
        for _ in range(4 * (os.cpu_count() or 1)):
            self.ok("exec", "--detach", id, "/bin/payload", "burn", "4000")
        self.hears("pressure", 10)
        told = next(line["data"] for line in self.lines() if line["type"] == "pressure")
        self.assertEqual(told["resource"], "cpu")
        self.assertGreater(told["psi"]["some"]["total"], 0)

    def test_wrong_intervals_are_refused(self):
        id = self.create(self.bundle())
        for interval in ("soon", "-1s", "0s", "5 s"):
            with self.subTest(interval):
                self.bad("events", "--interval", interval, id, text="interval")

    def test_of_a_stopped_container_are_an_error(self):
        id = self.started(self.bundle("true"))
        self.wait_for(id, "stopped")
        self.bad("events", id, text="not running")
        self.bad("events", "--stats", id, text="not running")
        self.bad("events", "nobody", text="does not exist")


class Statistics(harness.Case):
    def stats(self, id):
        result = self.ok("events", "--stats", id).json()
        self.assertEqual((result["type"], result["id"]), ("stats", id))
        return result["data"]

    def test_have_the_shape_that_engines_read(self):
        data = self.stats(self.started(self.bundle("sleep", "100")))
        self.assertLessEqual({"cpu", "cpuset", "memory", "pids", "blkio", "hugetlb", "intel_rdt", "network_interfaces"},
                             set(data))
        self.assertIn("throttling", data["cpu"])
        for part in ("usage", "swap", "kernel", "kernelTCP"):
            self.assertLessEqual({"limit", "failcnt"}, set(data["memory"][part]))

    def test_of_processor_time_are_nanoseconds(self):
        id = self.started(self.bundle("sleep", "100"))
        before = self.stats(id)["cpu"]["usage"].get("total", 0)
        used = int(self.ok("exec", id, "/bin/payload", "burn", "500").out) * 1000000
        after = self.stats(id)["cpu"]["usage"]["total"]
        self.assertGreater(after - before, used * 0.8)
        self.assertLess(after - before, used * 2 + 200000000)

    def test_of_memory_and_pids(self):
        self.need_controller("memory")
        self.need_controller("pids")
        bundle = self.bundle("hold", "24")
        bundle.edit("/linux/resources/memory", {"limit": 64 * MEGABYTE})
        bundle.edit("/linux/resources/pids", {"limit": 50})
        id = self.started(bundle)
        self.assertTrue(host.until(lambda: "held" in self.created.out))
        data = self.stats(id)
        self.assertEqual(data["memory"]["usage"]["limit"], 64 * MEGABYTE)
        self.assertGreater(data["memory"]["usage"]["usage"], 24 * MEGABYTE)
        self.assertGreater(data["memory"]["raw"]["anon"], 24 * MEGABYTE)
        self.assertEqual(data["pids"], {"current": 1, "limit": 50})

    def test_as_a_table(self):
        first, second = (self.started(self.bundle("sleep", "100")) for _ in range(2))
        lines = self.ok("stats", "--no-stream").out.splitlines()
        self.assertEqual(lines[0].split()[0], "ID")
        self.assertEqual([line.split()[0] for line in lines[1:]], [first, second])
        self.assertEqual(len(self.ok("stats", "--no-stream", second).out.splitlines()), 2)

    def test_as_json(self):
        id = self.started(self.bundle("burn", "10000"))
        row = self.ok("stats", "--no-stream", "--json", id).json()
        self.assertEqual(row["id"], id)
        self.assertGreater(row["cpu"]["percent"], 1)  # others may want the processors, too

    def test_of_who_does_not_run_are_an_error(self):
        id = self.started(self.bundle("true"))
        self.wait_for(id, "stopped")
        self.bad("stats", "--no-stream", id, text="not running")
        self.bad("stats", "--no-stream", "nobody", text="does not exist")
        self.assertEqual(len(self.ok("stats", "--no-stream").out.splitlines()), 1)

    def test_end_with_those_that_were_named(self):
        id = self.started(self.bundle("sleep", "1"))
        self.assertEqual(self.rt("stats", "--json", id, timeout=10).code, 0)

    def test_of_many_are_shown_at_once(self):
        self.ours_only()
        ids = [self.started(self.bundle("sleep", "100")) for _ in range(8)]
        rows = [json.loads(line) for line in self.ok("stats", "--no-stream", "--json").out.splitlines()]
        self.assertEqual([row["id"] for row in rows], sorted(ids))
        self.assertTrue(all("cpu" in row and "io" in row for row in rows))

    def test_as_a_table_without_a_terminal_are_shown_once(self):
        self.ours_only()
        id = self.started(self.bundle("sleep", "100"))
        shown = self.ok("stats", timeout=10).out
        self.assertEqual([line.split()[0] for line in shown.splitlines()], ["ID", id])
        self.assertNotIn("\033", shown)

    def test_on_a_terminal_are_shown_again_and_again(self):
        self.ours_only()
        id = self.started(self.bundle("sleep", "100"))
        master, slave = os.openpty()
        process = self.rt.popen("stats", id, stdout=slave)
        os.close(slave)
        seen = b""
        while seen.count(b"\033[H") < 3:
            seen += os.read(master, 65536)
        _, first, second, _ = seen.split(b"\033[H", 3)  # the last may have been read in part
        for screen in first, second:
            self.assertEqual((screen.count(b"LIMIT"), screen.count(id.encode())), (1, 1), screen)
        os.close(master)
        process.kill()
        harness.wait_for(process)


class OutOfMemory(harness.Case):
    def box(self, *args):
        self.need_controller("memory")
        self.ours_only()
        bundle = self.bundle(*args)
        return bundle.edit("/linux/resources/memory", {"limit": 16 * MEGABYTE, "swap": 16 * MEGABYTE})

    def test_is_said_of_a_program(self):
        result = self.run_in(self.box("hold", "64", "0"), code=137)
        self.assertIn("killed by the OOM killer (memory limit 16777216 bytes)", result.err)

    def test_is_said_of_a_further_program(self):
        id = self.started(self.box("sleep", "100"))
        result = self.rt("exec", id, "/bin/payload", "hold", "64", "0")
        self.assertEqual(result.code, 137)
        self.assertIn("OOM killer", result.err)

    def test_is_told_by_the_state(self):
        id = self.started(self.box("sleep", "100"))
        self.assertEqual(self.state(id)["oomKills"], 0)
        for count in (1, 2):
            self.rt("exec", id, "/bin/payload", "hold", "64", "0")
            self.assertEqual(self.state(id)["oomKills"], count)
        id = self.create(self.box("hold", "64", "0"))
        self.ok("start", id)
        self.wait_for(id, "stopped")
        self.assertEqual(self.state(id)["oomKills"], 1)

    @unittest.skipUnless(os.path.isdir("/run/systemd/system"), "systemd does not run here")
    def test_is_said_although_systemd_takes_the_cgroup_away(self):
        bundle = self.box("hold", "64", "0").edit("/linux/cgroupsPath", f"system.slice:oci-rt-test:oom{os.getpid()}")
        for _ in range(8):
            result = self.rt("--systemd-cgroup", "run", "--bundle", bundle.path, "box")
            self.assertEqual(result.code, 137)
            self.assertIn("killed by the OOM killer (memory limit 16777216 bytes)", result.err)
        self.forget("kept")
        self.rt("--systemd-cgroup", "run", "--keep", "--bundle", bundle.path, "kept")
        self.assertEqual(self.state("kept")["oomKills"], 1)

    def test_is_not_said_of_who_was_killed_otherwise(self):
        id = self.started(self.box("sleep", "100"))
        self.rt("exec", id, "/bin/payload", "hold", "64", "0")
        process = self.rt.popen("exec", id, "/bin/payload", "sleep", "100")
        found = host.until(lambda: [pid for pid in self.ok("ps", "--format", "json", id).json()
                                    if pid != self.state(id)["pid"]])
        host.kill(found[0])
        self.assertEqual(harness.wait_for(process), 137)
        self.assertNotIn("OOM killer", open(f"{process.stem}.err").read())

    def test_is_said_of_an_init_that_cannot_begin(self):
        bundle = self.box("true").edit("/linux/resources/memory", {"limit": 65536, "swap": 65536})
        log = self.folder / "log"
        result = self.rt("--log", log, "--log-format", "json", "run", "--bundle", bundle.path, self.new_id())
        self.assertEqual(result.code, 1, str(result))
        self.assertIn("OOM killer", result.err)
        self.assertEqual(json.loads(log.read_text().splitlines()[-1])["code"], "oom-killed")
