#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the integration tests: every test_*.py in a worker process of its own, several at a time.

usage: run.py [--jobs N] [--verbose] [NAME…]    NAME: hooks, test_hooks, or hooks.TestClass.test_method
A worker that takes longer than OCI_RT_SECONDS (420) is ended. OCI_RT_REPEAT=1: what failed is tried once more when
all else is done, with the machine to itself; what passes then counts as passed, and is named as unstable.
The last line is "N passed, N failed, N skipped". Exit status: 0, 1, or 77 when not root.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SECONDS = int(os.environ.get("OCI_RT_SECONDS") or (1500 if os.environ.get("OCI_RT_SLOW") else 420))
# The long ones first, so that they do not run alone at the end.
LONG = ["test_crash", "test_concurrency", "test_hostile", "test_rollback"]


class Report(unittest.TestResult):
    def __init__(self, verbose):
        super().__init__()
        self.buffer, self.verbose, self.passed, self.lines = False, verbose, 0, []

    def _say(self, test, word, detail=""):
        name = f"{type(test).__module__.removeprefix('test_')}.{getattr(test, '_testMethodName', test)}"
        line = f"{word:4} {name}{detail}"
        self.lines.append(line)
        if self.verbose or word == "FAIL":
            print(line, flush=True)

    def startTest(self, test):
        super().startTest(test)
        self._bad = False

    def stopTest(self, test):
        if not self._bad and not self.skipped_now(test):
            self.passed += 1
            self._say(test, "ok")
        super().stopTest(test)

    def skipped_now(self, test):
        return bool(self.skipped) and self.skipped[-1][0] is test

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._fail(test, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self._fail(test, self.errors[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._fail(test, f"{subtest}\n{self._exc_info_to_string(err, test)}")

    def _fail(self, test, detail):
        self._bad = True
        self._say(test, "FAIL", "\n" + detail)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._say(test, "skip", f": {reason}")

    def summary(self):
        bad = sorted({getattr(t, "test_case", t).id() for t, _ in self.failures + self.errors})
        return {"passed": self.passed, "failed": len(bad), "skipped": len(self.skipped), "names": bad}


def work(names, result_file, verbose):
    """In the worker: load, run, and write the numbers."""
    import harness

    suite = unittest.defaultTestLoader.loadTestsFromNames(names)
    harness.begin()
    report = Report(verbose)
    try:
        suite.run(report)
    finally:
        harness.end()
    pathlib.Path(result_file).write_text(json.dumps(report.summary()))


def start(names, verbose):
    """In the parent: one worker, its output and its numbers."""
    with tempfile.NamedTemporaryFile(prefix="oci-rt-result-") as numbers:
        command = [sys.executable, __file__, "--worker", numbers.name, *(["--verbose"] if verbose else []), *names]
        try:
            done = subprocess.run(command, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  stdin=subprocess.DEVNULL, timeout=SECONDS, text=True, errors="replace")
            output, why = done.stdout, f"ended with {done.returncode}"
        except subprocess.TimeoutExpired as expired:
            output, why = (expired.stdout or b"").decode(errors="replace"), f"took more than {SECONDS} s"
        text = pathlib.Path(numbers.name).read_text()
    if text:
        return names, output, json.loads(text)
    numbers = {"passed": 0, "failed": 1, "skipped": 0, "names": names}
    return names, f"{output}FAIL {names[0]}: the worker {why}\n", numbers


def repeated(failed, verbose, total):
    """Tries what failed once more, one at a time, and corrects the numbers."""
    for name in failed:
        _, output, numbers = start([name], verbose)
        print(f"{output}again, {name}: {numbers['passed']} passed, {numbers['failed']} failed", flush=True)
        if numbers["passed"] and not numbers["failed"]:
            print(f"unstable: {name}", flush=True)
            total["failed"] -= 1
            total["passed"] += numbers["passed"]


def chosen(names):
    found = sorted(path.stem for path in HERE.glob("test_*.py"))
    if names:
        return [name if name.startswith("test_") else f"test_{name}" for name in names]
    return [name for name in LONG if name in found] + [name for name in found if name not in LONG]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--worker")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    sys.path.insert(0, str(HERE))
    if options.worker:
        return work(options.names, options.worker, options.verbose)
    if os.geteuid() != 0:
        print("not root: the integration tests are skipped\n0 passed, 0 failed, 1 skipped")
        return 77
    total, failed = {"passed": 0, "failed": 0, "skipped": 0}, []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = [pool.submit(start, [name], options.verbose) for name in chosen(options.names)]
        for job in concurrent.futures.as_completed(jobs):
            names, output, numbers = job.result()
            print(f"{output}{names[0]}: {numbers['passed']} passed, {numbers['failed']} failed, "
                  f"{numbers['skipped']} skipped", flush=True)
            total = {word: total[word] + numbers[word] for word in total}
            failed += numbers["names"]
    if os.environ.get("OCI_RT_REPEAT"):
        repeated(failed, options.verbose, total)
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**total))
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
