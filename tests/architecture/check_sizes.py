#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that no file has more than 500 lines and no C++ function more than 60.

usage: check_sizes.py SOURCE_ROOT
A function is a brace that follows a parameter list (or TEST_CASE(...)); classes, namespaces,
initialisers and lambdas inside a function are not counted on their own.
"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import common

FILE_LINES = 500
FUNCTION_LINES = 60
# What may stand between a parameter list and the body.
TRAILER = re.compile(
    r"(?:\b(?:const|noexcept|override|final|mutable|volatile|try)\b|&&?|->\s*[\w:<>,\s*&]+"
    r"|noexcept\s*\([^()]*\)|requires\b[^{;]*|\[\[[^\]]*\]\])\s*$")
SCOPE = re.compile(r"\b(?:namespace|class|struct|union|enum|extern)\b[^;{}()]*$")
CONTROL = re.compile(r"\b(?:if|for|while|switch|catch|constexpr)\s*$")


def opens_function(before):
    """Whether a '{' after this text opens the body of a function."""
    text = before.rstrip()
    while (shorter := TRAILER.sub("", text).rstrip()) != text:
        text = shorter
    # A constructor's initialisers: ": a_{x}, b_(y) {"
    text = re.sub(r"\)\s*(?:noexcept\s*)?:(?!:)\s*(?:[\w:<>]+\s*(?:\([^{}]*\)|\{[^{}]*\})\s*,?\s*)+$", ")", text).rstrip()
    if not text.endswith(")"):
        return False
    depth = 0
    for index in range(len(text) - 1, -1, -1):
        depth += (text[index] == ")") - (text[index] == "(")
        if depth == 0:
            head = text[:index].rstrip()
            return bool(re.search(r"[\w\])>=!<+\-*/\[&|~^]$", head)) and not CONTROL.search(head)
    return False


def functions(code):
    """(first line, last line) of every outermost function body, with its signature."""
    line, start, stack = 1, 0, []
    for index, char in enumerate(code):
        if char == "\n":
            line += 1
        elif char == "{":
            inside = any(kind == "function" for kind, _ in stack)
            before = code[start:index]
            scope = SCOPE.search(before) and not before.rstrip().endswith(")")
            kind = "other"
            if not inside and not scope and opens_function(before):
                kind = "function"
            first = line - before.lstrip().count("\n")
            stack.append((kind, first))
            if kind == "function" or scope:
                start = index + 1
        elif char == "}":
            if stack:
                kind, first = stack.pop()
                if kind == "function":
                    yield first, line
            if not any(kind == "function" for kind, _ in stack) and not _in_initialiser(code, index):
                start = index + 1
        elif char == ";" and not any(kind == "function" for kind, _ in stack):
            start = index + 1


def _in_initialiser(code, index):
    """Whether the '}' closes a member initialiser: ': a_{x}, b_{y} {' goes on after it."""
    rest = code[index + 1:index + 200].lstrip()
    return rest.startswith((",", "{"))


def check_text(name, text):
    lines = text.count("\n")
    if lines > FILE_LINES:
        yield f"{name}: {lines} lines, {FILE_LINES} is the wall"
    if not name.endswith((".cpp", ".hpp")):
        return
    for first, last in functions(common.code_of(text)):
        if last - first + 1 > FUNCTION_LINES:
            yield f"{name}:{first}: a function of {last - first + 1} lines, {FUNCTION_LINES} is the wall"


def check(root):
    problems, checked = [], 0
    for path in common.files(root, "src", "include", "tests", suffixes=(".cpp", ".hpp", ".py", ".in")):
        problems += check_text(path.relative_to(root).as_posix(), path.read_text())
        checked += 1
    if not checked:
        problems.append("no file was checked")
    return problems, checked


if __name__ == "__main__":
    found, count = check(sys.argv[1])
    sys.exit(common.report(found, f"{count} files, all within their size"))
