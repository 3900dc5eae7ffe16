#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every option stands in --help, in the manual and in the completion of each shell.

Usage: check_docs.py OCI-RT SOURCE-ROOT
"""

import pathlib
import re
import subprocess
import sys

PART_OF_THE_HUB = {"completion", "help"}
OPTION = r"(?:-(?P<letter>\w), )?--(?P<name>[a-z0-9-]+)"


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def section(text, title):
    """What stands below a title up to the next empty line."""
    return text.split(f"\n{title}:\n", 1)[1].split("\n\n", 1)[0]


def options_in_help(text):
    """{"-b, --bundle DIR", ...}: each option as it is introduced."""
    pattern = rf"^ {{2,6}}({OPTION}\S*(?: \S+)?)(?=  |\n|$)"
    return {m[1] for m in re.finditer(pattern, section(text, "Options"), re.MULTILINE)}


def options_in_page(text):
    below = re.search(r"^# OPTIONS$(.*?)(?=^# |\Z)", text, re.MULTILINE | re.DOTALL)[1]
    lines = re.findall(r"^\*-.*$", below, re.MULTILINE)
    return {re.sub(r"\\(.)", r"\1", re.sub(r"(?<!\\)[*_]", "", line)) for line in lines}


def names(options):
    """{"-b", "--bundle", ...}"""
    found = set()
    for option in options:
        parts = re.match(OPTION, option)
        found.add("--" + parts["name"])
        if parts["letter"]:
            found.add("-" + parts["letter"])
    return found


def options_in_bash(script, verb):
    body = script.split("_oci_rt_options() {", 1)[1].split("\n}", 1)[0]
    line = re.search(rf"^ *{verb or chr(39) * 2}\) echo '(.*)' ;;$", body, re.MULTILINE)
    return set(line[1].split()) if line else set()


def options_in_zsh(script, verb):
    function = f"_oci_rt_verb_{verb}" if verb else "_oci_rt"
    body = script.split(f"\n{function}() {{", 1)[-1].split("\n}", 1)[0]
    return set(re.findall(r"^ *'\*(--?[a-z0-9-]+?)(?:=-?)?\[", body, re.MULTILINE))


def options_in_fish(script, verb):
    condition = f"__fish_seen_subcommand_from {verb}'" if verb else "not __fish_seen"
    found = set()
    for line in script.splitlines():
        if f"-n '{condition}" not in line:
            continue
        found |= {"--" + name for name in re.findall(r" -l ([a-z0-9-]+)", line)}
        found |= {"-" + letter for letter in re.findall(r" -s (\w)", line)}
    return found


def differences(what, expected, place, found):
    for option in sorted(expected - found):
        yield f"{what}: {option}: missing in {place}"
    for option in sorted(found - expected):
        yield f"{what}: {option}: in {place}, but not in --help"


def check(program, root):
    hub_help = output(program, "help")
    verbs = re.findall(r"^  (\w+)", section(hub_help, "Verbs"), re.MULTILINE)
    scripts = {shell: output(program, "completion", shell) for shell in ("bash", "zsh", "fish")}
    read = {"bash": options_in_bash, "zsh": options_in_zsh, "fish": options_in_fish}

    for verb in ["", *verbs]:
        text = output(program, "help", verb) if verb else hub_help
        if verb and output(program, verb, "--help") != text:
            yield f"{verb}: --help and help {verb} differ"
        options = options_in_help(text)
        if not options:
            yield f"{verb}: no options found in its help"
        for shell, script in scripts.items():
            yield from differences(verb or "oci-rt", names(options), f"completion {shell}",
                                   read[shell](script, verb))
        if verb not in PART_OF_THE_HUB:
            page = root / "man" / ("oci-rt" + (f"-{verb}" if verb else "") + ".8.scd")
            if not page.exists():
                yield f"{verb}: no page {page.name}"
                continue
            yield from differences(verb or "oci-rt", options, page.name,
                                   options_in_page(page.read_text()))

    yield from check_pages(root, verbs)


def check_pages(root, verbs):
    hub = (root / "man" / "oci-rt.8.scd").read_text()
    built = (root / "man" / "meson.build").read_text()
    for verb in verbs:
        if not re.search(rf"^\*{verb}\*", hub, re.MULTILINE):
            yield f"{verb}: not named in oci-rt.8.scd"
    for page in sorted((root / "man").glob("*.8.scd")):
        verb = page.name.removeprefix("oci-rt").removeprefix("-").removesuffix("8.scd").rstrip(".")
        if verb and verb not in verbs:
            yield f"{page.name}: there is no verb {verb}"
    for page in sorted((root / "man").glob("*.scd")):
        if f"'{page.stem}'" not in built:
            yield f"{page.name}: not in man/meson.build"


def headings(page, title):
    """The terms that a section explains."""
    below = re.search(rf"^# {title}$(.*?)(?=^# |\Z)", page, re.MULTILINE | re.DOTALL)[1]
    lines = re.findall(r"^\*.*(?=\n\t)", below, re.MULTILINE)
    return {term.replace("\\_", "_") for line in lines for term in re.findall(r"\*([^*]+)\*", line)}


def phases_in_code(root):
    """Every phase that an error can have, but those that are the name of a verb."""
    # The cells of the tables of steps are about a room: step<&Plan::uts, uts::enter>("hostname").
    patterns = [r'in_phase\(\s*"([^"]+)"', r'\.phase = "([^"]+)"', r'Step\{"([^"]+)"',
                r'\bstep(?:_in_root)?<[^;{}]*?>\(\s*"([^"]+)"\)', r'\b(?:die|report)\(stage, "([^"]+)"',
                r'Moment\{"([^"]+)"']
    text = "".join(file.read_text() for file in sorted((root / "src").rglob("*.?pp")))
    return {phase for pattern in patterns for phase in re.findall(pattern, text)}


def check_errors(program, root):
    page = (root / "man" / "oci-rt-errors.7.scd").read_text()
    codes = set(re.findall(r"^  ([a-z-]+) ", section(output(program, "help", "errors"), "Codes"), re.MULTILINE))
    for what, in_code, in_page in (("code", codes, headings(page, "CODES")),
                                   ("phase", phases_in_code(root), headings(page, "PHASES"))):
        for name in sorted(in_code ^ in_page):
            place = "oci-rt-errors.7.scd" if name in in_page else "the code"
            yield f"{what} {name}: only in {place}"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    problems = [*check(sys.argv[1], pathlib.Path(sys.argv[2])), *check_errors(sys.argv[1], pathlib.Path(sys.argv[2]))]
    print("\n".join(problems))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
