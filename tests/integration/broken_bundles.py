# SPDX-License-Identifier: Apache-2.0
"""Broken bundles, and exactly what `validate` finds in each: (severity, code, pointer)."""

import json

INVALID = "invalid-config"
MAPS = {"/linux/uidMappings": [{"containerID": 0, "hostID": 100000, "size": 1000}],
        "/linux/gidMappings": [{"containerID": 0, "hostID": 100000, "size": 1000}]}
WITH_USERS = {"/linux/namespaces/5": {"type": "user"}, **MAPS}
SECCOMP = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": []}


def rule(**more):
    return {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", **more}


def errors(*pointers, code=INVALID):
    return [("error", code, pointer) for pointer in pointers]


def warnings(code, *pointers):
    return [("warning", code, pointer) for pointer in pointers]


def infos(code, *pointers):
    return [("info", code, pointer) for pointer in pointers]


def hook(path="/bin/true"):
    return [{"path": path}]


# Texts of config.json that are no configuration: what the message must say.
TEXTS = {
    "nothing": ("", "not valid JSON"),
    "blanks": (" \n", "not valid JSON"),
    "truncated": ('{"ociVersion": "1.0.2", "process": {"cwd": "/', "not valid JSON"),
    "comma at the end": ('{"ociVersion": "1.0.2",}', "line 1, column 24"),
    "comment": ('{ /* box */ }', "not valid JSON"),
    "array": ("[]", "must be an object"),
    "text": ('"config"', "must be an object"),
    "number beyond all": ("1" * 5000, "not valid JSON"),
    "bad UTF-8": (b'{"hostname": "\xff\xfe"}', "not valid JSON"),
    "lone surrogate": ('{"hostname": "\\ud800"}', "not valid JSON"),
    "NUL byte": (b'{}\x00', "NUL"),
    "byte order mark": (b"\xef\xbb\xbf{}", "byte order mark"),
    "ELF": (b"\x7fELF\x02\x01\x01", "not valid JSON"),
    "two documents": ("{}{}", "not valid JSON"),
}

# Edits of a small bundle that has no findings, and exactly the findings they make.
FAULTS = {
    # words
    "key twice": ('{"ociVersion":"1.0.2","root":{"path":"a","path":"b"}}', errors("/root/path")),
    "deep nesting": ('{"annotations":' + "[" * 500 + "]" * 500 + "}", errors("/annotations" + "/0" * 63)),
    "nothing in it": ("{}", errors("/ociVersion", "/root/path") + infos("process-absent", "/process")),
    "every section of a wrong type": (
        json.dumps({"ociVersion": 1, "process": [], "root": "x", "mounts": {}, "hooks": 7, "linux": "linux",
                    "annotations": [], "hostname": {}}),
        errors("/ociVersion", "/process", "/root", "/mounts", "/hooks", "/linux", "/annotations", "/hostname")),
    "version of the future": ({"/ociVersion": "2.0.0"}, errors("/ociVersion")),
    "wrong types in depth": (
        {"/process/user/uid": "root", "/process/args/1": 7, "/process/env/0": None or {}, "/mounts/0/options": "ro",
         "/linux/namespaces/0/type": 7, "/process/noNewPrivileges": "yes", "/process/oomScoreAdj": 1.5},
        errors("/process/user/uid", "/process/args/1", "/process/env/0", "/mounts/0/options",
               "/linux/namespaces/0/type", "/process/noNewPrivileges", "/process/oomScoreAdj")),
    "numbers out of range": (
        {"/process/user/gid": -1, "/process/user/umask": 512, "/process/oomScoreAdj": 1001,
         "/linux/devices": [{"path": "/dev/x", "type": "c", "major": 4096, "minor": 0}],
         "/linux/resources/blockIO/weight": 9},
        errors("/process/user/gid", "/process/user/umask", "/process/oomScoreAdj", "/linux/devices/0/major",
               "/linux/resources/blockIO/weight")),
    "required and absent": (
        {"/root/path": None, "/process/cwd": None, "/process/args": None, "/mounts/1": {"type": "tmpfs"},
         "/process/rlimits": [{"type": "RLIMIT_NOFILE"}], "/linux/seccomp": {}, "/hooks/poststop": [{}],
         "/linux/devices": [{"type": "c", "path": "/dev/x"}]},
        errors("/root/path", "/process/cwd", "/process/args", "/mounts/1/destination", "/process/rlimits/0/soft",
               "/process/rlimits/0/hard", "/linux/seccomp/defaultAction", "/hooks/poststop/0/path",
               "/linux/devices/0/major", "/linux/devices/0/minor")),
    "unknown words": (
        {"/linux/namespaces/0/type": "netwrk", "/linux/rootfsPropagation": "salve",
         "/process/rlimits": [{"type": "RLIMIT_NOFILES", "soft": 1, "hard": 1}],
         "/linux/seccomp": {"defaultAction": "SCMP_ACT_DENY"}, "/process/scheduler": {"policy": "SCHED_FAST"},
         "/process/ioPriority": {"class": "BEST", "priority": 4}},
        errors("/linux/namespaces/0/type", "/linux/rootfsPropagation", "/process/rlimits/0/type",
               "/linux/seccomp/defaultAction", "/process/scheduler/policy", "/process/ioPriority/class")),
    "misspelt properties": (
        {"/process/noNewPrivilege": True, "/linux/maskedPath": [], "/hostName": "box", "/mounts/0/opts": [],
         "/annotation": {"any": {"thing": 1}}, "/linux/resources/memory/limits": 1},
        warnings("unknown-property", "/process/noNewPrivilege", "/linux/maskedPath", "/hostName", "/mounts/0/opts",
                 "/annotation", "/linux/resources/memory/limits")),
    "other platforms": (
        {"/windows": {}, "/vm": {}, "/process/commandLine": "dir"},
        infos("other-platform", "/windows", "/vm", "/process/commandLine")),
    # process
    "relative cwd, bare environment": (
        {"/process/cwd": "tmp", "/process/env/1": "PATH", "/process/env/2": "=x"},
        errors("/process/cwd", "/process/env/1", "/process/env/2")),
    "limits upside down and twice": (
        {"/process/rlimits": [{"type": "RLIMIT_CORE", "soft": 2, "hard": 1}, {"type": "RLIMIT_CPU", "soft": 1, "hard": 1},
                              {"type": "RLIMIT_CPU", "soft": 1, "hard": 1}]},
        errors("/process/rlimits/0/soft", "/process/rlimits/2/type")),
    "unknown capabilities": (
        {"/process/capabilities": {"bounding": ["CAP_CHOWM", "CAP_KILL"], "effective": ["chown"], "permitted": ["CAP_KILL"],
                                   "inheritable": ["CAP_KILL", "CAP_MAGIC"], "ambient": ["CAP_KILL", "CAP_CHOWN"]}},
        warnings("capability-unknown", "/process/capabilities/bounding/0", "/process/capabilities/effective/0",
                 "/process/capabilities/inheritable/1") + warnings("no-effect", "/process/capabilities/ambient/1")),
    "console of no terminal": ({"/process/consoleSize": {"height": 25, "width": 80}},
                               warnings("no-effect", "/process/consoleSize")),
    "terminal without devpts": ({"/process/terminal": True}, errors("/process/terminal")),
    "scheduling beyond all bounds": (
        {"/process/scheduler": {"policy": "SCHED_FIFO", "priority": 100, "nice": 30},
         "/process/ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 8},
         "/process/execCPUAffinity": {"initial": "a", "final": "100000-100001"}},
        errors("/process/scheduler/nice", "/process/scheduler/priority", "/process/ioPriority/priority",
               "/process/execCPUAffinity/initial", "/process/execCPUAffinity/final")),
    "a deadline that has no agent told": (
        {"/process/scheduler": {"policy": "SCHED_DEADLINE", "runtime": 10000000, "deadline": 20000000,
                                "period": 20000000},
         "/linux/seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/run/agent.sock",
                            "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}]}},
        errors("/process/scheduler") + errors("/linux/seccomp/listenerPath", code="seccomp-agent-missing")),
    "a policy that no kernel has": ({"/process/scheduler": {"policy": "SCHED_ISO"}},
                                    errors("/process/scheduler/policy", code="unsupported")),
    "processors for exec that are not there": ({"/process/execCPUAffinity": {"initial": "0", "final": "0,8000"}},
                                               warnings("processor-missing", "/process/execCPUAffinity/final")),
    "no process": ({"/process": None}, infos("process-absent", "/process")),
    "a file as working directory": ({"/process/cwd": "/etc/passwd"}, errors("/process/cwd", code="cwd-unfit")),
    # the program
    "no such program": ({"/process/args": ["/bin/nothing"]}, errors("/process/args/0", code="program-not-found")),
    "not in PATH": ({"/process/args": ["nothing"]}, errors("/process/args/0", code="program-not-found")),
    "not executable": ({"/process/args": ["/etc/passwd"]}, errors("/process/args/0", code="program-not-executable")),
    "a directory": ({"/process/args": ["/bin"]}, errors("/process/args/0", code="program-not-found")),
    "a program that a hook may bring": (
        {"/process/args": ["/bin/later"], "/hooks/createRuntime": hook()},
        warnings("program-not-found", "/process/args/0")),
    # root and mounts
    "no root": ({"/root/path": "elsewhere"}, errors("/root/path", code="root-unusable")),
    "root above the bundle": ({"/root/path": "../.."}, errors("/root/path")),
    "root of the host": ({"/root/path": "/"}, errors("/root/path")),
    "missing sources": (
        {"/mounts/1": {"destination": "/a", "type": "bind", "source": "/no/such/a", "options": ["rbind"]},
         "/mounts/2": {"destination": "/b", "source": "here/not", "options": ["bind"]},
         "/mounts/3": {"destination": "/c", "type": "bind"}},
        errors("/mounts/1/source", "/mounts/2/source", code="source-missing") + errors("/mounts/3/source")),
    "below /proc": ({"/mounts/1": {"destination": "/proc/self", "type": "tmpfs", "source": "tmpfs"}},
                    errors("/mounts/1")),
    "no proc at /proc": ({"/mounts/0/type": "tmpfs"}, errors("/mounts/0")),
    "an unknown file system": ({"/mounts/1": {"destination": "/a", "type": "nofs", "source": "x"}},
                               warnings("filesystem-unknown", "/mounts/1/type")),
    "relative destination": ({"/mounts/1": {"destination": "data", "type": "tmpfs", "source": "tmpfs"}},
                             warnings("deprecated", "/mounts/1/destination")),
    "a bind with options of a file system": (
        {"/mounts/1": {"destination": "/a", "type": "bind", "source": "/tmp", "options": ["bind", "size=5m"]}},
        warnings("no-effect", "/mounts/1/options")),
    "covered": ({"/mounts/1": {"destination": "/a/b", "type": "tmpfs", "source": "tmpfs"},
                 "/mounts/2": {"destination": "/a/", "type": "tmpfs", "source": "tmpfs"}},
                infos("covered", "/mounts/1")),
    "half an id map": (
        {"/mounts/1": {"destination": "/a", "type": "bind", "source": "/tmp", "options": ["bind"],
                       "uidMappings": MAPS["/linux/uidMappings"]}},
        errors("/mounts/1/gidMappings")),
    "mounts without a namespace": ({"/linux/namespaces/1": {"type": "cgroup"}}, errors("/mounts")),
    "a directory on a file, and a file on a directory": (
        {"/mounts/1": {"destination": "/etc/passwd", "type": "bind", "source": "/tmp", "options": ["bind"]},
         "/mounts/2": {"destination": "/root", "type": "bind", "source": "/etc/passwd", "options": ["bind"]},
         "/mounts/3": {"destination": "/bin/payload", "type": "tmpfs", "source": "tmpfs"}},
        errors("/mounts/1/destination", "/mounts/2/destination", "/mounts/3/destination", code="target-unfit")),
    "options that the kernel refuses": (
        {"/mounts/1": {"destination": "/a", "type": "tmpfs", "source": "tmpfs", "options": ["frobnicate"]},
         "/mounts/2": {"destination": "/b", "type": "tmpfs", "source": "tmpfs", "options": ["size=lots", "mode=755"]}},
        errors("/mounts/1/options", "/mounts/2/options", code="mount-option-refused")),
    "a file system that is not for users": (
        {**WITH_USERS, "/mounts/1": {"destination": "/a", "type": "sockfs", "source": "x"}},
        warnings("filesystem-privileged", "/mounts/1/type")),
    # namespaces
    "paths of namespaces": (
        {"/linux/namespaces/0/path": "/no/such", "/linux/namespaces/2/path": "proc/self/ns/ipc",
         "/linux/namespaces/3/path": "/proc/self/ns/net", "/linux/namespaces/4/path": "/etc/passwd"},
        errors("/linux/namespaces/0/path", code="namespace-missing") +
        errors("/linux/namespaces/2/path", "/linux/namespaces/3/path", "/linux/namespaces/4/path")),
    "a namespace twice": ({"/linux/namespaces/5": {"type": "pid"}}, errors("/linux/namespaces/5")),
    "maps without users": (MAPS, errors("/linux/uidMappings", "/linux/gidMappings")),
    "users without maps": ({"/linux/namespaces/5": {"type": "user"}},
                           errors("/linux/uidMappings", "/linux/gidMappings")),
    "maps that overlap": (
        {**WITH_USERS, "/linux/uidMappings/1": {"containerID": 999, "hostID": 200000, "size": 1},
         "/linux/gidMappings/1": {"containerID": 5000, "hostID": 0, "size": 0}},
        errors("/linux/uidMappings/1", "/linux/gidMappings/1/size")),
    "somebody who is not mapped": (
        {**WITH_USERS, "/process/user": {"uid": 1000, "gid": 5, "additionalGids": [10, 2000]}},
        errors("/process/user/uid", "/process/user/additionalGids/1", code="id-not-mapped")),
    "a host name without a place": (
        {"/hostname": "box", "/domainname": "x" * 65, "/linux/namespaces/3": {"type": "cgroup"}},
        errors("/hostname", "/domainname")),
    "clocks without a namespace": ({"/linux/timeOffsets": {"monotonic": {"secs": 1}, "boottime": {"nanosecs": 10**9}}},
                                   errors("/linux/timeOffsets", "/linux/timeOffsets/boottime/nanosecs")),
    "parameters of the host": (
        {"/linux/sysctl": {"kernel.panic": "1", "net.ipv4.ip_forward": "1", "kernel.hostname": "x", "no": "1"}},
        errors("/linux/sysctl/kernel.panic", "/linux/sysctl/kernel.hostname", "/linux/sysctl/no")),
    "a parameter without its namespace": (
        {"/linux/sysctl": {"net.ipv4.ip_forward": "1"}, "/linux/namespaces/4": {"type": "cgroup"}},
        errors("/linux/sysctl/net.ipv4.ip_forward")),
    "a parameter that no kernel has": (
        {"/linux/sysctl": {"net.ipv4.no_such": "1", "net.ipv4.conf.later0.forwarding": "1"}},
        errors("/linux/sysctl/net.ipv4.no_such", code="parameter-missing")),
    # hooks
    "hooks": (
        {"/hooks": {"prestart": hook("/no/such"), "createRuntime": hook("/etc/passwd"), "createContainer": hook("true"),
                    "poststart": hook("/no/such"), "poststop": [{"path": "/bin/true", "timeout": 0, "env": ["A"]}]}},
        errors("/hooks/prestart/0/path", code="hook-missing") +
        errors("/hooks/createRuntime/0/path", code="hook-not-executable") +
        errors("/hooks/createContainer/0/path", "/hooks/poststop/0/timeout", "/hooks/poststop/0/env/0") +
        warnings("hook-missing", "/hooks/poststart/0/path") + infos("deprecated", "/hooks/prestart")),
    "hooks of the container": (
        {"/hooks/startContainer": [*hook("/bin/payload"), *hook("/bin/none"), *hook("/etc/passwd")]},
        errors("/hooks/startContainer/1/path", code="hook-missing") +
        errors("/hooks/startContainer/2/path", code="hook-not-executable")),
    # seccomp
    "errnoRet of what has none": (
        {"/linux/seccomp": {**SECCOMP, "defaultErrnoRet": 1, "syscalls": [
            rule(action="SCMP_ACT_KILL", errnoRet=1), rule(errnoRet=5000), rule(names=[]),
            rule(args=[{"index": 6, "value": 1, "op": "SCMP_CMP_EQ"}])]}},
        errors("/linux/seccomp/defaultErrnoRet", "/linux/seccomp/syscalls/0/errnoRet", "/linux/seccomp/syscalls/2/names",
               "/linux/seccomp/syscalls/3/args/0/index")),
    "errnoRet beyond all": ({"/linux/seccomp": {**SECCOMP, "syscalls": [rule(errnoRet=5000)]}},
                            errors("/linux/seccomp/syscalls/0/errnoRet")),
    "unknown flag and architecture": (
        {"/linux/seccomp": {**SECCOMP, "flags": ["SECCOMP_FILTER_FLAG_LOGG"], "architectures": ["SCMP_ARCH_Z80"]}},
        errors("/linux/seccomp/flags/0", "/linux/seccomp/architectures/0")),
    "no agent": (
        {"/linux/seccomp": {**SECCOMP, "listenerPath": "/no/agent.sock", "syscalls": [rule(action="SCMP_ACT_NOTIFY")]}},
        errors("/linux/seccomp/listenerPath", code="seccomp-agent-missing")),
    "an agent for nothing": ({"/linux/seccomp": {**SECCOMP, "listenerPath": "/no/agent.sock"}},
                             warnings("no-effect", "/linux/seccomp/listenerPath")),
    "an agent is never the default": (
        {"/linux/seccomp": {"defaultAction": "SCMP_ACT_NOTIFY", "listenerMetadata": "x"}},
        errors("/linux/seccomp/defaultAction", "/linux/seccomp/listenerMetadata")),
    "unknown system calls": (
        {"/linux/seccomp": {**SECCOMP, "syscalls": [rule(), rule(names=["mkdir", "mkdirr", "no_call"])]}},
        infos("system-call-unknown", "/linux/seccomp/syscalls/1/names")),
    # what the host has
    "no such network device": ({"/linux/netDevices": {"nodev0": {}, "nodev1": {"name": "a/b"}}},
                               errors("/linux/netDevices/nodev0", code="device-missing") +
                               errors("/linux/netDevices/nodev1", code="device-missing") +
                               errors("/linux/netDevices/nodev1/name")),
    "no such node": ({"/linux/memoryPolicy": {"mode": "MPOL_BIND", "nodes": "900"}},
                     errors("/linux/memoryPolicy/nodes", code="node-missing")),
    "nodes where there are none to give": (
        {"/linux/memoryPolicy": {"mode": "MPOL_LOCAL", "nodes": "0", "flags": ["MPOL_F_NUMA_BALANCING"]}},
        errors("/linux/memoryPolicy/nodes", "/linux/memoryPolicy/flags")),
    "fields of cgroup v1": (
        {"/linux/resources": {"memory": {"kernel": 1, "swappiness": 60}, "network": {"classID": 1}}},
        warnings("ignored-on-cgroup-v2", "/linux/resources/memory/kernel", "/linux/resources/memory/swappiness",
                 "/linux/resources/network/classID")),
    "bad names in resources": (
        {"/linux/resources": {"unified": {"memory/high": "1"}, "hugepageLimits": [{"pageSize": "2M", "limit": 1}],
                              "cpu": {"cpus": "a"}, "devices": [{"allow": True, "access": "x"}]}},
        errors("/linux/resources/unified", "/linux/resources/hugepageLimits/0/pageSize", "/linux/resources/cpu/cpus",
               "/linux/resources/devices/0/access")),
    "a cgroup above": ({"/linux/cgroupsPath": "/../up"}, errors("/linux/cgroupsPath")),
}
