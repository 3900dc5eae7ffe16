# SPDX-License-Identifier: Apache-2.0
"""update: limits of a living container, each seen in its file and in what it does."""

import json
import pathlib

import harness
import host

MEGABYTE = 1 << 20


class Update(harness.Case):
    """What is true of every limit; seen in one that needs no controller."""

    def box(self, *args, **resources):
        """A running container, and a function that reads a file of its cgroup."""
        bundle = self.bundle(*(args or ("sleep", "100")))
        bundle.config["linux"]["resources"].update(resources)
        id = self.started(bundle.write())
        return id, lambda file="cgroup.max.descendants": (bundle.cgroup / file).read_text().strip()

    def limit(self, number):
        return json.dumps({"unified": {"cgroup.max.descendants": str(number)}})

    def test_without_options_does_nothing(self):
        id, read = self.box(unified={"cgroup.max.descendants": "40"})
        self.assertEqual(self.ok("update", id).err, "")
        self.assertEqual(read(), "40")

    def test_reads_a_file(self):
        id, read = self.box()
        file = self.folder / "resources.json"
        file.write_text(self.limit(40))
        self.ok("update", "-r", file, id)
        self.assertEqual(read(), "40")

    def test_reads_standard_input(self):
        id, read = self.box()
        for form, limit in ((["--resources=-"], 40), (["--resources", "-"], 20), (["-r", "-"], 0)):
            with self.subTest(form):
                self.ok("update", *form, id, input=self.limit(limit))
                self.assertEqual(read(), str(limit))

    def test_options_count_before_the_file(self):
        id, read = self.box()
        self.ok("update", "-r", "-", "--unified", "cgroup.max.descendants=20", id, input=self.limit(40))
        self.assertEqual(read(), "20")

    def test_a_refused_value_brings_back_the_others(self):
        self.ours_only()
        id, read = self.box(unified={"cgroup.max.descendants": "40"})
        result = self.bad("update", "--unified", "cgroup.max.descendants=20", "--unified", "cgroup.max.depth=none", id,
                          text="--unified cgroup.max.depth")
        self.assertIn("none", result.err)
        self.assertEqual(read(), "40")

    def test_errors_have_codes(self):
        self.ours_only()
        log = self.folder / "log.json"

        def entry(id, resources):
            self.bad("--log", log, "--log-format", "json", "update", "-r", "-", id, input=json.dumps(resources))
            found = json.loads(log.read_text().splitlines()[-1])
            return found["code"], found["phase"], found.get("pointer")

        id, _ = self.box()
        self.assertEqual(entry(id, {"memory": {"swap": 1 << 20}}),
                         ("invalid-config", "plan", "/memory/swap"))
        self.assertEqual(entry(id, {"unified": {"nosuch.max": "1"}})[:2], ("controller-missing", "cgroup"))
        self.ok("kill", id, "KILL")
        self.wait_for(id, "stopped")
        self.assertEqual(entry(id, {"pids": {"limit": 1}}), ("wrong-status", "status", None))
        free = self.bundle("sleep", "100", cgroup=False)
        self.ok("--cgroup-manager", "disabled", "create", "--bundle", free.path, self.forget("free"))
        self.assertEqual(entry("free", {"pids": {"limit": 1}}), ("cgroup-missing", "cgroup", None))

    def test_works_on_a_created_and_on_a_paused_container(self):
        bundle = self.bundle("sleep", "100")
        id = self.create(bundle)
        self.ok("update", "-r", "-", id, input=self.limit(40))
        self.assertEqual((bundle.cgroup / "cgroup.max.descendants").read_text(), "40\n")
        self.ok("start", id)
        self.ok("pause", id)
        self.ok("update", "-r", "-", id, input=self.limit(20))
        self.assertEqual((bundle.cgroup / "cgroup.max.descendants").read_text(), "20\n")
        self.assertEqual(self.state(id)["status"], "paused")

    def test_of_a_stopped_container_is_an_error(self):
        id, _ = self.box("true")
        self.wait_for(id, "stopped")
        self.bad("update", "-r", "-", id, input=self.limit(40), text="not running")
        self.ok("update", id)

    def test_of_an_unknown_container_is_an_error(self):
        self.bad("update", "nobody", text="does not exist")

    def test_without_a_cgroup_there_is_nothing_to_limit(self):
        self.ours_only()
        bundle = self.bundle("sleep", "100", cgroup=False)
        id = self.forget(self.new_id())
        self.ok("--cgroup-manager", "disabled", "create", "--bundle", bundle.path, id)
        self.bad("update", "-r", "-", id, input=self.limit(40), text="no cgroup")
        self.ok("update", id)

    def test_wrong_values_are_refused_by_name(self):
        self.ours_only()
        id, read = self.box(unified={"cgroup.max.descendants": "40"})
        for option, value in (("memory", "12q"), ("memory-swap", "-5"), ("cpu-quota", "much"), ("pids-limit", "1.5"),
                              ("blkio-weight", "70000"), ("unified", "memory.high"), ("blkio-weight", "5")):
            with self.subTest(option):
                self.bad("update", f"--{option}", value, id, text=f"--{option}")
        for text in ("{", "[]", '{"pids": {"limit": "many"}}', '{"unified": {"../x": "1"}}', ""):
            with self.subTest(text):
                self.bad("update", "-r", "-", id, input=text)
        self.bad("update", "-r", self.folder / "missing", id, text="missing")
        self.bad("update", "--unified", "cgroup.procs=1", id, text="cgroup.procs")
        self.assertEqual(read(), "40")

    def test_errors_have_phases(self):
        self.ours_only()
        id, _ = self.box()
        stopped, _ = self.box("true")
        self.wait_for(stopped, "stopped")
        free = self.forget(self.new_id())
        self.ok("--cgroup-manager", "disabled", "create", "--bundle", self.bundle("true", cgroup=False).path, free)
        limit = ["--unified", "cgroup.max.depth=9"]
        for words, code, phase in ((["--memory", "12q", id], "usage", "arguments"),
                                   (["-r", self.folder / "missing", id], "system", "arguments"),
                                   (["-r", "/dev/null", id], None, "arguments"),
                                   (["--blkio-weight", "5", id], "invalid-config", "arguments"),
                                   ([*limit, stopped], "wrong-status", "status"),
                                   ([*limit, free], "cgroup-missing", "cgroup"),
                                   (["--unified", "cgroup.max.depth=none", id], None, "cgroup"),
                                   ([*limit, "--l3-cache-schema", "L3:0=7", id], "wrong-status", "resctrl")):
            with self.subTest(words):
                log = self.folder / "log"
                log.write_text("")
                self.assertEqual(self.rt("--log", log, "--log-format", "json", "update", *words).code, 1)
                said = json.loads(log.read_text().splitlines()[-1])
                self.assertEqual(said["phase"], phase, said)
                self.assertIn("code", said)
                if code:
                    self.assertEqual(said["code"], code, said)

    def test_what_fails_last_brings_all_back(self):
        self.ours_only()
        id, read = self.box(unified={"cgroup.max.descendants": "40"})
        self.bad("update", "--unified", "cgroup.max.descendants=20", "--l3-cache-schema", "L3:0=7", id)
        self.assertEqual(read(), "40")

    def test_takes_every_option_that_engines_know(self):
        self.ours_only()
        shown = self.ok("update", "--help").out
        for option in ("blkio-weight", "cpu-period", "cpu-quota", "cpu-burst", "cpu-share", "cpuset-cpus",
                       "cpuset-mems", "memory", "cpu-idle", "memory-reservation", "memory-swap", "pids-limit",
                       "l3-cache-schema", "mem-bw-schema", "resources"):
            self.assertIn(f"--{option}", shown)
        id, _ = self.box()
        for option in ("cpu-rt-period", "cpu-rt-runtime", "kernel-memory", "kernel-memory-tcp"):
            self.ok("update", f"--{option}=0", id)

    def test_what_only_cgroup_v1_has_is_warned_of(self):
        self.ours_only()
        id, _ = self.box()
        for option in ("--kernel-memory", "--kernel-memory-tcp", "--cpu-rt-period", "--cpu-rt-runtime"):
            with self.subTest(option):
                self.assertIn(option, self.ok("update", option, "1000", id).err)

    def test_a_missing_controller_is_named(self):
        self.ours_only()
        if "memory" in host.controllers():
            self.skipTest("every controller is here")
        id, _ = self.box()
        result = self.bad("update", "--memory", "64m", id, text="--memory")
        self.assertIn('"memory" is not available', result.err)

    def test_shares_of_cache_need_a_class_of_service(self):
        self.ours_only()
        id, _ = self.box()
        self.bad("update", "--l3-cache-schema", "L3:0=7", id, text="intelRdt")


class Devices(harness.Case):
    """Of a device that nobody drives, so that permission is all that is asked: ENXIO, or EPERM."""

    ALLOWED, FORBIDDEN = 6, 1
    RULE = {"type": "c", "major": 240, "minor": 77, "access": "rwm"}

    def box(self, *rules):
        bundle = self.bundle("sleep", "100")
        bundle.edit("/linux/devices", [{"path": "/dev/odd", "type": "c", "major": 240, "minor": 77}])
        bundle.config["linux"]["resources"]["devices"] += rules
        id = self.started(bundle.write())
        return id, lambda: self.rt("exec", id, "/bin/payload", "cat", "/dev/odd").code

    def test_are_replaced(self):
        self.ours_only()
        id, attempt = self.box()
        self.assertEqual(attempt(), self.FORBIDDEN)
        for allow, answer in ((True, self.ALLOWED), (False, self.FORBIDDEN), (True, self.ALLOWED)):
            rules = [{"allow": False}, {"allow": allow, **self.RULE}]
            self.ok("update", "-r", "-", id, input=json.dumps({"devices": rules}))
            self.assertEqual(attempt(), answer)

    def test_that_are_those_it_has_change_nothing(self):
        # As Podman does, with every update.
        self.ours_only()
        rules = [{"allow": False, "access": "rwm"}, {"allow": True, **self.RULE}]
        id, attempt = self.box({"allow": True, **self.RULE})
        for _ in range(2):
            self.ok("update", "-r", "-", id, input=json.dumps({"devices": rules}))
            self.assertEqual(attempt(), self.ALLOWED)
            self.assertTrue(self.state(id)["deviceFilter"]["attached"])

    def test_stay_when_another_limit_is_refused(self):
        self.ours_only()
        id, attempt = self.box()
        wanted = {"devices": [{"allow": True}], "unified": {"cgroup.max.depth": "none"}}
        self.bad("update", "-r", "-", id, input=json.dumps(wanted))
        self.assertEqual(attempt(), self.FORBIDDEN)
        self.assertTrue(self.state(id)["deviceFilter"]["attached"])

    def test_may_all_be_allowed_and_taken_back(self):
        self.ours_only()
        id, attempt = self.box()
        self.ok("update", "-r", "-", id, input=json.dumps({"devices": [{"allow": True}]}))
        self.assertEqual(attempt(), self.ALLOWED)
        self.ok("update", "-r", "-", id, input=json.dumps({"devices": [{"allow": False}]}))
        self.assertEqual(attempt(), self.FORBIDDEN)

    def test_stay_when_other_limits_change(self):
        id, attempt = self.box({"allow": True, **self.RULE})
        self.assertEqual(attempt(), self.ALLOWED)
        for resources in ({}, {"devices": []}, {"unified": {"cgroup.max.depth": "9"}}):
            self.ok("update", "-r", "-", id, input=json.dumps(resources))
            self.assertEqual(attempt(), self.ALLOWED)


class Limits(harness.Case):
    """Each one twice: what its file says, and what a process gets."""

    def box(self, controller, *args, **resources):
        self.need_controller(controller)
        bundle = self.bundle(*(args or ("sleep", "100")))
        bundle.config["linux"]["resources"].update(resources)
        id = self.started(bundle.write())
        return id, lambda file: (bundle.cgroup / file).read_text().strip()

    def inside(self, id, *args, code=0):
        result = self.rt("exec", id, "/bin/payload", *args)
        if code is not None:
            self.assertEqual(result.code, code, str(result))
        return result

    def swap_is_counted(self):
        if not (harness.GROUP / "memory.swap.max").exists():
            self.skipTest("no swap accounting")

    def test_memory(self):
        id, read = self.box("memory")
        self.inside(id, "hold", "24", "0")
        self.ok("update", "--memory", "16m", "--memory-swap", "16m", id)
        self.assertEqual(read("memory.max"), str(16 * MEGABYTE))
        result = self.inside(id, "hold", "24", "0", code=137)
        self.assertIn("OOM killer", result.err)
        self.inside(id, "hold", "4", "0")
        self.ok("update", "--memory", "64M", "--memory-swap", "-1", id)
        self.assertEqual(read("memory.max"), str(64 * MEGABYTE))
        self.inside(id, "hold", "24", "0")
        self.ok("update", "--memory", "-1", id)
        self.assertEqual(read("memory.max"), "max")

    def test_swap_is_what_memory_leaves(self):
        self.need_controller("memory")
        self.swap_is_counted()
        id, read = self.box("memory", memory={"limit": 32 * MEGABYTE})
        self.ok("update", "--memory-swap", "48m", id)
        self.assertEqual((read("memory.max"), read("memory.swap.max")), (str(32 * MEGABYTE), str(16 * MEGABYTE)))
        self.ok("update", "--memory", "64m", "--memory-swap", "64m", id)
        self.assertEqual((read("memory.max"), read("memory.swap.max")), (str(64 * MEGABYTE), "0"))
        self.ok("update", "--memory", "32m", id)
        self.assertEqual((read("memory.max"), read("memory.swap.max")), (str(32 * MEGABYTE), "0"))
        self.bad("update", "--memory-swap", "8m", id, text="--memory-swap")
        self.ok("update", "--memory", "-1", id)
        self.assertEqual((read("memory.max"), read("memory.swap.max")), ("max", "max"))

    def test_memory_reservation_and_high(self):
        id, read = self.box("memory")
        self.ok("update", "--memory-reservation", "8m", "--memory-high", "16m", id)
        self.assertEqual((read("memory.low"), read("memory.high")), (str(8 * MEGABYTE), str(16 * MEGABYTE)))
        # Above it a process is made to wait; the count of that is the effect.
        process = self.rt.popen("exec", id, "/bin/payload", "hold", "20", "0")
        passed = host.until(lambda: "high 0" not in read("memory.events").splitlines(), 10)
        self.assertTrue(passed, read("memory.events"))
        self.ok("update", "--memory-high", "max", id)
        self.assertEqual(read("memory.high"), "max")
        harness.wait_for(process)

    def test_memory_below_the_usage_is_refused_where_asked(self):
        id, read = self.box("memory", "hold", "24")
        self.assertTrue(host.until(lambda: "held" in self.created.out))
        before = read("memory.max")
        resources = {"memory": {"limit": 8 * MEGABYTE, "checkBeforeUpdate": True}}
        self.bad("update", "-r", "-", id, input=json.dumps(resources), text="rejecting memory limit")
        self.assertEqual(read("memory.max"), before)
        self.assertEqual(self.state(id)["status"], "running")

    def test_pids(self):
        id, read = self.box("pids")
        self.ok("update", "--pids-limit", "8", id)
        self.assertEqual(read("pids.max"), "8")
        self.assertEqual(self.inside(id, "forks", "20").out, "6\n")  # init, and the one that forks
        self.ok("update", "-r", "-", id, input='{"pids": {"limit": -1}}')
        self.assertEqual(read("pids.max"), "max")
        self.assertEqual(self.inside(id, "forks", "20").out, "20\n")

    def test_quota(self):
        id, read = self.box("cpu")
        self.ok("update", "--cpu-quota", "20000", id)
        self.assertEqual(read("cpu.max"), "20000 100000")
        self.assertLess(int(self.inside(id, "burn", "1500").out), 600)
        throttled = lambda: int(read("cpu.stat").split("nr_throttled")[1].split()[0])
        self.assertGreater(throttled(), 0)
        self.ok("update", "--cpu-quota", "-1", id)
        self.assertEqual(read("cpu.max"), "max 100000")
        before = throttled()
        self.inside(id, "burn", "1000")
        self.assertEqual(throttled(), before)

    def test_quota_and_period_keep_each_other(self):
        id, read = self.box("cpu", cpu={"quota": 30000, "period": 60000})
        self.ok("update", "--cpu-period", "100000", id)
        self.assertEqual(read("cpu.max"), "30000 100000")
        self.ok("update", "--cpu-quota", "50000", id)
        self.assertEqual(read("cpu.max"), "50000 100000")
        self.ok("update", "-r", "-", id, input='{"cpu": {"period": 50000, "quota": 0}}')
        self.assertEqual(read("cpu.max"), "50000 50000")

    def test_burst_goes_with_the_quota(self):
        id, read = self.box("cpu")
        if not (harness.GROUP / "cpu.max.burst").exists():
            self.skipTest("no cpu.max.burst")
        self.ok("update", "--cpu-quota", "50000", "--cpu-burst", "40000", id)
        self.assertEqual((read("cpu.max"), read("cpu.max.burst")), ("50000 100000", "40000"))
        self.ok("update", "--cpu-quota", "20000", "--cpu-burst", "10000", id)
        self.assertEqual((read("cpu.max"), read("cpu.max.burst")), ("20000 100000", "10000"))
        self.bad("update", "--cpu-quota", "5000", id, text="--cpu-quota")
        self.assertEqual((read("cpu.max"), read("cpu.max.burst")), ("20000 100000", "10000"))

    def test_weights(self):
        id, read = self.box("cpu")
        for options, weight in ((["--cpu-share", "1024"], "100"), (["--cpu-shares", "2"], "1"),
                                (["--cpu-weight", "321"], "321")):
            self.ok("update", *options, id)
            self.assertEqual(read("cpu.weight"), weight)
        self.bad("update", "--cpu-weight", "10001", id, text="--cpu-weight")
        self.assertEqual(read("cpu.weight"), "321")

    def test_idle_and_shares(self):
        id, read = self.box("cpu")
        if not (harness.GROUP / "cpu.idle").exists():
            self.skipTest("no cpu.idle")
        self.ok("update", "--cpu-share", "512", id)
        weight = read("cpu.weight")
        self.ok("update", "--cpu-idle", "1", id)
        self.assertEqual(read("cpu.idle"), "1")
        self.bad("update", "--cpu-share", "512", id, text="--cpu-share")
        self.ok("update", "--cpu-idle", "0", "--cpu-share", "512", id)
        self.assertEqual((read("cpu.idle"), read("cpu.weight")), ("0", weight))

    def test_what_failed_leaves_all_as_it_was(self):
        self.need_controller("memory")
        id, read = self.box("pids", pids={"limit": 50}, memory={"limit": 64 * MEGABYTE})
        self.bad("update", "--memory", "32m", "--pids-limit", "20", "--unified", "memory.low=much", id,
                 text="--unified memory.low")
        self.assertEqual((read("memory.max"), read("pids.max")), (str(64 * MEGABYTE), "50"))

    def test_cpuset(self):
        id, read = self.box("cpuset")
        self.ok("update", "--cpuset-cpus", "0", "--cpuset-mems", "0", id)
        self.assertEqual((read("cpuset.cpus"), read("cpuset.mems")), ("0", "0"))
        self.assertIn("Cpus_allowed_list:\t0\n", self.inside(id, "cat", "/proc/self/status").out)
        self.bad("update", "--cpuset-cpus", "0-9999", id, text="--cpuset-cpus")
        self.assertEqual(read("cpuset.cpus"), "0")

    def test_huge_pages(self):
        id, read = self.box("hugetlb")
        if not (harness.GROUP / "hugetlb.2MB.max").exists():
            self.skipTest("no 2 MB pages")
        for file in ("hugetlb.2MB.max", "hugetlb.2MB.rsvd.max"):
            self.ok("update", "-r", "-", id, input='{"hugepageLimits": [{"pageSize": "2MB", "limit": 2097152}]}')
            self.assertEqual(read(file), "2097152")
        free = pathlib.Path("/proc/meminfo").read_text().split("HugePages_Free:")[1].split()[0]
        if int(free) < 2:
            self.skipTest("the limit is written; for its effect no huge pages are free")
        self.assertEqual(self.inside(id, "hold-huge", "2").out, "0\n")
        self.assertEqual(self.inside(id, "hold-huge", "4").out, "12\n")  # ENOMEM

    def disk(self):
        self.need_controller("io")
        for device in sorted(pathlib.Path("/sys/block").iterdir()):
            if int((device / "size").read_text()) * 512 >= 8 * MEGABYTE and not device.name.startswith(("ram", "zram")):
                return [int(number) for number in (device / "dev").read_text().split(":")]
        return self.skipTest("no disk")

    def test_io_max(self):
        major, minor = self.disk()
        rule = {"type": "b", "major": major, "minor": minor, "access": "r"}
        bundle = self.bundle("sleep", "100")
        bundle.edit("/linux/devices", [{"path": "/dev/disk", "type": "b", "major": major, "minor": minor}])
        bundle.config["linux"]["resources"]["devices"].append({"allow": True, **rule})
        id = self.started(bundle.write())
        read = lambda: (bundle.cgroup / "io.max").read_text().strip()
        self.ok("update", "--io-max", f"{major}:{minor} rbps=2097152", id)
        self.assertEqual(read(), f"{major}:{minor} rbps=2097152 wbps=max riops=max wiops=max")
        self.assertGreater(int(self.inside(id, "disk", "read", "/dev/disk", "65536", "64").out), 1000)
        self.bad("update", "--io-max", f"{major}:{minor} rbps=1 wbps=none", id, text="--io-max")
        self.assertEqual(read(), f"{major}:{minor} rbps=2097152 wbps=max riops=max wiops=max")
        self.ok("update", "-r", "-", id, input=json.dumps(
            {"blockIO": {"throttleReadBpsDevice": [{"major": major, "minor": minor, "rate": 0}]}}))
        self.assertEqual(read(), "")
        self.assertLess(int(self.inside(id, "disk", "read", "/dev/disk", "65536", "64").out), 1000)

    def test_what_an_engine_sends(self):
        self.need_controller("memory")
        id, read = self.box("pids", pids={"limit": 50})
        docker = {"memory": {"limit": 80 * MEGABYTE, "reservation": 0, "swap": 160 * MEGABYTE},
                  "cpu": {"shares": 0, "quota": 0, "period": 0, "cpus": "", "mems": ""},
                  "pids": {"limit": 60}, "blockIO": {"weight": 0}}
        self.ok("update", "--resources=-", id, input=json.dumps(docker))
        self.assertEqual((read("memory.max"), read("pids.max")), (str(80 * MEGABYTE), "60"))
