#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every verb and option of --help is in its manual page, and that no link in a *.md is broken.

usage: check_docs.py SOURCE_ROOT [BINARY]
Exit status 77 when there is neither a page nor a broken link to speak of.
"""

import pathlib
import re
import subprocess
import sys

VERBS = "create start state kill delete run exec list ps pause resume spec features".split()


def broken_links(root):
    for page in sorted(root.glob("*.md")):
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
            if "://" not in target and not (page.parent / target).exists():
                yield f"{page.name}: {target} is not there"


def options_of(help_text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", help_text))


def missing_from_pages(root, binary):
    pages = {path.name.removesuffix(".8.scd"): path.read_text() for path in (root / "man").glob("*.8.scd")}
    for verb in VERBS:
        page = pages.get(f"oci-rt-{verb}")
        if page is None:
            yield f"man/oci-rt-{verb}.8.scd is missing"
            continue
        text = subprocess.run([binary, verb, "--help"], capture_output=True, text=True, check=True).stdout
        # scdoc escapes nothing in "--", but may mark the letters of an option.
        plain = re.sub(r"[*_\\]", "", page)
        for option in sorted(options_of(text) - {"--help"}):
            if option not in plain:
                yield f"man/oci-rt-{verb}.8.scd: {option} is missing"


def main():
    root = pathlib.Path(sys.argv[1])
    problems = list(broken_links(root))
    has_pages = any((root / "man").glob("*.8.scd"))
    if has_pages and len(sys.argv) > 2:
        problems += missing_from_pages(root, sys.argv[2])
    print("\n".join(problems) if problems else "every option is documented" if has_pages else "no manual pages")
    return 1 if problems else 0 if has_pages else 77


if __name__ == "__main__":
    sys.exit(main())
