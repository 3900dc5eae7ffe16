# SPDX-License-Identifier: Apache-2.0
"""/linux/cgroupsPath and resources, on cgroup v2."""

import errno
import os
import pathlib

import harness
import host
from coverage import accepts, rejects


class Cgroups(harness.Case):
    def limits(self, resources, *files):
        """Creates a container with these resources and reads files of its cgroup."""
        bundle = self.bundle("sleep", "100")
        bundle.config["linux"]["resources"].update(resources)
        self.started(bundle.write())
        return [(bundle.cgroup / file).read_text().strip() for file in files]

    @accepts("/linux/cgroupsPath")
    def test_are_made_where_the_config_says(self):
        bundle = self.bundle()
        id = self.create(bundle)
        self.assertEqual((bundle.cgroup / "cgroup.procs").read_text().split(), [str(self.state(id)["pid"])])

    def test_are_gone_after_delete(self):
        bundle = self.bundle("true")
        self.run_in(bundle)
        self.assertFalse(bundle.cgroup.exists())

    def test_have_a_default_place(self):
        bundle = self.bundle(cgroup=False)
        id = self.create(bundle)
        path = harness.cgroup_of(open(f"/proc/{self.state(id)['pid']}/cgroup").read())
        self.assertIn(id, path)
        self.ok("delete", id)
        self.assertFalse(os.path.exists(f"{host.CGROUPS}{path}"))

    def test_may_be_nested(self):
        bundle = self.bundle().edit("/linux/cgroupsPath", f"/{harness.GROUP.name}/outer/inner")
        id = self.create(bundle)
        self.assertTrue((harness.GROUP / "outer/inner/cgroup.procs").exists())
        self.ok("delete", id)
        self.assertFalse((harness.GROUP / "outer/inner").exists())
        if (harness.GROUP / "outer").exists():
            (harness.GROUP / "outer").rmdir()

    @accepts("/linux/resources/memory/{limit,reservation}")
    def test_memory(self):
        self.need_controller("memory")
        self.assertEqual(self.limits({"memory": {"limit": 67108864, "reservation": 33554432}},
                                     "memory.max", "memory.low"), ["67108864", "33554432"])
        self.assertEqual(self.limits({"memory": {"limit": -1}}, "memory.max"), ["max"])

    @accepts("/linux/resources/memory/swap")
    def test_swap_counts_memory_in(self):
        self.need_controller("memory")
        if not (harness.GROUP / "memory.swap.max").exists():
            self.skipTest("no swap accounting")
        resources = {"memory": {"limit": 67108864, "swap": 100663296}}
        self.assertEqual(self.limits(resources, "memory.swap.max"), ["33554432"])

    @rejects("/linux/resources/memory/swap")
    def test_swap_below_memory_is_refused(self):
        bundle = self.bundle().edit("/linux/resources/memory", {"limit": 67108864, "swap": 1048576})
        self.ours_only()
        self.refused(bundle, "/linux/resources/memory")

    def test_out_of_memory_ends_the_container(self):
        self.need_controller("memory")
        self.need_busybox()
        bundle = self.bundle("/bin/sh", "-c", "x=$(yes | head -c 64m)")
        bundle.edit("/linux/resources/memory", {"limit": 8388608, "swap": 8388608})
        self.assertIn(self.run_in(bundle, code=None).code, (1, 2, 137))

    @accepts("/linux/resources/pids/limit")
    def test_pids(self):
        self.need_controller("pids")
        self.assertEqual(self.limits({"pids": {"limit": 50}}, "pids.max"), ["50"])
        self.assertEqual(self.limits({"pids": {"limit": -1}}, "pids.max"), ["max"])

    def test_no_more_pids_than_allowed(self):
        self.need_controller("pids")
        self.ours_only()  # others take 0 as no limit
        for limit, forks in ((0, errno.EAGAIN), (1, errno.EAGAIN), (2, 0)):
            with self.subTest(limit):
                bundle = self.bundle("scheduling").edit("/linux/resources/pids", {"limit": limit})
                self.assertEqual(self.run_in(bundle).json()["fork"], forks)
                # With a process more on the way to init, which does not stay.
                bundle.config["linux"]["namespaces"].append({"type": "time"})
                self.assertEqual(self.run_in(bundle.edit("/linux/timeOffsets", {"boottime": {"secs": 7}})).json()["fork"],
                                 forks)

    @accepts("/linux/resources/cpu/{shares,quota,period}")
    def test_cpu(self):
        self.need_controller("cpu")
        resources = {"cpu": {"shares": 1024, "quota": 50000, "period": 100000}}
        self.assertEqual(self.limits(resources, "cpu.weight", "cpu.max"), ["100", "50000 100000"])

    @accepts("/linux/resources/cpu/burst")
    def test_cpu_burst(self):
        self.need_controller("cpu")
        if not (harness.GROUP / "cpu.max.burst").exists():
            self.skipTest("no cpu.max.burst")
        resources = {"cpu": {"quota": 50000, "period": 100000, "burst": 20000}}
        self.assertEqual(self.limits(resources, "cpu.max.burst"), ["20000"])

    @accepts("/linux/resources/cpu/idle")
    def test_cpu_idle(self):
        self.need_controller("cpu")
        if not (harness.GROUP / "cpu.idle").exists():
            self.skipTest("no cpu.idle")
        self.assertEqual(self.limits({"cpu": {"idle": 1}}, "cpu.idle"), ["1"])

    def disk(self):
        """MAJOR, MINOR of a disk that io.max takes."""
        self.need_controller("io")
        for device in sorted(pathlib.Path("/sys/block").iterdir()):
            if (device / "device").exists():
                return [int(number) for number in (device / "dev").read_text().split(":")]
        return self.skipTest("no disk")

    @accepts("/linux/resources/blockIO/throttle{Read,Write}{Bps,IOPS}Device/*/{major,minor,rate}")
    def test_throttles(self):
        major, minor = self.disk()
        words = {"throttleReadBpsDevice": 1 << 20, "throttleWriteBpsDevice": 2 << 20,
                 "throttleReadIOPSDevice": 300, "throttleWriteIOPSDevice": 400}
        block_io = {word: [{"major": major, "minor": minor, "rate": rate}] for word, rate in words.items()}
        self.assertEqual(self.limits({"blockIO": block_io}, "io.max"),
                         [f"{major}:{minor} rbps=1048576 wbps=2097152 riops=300 wiops=400"])

    @accepts("/linux/resources/blockIO/{weight,weightDevice/*/major,weightDevice/*/minor,weightDevice/*/weight}")
    def test_block_weights(self):
        major, minor = self.disk()
        file = next((name for name in ("io.bfq.weight", "io.weight") if (harness.GROUP / name).exists()), None)
        if file is None:
            self.skipTest("no weights of disks")
        scheduler = pathlib.Path(f"/sys/dev/block/{major}:{minor}/queue/scheduler")
        if file == "io.bfq.weight" and not (scheduler.exists() and "[bfq]" in scheduler.read_text()):
            self.skipTest("the disk's scheduler is not bfq")
        block_io = {"weight": 10, "weightDevice": [{"major": major, "minor": minor, "weight": 1000}]}
        most = "1000" if file == "io.bfq.weight" else "10000"
        least = "10" if file == "io.bfq.weight" else "1"
        self.assertEqual(self.limits({"blockIO": block_io}, file), [f"default {least}\n{major}:{minor} {most}"])

    @accepts("/linux/resources/rdma/*/{hcaHandles,hcaObjects}")
    def test_rdma(self):
        self.need_controller("rdma")
        devices = (harness.GROUP / "rdma.max").read_text().split()
        if not devices:
            self.skipTest("no rdma device")
        resources = {"rdma": {devices[0]: {"hcaHandles": 3, "hcaObjects": 1000}}}
        self.assertIn(f"{devices[0]} hca_handle=3 hca_object=1000", self.limits(resources, "rdma.max")[0])

    @accepts("/linux/resources/cpu/{cpus,mems}")
    def test_cpuset(self):
        self.need_controller("cpuset")
        self.assertEqual(self.limits({"cpu": {"cpus": "0", "mems": "0"}}, "cpuset.cpus", "cpuset.mems"), ["0", "0"])

    @accepts("/linux/resources/hugepageLimits/*/{pageSize,limit}")
    def test_hugepages(self):
        self.need_controller("hugetlb")
        if not (harness.GROUP / "hugetlb.2MB.max").exists():
            self.skipTest("no 2 MB pages")
        resources = {"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}
        self.assertEqual(self.limits(resources, "hugetlb.2MB.max"), ["4194304"])

    @accepts("/linux/resources/unified/*")
    def test_unified(self):
        self.need_controller("hugetlb")
        if not (harness.GROUP / "hugetlb.2MB.max").exists():
            self.skipTest("no 2 MB pages")
        self.assertEqual(self.limits({"unified": {"hugetlb.2MB.max": "6291456"}}, "hugetlb.2MB.max"), ["6291456"])

    def test_unified_writes_what_the_core_has(self):
        bundle = self.bundle("sleep", "100")
        bundle.edit("/linux/resources/unified", {"cgroup.max.depth": "7"})
        result = self.rt("create", "--bundle", bundle.path, self.forget(self.new_id()))
        self.assertLess(result.code, 128)

    def test_a_missing_controller_is_named(self):
        self.ours_only()
        if "memory" in host.controllers():
            self.skipTest("every controller is here")
        bundle = self.bundle().edit("/linux/resources/memory", {"limit": 67108864})
        self.refused(bundle, "memory")

    @rejects("/linux/resources/{pids/limit,cpu/shares,memory/limit,unified/*}")
    def test_wrong_values_are_refused(self):
        self.ours_only()
        for place, value in (("/linux/resources/pids", {"limit": "many"}), ("/linux/resources/cpu", {"shares": -1}),
                             ("/linux/resources/memory", {"limit": 1.5}), ("/linux/resources/unified", {"x": 1})):
            with self.subTest(place):
                self.refused(self.bundle().edit(place, value), place)

    @rejects("/linux/cgroupsPath", "/linux/resources/unified", "/linux/resources/hugepageLimits/*/pageSize")
    def test_hostile_paths_and_keys_are_refused(self):
        # T13
        self.ours_only()
        for path in ("/../outside", f"/{harness.GROUP.name}/../../outside", "../../outside", "/a/../../b", "/a\n/b"):
            with self.subTest(path):
                self.refused(self.bundle().edit("/linux/cgroupsPath", path))
        for resources in ({"unified": {"../cgroup.max.depth": "7"}}, {"unified": {"a\nb": "1"}},
                          {"unified": {"cgroup.procs/..": "1"}}, {"unified": {"": "1"}},
                          {"hugepageLimits": [{"pageSize": "../../x", "limit": 1}]}):
            with self.subTest(resources):
                bundle = self.bundle()
                bundle.config["linux"]["resources"].update(resources)
                self.refused(bundle.write())

    def test_exec_cannot_leave_the_cgroup(self):
        # T13
        bundle = self.bundle("sleep", "100")
        id = self.started(bundle)
        for path in ("../..", "/..", "..", "a/../.."):
            with self.subTest(path):
                self.assertGreater(self.rt("exec", "--cgroup", path, id, "/bin/payload", "true").code, 0)

    def test_exec_can_enter_a_cgroup_below(self):
        bundle = self.bundle("sleep", "100")
        id = self.started(bundle)
        (bundle.cgroup / "sub").mkdir()
        inside = self.exec_report(id, "--cgroup", "sub")
        self.assertEqual(harness.cgroup_of(inside["cgroup"]), "/sub")

    def test_one_below_can_be_what_the_container_runs_in(self):
        self.ours_only()
        bundle = self.bundle("sleep", "100").edit("/annotations", {"run.oci.delegate-cgroup": "a/payload"})
        mount = next(mount for mount in bundle.config["mounts"] if mount["destination"] == "/sys/fs/cgroup")
        mount["options"] = ["nosuid", "noexec", "nodev"]
        id = self.create(bundle.edit("/process/user", {"uid": 1000, "gid": 1000}))
        below = bundle.cgroup / "a/payload"
        pid = self.state(id)["pid"]
        self.assertEqual((below / "cgroup.procs").read_text().split(), [str(pid)])
        self.assertEqual((bundle.cgroup / "cgroup.procs").read_text(), "")
        self.assertEqual([path.stat().st_uid for path in (bundle.cgroup, below.parent, below, below / "cgroup.procs")], [1000] * 4)
        self.ok("start", id)
        self.assertEqual(harness.cgroup_of(self.exec_report(id)["cgroup"]), "/a/payload")
        self.assertEqual(self.ok("ps", "--format", "json", id).json(), [pid])
        self.ok("pause", id)
        self.assertIn("frozen 1", (below / "cgroup.events").read_text())
        self.ok("resume", id)
        self.ok("delete", "--force", id)
        self.assertFalse(bundle.cgroup.exists())

    def test_one_below_is_seen_from_the_root_of_the_namespace(self):
        self.ours_only()
        bundle = self.bundle("cat", "/proc/self/cgroup").edit("/annotations", {"run.oci.delegate-cgroup": "payload"})
        self.assertEqual(harness.cgroup_of(self.run_in(bundle).out), "/payload")

    def test_one_that_is_not_below_is_refused(self):
        self.ours_only()
        for path in ("/payload", "../payload", "a/../../b", ".", "", "cgroup.procs"):
            with self.subTest(path):
                bundle = self.bundle("true").edit("/annotations", {"run.oci.delegate-cgroup": path})
                self.refused(bundle, "delegate-cgroup" if path == "cgroup.procs" else None)
        bundle = self.bundle("true").edit("/annotations", {"run.oci.delegate-cgroup": "payload"})
        result = self.rt("--cgroup-manager", "disabled", "run", "--bundle", bundle.path, self.new_id())
        self.assertIn("no cgroup of its own", result.err)

    def test_a_used_cgroup_is_refused(self):
        self.ours_only()
        first = self.bundle("sleep", "100")
        self.started(first)
        second = self.bundle().edit("/linux/cgroupsPath", f"/{harness.GROUP.name}/{first.path.name}")
        self.bad("create", "--bundle", second.path, self.new_id())

    def test_systemd_paths_are_not_for_cgroupfs(self):
        self.ours_only()
        bundle = self.bundle().edit("/linux/cgroupsPath", "system.slice:oci:box")
        result = self.rt("create", "--bundle", bundle.path, self.forget(self.new_id()))
        self.assertLess(result.code, 128, str(result))

    def test_the_mount_shows_the_containers_own_cgroup(self):
        out = self.run_in(self.bundle("cat", "/sys/fs/cgroup/cgroup.procs")).out
        self.assertEqual(out.split(), ["1"])

    def test_the_mount_is_read_only_when_asked(self):
        result = self.run_in(self.bundle("write", "/sys/fs/cgroup/cgroup.procs", "1"), code=None)
        self.assertEqual(result.code, 30)

    def test_can_be_disabled(self):
        self.ours_only()
        result = self.rt("--cgroup-manager", "disabled", "run", "--bundle", self.bundle("true").path, self.new_id())
        self.assertEqual(result.code, 0, str(result))
