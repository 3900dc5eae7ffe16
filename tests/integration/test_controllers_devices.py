# SPDX-License-Identifier: Apache-2.0
"""io, hugetlb, rdma, misc, unified and the device filter: each limit twice, in its file and as a process meets it."""

import errno
import json
import os
import pathlib
import subprocess
import time
import unittest

import bpf
import controllers
import harness
import host
from controllers import MEGABYTE, line_of
from coverage import accepts, rejects


class Disks(controllers.Box):
    def disk_in(self, resources, device):
        """Resources with which a container has the disk as /dev/disk."""
        return {**resources, "devices": [{"allow": True, "type": "b", "major": device[0], "minor": device[1],
                                          "access": "rw"}]}

    def having(self, resources, name, device):
        bundle = self.prepared(self.disk_in(resources, device))
        bundle.edit("/linux/devices", [{"path": "/dev/disk", "type": "b", "major": device[0], "minor": device[1]}])
        id = self.started(bundle)
        return id, lambda file: (bundle.cgroup / file).read_text().strip()

    def seconds_of(self, id, *act):
        return int(self.inside(id, "disk", *act).out) / 1000

    @accepts("/linux/resources/blockIO/throttle{Read,Write}{Bps,IOPS}Device/*/{major,minor,rate}")
    def test_throttled_reads_and_writes_take_their_time(self):
        name, device = self.disk()
        number = ":".join(map(str, device))
        id, _ = self.having({}, name, device)
        for kind, rate, key, act in (
                ("ReadBps", MEGABYTE, "rbps", ("read", "/dev/disk", "65536", "48")),
                ("WriteBps", MEGABYTE, "wbps", ("write", "/dev/disk", "65536", "48")),
                ("ReadIOPS", 20, "riops", ("read", "/dev/disk", "4096", "60")),
                ("WriteIOPS", 20, "wiops", ("write", "/dev/disk", "4096", "60"))):
            with self.subTest(kind):
                free = self.seconds_of(id, *act)
                limits = {f"throttle{kind}Device": [{"major": device[0], "minor": device[1], "rate": rate}]}
                slow, read = self.having({"blockIO": limits}, name, device)
                wanted = {word: "max" for word in ("rbps", "wbps", "riops", "wiops")} | {key: str(rate)}
                self.assertEqual(line_of(read("io.max"), number), wanted)
                taken = self.seconds_of(slow, *act)
                print(f"{key}={rate}: {taken:.2f} s of 3 s, without {free:.2f} s")
                self.assertGreater(taken, 3 * 0.85)
                self.assertLess(taken, 3 * 1.5)
                self.assertLess(free, taken / 3)

    @accepts("/linux/resources/blockIO/{weight,weightDevice/*/{major,minor,weight}}")
    def test_weights_of_bfq_divide_a_disk(self):
        name, device = self.slow_disk()
        self.change("modprobe", "bfq")
        self.addCleanup(subprocess.run, ["modprobe", "--remove", "--quiet", "bfq"])
        self.need_file("io.bfq.weight")
        self.change_file(f"/sys/block/{name}/queue/scheduler", "bfq")
        number = ":".join(map(str, device))
        of_disk = {"weight": 300, "weightDevice": [{"major": device[0], "minor": device[1], "weight": 1000}]}
        readers = []
        for block_io, text in (({"weight": 100}, "default 100"), (of_disk, f"default 300\n{number} 1000")):
            id, read = self.having({"blockIO": block_io}, name, device)
            self.assertEqual(read("io.bfq.weight"), text)
            readers.append((read, self.rt.popen("exec", id, "/bin/payload", "disk", "read", "/dev/disk", "4096",
                                                "10000000"), id))
        used = lambda: [int(line_of(read("io.stat"), number).get("rbytes", 0)) for read, *_ in readers]
        time.sleep(1)
        before = used()
        time.sleep(5)
        few, many = (after - start for start, after in zip(before, used()))
        for _, process, id in readers:
            self.ok("delete", "--force", id)
            harness.wait_for(process)
        print(f"bfq weights 100 and 1000: {few >> 12} and {many >> 12} blocks read, 1 : {many / few:.1f}")
        self.assertGreater(many, few * 3)

    def test_without_bfq_a_weight_is_one_of_io_cost(self):
        self.need_file("io.weight")
        name, device = self.disk()
        number = ":".join(map(str, device))
        cost = host.CGROUPS / "io.cost.qos"
        cost.write_text(f"{number} enable=1")
        self.addCleanup(cost.write_text, f"{number} enable=0")
        block_io = {"weight": 505, "weightDevice": [{"major": device[0], "minor": device[1], "weight": 1000}]}
        if (harness.GROUP / "io.bfq.weight").exists():
            # It is there for other disks: this one is not of its scheduler.
            self.assertEqual(self.values({"blockIO": block_io}, "io.bfq.weight", "io.weight"),
                             ["default 505", f"default 100\n{number} 10000"])
        else:
            self.assertEqual(self.values({"blockIO": block_io}, "io.weight"), [f"default 5000\n{number} 10000"])

    @rejects("/linux/resources/blockIO/{weight,throttleReadBpsDevice/*/{major,minor},weightDevice/*/weight}")
    def test_what_no_disk_has_is_refused(self):
        self.need_controller("io")
        self.ours_only()
        for block_io, place in (({"weight": 9}, "weight"), ({"weight": 1001}, "weight"),
                                ({"weightDevice": [{"major": 7, "minor": 0, "weight": 5}]}, "weightDevice"),
                                ({"throttleReadBpsDevice": [{"major": 4001, "minor": 9, "rate": 1}]},
                                 "throttleReadBpsDevice/0")):
            with self.subTest(block_io):
                self.refused(self.prepared({"blockIO": block_io}), f"/linux/resources/blockIO/{place}")


class HugePages(controllers.Box):
    @accepts("/linux/resources/hugepageLimits/*/{pageSize,limit}")
    def test_beyond_the_limit_there_are_none(self):
        self.need_controller("hugetlb")
        self.need_file("hugetlb.2MB.max")
        self.change_file("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "8")
        limits = {"hugepageLimits": [{"pageSize": "2MB", "limit": 4 * MEGABYTE}]}
        id, read = self.box(limits)
        self.assertEqual((read("hugetlb.2MB.max"), read("hugetlb.2MB.rsvd.max")), (str(4 * MEGABYTE),) * 2)
        # Refused by mmap, since what is reserved is counted, too; without, a write would be the end.
        self.assertEqual([self.inside(id, "hold-huge", size).out for size in ("2", "4", "6")],
                         ["0\n", "0\n", f"{errno.ENOMEM}\n"])
        self.assertEqual(self.values({"hugepageLimits": [{"pageSize": "2MB", "limit": 0}]}, "hugetlb.2MB.max"), ["0"])

    def test_of_a_size_that_is_not_there_are_refused(self):
        self.need_controller("hugetlb")
        self.ours_only()
        self.refused(self.prepared({"hugepageLimits": [{"pageSize": "3MB", "limit": 1}]}),
                     "/linux/resources/hugepageLimits/0")


class Others(controllers.Box):
    @accepts("/linux/resources/rdma/*/{hcaHandles,hcaObjects}")
    def test_rdma(self):
        self.need_controller("rdma")
        devices = [line.split()[0] for line in (host.CGROUPS / "rdma.current").read_text().splitlines()] if (
            host.CGROUPS / "rdma.current").exists() else []
        if not devices:
            self.refused(self.prepared({"rdma": {"mlx5_0": {"hcaHandles": 3}}}), "/linux/resources/rdma/mlx5_0")
            self.skipTest("no rdma device: its name was refused")
        limits = {"rdma": {devices[0]: {"hcaHandles": 3, "hcaObjects": 1000}}}
        self.assertEqual(line_of(self.values(limits, "rdma.max")[0], devices[0]),
                         {"hca_handle": "3", "hca_object": "1000"})

    @accepts("/linux/resources/unified/*")
    def test_misc_through_unified(self):
        self.need_controller("misc")
        kinds = [line.split()[0] for line in (host.CGROUPS / "misc.capacity").read_text().splitlines()]
        if not kinds:
            self.refused(self.prepared({"unified": {"misc.max": "sev 1"}}), "/linux/resources/unified/misc.max")
            self.skipTest("nothing that misc counts: its name was refused")
        self.assertIn(f"{kinds[0]} 1", self.values({"unified": {"misc.max": f"{kinds[0]} 1"}}, "misc.max")[0])

    @accepts("/linux/resources/unified/*")
    def test_unified_comes_last(self):
        for controller, resources, file, value in (
                ("memory", {"memory": {"limit": 64 * MEGABYTE}}, "memory.max", str(32 * MEGABYTE)),
                ("pids", {"pids": {"limit": 50}}, "pids.max", "40"),
                ("cpu", {"cpu": {"shares": 2048}}, "cpu.weight", "321"),
                ("cpu", {"cpu": {"quota": 20000, "period": 40000}}, "cpu.max", "50000 100000")):
            if controller in host.controllers():
                with self.subTest(file):
                    self.assertEqual(self.values({**resources, "unified": {file: value}}, file), [value])

    def test_unified_is_written_line_by_line(self):
        name, device = self.disk()
        number = ":".join(map(str, device))
        lines = f"{number} rbps=1048576\n{number} wbps=2097152 riops=30\n"
        self.assertEqual(line_of(self.values({"unified": {"io.max": lines}}, "io.max")[0], number),
                         {"rbps": "1048576", "wbps": "2097152", "riops": "30", "wiops": "max"})

    @rejects("/linux/resources/unified/*")
    def test_a_file_that_is_not_there_is_named(self):
        self.ours_only()
        for key, value in (("memory.unheard", "1"), ("unheard.max", "1"), ("cgroup.procs", "0"), ("cgroup.freeze", "1"),
                           ("memory.max", "much"), ("cgroup/procs", "1")):
            with self.subTest(key):
                self.refused(self.prepared({"unified": {key: value}}), "/linux/resources/unified")


class DeviceFilter(controllers.Box):
    """A device that nobody drives: ENXIO where the filter lets it pass, else EPERM."""

    ODD = {"type": "c", "major": 240, "minor": 77}

    def odd(self, access, *more):
        rules = [{"allow": True, **self.ODD, "access": access}] if access else []
        bundle = self.prepared({"devices": [*rules, *more]})
        bundle.edit("/linux/devices", [{"path": "/dev/odd", **self.ODD}])
        return bundle

    def attempts(self, id):
        """The errno of open to read and to write. A node can be made of any device, as with all runtimes."""
        made = json.loads(self.inside(id, "syscall", "mknod_odd", "open_odd").out)
        answer = tuple(self.inside(id, *act, code=None).code for act in (("cat", "/dev/odd"), ("write", "/dev/odd", "x")))
        self.assertIn(made["mknod_odd"], (0, errno.EEXIST))
        self.assertEqual(made["open_odd"], answer[0])
        return answer

    @accepts("/linux/resources/devices/*/{allow,type,major,minor,access}")
    def test_a_device_is_opened_as_its_rule_says(self):
        there, not_there = errno.ENXIO, errno.EPERM
        for access, to_read, to_write in (("", not_there, not_there), ("r", there, not_there), ("w", not_there, there),
                                          ("rw", there, there), ("m", not_there, not_there)):
            with self.subTest(access):
                id = self.started(self.odd(access))
                self.assertEqual(self.attempts(id), (to_read, to_write))
        later = {"allow": False, **self.ODD, "access": "w"}
        self.assertEqual(self.attempts(self.started(self.odd("rw", later))), (there, not_there))

    def test_there_is_one_program_until_delete(self):
        self.ours_only()
        before = set(bpf.programs())
        bundle = self.odd("r")
        id = self.create(bundle)
        ids = bpf.device_programs(bundle.cgroup)
        self.assertEqual(len(ids), 1)
        self.assertLessEqual(set(ids), set(bpf.programs()) - before)
        self.ok("start", id)
        for access in ("rw", "r", "rwm"):
            rules = [{"allow": False}, {"allow": True, **self.ODD, "access": access}]
            self.ok("update", "-r", "-", id, input=json.dumps({"devices": rules}))
            self.assertEqual(len(bpf.device_programs(bundle.cgroup)), 1)
        self.assertFalse(set(ids) & set(bpf.device_programs(bundle.cgroup)))
        self.ok("update", "-r", "-", id, input=json.dumps({"devices": [{"allow": True}]}))
        self.assertEqual(bpf.device_programs(bundle.cgroup), [])
        self.ok("delete", "--force", id)
        ours = lambda: set(bpf.programs()) - before
        host.until(lambda: not ours(), 5)
        self.assertEqual(ours(), set())

    @unittest.skipUnless(os.path.isdir("/run/systemd/system"), "systemd does not run here")
    def test_a_scope_has_ours_beside_systemds(self):
        self.ours_only()
        bundle = self.odd("r").edit("/linux/cgroupsPath", f"system.slice:oci-rt-test:filter{os.getpid()}")
        id = self.forget(self.new_id())
        self.ok("--systemd-cgroup", "create", "--bundle", bundle.path, id)
        self.ok("start", id)
        group = host.CGROUPS / "system.slice" / f"oci-rt-test-filter{os.getpid()}.scope"
        ids = bpf.device_programs(group)
        self.assertEqual(len(ids), 2)
        self.assertEqual(self.attempts(id), (errno.ENXIO, errno.EPERM))
        subprocess.run(["systemctl", "daemon-reload"], check=True)
        self.assertEqual(self.attempts(id), (errno.ENXIO, errno.EPERM))
        self.ok("delete", "--force", id)
        host.until(lambda: not set(ids) & set(bpf.programs()), 5)
        self.assertEqual(set(ids) & set(bpf.programs()), set())
