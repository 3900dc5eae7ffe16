# SPDX-License-Identifier: Apache-2.0
"""What the architecture checks share: C++ text without comments and strings, and the list of files."""

import pathlib
import re

TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|'
    r"(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])*'",
    re.S,
)


def code_of(text):
    """The text with comments and the inside of literals blanked; lines and columns stay."""

    def blank(match):
        token = match[0]
        if token.startswith("/"):
            return re.sub(r"[^\n]", " ", token)
        inner = re.sub(r"[^\n]", " ", token[1:-1])
        return token[0] + inner + token[-1]

    # The path of an #include is code, though it looks like a string.
    lines = text.split("\n")
    kept = {i: l for i, l in enumerate(lines) if re.match(r'\s*#\s*include\s*"', l)}
    blanked = TOKEN.sub(blank, text).split("\n")
    for number, line in kept.items():
        blanked[number] = line
    return "\n".join(blanked)


def files(root, *folders, suffixes=(".cpp", ".hpp", ".h", ".in")):
    for folder in folders:
        for path in sorted((pathlib.Path(root) / folder).rglob("*")):
            if path.is_file() and path.suffix in suffixes:
                yield path


def report(problems, good):
    print("\n".join(problems) if problems else good)
    return 1 if problems else 0
