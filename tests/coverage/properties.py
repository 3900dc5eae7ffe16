# SPDX-License-Identifier: Apache-2.0
"""The list of properties.toml, the places it means in a document, and the values that must be refused there."""

import dataclasses
import json
import pathlib
import re
import tomllib

LIST = pathlib.Path(__file__).with_name("properties.toml")
BOUNDS = {"int32": (-2**31, 2**31 - 1), "int64": (-2**63, 2**63 - 1),
          "uint16": (0, 2**16 - 1), "uint32": (0, 2**32 - 1), "uint64": (0, 2**64 - 1)}
WRONG = {"string": (1, ["a"]), "boolean": (1, "true"), "strings": ("a", {"a": "b"}, [1]),
         "integers": (1, {"a": 1}, ["a"]), "object": ("a", []), "objects": ("a", {}, [1]), "map": ("a", [])}


@dataclasses.dataclass(frozen=True)
class Property:
    pointer: str
    type: str = ""
    refuse: tuple = ()
    unit: tuple = ()
    ignored: str = ""
    unread: str = ""

    @property
    def has_members(self):
        return self.type in ("object", "objects", "map")

    def wrong_values(self):
        """Of another type, out of the type's range, and those named."""
        if self.type in BOUNDS:
            least, most = BOUNDS[self.type]
            return ("1", 1.5, True, least - 1, most + 1, *self.refuse)
        return (*WRONG[self.type], *self.refuse)


def load(path=LIST):
    """{pointer: Property}, in the order of the file."""
    tables = tomllib.loads(path.read_text())
    entries = [entry for table in tables.values() for entry in table.items()]
    return {pointer: Property(pointer, **{key: tuple(value) if isinstance(value, list) else value
                                          for key, value in facts.items()}) for pointer, facts in entries}


def expand(pointer):
    """"/a/{b,c}" -> ["/a/b", "/a/c"]"""
    found = re.search(r"\{([^{}]*)\}", pointer)
    if not found:
        return [pointer]
    before, after = pointer[:found.start()], pointer[found.end():]
    return [whole for word in found[1].split(",") for whole in expand(before + word + after)]


def pattern_of(pointer, known):
    """The property that a place of a document is, or None: "/mounts/0/type" is "/mounts/*/type"."""
    steps = pointer.split("/")
    for pattern in known:
        parts = pattern.split("/")
        if len(parts) == len(steps) and all(part in ("*", step) for part, step in zip(parts, steps)):
            return pattern
    return None


def places(value, pointer=""):
    """Every place of a document as (pointer, value), parents first; values in lists of scalars are none."""
    if pointer:
        yield pointer, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            if isinstance(inner, dict):
                yield from places(inner, f"{pointer}/{index}")


def replaced(document, pointer, value):
    """A copy of the document with another value at one place."""
    document = json.loads(json.dumps(document))  # not deepcopy, which keeps what two places share
    *folders, last = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    place = document
    for step in folders:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if value is None:
        place.pop(last)
    else:
        place[int(last) if isinstance(place, list) else last] = value
    return document
