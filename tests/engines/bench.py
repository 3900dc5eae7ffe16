# SPDX-License-Identifier: Apache-2.0
"""Runs one command after the other with one runtime, and notes whether each did what it should."""

import os
import re
import signal
import subprocess
import time

EXCERPT = 1500


def shell(command, seconds=60, environment=None):
    """(exit code, stdout and stderr together); 124 if it took too long, and then nothing of it is left."""
    process = subprocess.Popen(["bash", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, env=environment, start_new_session=True)
    try:
        output = process.communicate(timeout=seconds)[0]
        return process.returncode, output.decode(errors="replace").replace("\r", "").replace("\0", "")
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        try:
            output = process.communicate(timeout=5)[0].decode(errors="replace")
        except subprocess.TimeoutExpired:  # somebody outside the group holds the pipe
            process.stdout.close()
            output = ""
        return 124, output + f"\n(no end after {seconds} s)"


class Bench:
    """One engine with one runtime. Rows are known by their command: it has to be the same for all runtimes."""

    def __init__(self, engine, name, path, note):
        self.engine, self.name, self.path, self.note_ = engine, name, path, note
        self.seen = {}
        self.environment = {**os.environ, "RUNTIME": path, "NAME": name}
        self.environment.setdefault("HOME", "/root")

    @property
    def ours(self):
        return self.name == "oci-rt"

    def do(self, command, seconds=60):
        """What is no row: it makes ready or tidies up."""
        return shell(command, seconds, self.environment)

    def row(self, command, code=0, out=None, never=None, seconds=60, why=None):
        """code: the exit code, or several; out, never: patterns of what it prints. why: what the row shows."""
        began = time.monotonic()
        got, output = shell(command, seconds, self.environment)
        wrong = []
        if got not in ({code} if isinstance(code, int) else code):
            wrong.append(f"exit code {got}")
        for pattern in [out] if isinstance(out, str) else out or []:
            if not re.search(pattern.replace("$NAME", re.escape(self.name)), output, re.M):
                wrong.append(f"does not say /{pattern}/")
        if never and re.search(never, output, re.M):
            wrong.append(f"says /{never}/")
        self.note(command, expectation(code, out, never, why), wrong, output, time.monotonic() - began)
        return output

    def check(self, what, expected, wrong, output=""):
        """A row that is no single command."""
        self.note(what, expected, [wrong] if wrong else [], output, 0.0)

    def note(self, command, expected, wrong, output, seconds):
        ordinal = self.seen[command] = self.seen.get(command, 0) + 1
        self.note_({"engine": self.engine, "command": command + (f"  # {ordinal}" if ordinal > 1 else ""),
                    "expected": expected, "runtime": self.name, "passed": not wrong, "wrong": ", ".join(wrong),
                    "output": output[-EXCERPT:], "seconds": round(seconds, 1)})


def expectation(code, out, never, why):
    codes = "exit " + ("" if isinstance(code, int) else "one of ") + str(code)
    patterns = [f"/{p}/" for p in ([out] if isinstance(out, str) else out or [])]
    return "; ".join([why] * bool(why) + [codes] + patterns + [f"never /{never}/"] * bool(never))
