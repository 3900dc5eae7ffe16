#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Limits beside other runtimes: one table of resources for each, and what differs in the files of the cgroup.

usage: limits_beside.py --payload PATH --runtime oci-rt=PATH [--runtime NAME=PATH …] [--all]

Prints a markdown table for each driver: of the rows in which runtimes differ, or of all. The first runtime has to do
as the specification asks, row by row: it fails where it does not. Needs root, pure cgroup v2, and for the systemd
driver a systemd that runs. In the lab:

tests/lab/run ROOT IMAGE BUILD -- python3 limits_beside.py --payload ../payload --runtime oci-rt=../oci-rt \\
    --runtime crun=/usr/bin/crun --runtime runc=/usr/sbin/runc
"""

import os
import pathlib
import shutil
import subprocess
import sys

import bpf
import host
import runtimes
from limits_table import MISSING, NAMED, PROGRAMS, REFUSED, ROWS


class Seen:
    """What a runtime made of a row: values of files, or how it ended."""

    def __init__(self, answer, values):
        self.answer, self.values = answer, values

    def is_as(self, wanted, names):
        if wanted == REFUSED:
            return self.answer.code != 0
        if wanted == NAMED:
            return self.answer.code == 0 and all(name in self.answer.err for name in names)
        return self.answer.code == 0 and self.values == list(wanted)

    def differs(self, other):
        return (self.answer.code != 0) != (other.answer.code != 0) or self.values != other.values

    def text(self, row):
        if self.answer.code != 0:
            return str(self.answer)
        said = ", says so" if row.wanted == NAMED and self.is_as(NAMED, row.names()) else ""
        if not row.files:
            return "taken" + (said or ", silently" if row.wanted == NAMED else "")
        return "; ".join(f"{file} {value}" for file, value in zip(row.files, self.values)).replace("\n", " / ")


class Cgroupfs:
    name, options = "cgroupfs", ()

    def path(self, runtime, bundle):
        return f"/{runtime.group.name}/{bundle.path.name}"

    def folder(self, runtime, bundle):
        return runtime.group / bundle.path.name

    def settle(self, bundle):
        pass


class Systemd:
    """Read after systemd has written all its files once more, as it does whenever the unit is touched."""

    name, options = "systemd", ("--systemd-cgroup",)

    def path(self, runtime, bundle):
        return f"system.slice:beside:{bundle.path.name}"

    def folder(self, runtime, bundle):
        return host.CGROUPS / "system.slice" / f"beside-{bundle.path.name}.scope"

    def settle(self, bundle):
        command = ["systemctl", "set-property", "--runtime", f"beside-{bundle.path.name}.scope", "TasksAccounting=yes"]
        if not host.until(lambda: subprocess.run(command, capture_output=True).returncode == 0, 5, 0.2):
            print(f"(systemd did not touch {command[3]})")


def read(folder, file):
    if file == PROGRAMS:
        return str(len(bpf.device_programs(folder)))
    path = folder / file
    return path.read_text().strip() if path.exists() else MISSING


def create(runtime, driver, bundle):
    """The answer; of one that does not end, too: it may have frozen itself."""
    answer = runtime(*driver.options, "create", "--bundle", bundle.path, "box")
    if answer.code != runtimes.TIMED_OUT:
        return answer
    freezer = driver.folder(runtime, bundle) / "cgroup.freeze"
    if freezer.exists():
        freezer.write_text("0")
        (freezer.parent / "cgroup.kill").write_text("1")
    return runtimes.Answer(-1, "", f"create does not end within {runtimes.SECONDS} s")


def look(runtime, driver, row, device):
    bundle = runtime.bundle("sleep", "100")
    bundle.edit("/linux/cgroupsPath", driver.path(runtime, bundle))
    bundle.edit("/linux/resources", row.resources_for(device))
    answer, values = create(runtime, driver, bundle), []
    if answer.code == 0:
        driver.settle(bundle)
        values = [read(driver.folder(runtime, bundle), file) for file in row.files]
    runtime("delete", "--force", "box")
    shutil.rmtree(bundle.path)
    return Seen(answer, values)


def compare(them, driver, device, with_all, words):
    """Prints the table; returns what is wrong, as text."""
    print(f"\n## --cgroup-manager {driver.name}\n")
    print("| limit |", " | ".join(runtime.name for runtime in them), "| why |")
    print("|---" * (len(them) + 2) + "|")
    wrong, agreeing = [], 0
    for row in ROWS:
        if words and not any(word in row.title for word in words):
            continue
        if row.controller and row.controller not in host.controllers():
            continue
        seen = [look(runtime, driver, row, device) for runtime in them]
        wanted = row.wanted_for(device, driver.name)
        if not seen[0].is_as(wanted, row.names()):
            wrong.append(f"{driver.name}: {row.title}: {seen[0].text(row)} ({seen[0].answer}), not {wanted}")
        other = [runtime.name for runtime, one in zip(them, seen) if one.differs(seen[0])
                 or (wanted == NAMED and runtime is not them[0] and not one.is_as(NAMED, row.names()))]
        if not other:
            agreeing += 1
        if other or with_all:
            why = "; ".join(f"{name}: {row.reason(name, driver.name)}" for name in other) or "all agree"
            print(f"| {row.title} |", " | ".join(one.text(row) for one in seen), f"| {why} |", flush=True)
            wrong += [f"{driver.name}: {row.title}: no reason is written down why {name} differs" for name in other
                      if not row.reason(name, driver.name)]
    print(f"\nIn {agreeing} more rows all agree.", flush=True)
    return wrong


def root_disk():
    """MAJOR:MINOR of the disk below /."""
    number = os.stat("/").st_dev
    text = f"{os.major(number)}:{os.minor(number)}"
    if os.path.exists(f"/sys/dev/block/{text}/partition"):
        text = pathlib.Path(os.path.realpath(f"/sys/dev/block/{text}/..")).joinpath("dev").read_text().strip()
    return text


def main():
    parser = runtimes.parser(__doc__)
    parser.add_argument("--driver", choices=["cgroupfs", "systemd"], help="only this one")
    parser.add_argument("--row", action="append", metavar="WORD", help="only rows with this word in their title")
    parser.add_argument("--all", action="store_true", help="also rows in which all agree")
    options = parser.parse_args()
    wrong = []
    with runtimes.arranged(options) as them:
        for one in them:
            print(f"{one.name} {one.version()}")
        drivers = [Cgroupfs()] + ([Systemd()] if os.path.isdir("/run/systemd/system") else [])
        for driver in (one for one in drivers if options.driver in (None, one.name)):
            wrong += compare(them, driver, root_disk(), options.all, options.row)
    print("\n".join(["", *wrong]) if wrong else "\nnothing is wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
