#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many lifecycles, one after the other and at once, between two inventories of the machine: nothing may have grown.

usage: leak_audit.py [--sequential 10000] [--parallel 1000] [--at-once 50]
OCI_RT and OCI_RT_PAYLOAD as for the tests. Exit status 1 if something has grown.
"""

import argparse
import collections
import json
import os
import pathlib
import sys
import time
import unittest

import bpf
import harness
import host

SLABS = ("dentry", "inode_cache", "net_namespace", "pid_namespace", "mnt_namespace", "user_namespace",
         "uts_namespace", "nsproxy", "pid", "task_struct", "kernfs_node_cache")
PATIENCE = 30  # seconds for what the kernel, and others on this machine, take back by and by


def descendants():
    """All processes that come from us: orphans come to us, too."""
    found, ahead = [], [os.getpid()]
    while ahead:
        pid = ahead.pop()
        found.append(pid)
        for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                ahead += [int(child) for child in task.read_text().split()]
            except OSError:
                pass
    return found


def namespaces():
    """Those that a process of ours is in; other tests have theirs."""
    found = set()
    for pid in descendants():
        for link in pathlib.Path(f"/proc/{pid}/ns").glob("*"):
            try:
                found.add(os.readlink(link))
            except OSError:
                pass
    return found


def keys():
    """Keyrings by their name: their numbers are new each time."""
    try:
        lines = pathlib.Path("/proc/keys").read_text().splitlines()
    except OSError:
        return []
    return [" ".join(line.split()[7:9]) for line in lines if " keyring " in line]


def temporary_files():
    return sorted(os.listdir("/dev/shm")) + sorted(path.name for path in pathlib.Path("/tmp").glob("oci-rt*")
                                                   if not path.name.startswith(("oci-rt-test-", "oci-rt-result-")))


def zombies():
    return [pid for pid in host._children() if pid not in host.STARTED and host.process_state(pid) == "Z"]


def cgroups():
    """Those of the machine, without what other tests have at the same time."""
    found = []
    for folder, below, _ in os.walk(host.CGROUPS):
        if folder == str(host.CGROUPS):
            below[:] = [name for name in below if not name.startswith("oci-rt-test-") or name == harness.GROUP.name]
        found += [f"{folder}/{name}" for name in below]
    return found


def mounts():
    """Here and in the mount namespace of the machine; without their numbers, which are new each time."""
    machine = pathlib.Path("/proc/1/mountinfo").read_text().splitlines()
    return [" ".join(line.split()[3:5]) for line in [*host.mounts(), *machine]]


def slabs():
    """How many objects are in use, for those that tell of namespaces, processes and files."""
    try:
        lines = [line.split() for line in pathlib.Path("/proc/slabinfo").read_text().splitlines()[2:]]
    except OSError:
        return {}
    return {words[0]: int(words[1]) for words in lines if words[0] in SLABS}


class Inventory:
    """What there is: each kind a list."""

    def __init__(self, root):
        host.reap()
        self.kinds = {
            "mounts": mounts(), "cgroups": cgroups(), "namespaces": sorted(namespaces()), "zombies": zombies(),
            "processes": host.children(), "descriptors": list(host.descriptors()), "keyrings": keys(),
            "BPF programs": bpf.programs(), "temporary files": temporary_files(),
            "containers": sorted(path.name for path in root.iterdir() if path.name[0] != ".") if root.exists() else []}

    def counts(self):
        return {kind: len(things) for kind, things in self.kinds.items()}

    def grown(self, before):
        """What was not there before: a Counter for each kind."""
        return {kind: collections.Counter(map(str, now)) - collections.Counter(map(str, before.kinds[kind]))
                for kind, now in self.kinds.items()}


def stays(root, before):
    """What was not there before, and does not go either: others on this machine have things of their own."""
    left = Inventory(root).grown(before)
    end = time.monotonic() + PATIENCE
    while any(left.values()) and time.monotonic() < end:
        time.sleep(0.3)
        now = Inventory(root).grown(before)
        left = {kind: things & now[kind] for kind, things in left.items()}
    return {kind: sorted(things.elements())[:10] for kind, things in left.items() if things}


class Audit:
    """test: the harness.Case that has the runtime and the folder."""

    def __init__(self, test):
        self.test = test
        self.living = test.bundle("sleep", "1000")
        self.short = test.bundle("exit", "7")
        self.failures = []
        self.begun = {}

    def sequential(self, count):
        """create, start, exec, delete; every other one is a run in the foreground."""
        for number in range(count):
            if number % 2:
                self.expect(7, "run", "--bundle", self.short.path, "one")
                continue
            self.expect(0, "create", "--bundle", self.living.path, "one")
            self.expect(0, "start", "one")
            self.expect(3, "exec", "one", "/bin/payload", "exit", "3")
            self.expect(0, "delete", "--force", "one")

    def parallel(self, count, at_once):
        """All alive at the same time; then all are deleted."""
        bundles = {f"many{number}": self.test.bundle("sleep", "1000") for number in range(count)}
        self.all_at_once([("run", "-d", "--bundle", bundle.path, id) for id, bundle in bundles.items()], at_once)
        alive = len(self.test.rt("list", "-q", timeout=120).out.split())
        if alive != count:
            self.failures.append(f"{alive} of {count} are alive at once")
        self.all_at_once([("delete", "--force", id) for id in bundles], at_once)

    def expect(self, code, *args):
        result = self.test.rt(*args, timeout=120)
        if result.code != code:
            self.failures.append(str(result))
        self.forget(result._stem)

    def all_at_once(self, calls, at_once):
        waiting, running = list(reversed(calls)), []
        while waiting or running:
            while waiting and len(running) < at_once:
                running.append(self.test.rt.popen(*waiting.pop()))
            host.reap()
            for process in [one for one in running if one.poll() is not None]:
                running.remove(process)
                host.STARTED.discard(process.pid)
                if process.returncode != 0:
                    self.failures.append(str(harness.Result(process.args, process.returncode, process.stem)))
                self.forget(process.stem)
            time.sleep(0.001)

    def forget(self, stem):
        for kind in ("out", "err"):
            pathlib.Path(f"{stem}.{kind}").unlink(missing_ok=True)

    def whole(self, sequential, parallel, at_once):
        """What has grown: empty, if all is well."""
        self.sequential(2)  # what the first one makes for all
        before, slabs_before = Inventory(self.test.rt.root), slabs()
        begin = time.monotonic()
        self.sequential(sequential)
        middle = time.monotonic()
        self.parallel(parallel, at_once)
        end = time.monotonic()
        grown = stays(self.test.rt.root, before)
        after = Inventory(self.test.rt.root)
        self.numbers = {"sequential": sequential, "seconds": round(middle - begin, 1), "parallel": parallel,
                        "seconds of these": round(end - middle, 1), "failed": len(self.failures),
                        "before": before.counts(), "after": after.counts(),
                        "slabs": {name: (slabs_before[name], count) for name, count in slabs().items()}}
        return grown


class LeakAudit(harness.Case):
    seconds = 0  # no limit
    options = None

    def runTest(self):
        audit = Audit(self)
        grown = audit.whole(self.options.sequential, self.options.parallel, self.options.at_once)
        print(json.dumps(audit.numbers, indent=2))
        self.assertEqual(audit.failures[:3], [])
        self.assertEqual(grown, {})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sequential", type=int, default=10000)
    parser.add_argument("--parallel", type=int, default=1000)
    parser.add_argument("--at-once", type=int, default=50)
    LeakAudit.options = parser.parse_args()
    os.environ.setdefault("OCI_RT_VALIDATE", "0")
    harness.begin()
    try:
        result = unittest.TextTestRunner().run(LeakAudit())
    finally:
        harness.end()
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
