#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the tests of a build directory and counts every case in them.

usage: suites.py BUILD [SUITE…]
What to run comes from meson; a test program is counted by what it says (Catch2's summary, or a line
"N passed, N failed, N skipped"), else as one. A crash is a failure. The last line is the sum.
OCI_RT_REPEAT=1: a program of unit or launch tests that fails is run once more (integration: see run.py).
"""

import json
import os
import re
import subprocess
import sys
import time

ORDER = ["unit", "launch", "architecture", "integration"]


def counted(output, code):
    """(passed, failed, skipped) of one program."""
    numbers = None
    if found := re.findall(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", output, re.M):
        numbers = [int(n) for n in found[-1]]
    elif found := re.search(r"All tests passed \(.* in (\d+) test cases?\)", output):
        numbers = [int(found[1]), 0, 0]
    elif found := re.search(r"^test cases:(.*)$", output, re.M):
        word = lambda name: int((re.search(rf"(\d+) {name}", found[1]) or [0, 0])[1])
        numbers = [word("passed"), word("failed"), word("skipped")]
    if numbers is None:
        numbers = [int(code == 0), int(code not in (0, 77)), int(code == 77)]
    if code not in (0, 77) and not numbers[1]:
        numbers[1] = 1
    return numbers


def run(test):
    environment = {**os.environ, **test["env"]}
    try:
        done = subprocess.run(test["cmd"], env=environment, cwd=test["workdir"] or None, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=max(test["timeout"], 30) * 2)
        return done.stdout.decode(errors="replace"), done.returncode
    except subprocess.TimeoutExpired as expired:
        return (expired.stdout or b"").decode(errors="replace") + "\ntimed out\n", 124


def main():
    build, *wanted = sys.argv[1:]
    tests = json.loads(subprocess.run(["meson", "introspect", "--tests", build], check=True, capture_output=True).stdout)
    suite = lambda test: test["suite"][0].split(":")[-1] if test["suite"] else ""
    tests.sort(key=lambda test: ORDER.index(suite(test)) if suite(test) in ORDER else len(ORDER))
    total = [0, 0, 0]
    for test in tests:
        if wanted and suite(test) not in wanted:
            continue
        begin = time.monotonic()
        output, code = run(test)
        numbers = counted(output, code)
        if numbers[1] and os.environ.get("OCI_RT_REPEAT") and suite(test) in ("unit", "launch"):
            print(f"{output.rstrip()}\nunstable or broken: {test['name']}, once more", flush=True)
            output, code = run(test)
            numbers = counted(output, code)
        total = [a + b for a, b in zip(total, numbers)]
        if numbers[1] or suite(test) == "integration":
            print(output.rstrip())
            if numbers[1]:
                print(f"{test['name']} ended with {code}: {' '.join(test['cmd'])}")
        print(f"-- {suite(test)}/{test['name']}: {numbers[0]} passed, {numbers[1]} failed, {numbers[2]} skipped, "
              f"{time.monotonic() - begin:.1f} s", flush=True)
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    return 1 if total[1] or not total[0] else 0


if __name__ == "__main__":
    sys.exit(main())
