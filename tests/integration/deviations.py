#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Where runtimes differ: ten small bundles for each, and a table of what was seen.

usage: deviations.py --payload PATH --runtime NAME=PATH[@ROOT] [--runtime …]     (see runtimes.py)
"""

import ctypes
import json
import os
import socket
import struct
import sys

import host
import runtimes

CLONE_NEWNET, MS_SHARED = 0x40000000, 1 << 20


# What is looked at. Each returns what it saw, as text.

def dotted_sysctl(runtime):
    file = runtime.folder.parent / "netns"
    name = "/proc/sys/net/ipv4/conf/a.b/rp_filter"
    bundle = runtime.bundle("cat", name)
    spaces = [one for one in bundle.config["linux"]["namespaces"] if one["type"] != "network"]
    bundle.edit("/linux/namespaces", [*spaces, {"type": "network", "path": str(file)}])
    bundle.config["linux"]["sysctl"] = {"net/ipv4/conf/a.b/rp_filter": "2"}
    answer = runtime.run(bundle.write())
    return f"set to {answer.out.strip()}" if answer.code == 0 else str(answer)


def duplicate_rlimits(runtime):
    limits = [{"type": "RLIMIT_NOFILE", "soft": n, "hard": n} for n in (300, 200)]
    answer = runtime.run(runtime.bundle("report").edit("/process/rlimits", limits))
    return f"taken: {json.loads(answer.out)['rlimits']['RLIMIT_NOFILE'][0]}" if answer.code == 0 else str(answer)


def no_pids(runtime):
    bundle = runtime.bundle("sleep", "60").edit("/linux/resources", {"pids": {"limit": 0}})
    answer = runtime("create", "--bundle", bundle.path, "box")
    file = runtime.group / bundle.path.name / "pids.max"
    seen = f"pids.max {file.read_text().strip()}" if file.exists() else f"no pids controller on this host: {answer}"
    runtime("delete", "--force", "box")
    return seen


def idle_errno(runtime):
    rule = {"names": ["sethostname"], "action": "SCMP_ACT_LOG", "errnoRet": 5}
    bundle = runtime.bundle("true").edit("/linux/seccomp", {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]})
    return str(runtime.run(bundle))


def failing_poststop(runtime):
    bundle = runtime.bundle("true")
    mark = runtime.folder / "second"
    bundle.edit("/hooks/poststop", [{"path": bundle.script("first", "#!/bin/sh\nexit 1\n")},
                                    {"path": bundle.script("second", f"#!/bin/sh\n: > {mark}\n")}])
    if (made := runtime("create", "--bundle", bundle.path, "box")).code != 0:
        return str(made)
    runtime("start", "box")
    host.until(lambda: '"stopped"' in runtime("state", "box").out)
    deleted = runtime("delete", "box")
    is_gone = runtime("state", "box").code != 0
    runtime("delete", "--force", "box")
    return (f"delete exits {deleted.code}; the container is {'gone' if is_gone else 'still there'}; the next hook "
            f"{'ran' if mark.exists() else 'did not run'}")


def wrong_versions(runtime):
    taken = {text: runtime.run(runtime.bundle("true").edit("/ociVersion", text)).code == 0
             for text in ("invalid", "2.0.0", "")}
    return "; ".join(f"“{text}” {'taken' if is_taken else 'refused'}" for text, is_taken in taken.items())


def mount_of(runtime, *options, kind="tmpfs", source="tmpfs", root=None):
    """The words of mountinfo at /data: flags, propagation, options; or the answer."""
    bundle = runtime.bundle("cat", "/proc/self/mountinfo").add_mount("/data", kind, source, *options)
    answer = runtime.run(bundle.edit("/linux/rootfsPropagation", root))
    if answer.code != 0:
        return answer, []
    line = [line for line in answer.out.splitlines() if line.split()[4] == "/data"][-1]
    left, right = line.split(" - ")
    return answer, [*left.split()[5].split(","), *left.split()[6:], *right.split()[2].split(",")]


def new_options(runtime):
    seen = []
    for option in ("iversion", "lazytime", "nosymfollow", "symfollow"):
        answer, words = mount_of(runtime, option)
        # i_version shows nowhere, symfollow by what is missing.
        found = "set" if option in words else "taken"
        seen.append(f"{option} {found if answer.code == 0 else 'refused'}")
    return "; ".join(seen)


def propagation(runtime):
    source, seen = runtime.folder.parent / "shared", []
    for option, mark in (("rshared", "shared:"), ("rslave", "master:")):
        for root in (None, "slave"):
            answer, words = mount_of(runtime, "rbind", option, kind="bind", source=source, root=root)
            if any(word.startswith(mark) for word in words):
                seen.append(f"{option} set" + (" where rootfsPropagation is given" if root else ""))
                break
        else:
            seen.append(f"{option} {'not set' if answer.code == 0 else answer}")
    return "; ".join(seen)


def no_process(runtime):
    bundle = runtime.bundle("true").edit("/process", None)
    made = runtime("create", "--bundle", bundle.path, "box")
    seen = f"create {made}"
    if made.code == 0:
        started = runtime("start", "box")
        is_over = host.until(lambda: '"stopped"' in runtime("state", "box").out, 2)
        seen += f"; start {started}" + (", but nothing runs" if is_over and started.code == 0 else "")
    runtime("delete", "--force", "box")
    return seen


def no_capabilities(runtime):
    answer = runtime.run(runtime.bundle("report"))
    if answer.code != 0:
        return str(answer)
    status = json.loads(answer.out)["status"]
    return f"CapEff {int(status['CapEff'], 16):x}, CapBnd {int(status['CapBnd'], 16):x}"


BEHAVIOURS = (
    ("sysctl `net/ipv4/conf/a.b/rp_filter`", "the dot belongs to the name (sysctl.d(5))", dotted_sysctl),
    ("the same rlimit twice: 300, 200", "MUST be an error", duplicate_rlimits),
    ("`pids.limit` 0", "a limit of none", no_pids),
    ("`errnoRet` where the action takes none", "MUST be an error", idle_errno),
    ("a poststop hook fails", "MUST be logged, the rest goes on", failing_poststop),
    ("`ociVersion` invalid, 2.0.0, empty", "MUST be SemVer", wrong_versions),
    ("options iversion, lazytime, nosymfollow, symfollow", "MUST (the first two), SHOULD", new_options),
    ("propagation of one mount", "MUST", propagation),
    ("no `process`", "an error of start, not of create", no_process),
    ("no `capabilities`, as root", "not said", no_capabilities),
)


def add_bridge(name):
    """`ip link add NAME type bridge`, in the network namespace of the caller."""
    def attribute(kind, data):
        return struct.pack("HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)

    link = attribute(3, name.encode() + b"\0") + attribute(18, attribute(1, b"bridge"))
    body = struct.pack("BxHiII", 0, 0, 0, 0, 0) + link
    # RTM_NEWLINK; NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        netlink.send(struct.pack("IHHII", 16 + len(body), 16, 0x605, 1, 0) + body)
        code = struct.unpack_from("i", netlink.recv(4096), 16)[0]
    if code != 0:
        raise OSError(-code, f"cannot add {name}: {os.strerror(-code)}")


def make_network(file):
    """A network namespace held by a file, with a device that has a dot in its name."""
    file.touch()
    child = os.fork()
    if child == 0:
        try:
            host.LIBC.unshare(ctypes.c_int(CLONE_NEWNET))
            add_bridge("a.b")
            host.mount("/proc/self/ns/net", file, None, host.MS_BIND)
            os._exit(0)
        except OSError as error:
            print(error, file=sys.stderr, flush=True)
        os._exit(1)
    if os.waitpid(child, 0)[1] != 0:
        raise SystemExit("deviations: cannot make a network namespace")


def prepare(work):
    make_network(work / "netns")
    (work / "shared").mkdir()
    host.mount("tmpfs", work / "shared", "tmpfs")
    host.mount("none", work / "shared", None, MS_SHARED)


def main():
    options = runtimes.parser(__doc__).parse_args()
    with runtimes.arranged(options, prepare) as all_runtimes:
        print("| | the specification |", " | ".join(f"{one.name} {one.version()}" for one in all_runtimes), "|")
        print("|---" * (2 + len(all_runtimes)) + "|")
        for title, rule, look in BEHAVIOURS:
            print(f"| {title} | {rule} |", " | ".join(look(one) for one in all_runtimes), "|", flush=True)


if __name__ == "__main__":
    main()
