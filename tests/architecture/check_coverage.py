#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every property of config.json has a test that sees its effect and one that sees a wrong value refused.

Usage: check_coverage.py SOURCE-ROOT [--table]

The properties are those of tests/coverage/properties.toml, the tests those that are marked, see
tests/integration/coverage.py, and the unit tests named in the list. --table prints which test proves what, as Markdown.
"""

import ast
import dataclasses
import pathlib
import re
import sys

EVERY_PROPERTY = "**"  # the mark of a test that takes the whole list


@dataclasses.dataclass
class Marks:
    """Pointer -> names of tests."""

    accepts: dict = dataclasses.field(default_factory=dict)
    rejects: dict = dataclasses.field(default_factory=dict)
    problems: list = dataclasses.field(default_factory=list)


def marks_of(decorators):
    """(word, [pointer]) of each mark among the decorators of a function."""
    for decorator in decorators:
        name = getattr(decorator, "func", decorator)
        if isinstance(name, ast.Name) and name.id in ("accepts", "rejects"):
            arguments = getattr(decorator, "args", [])
            yield name.id, [getattr(argument, "value", None) for argument in arguments]


def collect(folder, properties):
    """The marks of all tests below a folder."""
    marks = Marks()
    for path in sorted(folder.glob("test_*.py")):
        tree = ast.parse(path.read_text(), str(path))
        for group in [node for node in tree.body if isinstance(node, ast.ClassDef)]:
            for test in [node for node in group.body if isinstance(node, ast.FunctionDef)]:
                name = f"{path.stem.removeprefix('test_')}.{group.name}.{test.name}"
                take(marks, name, list(marks_of(test.decorator_list)), properties)
    return marks


def take(marks, name, found, properties):
    if found and not name.rsplit(".", 1)[1].startswith("test_"):
        marks.problems.append(f"{name}: marked, but it is no test")
    for word, pointers in found:
        if not pointers or not all(isinstance(pointer, str) for pointer in pointers):
            marks.problems.append(f"{name}: @{word} takes pointers as plain texts")
            continue
        for pointer in [one for pointer in pointers for one in properties.expand(pointer)]:
            getattr(marks, word).setdefault(pointer, []).append(name)


def unit_tests(folder):
    names = set()
    for path in folder.rglob("*_test.cpp"):
        names.update(re.findall(r'TEST_CASE\(\s*"([^"]+)"', path.read_text()))
    return names


def accepting(pointer, known, marks):
    """What proves that a property has its effect; the effect of an object is that of its members."""
    tests = [f"`{name}`" for name in marks.accepts.get(pointer, [])]
    tests += [f"unit: {name}" for name in known[pointer].unit]
    if not tests and known[pointer].has_members:
        members = [other for other in known if other.startswith(pointer + "/")]
        if any(accepting(member, known, marks) for member in members):
            return ["its members"]
    return tests


def rejecting(pointer, known, marks):
    everywhere = [f"`{name}` ({len(known[pointer].wrong_values())} values)"
                  for name in marks.rejects.get(EVERY_PROPERTY, []) if known[pointer].type]
    return everywhere + [f"`{name}`" for name in marks.rejects.get(pointer, [])]


def check_marks(known, marks, units):
    yield from marks.problems
    for word in ("accepts", "rejects"):
        for pointer, names in getattr(marks, word).items():
            if pointer not in known and (word, pointer) != ("rejects", EVERY_PROPERTY):
                yield f"{names[0]}: @{word}(\"{pointer}\"): no such property"
    for pointer, entry in known.items():
        yield from (f"{pointer}: no unit test \"{name}\"" for name in entry.unit if name not in units)
        if entry.unread:
            continue
        if not accepting(pointer, known, marks):
            yield f"{pointer}: no test observes its effect"
        if not rejecting(pointer, known, marks):
            yield f"{pointer}: no test sees a wrong value refused"


def check_document(known, document, properties):
    """The document has every property that is read, and nothing else."""
    seen = set()
    for pointer, value in properties.places(document):
        pattern = properties.pattern_of(pointer, known)
        seen.add(pattern)
        is_element = isinstance(value, dict) and pointer.rsplit("/", 1)[1].isdigit()
        if pattern is None and not is_element:
            yield f"everything.py: {pointer}: not in properties.toml"
    for pointer, entry in known.items():
        if bool(entry.unread) == bool(entry.type):
            yield f"{pointer}: needs either a type or a reason why it is unread"
        if bool(entry.unread) == (pointer in seen):
            yield f"{pointer}: {'unread, but' if entry.unread else 'not'} in everything.py"


def table(known, marks):
    yield "| property | type | effect seen by | wrong value refused by |"
    yield "|---|---|---|---|"
    for pointer, entry in known.items():
        if entry.unread:
            yield f"| `{pointer}` | | unread: {entry.unread} | |"
            continue
        good = accepting(pointer, known, marks) or ["**none**"]
        if entry.ignored:
            good.insert(0, f"ignored: {entry.ignored}")
        bad = rejecting(pointer, known, marks) or ["**none**"]
        yield f"| `{pointer}` | {entry.type} | {'<br>'.join(good)} | {'<br>'.join(bad)} |"
    read = [pointer for pointer, entry in known.items() if not entry.unread]
    accepted = sum(bool(accepting(pointer, known, marks)) for pointer in read)
    rejected = sum(bool(rejecting(pointer, known, marks)) for pointer in read)
    yield ""
    yield (f"{len(known)} properties: {len(known) - len(read)} are of no concern on Linux; of the {len(read)} others, "
           f"the effect of {accepted} is tested ({100 * accepted // len(read)} %), and so are wrong values for "
           f"{rejected} ({100 * rejected // len(read)} %).")


def load(root):
    """The list, its module, the document, the marks and the names of the unit tests."""
    sys.path.insert(0, str(root / "tests" / "coverage"))
    sys.dont_write_bytecode = True
    import everything
    import properties

    return (properties.load(), properties, everything.document(),
            collect(root / "tests" / "integration", properties), unit_tests(root / "tests" / "unit"))


def main():
    words = [word for word in sys.argv[1:] if word != "--table"]
    if len(words) != 1:
        sys.exit(__doc__)
    known, properties, document, marks, units = load(pathlib.Path(words[0]))
    if "--table" in sys.argv:
        print("\n".join(table(known, marks)))
    problems = [*check_marks(known, marks, units), *check_document(known, document, properties)]
    print("\n".join(problems), file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
