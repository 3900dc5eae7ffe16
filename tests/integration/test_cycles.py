# SPDX-License-Identifier: Apache-2.0
"""create, start, delete, over and over: the machine has no more of anything afterwards. OCI_RT_SLOW: 500 times."""

import os
import pathlib
import subprocess
import time
import unittest

import bpf
import harness
import host

CYCLES = 500 if os.environ.get("OCI_RT_SLOW") else 10
HAS_SYSTEMD = os.path.isdir("/run/systemd/system")


def cgroups():
    """All of the machine, those included that are removed and not forgotten yet."""
    """All but those of other tests, which may run at the same time."""
    of_tests = [path for path in host.CGROUPS.glob("oci-rt-test-*") if path != harness.GROUP]
    return [str(path) for path in host.CGROUPS.rglob("*")
            if path.is_dir() and not any(path.is_relative_to(other) for other in of_tests)]


def units():
    if not HAS_SYSTEMD:
        return []
    out = subprocess.run(["systemctl", "list-units", "--all", "--plain", "--no-legend", "oci-*"], capture_output=True,
                         text=True, check=True).stdout
    return [line.split()[0] for line in out.splitlines()]


def descriptors_of_managers():
    """Of those that live as long as the machine and hear of each container: systemd and the bus."""
    names, found = ("systemd", "dbus-daemon", "dbus-broker", "systemd-logind"), {}
    for process in pathlib.Path("/proc").iterdir():
        try:
            if process.name.isdigit() and (process / "comm").read_text().strip() in names and HAS_SYSTEMD:
                found[f"{process.name} {(process / 'comm').read_text().strip()}"] = len(os.listdir(process / "fd"))
        except OSError:
            pass
    return found


class Cycles(harness.Case):
    seconds = 700

    def inventory(self):
        host.reap()
        return {"cgroups": cgroups(), "units": units(), "programs": bpf.programs(), "mounts": host.mounts(),
                "own descriptors": len(host.descriptors()), "processes": len(host.children()),
                "state": sorted(path.name for path in self.rt.root.iterdir() if path.name[0] != ".")
                if self.rt.root.exists() else []}

    def cycle(self, bundle, *options):
        self.ok(*options, "create", "--bundle", bundle.path, "cycle")
        self.ok("start", "cycle")
        self.ok("delete", "--force", "cycle")

    def leave_nothing(self, bundle, *options):
        self.ours_only()
        self.cycle(bundle, *options)  # what the first one makes for all
        before, managers = self.inventory(), descriptors_of_managers()
        dying = self.dying()
        begin = time.monotonic()
        for _ in range(CYCLES):
            self.cycle(bundle, *options)
            for file in self.folder.glob("output*"):
                file.unlink()
        taken = time.monotonic() - begin
        # Services of the machine come and go: what stays is a leak.
        host.until(lambda: self.grown(before) == {}, 15, 0.5)
        self.assertEqual(self.grown(before), {})
        more = {name: (count, managers[name]) for name, count in descriptors_of_managers().items()
                if name in managers and count > managers[name] + 2}
        self.assertEqual(more, {}, "descriptors of those who live on")
        print(f"{CYCLES} cycles {' '.join(options)}: {taken / CYCLES * 1000:.0f} ms each; cgroups "
              f"{len(before['cgroups'])}, programs {len(before['programs'])}, units {len(before['units'])}, "
              f"mounts {len(before['mounts'])}, dying cgroups {dying} then {self.dying()}, "
              f"descriptors {descriptors_of_managers()}")

    def dying(self):
        text = (host.CGROUPS / "cgroup.stat").read_text()
        return int(text.split("nr_dying_descendants")[1].split()[0])

    def grown(self, before):
        """What there is more of than before."""
        more = {}
        for kind, now in self.inventory().items():
            then = before[kind]
            if isinstance(now, int):
                if now > then:
                    more[kind] = (then, now)
            elif len(now) > len(then):
                more[kind] = [one for one in now if one not in then]
        return more

    def test_of_the_cgroupfs_driver(self):
        self.leave_nothing(self.bundle("sleep", "1000"))

    @unittest.skipUnless(HAS_SYSTEMD, "systemd does not run here")
    def test_of_the_systemd_driver(self):
        bundle = self.bundle("sleep", "1000", cgroup=False)
        self.leave_nothing(bundle.edit("/linux/cgroupsPath", "system.slice:oci:cycles"), "--systemd-cgroup")

    def test_of_run(self):
        self.ours_only()
        bundle = self.bundle("true")
        self.run_in(bundle)
        before = self.inventory()
        for _ in range(CYCLES // 5):
            self.run_in(bundle)
        host.until(lambda: self.grown(before) == {}, 15, 0.5)
        self.assertEqual(self.grown(before), {})
