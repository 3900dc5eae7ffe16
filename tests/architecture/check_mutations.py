#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that each mutation of tests/mutations still applies, and that the tests it names are there; and that the table of
docs/threats.md has each row's tests and mutations.

usage: check_mutations.py SOURCE_ROOT
"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "mutations"))
import common
import mutations

TABLE = "docs/threats.md"


def rows_of(text):
    """{number: (tests, controls)} of the lines "| 1 | class | tests | controls |"."""
    rows = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| ") and cells[0].isdigit():
            rows[cells[0]] = tuple(re.findall(r"`([^`]+)`", cell) for cell in cells[2:4])
    return rows


def check_table(root, found):
    path = pathlib.Path(root) / TABLE
    rows = rows_of(path.read_text()) if path.exists() else {}
    if not rows:
        yield f"{TABLE}: no table"
    for number, (tests, controls) in rows.items():
        if not tests:
            yield f"{TABLE}: row {number} has no test"
        for test in tests:
            if test.endswith("_test.cpp"):
                if not list((pathlib.Path(root) / "tests/unit").rglob(test)):
                    yield f"{TABLE}: row {number}: there is no {test}"
                continue
            file, *rest = test.removeprefix("test_").split(".")
            place = pathlib.Path(root) / f"tests/integration/test_{file}.py"
            if not place.exists() or rest and f"class {rest[0]}" not in place.read_text():
                yield f"{TABLE}: row {number}: there is no test {test}"
        known = {each.name for each in found if number in each.rows}
        for name in sorted(known ^ {control for control in controls}):
            yield f"{TABLE}: row {number} and the mutations disagree about {name}"
    for each in found:
        for number in set(each.rows) - set(rows):
            yield f"{each.name}: {TABLE} has no row {number}"


def check(root):
    found = mutations.load(pathlib.Path(root) / "tests/mutations")
    problems = [*mutations.problems(root, found), *check_table(root, found)]
    return problems or ([] if found else ["no mutation was found"]), len(found)


if __name__ == "__main__":
    problems, count = check(sys.argv[1])
    sys.exit(common.report(problems, f"{count} mutations apply"))
