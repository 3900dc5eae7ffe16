#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A config.json with every property that is read, each at least once. No host can run it, every reader must take it.

Run as a program, it prints the document.
"""

import json


def document():
    return {
        "ociVersion": "1.3.0",
        "process": process(),
        "root": {"path": "rootfs", "readonly": True},
        "hostname": "box",
        "domainname": "example",
        "mounts": [
            {"destination": "/data", "type": "bind", "source": "/tmp", "options": ["rbind", "ro"],
             "uidMappings": ids(), "gidMappings": ids()},
            {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid"]},
        ],
        "hooks": {kind: [{"path": "/bin/true", "args": ["true"], "env": ["A=b"], "timeout": 5}] for kind in (
            "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop")},
        "annotations": {"com.example.key": "value"},
        "linux": linux(),
    }


def ids():
    return [{"containerID": 0, "hostID": 100000, "size": 65536}]


def process():
    kill = ["CAP_KILL"]
    return {
        "terminal": False,
        "consoleSize": {"height": 25, "width": 80},
        "user": {"uid": 1000, "gid": 1000, "umask": 18, "additionalGids": [5]},
        "args": ["/bin/payload", "true"],
        "env": ["PATH=/bin"],
        "cwd": "/",
        "capabilities": {"bounding": kill, "effective": kill, "permitted": kill, "inheritable": kill, "ambient": kill},
        "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 1024, "hard": 1024}],
        "noNewPrivileges": True,
        "oomScoreAdj": 100,
        "apparmorProfile": "profile",
        "selinuxLabel": "system_u:system_r:container_t:s0",
        "scheduler": {"policy": "SCHED_DEADLINE", "nice": 0, "priority": 0, "flags": ["SCHED_FLAG_RESET_ON_FORK"],
                      "runtime": 1000000, "deadline": 2000000, "period": 2000000},
        "ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 4},
        "execCPUAffinity": {"initial": "0", "final": "0-3,7"},
    }


def linux():
    kinds = ("mount", "pid", "ipc", "uts", "user", "cgroup", "time")
    return {
        "namespaces": [{"type": "network", "path": "/proc/self/ns/net"}, *({"type": kind} for kind in kinds)],
        "uidMappings": ids(),
        "gidMappings": ids(),
        "timeOffsets": {"monotonic": {"secs": 10, "nanosecs": 5}, "boottime": {"secs": -10, "nanosecs": 0}},
        "devices": [{"type": "c", "path": "/dev/x", "major": 1, "minor": 3, "fileMode": 438, "uid": 0, "gid": 0}],
        "netDevices": {"eth0": {"name": "inner0"}},
        "cgroupsPath": "/box",
        "resources": resources(),
        "rootfsPropagation": "rslave",
        "seccomp": seccomp(),
        "sysctl": {"net.ipv4.ip_forward": "1"},
        "maskedPaths": ["/proc/keys"],
        "readonlyPaths": ["/proc/sys"],
        "mountLabel": "system_u:object_r:container_file_t:s0",
        "personality": {"domain": "LINUX32", "flags": []},
        "memoryPolicy": {"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES"]},
        "intelRdt": {"closID": "box", "schemata": ["L3:0=f"], "l3CacheSchema": "L3:0=f", "memBwSchema": "MB:0=50",
                     "enableMonitoring": True},
    }


def resources():
    throttle = [{"major": 8, "minor": 0, "rate": 1048576}]
    return {
        "devices": [{"allow": True, "type": "c", "major": 10, "minor": 229, "access": "rwm"}],
        "memory": {"limit": 67108864, "reservation": 33554432, "swap": 134217728, "kernel": 1, "kernelTCP": 1,
                   "swappiness": 60, "disableOOMKiller": True, "useHierarchy": True, "checkBeforeUpdate": True},
        "cpu": {"shares": 512, "quota": 50000, "burst": 1000, "period": 100000, "realtimeRuntime": 1,
                "realtimePeriod": 1, "cpus": "0", "mems": "0", "idle": 0},
        "pids": {"limit": 50},
        "blockIO": {
            "weight": 100, "leafWeight": 100,
            "weightDevice": [{"major": 8, "minor": 0, "weight": 100, "leafWeight": 100}],
            "throttleReadBpsDevice": throttle, "throttleWriteBpsDevice": throttle,
            "throttleReadIOPSDevice": throttle, "throttleWriteIOPSDevice": throttle,
        },
        "hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}],
        "rdma": {"mlx5_0": {"hcaHandles": 3, "hcaObjects": 1000}},
        "network": {"classID": 1, "priorities": [{"name": "eth0", "priority": 1}]},
        "unified": {"memory.high": "60000000"},
    }


def seccomp():
    argument = {"index": 0, "value": 1, "valueTwo": 2, "op": "SCMP_CMP_MASKED_EQ"}
    return {
        "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1,
        "architectures": ["SCMP_ARCH_X86_64"], "flags": ["SECCOMP_FILTER_FLAG_LOG"],
        "listenerPath": "/run/agent.sock", "listenerMetadata": "data",
        "syscalls": [{"names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5, "args": [argument]}],
    }


if __name__ == "__main__":
    print(json.dumps(document(), indent=2))
