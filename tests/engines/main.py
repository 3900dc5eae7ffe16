# SPDX-License-Identifier: Apache-2.0
"""In the machine: main.py FOLDER [SUITE...] runs the suites, with each runtime in turn; the table goes to FOLDER.

The last line is "N passed, N failed, N skipped". A row fails if oci-rt does not do what a reference does.
"""

import json
import os
import pathlib
import sys
import time

import machine
import suites
import table
from bench import Bench

BEGAN = time.monotonic()


def say(text):
    print(f"[{time.monotonic() - BEGAN:5.0f} s] {text}", flush=True)


class Notes:
    """Kept on disk at once: a machine that hangs has told what it did."""

    def __init__(self, folder, loud=True):
        self.file = folder / "notes.jsonl"
        self.loud = loud

    def add(self, note):
        with self.file.open("a") as file:
            file.write(json.dumps(note) + "\n")
        if self.loud and not note["passed"]:
            say(f"{note['engine']}: {note['runtime']}: {note['wrong']}: {note['command']}")
            if note["runtime"] == "oci-rt":
                print("    " + "\n    ".join(note["output"].strip().splitlines()[-8:]), flush=True)

    def forget(self, engine, runtime):
        """What an earlier boot has noted is noted anew."""
        kept = [note for note in self.all() if (note["engine"], note["runtime"]) != (engine, runtime)]
        self.file.write_text("".join(json.dumps(note) + "\n" for note in kept))

    def all(self):
        return [json.loads(line) for line in self.file.read_text().splitlines()] if self.file.exists() else []


def run_suite(suite, runtime, notes):
    bench = Bench(suite.engine, runtime, machine.PATHS[runtime], notes.add)
    began = time.monotonic()
    try:
        suite.run(bench)
    except Exception as error:  # the other suites still have something to say
        bench.check("(the suite itself)", "runs to its end", f"{type(error).__name__}: {error}")
    say(f"{suite.engine} with {runtime}: {len(bench.seen)} rows, {time.monotonic() - began:.0f} s")


def run_as_user(suite, runtime, notes):
    """In the user's session, in a process of its own."""
    private = pathlib.Path("/home/user/notes")
    code = machine.as_user(["python3", "-u", __file__, "--one", str(private), suite.name, runtime], suite.seconds)
    own = Notes(private)
    notes.loud = False  # it has been said there
    for note in own.all():
        notes.add(note)
    notes.loud = True
    own.file.unlink(missing_ok=True)
    if code != 0:
        Bench(suite.engine, runtime, "", notes.add).check("(the suite itself)", "runs to its end", f"exit code {code}")


def one(folder, name, runtime):
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    run_suite(suites.ALL[name], runtime, Notes(folder))


def main(folder, names):
    folder = pathlib.Path(folder)
    notes = Notes(folder)
    machine.prepare()
    (folder / "versions").write_text(machine.versions())
    say("the machine is ready")
    for suite in [suites.ALL[name] for name in names or suites.ALL]:
        for runtime in ["oci-rt", *os.environ.get("REFERENCES", "crun").split()]:
            if runtime not in suite.runtimes:
                continue
            notes.forget(suite.engine, runtime)
            if suite.user:
                run_as_user(suite, runtime, notes)
            else:
                run_suite(suite, runtime, notes)
            table.write(folder, notes.all())
    passed, failed, skipped = table.write(folder, notes.all())
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        sys.exit(one(*sys.argv[2:5]))
    sys.exit(main(sys.argv[1], sys.argv[2:]))
