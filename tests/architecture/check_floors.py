#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every #include goes down, that rooms are strangers, and the laws of the house.

usage: check_floors.py SOURCE_ROOT
The floors are read from the ```floors block of ARCHITECTURE.md.
"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import common

# A header that only the places named here may include.
KEPT = [
    (re.compile(r"<nlohmann/"), ("src/spec/", "src/container/")),
    (re.compile(r"<CLI/"), ("src/cli/", "src/image/program/", "src/serve/program/", "src/client/call.cpp")),
    (re.compile(r"<seccomp\.h>"), ("src/features/seccomp/filter.cpp",)),
    (re.compile(r"<sys/capability\.h>"), ("src/features/process/",)),
    (re.compile(r"<openssl/"), ("src/image/hasher.cpp",)),
    (re.compile(r"<curl/"), ("src/image/registry/", "src/client/connection.cpp")),
    (re.compile(r"<(zlib|zstd)\.h>"), ("src/image/unpack/",)),
    (re.compile(r"<boost/"), ("src/serve/http/codec.cpp",)),
    (re.compile(r"<archive(_entry)?\.h>"), ("src/image/sources/archive.cpp", "src/image/sources/libarchive.")),
]
ROOT = pathlib.Path()
# In serve, where want of memory is one request's end and not the service's.
TRY_FOLDERS = ("src/spec/", "src/cli/", "src/container/", "src/image/program/", "src/serve/program/",
               "src/serve/reactor/reactor.cpp", "src/serve/http/connection.cpp", "src/client/call.cpp")
# Rooms of these floors that may know others: what is above them is for all.
KNOWN_ROOMS = {
    "image": {"sources": {"store"}, "program": {"store", "sources", "unpack", "registry", "convert", "run"}},
    "serve": {"http": {"reactor"}, "containers": {"reactor"}, "metrics": set(),
              "routes": {"http", "containers", "metrics", "reactor"},
              "program": {"http", "containers", "reactor", "routes"}},
}
STD_HEADER = re.compile(r"<[a-z0-9_/]+(?:\.h)?>$")
FOREIGN = re.compile(r"<(?:fmt|nlohmann|CLI|catch2|seccomp\.h|sys/capability\.h)")


def read_floors(root):
    text = (root / "ARCHITECTURE.md").read_text()
    table = re.search(r"```floors\n(.*?)```", text, re.S)
    if not table:
        return None, ["ARCHITECTURE.md: no ```floors table"]
    below, problems, seen = {}, [], {"oci-rt"}
    for line in table[1].splitlines():
        folder, allowed = (part.strip() for part in line.split(":"))
        # A floor rests only on floors written above it: no circles by construction.
        problems += [f"ARCHITECTURE.md: {folder} rests on {a}, which is not above it"
                     for a in allowed.split() if a not in seen]
        below[folder] = allowed.split()
        seen.add(folder)
    return below, problems


def room_of(relative):
    """src/features/cgroups/x.cpp -> cgroups; src/features/sysctl.hpp -> sysctl."""
    parts = relative.parts
    return pathlib.PurePath(parts[2]).stem if len(parts) == 3 else parts[2]


def check_known_room(floor, relative, target):
    """The files of the floor itself know no room; a room knows them, itself, and what KNOWN_ROOMS says."""
    mine = relative.parts[2] if len(relative.parts) > 3 else None
    other = target.split("/")[1] if target.count("/") > 1 else None
    if other not in (None, mine) and other not in KNOWN_ROOMS[floor].get(mine, ()):
        return f"rooms are strangers: {mine or floor} may not include {target}"
    return None


def generated(relative, target):
    """Whether meson makes this header, from a TARGET.in beside the file."""
    return (ROOT / relative.parent / f"{target}.in").exists()


def check_include(relative, include, below):
    name = relative.as_posix()
    quoted = include.startswith('"')
    target = include[1:-1]
    if name.startswith("include/"):
        if quoted and not target.startswith("oci-rt/"):
            return "a public header includes only std and oci-rt/"
        if not quoted and (FOREIGN.match(include) or not STD_HEADER.match(include)):
            return f"a public header may not include {include}"
        return None
    for pattern, places in KEPT:
        if pattern.match(include) and not name.startswith(places):
            return f"{include} belongs to {' and '.join(places)}"
    if not quoted:
        return None
    folder, _, rest = target.partition("/")
    mine = relative.parts[1] if len(relative.parts) > 2 else ""
    if not rest and generated(relative, target):
        return None
    if not rest:
        return f"write the path from src/: {include}"
    if mine not in below:
        return f"{mine or name} is not a floor of ARCHITECTURE.md"
    if folder != mine and folder not in below[mine]:
        return f"{mine} may not include {folder}"
    if mine == folder and mine in KNOWN_ROOMS and (why := check_known_room(mine, relative, target)):
        return why
    if mine == folder == "features" and target != "features/progress.hpp":
        if room_of(pathlib.PurePath("src") / target) != room_of(relative):
            return f"rooms are strangers: {room_of(relative)} may not include {target}"
    return None


def check_line(name, line):
    if name.startswith("src/"):
        if re.search(r"\bthrow\b", line):
            yield "errors are returned, not thrown"
        if re.search(r"\btry\b", line) and not name.startswith(TRY_FOLDERS):
            yield "try belongs to the rooms that adapt a throwing library"
    # Inside a larger expression the early return would leak what is built already.
    if "OCI_TRY(" in line and not re.match(r"\s*#", line):
        before = line[: line.index("OCI_TRY(")]
        branch = re.match(r"\s*(?:\} )?(?:else )?(?:(?:if|for|while) \(.*\)|else)\s*$", before)
        alone = not before.strip() or (branch and before.count("(") == before.count(")"))
        if not alone and not re.search(r"(?<![=!<>+\-*/%&|^])=\s*$", before):
            yield "OCI_TRY stands alone or right of '='"
        elif line.count("OCI_TRY(") > 1:
            yield "one OCI_TRY a line"


def check_spdx(relative, text):
    first = "\n".join(text.split("\n")[:2])
    if "SPDX-License-Identifier: Apache-2.0" not in first:
        yield f"{relative}:1: the first line names the licence (SPDX)"


def check_file(relative, text, below):
    name = relative.as_posix()
    code = common.code_of(text).split("\n")
    statement_open = False
    for number, line in enumerate(code, 1):
        include = re.match(r'\s*#\s*include\s*("[^"]+"|<[^>]+>)', line)
        if include and (why := check_include(relative, include[1], below)):
            yield f"{name}:{number}: {why}"
        for why in check_line(name, line):
            yield f"{name}:{number}: {why}"
        # "alone" also means: not in the middle of an expression that began on the line before.
        if statement_open and re.match(r"\s*OCI_TRY\(", line):
            yield f"{name}:{number}: OCI_TRY stands alone or right of '='"
        stripped = line.strip()
        if stripped:
            statement_open = bool(re.search(r"[(,{+|&?]$|\breturn$", stripped)) and not (
                re.search(r"\)\s*(?:const|noexcept|mutable|\s)*(?:->[^{]*)?\{$", stripped)
                or re.search(r"^(?:else|do|try|.*\belse)\s*\{$", stripped) or stripped == "{")


def check(root):
    global ROOT
    ROOT = root = pathlib.Path(root)
    below, problems = read_floors(root)
    if below is None:
        return problems, 0
    checked = 0
    for path in common.files(root, "src", "include"):
        relative, text = path.relative_to(root), path.read_text()
        problems += check_spdx(relative, text)
        problems += check_file(relative, text, below)
        checked += 1
    for path in common.files(root, "tests", "tools", suffixes=(".py", ".cpp", ".hpp", ".sh")):
        problems += check_spdx(path.relative_to(root), path.read_text())
    if not checked:
        problems.append("no source was checked")
    return problems, checked


if __name__ == "__main__":
    found, count = check(sys.argv[1])
    sys.exit(common.report(found, f"{count} files, every include goes down"))
