#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that the built binary is hardened, and in a release build carries its C++ library inside.

usage: check_binary.py BINARY [BUILDTYPE [SANITIZE]]
"""

import re
import subprocess
import sys


def readelf(*args):
    return subprocess.run(["readelf", "-W", *args], check=True, capture_output=True, text=True).stdout


def check(binary, buildtype="debug", sanitize="none"):
    header, segments = readelf("-h", binary), readelf("-l", binary)
    dynamic, symbols = readelf("-d", binary), readelf("-s", binary)
    needed = re.findall(r"\(NEEDED\).*\[(.*?)\]", dynamic)
    problems = []
    if not re.search(r"Type:\s+DYN", header):
        problems.append("not position independent")
    if "GNU_RELRO" not in segments:
        problems.append("no RELRO")
    if not re.search(r"BIND_NOW|\(FLAGS_1\).*\bNOW\b", dynamic):
        problems.append("not BIND_NOW: RELRO is only partial")
    if not re.search(r"GNU_STACK\s+\S+\s+\S+\s+\S+\s+\S+\s+\S+\s+RW\s", segments):
        problems.append("executable stack")
    if "__stack_chk_fail" not in symbols:
        problems.append("no stack protector")
    if "(TEXTREL)" in dynamic:
        problems.append("text relocations")
    if re.search(r"\((?:RPATH|RUNPATH)\)", dynamic):
        problems.append("a run path")
    if sanitize != "none":
        return problems
    if any(name.startswith("libfmt") for name in needed):
        problems.append("needs libfmt: it belongs inside")
    if buildtype == "release":
        problems += [f"needs {name}: a release carries it inside"
                     for name in needed if name.startswith(("libstdc++", "libgcc_s", "libcap", "libseccomp"))]
    return problems


if __name__ == "__main__":
    found = check(*sys.argv[1:])
    print("\n".join(found) if found else "hardened")
    sys.exit(1 if found else 0)
