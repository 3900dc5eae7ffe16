# SPDX-License-Identifier: Apache-2.0
"""When and where a process runs: /process/scheduler, ioPriority, execCPUAffinity, /linux/memoryPolicy, personality."""

import json
import os
import pathlib

import bundle as bundles
import harness
import host
from coverage import accepts, rejects

OTHER, FIFO, RR, BATCH, IDLE, DEADLINE = 0, 1, 2, 3, 5, 6
EAGAIN = 11
MILLISECOND = 1000000
# A tenth of one processor.
A_DEADLINE = {"policy": "SCHED_DEADLINE", "runtime": 10 * MILLISECOND, "deadline": 50 * MILLISECOND,
              "period": 100 * MILLISECOND}


def _policy_in(file):
    return int(pathlib.Path(file).read_text().split()[40])


def real_time_is_possible():
    """Not below the root of cgroup v2 where the kernel divides real time among cgroups (CONFIG_RT_GROUP_SCHED)."""
    child = os.fork()
    if child == 0:
        try:
            (harness.GROUP / "cgroup.procs").write_text("0")
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
            os._exit(0)
        except OSError:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def emulates_32_bits():
    child = os.fork()
    if child == 0:
        os._exit(0 if host.LIBC.personality(8) >= 0 and os.uname().machine in ("i686", "armv8l") else 1)
    return os.waitpid(child, 0)[1] == 0


def nice_after(increment):
    """What a process of ours has that calls nice(2)."""
    return min(os.getpriority(os.PRIO_PROCESS, 0) + increment, 19)


class Case(harness.Case):
    def inside(self, bundle, *options, **popen):
        """What a container sees of itself."""
        bundle.args("/bin/payload", "scheduling")
        return self.run_in(bundle, *options, **popen).json()

    def inside_exec(self, id, *options, process=None, **popen):
        """The same, for one more process; process: members of a process file."""
        if process is None:
            return self.ok("exec", *options, id, "/bin/payload", "scheduling", **popen).json()
        file = self.folder / "process.json"
        file.write_text(json.dumps({"args": ["/bin/payload", "scheduling"], "cwd": "/", **process}))
        return self.ok("exec", *options, "--process", file, id, **popen).json()

    def bundle_with(self, pointer, value):
        return self.bundle("sleep", "1000").edit(pointer, value)


class Scheduler(Case):
    def having(self, **scheduler):
        return self.bundle_with("/process/scheduler", scheduler)

    @accepts("/process/scheduler/{policy,nice,priority}")
    def test_has_each_policy(self):
        if not real_time_is_possible():
            self.skipTest("no real time in a cgroup of this host")
        for name, number, more in (("OTHER", OTHER, {"nice": 7}), ("BATCH", BATCH, {"nice": -5}), ("IDLE", IDLE, {}),
                                   ("FIFO", FIFO, {"priority": 3}), ("RR", RR, {"priority": 42})):
            with self.subTest(name):
                inside = self.inside(self.having(policy=f"SCHED_{name}", **more))
                self.assertEqual((inside["policy"], inside["flags"]), (number, 0))
                for key, value in more.items():
                    self.assertEqual(inside[key], value)

    @accepts("/process/scheduler/{policy,runtime,deadline,period}")
    def test_deadline(self):
        inside = self.inside(self.having(**A_DEADLINE))
        self.assertEqual((inside["policy"], inside["runtime"], inside["deadline"], inside["period"]),
                         (DEADLINE, 10 * MILLISECOND, 50 * MILLISECOND, 100 * MILLISECOND))
        self.assertEqual(inside["fork"], EAGAIN)

    @accepts("/process/scheduler/flags")
    def test_deadline_with_every_flag_of_its_own(self):
        flags = [f"SCHED_FLAG_{name}" for name in ("RESET_ON_FORK", "RECLAIM", "DL_OVERRUN")]
        inside = self.inside(self.having(**A_DEADLINE, flags=flags))
        self.assertEqual((inside["policy"], inside["flags"], inside["fork"]), (DEADLINE, 7, 0))

    def test_deadline_of_a_pinned_caller(self):
        # The kernel wants it to span all processors.
        inside = self.inside(self.having(**A_DEADLINE), preexec_fn=lambda: os.sched_setaffinity(0, {0}))
        self.assertEqual(inside["policy"], DEADLINE)

    def test_deadline_within_a_cpuset(self):
        if "cpuset" not in host.controllers():
            self.skipTest("no cpuset controller on cgroup v2 of this host")
        self.ours_only()
        bundle = self.having(**A_DEADLINE).edit("/linux/resources/cpu", {"cpus": "0"})
        inside = self.inside(bundle)
        self.assertEqual((inside["policy"], inside["processors"]), (DEADLINE, [0]))

    def test_flags_keep_what_the_caller_has(self):
        bundle = self.having(policy="SCHED_OTHER", nice=3, flags=["SCHED_FLAG_KEEP_POLICY"])
        inside = self.inside(bundle, preexec_fn=lambda: os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0)))
        self.assertEqual((inside["policy"], inside["nice"]), (BATCH, 3))
        bundle = self.having(policy="SCHED_OTHER", nice=3, flags=["SCHED_FLAG_KEEP_PARAMS"])
        self.assertEqual(self.inside(bundle, preexec_fn=lambda: os.nice(9))["nice"], nice_after(9))

    def test_clamps_are_reset_or_refused_by_name(self):
        for flag in ("MIN", "MAX"):
            bundle = self.having(policy="SCHED_OTHER", flags=[f"SCHED_FLAG_UTIL_CLAMP_{flag}"]).args("/bin/payload", "true")
            result = self.run_in(bundle, code=None)
            if result.code != 0:
                self.assertIn("/process/scheduler", result.err)
                self.assertIn("no utilization clamping", result.err)
                self.assert_clean()

    def test_of_a_user_namespace_takes_privileges_of_the_host(self):
        if not real_time_is_possible():
            self.skipTest("no real time in a cgroup of this host")
        config = bundles.with_user_namespace(bundles.docker_config())
        for scheduler, number in (({"policy": "SCHED_FIFO", "priority": 5}, FIFO), (A_DEADLINE, DEADLINE),
                                  ({"policy": "SCHED_OTHER", "nice": -9}, OTHER)):
            with self.subTest(scheduler):
                bundle = self.bundle(config=config).edit("/process/scheduler", scheduler)
                bundle.edit("/process/user", {"uid": 1000, "gid": 1000})
                os.chown(bundle.rootfs, 100000, 100000)
                inside = self.inside(bundle)
                self.assertEqual((inside["policy"], inside["nice"]), (number, scheduler.get("nice", 0)))

    def test_is_the_callers_when_not_given(self):
        inside = self.inside(self.bundle(), preexec_fn=lambda: os.nice(4))
        self.assertEqual((inside["policy"], inside["nice"]), (OTHER, nice_after(4)))

    def test_is_not_that_of_createcontainer_hooks(self):
        if not real_time_is_possible():
            self.skipTest("no real time in a cgroup of this host")
        # Among them a process with a deadline, which could not fork.
        for scheduler in (A_DEADLINE, {"policy": "SCHED_FIFO", "priority": 1}):
            with self.subTest(scheduler["policy"]):
                bundle = self.having(**scheduler)
                seen = bundle.path / "seen"
                hook = bundle.script("hook", f"#!/bin/sh\ncat /proc/self/stat > {seen}\n")
                bundle.edit("/hooks", {"createContainer": [{"path": hook}]})
                self.assertNotEqual(self.inside(bundle)["policy"], OTHER)
                self.assertEqual(_policy_in(seen), OTHER)

    def test_of_a_created_container_is_set_already(self):
        if not real_time_is_possible():
            self.skipTest("no real time in a cgroup of this host")
        id = self.create(self.having(policy="SCHED_RR", priority=9))
        self.assertEqual(_policy_in(f"/proc/{self.state(id)['pid']}/stat"), RR)

    def test_of_exec_is_that_of_the_container(self):
        if not real_time_is_possible():
            self.skipTest("no real time in a cgroup of this host")
        id = self.started(self.having(policy="SCHED_FIFO", priority=3))
        inside = self.inside_exec(id)
        self.assertEqual((inside["policy"], inside["priority"]), (FIFO, 3))

    def test_of_exec_is_that_of_the_process_file(self):
        id = self.started(self.having(policy="SCHED_BATCH", nice=3))
        inside = self.inside_exec(id, process={"scheduler": A_DEADLINE})
        self.assertEqual((inside["policy"], inside["runtime"]), (DEADLINE, 10 * MILLISECOND))
        inside = self.inside_exec(id, process={})
        self.assertEqual((inside["policy"], inside["nice"]), (OTHER, nice_after(0)))

    def test_of_exec_in_a_user_namespace(self):
        if not real_time_is_possible():
            self.skipTest("no real time in a cgroup of this host")
        bundle = self.bundle("sleep", "1000", config=bundles.with_user_namespace(bundles.docker_config()))
        os.chown(bundle.rootfs, 100000, 100000)
        id = self.started(bundle)
        self.assertEqual(self.inside_exec(id, process={"scheduler": {"policy": "SCHED_RR", "priority": 1}})["policy"], RR)

    @rejects("/process/scheduler/{policy,nice,priority,flags,runtime,deadline}")
    def test_wrong_ones_are_refused_by_place(self):
        self.ours_only()
        for scheduler, text in (({}, "/process/scheduler/policy"), ({"policy": "SCHED_NONE"}, "/process/scheduler/policy"),
                                ({"policy": "SCHED_OTHER", "nice": 20}, "/process/scheduler/nice"),
                                ({"policy": "SCHED_FIFO"}, "/process/scheduler/priority"),
                                ({"policy": "SCHED_FIFO", "priority": 100}, "/process/scheduler/priority"),
                                ({"policy": "SCHED_BATCH", "priority": 1}, "/process/scheduler/priority"),
                                ({"policy": "SCHED_OTHER", "runtime": 5}, "/process/scheduler"),
                                ({**A_DEADLINE, "runtime": 0}, "/process/scheduler/runtime"),
                                ({**A_DEADLINE, "period": 2000}, "/process/scheduler/deadline"),
                                ({"policy": "SCHED_OTHER", "flags": ["SCHED_FLAG_X"]}, "/process/scheduler/flags/0")):
            with self.subTest(scheduler):
                self.refused(self.having(**scheduler), text)

    def test_that_no_kernel_has_is_not_supported(self):
        self.ours_only()
        self.refused(self.having(policy="SCHED_ISO"), "/process/scheduler/policy: SCHED_ISO is not supported")

    def test_startcontainer_hooks_must_be_able_to_run(self):
        self.ours_only()
        hooks = {"startContainer": [{"path": "/bin/payload", "args": ["payload", "true"]}]}
        self.refused(self.having(**A_DEADLINE).edit("/hooks", hooks), "/hooks/startContainer")
        bundle = self.having(**A_DEADLINE, flags=["SCHED_FLAG_RESET_ON_FORK"]).edit("/hooks", hooks)
        self.assertEqual(self.inside(bundle)["policy"], DEADLINE)

    def test_refused_by_the_kernel_is_explained(self):
        self.ours_only()
        longer = {"policy": "SCHED_DEADLINE", "runtime": MILLISECOND, "deadline": 10 ** 13}
        self.refused(self.having(**longer), "sched_deadline_period")

    def test_deadlines_that_do_not_fit_are_explained(self):
        self.ours_only()
        whole_processor = {"policy": "SCHED_DEADLINE", "runtime": 10 ** 9, "deadline": 10 ** 9}
        if (count := len(os.sched_getaffinity(0))) > 4:
            self.skipTest("many processors")
        for _ in range(count - 1):
            self.create(self.having(**whole_processor))
        result = self.rt("create", "--bundle", self.having(**whole_processor).path, "last")
        self.assertEqual(result.code, 1, str(result))
        self.assertIn("/process/scheduler", result.err)
        self.assertIn("too little time", result.err)

    def test_of_exec_refused_by_the_kernel_is_explained(self):
        self.ours_only()
        if len(os.sched_getaffinity(0)) < 2:
            self.skipTest("one processor")
        id = self.started(self.bundle("sleep", "1000"))
        file = self.folder / "process.json"
        file.write_text(json.dumps({"args": ["/bin/payload", "true"], "cwd": "/", "scheduler": A_DEADLINE,
                                    "execCPUAffinity": {"final": "0"}}))
        self.bad("exec", "--process", file, id, text="every processor of its root domain")


class IoPriority(Case):
    def having(self, name, priority=0):
        return self.bundle_with("/process/ioPriority", {"class": f"IOPRIO_CLASS_{name}", "priority": priority})

    @accepts("/process/ioPriority/{class,priority}")
    def test_has_each_class(self):
        for name, priority, value in (("RT", 2, 1 << 13 | 2), ("BE", 6, 2 << 13 | 6), ("IDLE", 4, 3 << 13)):
            with self.subTest(name):
                inside = self.inside(self.having(name, priority))
                self.assertEqual((inside["io_priority"], inside["io_priority_of_group"]), (value, value))

    def test_of_a_user_namespace_takes_privileges_of_the_host(self):
        config = bundles.with_user_namespace(bundles.docker_config())
        bundle = self.bundle(config=config).edit("/process/ioPriority", {"class": "IOPRIO_CLASS_RT", "priority": 1})
        os.chown(bundle.rootfs, 100000, 100000)
        self.assertEqual(self.inside(bundle)["io_priority"], 1 << 13 | 1)

    def test_of_exec(self):
        id = self.started(self.having("BE", 1))
        self.assertEqual(self.inside_exec(id)["io_priority"], 2 << 13 | 1)
        process = {"ioPriority": {"class": "IOPRIO_CLASS_IDLE"}}
        self.assertEqual(self.inside_exec(id, process=process)["io_priority"], 3 << 13)

    def test_does_not_touch_the_callers_group(self):
        def value():
            return host.LIBC.syscall({"x86_64": 252, "aarch64": 31}[os.uname().machine], 2, 0)
        before = value()
        self.inside(self.having("IDLE"))
        self.assertEqual(value(), before)

    @rejects("/process/ioPriority/{class,priority}")
    def test_wrong_ones_are_refused_by_place(self):
        self.refused(self.having("NO"), "/process/ioPriority/class")
        self.refused(self.having("BE", 8), "/process/ioPriority/priority")
        self.refused(self.having("BE", -1), "/process/ioPriority/priority")


class Affinity(Case):
    def setUp(self):
        super().setUp()
        self.all = sorted(os.sched_getaffinity(0))
        if len(self.all) < 2:
            self.skipTest("one processor")
        self.one, self.other = self.all[0], self.all[1]
        self.pin = lambda: os.sched_setaffinity(0, {self.one})

    def test_of_a_pinned_caller_does_not_pin_the_container(self):
        self.assertEqual(self.inside(self.bundle(), preexec_fn=self.pin)["processors"], self.all)

    def test_of_a_pinned_caller_does_not_pin_exec(self):
        id = self.started(self.bundle("sleep", "1000"), preexec_fn=self.pin)
        self.assertEqual(os.sched_getaffinity(self.state(id)["pid"]), set(self.all))
        self.assertEqual(self.inside_exec(id, preexec_fn=self.pin)["processors"], self.all)

    def test_is_that_of_the_cgroup(self):
        self.need_controller("cpuset")
        bundle = self.bundle().edit("/linux/resources/cpu", {"cpus": str(self.other)})
        self.assertEqual(self.inside(bundle, preexec_fn=self.pin)["processors"], [self.other])

    def test_of_exec_is_not_for_the_first_process(self):
        bundle = self.bundle_with("/process/execCPUAffinity", {"initial": str(self.one), "final": str(self.one)})
        self.assertEqual(self.inside(bundle)["processors"], self.all)

    @accepts("/process/execCPUAffinity/final")
    def test_final_of_the_container_or_the_process_file(self):
        id = self.started(self.bundle_with("/process/execCPUAffinity", {"final": str(self.one)}))
        self.assertEqual(self.inside_exec(id)["processors"], [self.one])
        process = {"execCPUAffinity": {"final": f"{self.other}"}}
        self.assertEqual(self.inside_exec(id, process=process)["processors"], [self.other])
        self.assertEqual(self.inside_exec(id, process={})["processors"], self.all)

    def test_final_may_name_processors_that_are_not_there(self):
        id = self.started(self.bundle("sleep", "1000"))
        process = {"execCPUAffinity": {"final": f"{self.other},1024-8000"}}
        self.assertEqual(self.inside_exec(id, process=process)["processors"], [self.other])

    def test_initial_ends_with_the_way_into_the_cgroup(self):
        id = self.started(self.bundle("sleep", "1000"))
        process = {"execCPUAffinity": {"initial": str(self.one)}}
        self.assertEqual(self.inside_exec(id, process=process)["processors"], self.all)

    @accepts("/process/execCPUAffinity/{initial,final}")
    def test_initial_is_where_exec_enters_from(self):
        # In a frozen cgroup the process stops before its first instruction.
        bundle = self.bundle("sleep", "1000")
        id = self.started(bundle)
        file = self.folder / "process.json"
        file.write_text(json.dumps({"args": ["/bin/payload", "scheduling"], "cwd": "/", "execCPUAffinity": {
            "initial": str(self.one), "final": str(self.other)}}))
        self.ok("pause", id)
        process = self.rt.popen("exec", "--ignore-paused", "--process", file, id)
        try:
            pids = lambda: (bundle.cgroup / "cgroup.procs").read_text().split()
            self.assertTrue(host.until(lambda: len(pids()) == 2))
            entering = max(map(int, pids()))
            self.assertEqual(os.sched_getaffinity(entering), {self.one})
            # The runtime itself goes on where it was.
            self.assertTrue(host.until(lambda: os.sched_getaffinity(process.pid) == set(self.all)))
        finally:
            self.ok("resume", id)
        self.assertEqual(harness.wait_for(process, 10), 0)
        self.assertEqual(harness.Result([], 0, process.stem).json()["processors"], [self.other])

    def test_that_cannot_be_is_refused_by_place(self):
        self.ours_only()
        id = self.started(self.bundle("sleep", "1000"))
        file = self.folder / "process.json"
        for member in ("initial", "final"):
            for text in ("8000", "x", "3-1", "70000", "1;2"):
                with self.subTest(f"{member} {text}"):
                    file.write_text(json.dumps({"args": ["/bin/payload", "true"], "cwd": "/",
                                                "execCPUAffinity": {member: text}}))
                    self.bad("exec", "--process", file, id, text=f"execCPUAffinity/{member}")

    @rejects("/process/execCPUAffinity/{initial,final}")
    def test_that_is_no_list_is_refused_by_create(self):
        for member in ("initial", "final"):
            self.refused(self.bundle_with("/process/execCPUAffinity", {member: "x"}),
                         f"/process/execCPUAffinity/{member}")


class MemoryPolicy(Case):
    STATIC, RELATIVE, BALANCING = 1 << 15, 1 << 14, 1 << 13

    def setUp(self):
        super().setUp()
        if not os.path.exists("/proc/self/numa_maps"):
            self.skipTest("a kernel without memory nodes")

    def having(self, **policy):
        # Without Docker's filter, which forbids the program to ask for its policy.
        return self.bundle_with("/linux/memoryPolicy", policy).edit("/linux/seccomp", None)

    @accepts("/linux/memoryPolicy/{mode,nodes}")
    def test_has_each_mode(self):
        for name, number, nodes, maps in (
                ("DEFAULT", 0, None, "default"), ("PREFERRED", 1, "0", "prefer:0"), ("BIND", 2, "0", "bind:0"),
                ("INTERLEAVE", 3, "0", "interleave:0"), ("LOCAL", 4, None, "local"),
                ("PREFERRED_MANY", 5, "0", "prefer (many):0"),
                ("WEIGHTED_INTERLEAVE", 6, "0", "weighted interleave:0")):
            with self.subTest(name):
                policy = {"mode": f"MPOL_{name}", **({"nodes": nodes} if nodes else {})}
                result = self.run_in(self.having(**policy).args("/bin/payload", "scheduling"), code=None)
                if result.code != 0 and number > 4:  # a kernel that is older
                    self.assertIn("/linux/memoryPolicy", result.err)
                    self.assert_clean()
                    continue
                inside = result.json()
                self.assertEqual((inside["memory_mode"], inside["memory_nodes"]), (number, [0] if nodes else []))
                self.assertIn(maps.split()[0], inside["numa_maps"])

    @accepts("/linux/memoryPolicy/flags")
    def test_has_each_flag(self):
        for name, number in (("STATIC_NODES", self.STATIC), ("RELATIVE_NODES", self.RELATIVE),
                             ("NUMA_BALANCING", self.BALANCING)):
            with self.subTest(name):
                inside = self.inside(self.having(mode="MPOL_BIND", nodes="0", flags=[f"MPOL_F_{name}"]))
                self.assertEqual(inside["memory_mode"], 2 | number)

    def test_is_the_callers_when_not_given(self):
        self.assertEqual(self.inside(self.minimal())["memory_mode"], 0)

    def test_of_exec_is_that_of_the_container(self):
        id = self.started(self.having(mode="MPOL_BIND", nodes="0"))
        for process in (None, {}):
            inside = self.inside_exec(id, process=process)
            self.assertEqual((inside["memory_mode"], inside["memory_nodes"]), (2, [0]))

    @rejects("/linux/memoryPolicy/{mode,nodes,flags}")
    def test_wrong_ones_are_refused(self):
        self.ours_only()
        for policy, text in (({"mode": "MPOL_NONE"}, "invalid memory policy mode"),
                             ({"nodes": "0"}, "invalid memory policy mode"),
                             ({"mode": "MPOL_DEFAULT", "nodes": "0"}, "mode requires 0 nodes but got 1"),
                             ({"mode": "MPOL_LOCAL", "nodes": "0-3"}, "mode requires 0 nodes but got 4"),
                             ({"mode": "MPOL_BIND"}, "requires at least 1 node"),
                             ({"mode": "MPOL_BIND", "nodes": "0-a"}, "invalid memory policy node"),
                             ({"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_X"]}, "invalid memory policy flag"),
                             ({"mode": "MPOL_BIND", "nodes": "1000-1001"}, "/linux/memoryPolicy (MPOL_BIND 1000-1001)"),
                             ({"mode": "MPOL_BIND", "nodes": "65535"}, "/linux/memoryPolicy (MPOL_BIND 65535)")):
            with self.subTest(policy):
                self.refused(self.having(**policy), text)


class Personality(Case):
    def having(self, domain, **more):
        return self.bundle_with("/linux/personality", {"domain": domain, **more})

    @accepts("/linux/personality/domain")
    def test_is_of_a_32_bit_machine(self):
        if not emulates_32_bits():
            self.skipTest("this kernel does not show another machine")
        inside = self.inside(self.having("LINUX32"))
        self.assertEqual((inside["personality"], inside["machine"]), (8, {"x86_64": "i686"}.get(os.uname().machine,
                                                                                              "armv8l")))

    def test_is_of_this_machine(self):
        inside = self.inside(self.having("LINUX"))
        self.assertEqual((inside["personality"], inside["machine"]), (0, os.uname().machine))

    @accepts("/linux/personality/{domain,flags}")
    def test_takes_inherited_flags_away(self):
        no_randomize = lambda: host.LIBC.personality(0x40000)
        self.assertEqual(self.inside(self.bundle(), preexec_fn=no_randomize)["personality"], 0x40000)
        self.assertEqual(self.inside(self.having("LINUX", flags=[]), preexec_fn=no_randomize)["personality"], 0)

    def test_passes_a_filter_that_forbids_it(self):
        if not emulates_32_bits():
            self.skipTest("this kernel does not show another machine")
        bundle = self.having("LINUX32").edit("/linux/seccomp", {
            "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["personality"], "action": "SCMP_ACT_ERRNO"}]})
        self.assertEqual(self.inside(bundle)["machine"], "i686" if os.uname().machine == "x86_64" else "armv8l")

    def test_of_exec_is_that_of_the_container(self):
        id = self.started(self.having("LINUX32"))
        for process in (None, {}):
            self.assertEqual(self.inside_exec(id, process=process)["personality"], 8)

    @rejects("/linux/personality/{domain,flags}")
    def test_wrong_ones_are_refused_by_place(self):
        self.refused(self.having("BSD"), "/linux/personality/domain")
        self.refused(self.bundle_with("/linux/personality", {}), "/linux/personality/domain")
        self.ours_only()
        self.refused(self.having("LINUX", flags=["ADDR_NO_RANDOMIZE"]), "/linux/personality/flags")
