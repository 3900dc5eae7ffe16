# SPDX-License-Identifier: Apache-2.0
"""The table of limits_beside.py: resources, what becomes of them, and why we do as we do where others do not."""

import json

MEGABYTE = 1 << 20
M16, M32, M64, M96 = (str(n * MEGABYTE) for n in (16, 32, 64, 96))
MISSING, PROGRAMS = "(none)", "device programs"
REFUSED, NAMED = "refused", "taken, and named in a warning"


class Row:
    """needs: a controller. resources: as in config.json; MAJOR, MINOR and DISK are those of a disk.
    wanted: a value for each file, REFUSED, or NAMED; systemd: the same under its driver, where that differs.
    why: NAME="…" for both drivers, NAME_systemd="…" for one: why we differ from NAME."""

    def __init__(self, needs, title, resources, files="", wanted=(), systemd=None, **why):
        self.controller, self.title, self.resources, self.systemd, self.why = needs, title, resources, systemd, why
        self.files = [word for word in files.split("; ") if word]
        self.wanted = (wanted,) if self.files and isinstance(wanted, str) and wanted != REFUSED else wanted

    def resources_for(self, disk):
        major, minor = disk.split(":")
        text = json.dumps(self.resources).replace('"MAJOR"', major).replace('"MINOR"', minor)
        return json.loads(text.replace("DISK", disk))

    def wanted_for(self, disk, driver):
        wanted = self.systemd if driver == "systemd" and self.systemd else self.wanted
        return wanted if isinstance(wanted, str) else tuple(one.replace("DISK", disk) for one in wanted)

    def names(self):
        """The fields that a warning has to name."""
        return [name for fields in self.resources.values() if isinstance(fields, dict) for name in fields]

    def reason(self, name, driver):
        return self.why.get(f"{name}_{driver}") or self.why.get(name, "")


def memory(title, resources, *rest, **more):
    return Row("memory", f"memory {title}", {"memory": resources}, *rest, **more)


def cpu(title, resources, *rest, **more):
    return Row("cpu", f"cpu {title}", {"cpu": resources}, *rest, **more)


def pids(limit, wanted, **more):
    return Row("pids", f"pids limit {limit}", {"pids": {"limit": limit}}, "pids.max", wanted, **more)


def block_io(title, resources, *rest, **more):
    return Row("io", f"blockIO {title}", {"blockIO": resources}, *rest, **more)


def unified(needs, title, resources, *rest, **more):
    return Row(needs, f"unified {title}", {"unified": resources}, *rest, **more)


BOTH = "memory.max; memory.swap.max"
RATE = {"major": "MAJOR", "minor": "MINOR", "rate": 1048576}

V1 = {"crun": "a bundle made for cgroup v1 should run; whoever relied on the field is told by its name",
      "runc": "silence would hide that the limit is not there"}

SWAP = {"crun_systemd": "swap is memory and swap together; crun tells systemd the sum, and its next write lets that much "
                        "be swapped", "runc_systemd": "runc does not tell systemd of no swap: its next write lifts the limit"}

RATES = {"crun_systemd": "crun does not tell systemd of throttles: its next write takes them away"}

CPU = {"crun_systemd": "crun does not tell systemd of it: its next write takes it away"}

ROWS = [
    memory("limit 64M", {"limit": 64 * MEGABYTE}, BOTH, (M64, "max")),
    memory("limit 0", {"limit": 0}, BOTH, ("max", "max"),
           crun="0 is “not set”, as Docker sends it and as every other runtime reads it; a limit of 0 could start nothing"),
    memory("limit -1", {"limit": -1}, BOTH, ("max", "max")),
    memory("limit 64M, swap 96M", {"limit": 64 * MEGABYTE, "swap": 96 * MEGABYTE}, BOTH, (M64, M32), **SWAP),
    memory("limit = swap", {"limit": 64 * MEGABYTE, "swap": 64 * MEGABYTE}, BOTH, (M64, "0"), **SWAP),
    memory("limit 64M, swap -1", {"limit": 64 * MEGABYTE, "swap": -1}, BOTH, (M64, "max")),
    memory("limit 64M, swap 0", {"limit": 64 * MEGABYTE, "swap": 0}, BOTH, (M64, "max"),
           crun="0 is “not set”, as Docker sends it, and then swap is not limited; without swap is “limit = swap”"),
    memory("swap alone", {"swap": 64 * MEGABYTE}, BOTH, REFUSED),
    memory("swap -1 alone", {"swap": -1}, BOTH, ("max", "max")),
    memory("swap below limit", {"limit": 64 * MEGABYTE, "swap": 32 * MEGABYTE}, BOTH, REFUSED),
    memory("limit -2", {"limit": -2}, BOTH, REFUSED,
           crun="only -1 means unlimited: what has no meaning is a mistake, said before anything is made"),
    memory("reservation 32M", {"reservation": 32 * MEGABYTE}, "memory.low", M32),
    memory("reservation -1", {"reservation": -1}, "memory.low", "max"),
    memory("checkBeforeUpdate", {"limit": 64 * MEGABYTE, "checkBeforeUpdate": True}, "memory.max", M64),
    *(memory(f"{name} (v1)", {name: value}, "", NAMED, **V1)
      for name, value in (("kernel", 64 * MEGABYTE), ("kernelTCP", 64 * MEGABYTE), ("swappiness", 50),
                          ("disableOOMKiller", True), ("useHierarchy", True))),
    *(cpu(f"shares {shares}", {"shares": shares}, "cpu.weight", weight)
      for shares, weight in ((0, "100"), (1, "1"), (2, "1"), (10, "4"), (512, "59"), (1024, "100"), (4096, "303"),
                             (262144, "10000"), (500000, "10000"))),
    cpu("quota 30000", {"quota": 30000}, "cpu.max", "30000 100000", **CPU),
    cpu("quota 10000 of 20000", {"quota": 10000, "period": 20000}, "cpu.max", "10000 20000"),
    cpu("quota 33333", {"quota": 33333}, "cpu.max", "33333 100000", systemd=("33340 100000",), **CPU,
        runc_systemd="runc rounds to 10 ms a second, as systemd did before 257; since then it takes 100 µs"),
    cpu("quota -1, period 50000", {"quota": -1, "period": 50000}, "cpu.max", "max 50000",
        systemd=("max 100000",)),
    cpu("period 50000", {"period": 50000}, "cpu.max", "max 50000",
        systemd=("max 100000",)),
    cpu("quota 0", {"quota": 0}, "cpu.max", "max 100000"),
    cpu("quota 40000, burst 20000", {"quota": 40000, "burst": 20000}, "cpu.max; cpu.max.burst",
        ("40000 100000", "20000"), **CPU),
    cpu("burst above quota", {"quota": 40000, "burst": 50000}, "cpu.max; cpu.max.burst", REFUSED),
    cpu("idle 1", {"idle": 1}, "cpu.idle", "1", **CPU),
    cpu("idle 1, shares 512", {"idle": 1, "shares": 512}, "cpu.idle", "1", **CPU,
        runc="the kernel takes no weight for an idle cgroup, so idle wins; an engine that always sends shares still works"),
    cpu("idle 2", {"idle": 2}, "cpu.idle", REFUSED),
    cpu("realtimeRuntime (v1)", {"realtimeRuntime": 1000}, "", NAMED, **V1),
    cpu("realtimePeriod (v1)", {"realtimePeriod": 100000}, "", NAMED, **V1),
    Row("cpuset", "cpu cpus 0, mems 0", {"cpu": {"cpus": "0", "mems": "0"}}, "cpuset.cpus; cpuset.mems", ("0", "0")),
    Row("cpuset", "cpu cpus 0-9999", {"cpu": {"cpus": "0-9999"}}, "cpuset.cpus", REFUSED),
    pids(50, "50"),
    pids(-1, "max"),
    pids(1, "1"),
    pids(0, "0", systemd=("1",), crun="runtime-spec 1.3: 0 is a limit of 0; only -1 is none. systemd knows no 0: there it is 1",
         runc="runtime-spec 1.3: 0 is a limit of 0; only -1 is none. systemd knows no 0: there it is 1"),
    block_io("throttleReadBpsDevice", {"throttleReadBpsDevice": [RATE]}, "io.max",
             "DISK rbps=1048576 wbps=max riops=max wiops=max", **RATES),
    block_io("all four", {"throttleReadBpsDevice": [RATE], "throttleWriteBpsDevice": [RATE],
                          "throttleReadIOPSDevice": [RATE], "throttleWriteIOPSDevice": [RATE]}, "io.max",
             "DISK rbps=1048576 wbps=1048576 riops=1048576 wiops=1048576", **RATES),
    block_io("rate 0", {"throttleReadBpsDevice": [{**RATE, "rate": 0}]}, "io.max", ("",),
             crun="0 takes a throttle away, as in `update` of engines; the kernel calls that max",
             runc="0 takes a throttle away, as in `update` of engines; the kernel calls that max"),
    block_io("no such disk", {"throttleReadBpsDevice": [{"major": 4001, "minor": 9, "rate": 1}]}, "io.max", REFUSED),
    block_io("weight 5", {"weight": 5}, "", REFUSED),
    block_io("leafWeight (v1)", {"leafWeight": 500}, "", NAMED, **V1),
    Row("hugetlb", "hugepageLimits 2MB", {"hugepageLimits": [{"pageSize": "2MB", "limit": 4 * MEGABYTE}]},
        "hugetlb.2MB.max; hugetlb.2MB.rsvd.max", (str(4 * MEGABYTE),) * 2),
    Row("hugetlb", "hugepageLimits 3MB", {"hugepageLimits": [{"pageSize": "3MB", "limit": 4 * MEGABYTE}]}, "", REFUSED),
    Row("", "rdma of a device that is not there", {"rdma": {"mlx5_0": {"hcaHandles": 3}}}, "", REFUSED,
        crun="a limit that cannot be set is an error, not ignored"),
    Row("", "network classID (v1)", {"network": {"classID": 1048577}}, "", NAMED, **V1),
    unified("memory", "memory.high", {"memory.high": M32}, "memory.high", M32),
    Row("memory", "unified after memory limit", {"memory": {"limit": 64 * MEGABYTE}, "unified": {"memory.max": M96}},
        "memory.max", M96,
        crun_systemd="unified counts last; crun tells systemd the other one, and its next write brings that back"),
    Row("cpu", "unified after shares", {"cpu": {"shares": 2048}, "unified": {"cpu.weight": "321"}}, "cpu.weight", "321", **CPU),
    unified("cpu", "cpu.max", {"cpu.max": "20000 40000"}, "cpu.max", "20000 40000", **CPU),
    unified("io", "io.max of two lines", {"io.max": "DISK rbps=1048576\nDISK wbps=2097152"}, "io.max",
            "DISK rbps=1048576 wbps=2097152 riops=max wiops=max", **CPU),
    unified("memory", "memory.swap.max max", {"memory.swap.max": "max"}, "memory.swap.max", "max"),
    unified("", "of no controller", {"unheard.max": "1"}, "", REFUSED),
    unified("memory", "of no file", {"memory.unheard": "1"}, "", REFUSED),
    unified("", "with a path", {"../cgroup.max.depth": "1"}, "", REFUSED),
    unified("", "cgroup.max.depth", {"cgroup.max.depth": "7"}, "cgroup.max.depth", "7",
            crun_systemd="the config asks for it with either driver; crun does not bring it about with systemd"),
    unified("", "cgroup.freeze", {"cgroup.freeze": "1"}, "", REFUSED,
            crun="no limit: it would stop the container before it begins", runc="no limit: it would stop the container before it begins"),
    Row("", "devices: deny all", {"devices": [{"allow": False, "access": "rwm"}]}, PROGRAMS, "1", systemd=("2",),
        crun_systemd="systemd's own filter and ours: either alone would do, and ours is there without systemd, too"),
    Row("", "devices: allow all", {"devices": [{"allow": True, "access": "rwm"}]}, PROGRAMS, "0",
        crun="a filter that lets everything pass costs each open and does nothing",
        runc="a filter that lets everything pass costs each open and does nothing"),
    Row("", "devices: absent", {}, PROGRAMS, "0", runc="no rules are given, so none are made",
        crun_systemd="no rules are given, so systemd is told of none"),
]
