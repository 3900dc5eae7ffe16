# SPDX-License-Identifier: Apache-2.0
"""Reads the mutations: files beside this one, each a way to break one defence.

    row: 9                      of the table in docs/threats.md
    what: one sentence
    fails: hostile.LeakedDescriptors.test_are_no_program        a test that has to fail then; one or more

    in src/engine/finish.cpp
    -    the lines that are there, once in the file
    +    the lines that stand for them

Old lines and the new ones for them are one change; an empty line separates it from the next.
"""

import pathlib
import re

HERE = pathlib.Path(__file__).parent


class Change:
    def __init__(self, file):
        self.file, self.old, self.new = file, [], []

    def apply(self, text):
        """The changed text; ValueError where the old one does not stand there once."""
        old = "".join(line + "\n" for line in self.old)
        count = len(re.findall(rf"(?=\n{re.escape(old)})", f"\n{text}"))
        if not self.old or count != 1:
            raise ValueError(f"{self.file} has {count} times: {self.old[:1]}")
        return f"\n{text}".replace(f"\n{old}", "".join(["\n", *(line + "\n" for line in self.new)]))[1:]


class Mutation:
    def __init__(self, name, text):
        self.name, self.rows, self.what, self.fails, self.changes = name, [], "", [], []
        file, change = None, None
        for number, line in enumerate(text.splitlines(), 1):
            word, _, rest = line.partition(": ")
            if line.startswith("in "):
                file, change = line[3:], None
            elif line[:1] in ("-", "+") and file:
                if change is None or line[0] == "-" and change.new:
                    change = Change(file)
                    self.changes.append(change)
                (change.old if line[0] == "-" else change.new).append(line[1:])
            elif not line:
                change = None
            elif word == "row":
                self.rows = rest.split()
            elif word == "what":
                self.what = rest
            elif word == "fails":
                self.fails.append(rest)
            else:
                raise ValueError(f"{name}:{number}: what is this: {line}")

    def files(self, root):
        """{file: its changed text}"""
        made = {}
        for change in self.changes:
            text = made.get(change.file) or (pathlib.Path(root) / change.file).read_text()
            made[change.file] = change.apply(text)
        return made


def load(folder=HERE):
    return [Mutation(path.stem, path.read_text()) for path in sorted(pathlib.Path(folder).glob("*.txt"))]


def problems(root, found):
    """What is wrong with them: a change that no longer applies, a test that is not there."""
    tests = pathlib.Path(root) / "tests/integration"
    for each in found:
        if not each.what or not each.fails or not each.changes or not each.rows:
            yield f"{each.name}: has no row, what, fails or change"
        try:
            each.files(root)
        except (ValueError, OSError) as error:
            yield f"{each.name}: does not apply: {error}"
        for test in each.fails:
            file, *rest = test.split(".")
            path = tests / f"test_{file}.py"
            text = path.read_text() if path.exists() else ""
            # The class of a test is the last one before it.
            before, found, _ = text.partition(f"def {rest[-1]}(")
            if not found or re.findall(r"^class (\w+)", before, re.M)[-1:] != rest[:-1]:
                yield f"{each.name}: there is no test {test}"
