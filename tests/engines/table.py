# SPDX-License-Identifier: Apache-2.0
"""From what was noted, one table: a row for each command, a column for each runtime."""

import json

OURS = "oci-rt"
LEGEND = """`bb` is an image of busybox. `$RUNTIME` is the program of the runtime, `$NAME` its name, `$R` of ctr
`--runc-binary $RUNTIME`, `$BB` the image's full name. What is in parentheses or has no shell in it is no single command."""


def rows_of(notes):
    """[{"engine", "command", "expected", "results": {runtime: note}}], in the order in which they came."""
    rows = {}
    for note in notes:
        key = (note["engine"], note["command"])
        row = rows.setdefault(key, {"engine": key[0], "command": key[1], "expected": note["expected"], "results": {}})
        row["results"][note["runtime"]] = {k: note[k] for k in ("passed", "wrong", "output", "seconds")}
    return list(rows.values())


def verdict(row):
    """passed; failed, if a reference passes and ours does not; skipped, if nobody passes."""
    ours = row["results"].get(OURS)
    others = [result["passed"] for name, result in row["results"].items() if name != OURS]
    if ours is None:
        return "failed"
    if ours["passed"]:
        return "passed"
    return "failed" if any(others) or not others else "skipped"


def only_ours(row):
    others = [result for name, result in row["results"].items() if name != OURS]
    return row["results"].get(OURS, {}).get("passed") and any(not other["passed"] for other in others)


def cell(row, runtime):
    result = row["results"].get(runtime)
    if result is None:
        return "-"
    return "pass" if result["passed"] else f"**FAIL** {escaped(result['wrong'])}"


def escaped(text):
    return text.replace("|", "\\|").replace("\n", " ")


def markdown(rows, runtimes):
    lines = ["# Commands of the engines", "", LEGEND, ""]
    for engine in dict.fromkeys(row["engine"] for row in rows):
        lines += [f"## {engine}", "", "| command | expected | " + " | ".join(runtimes) + " |",
                  "|---" * (2 + len(runtimes)) + "|"]
        for row in (row for row in rows if row["engine"] == engine):
            cells = [f"`{escaped(row['command'])}`", escaped(row["expected"])] + [cell(row, r) for r in runtimes]
            lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
    lines += section("Where a reference fails and oci-rt passes", filter(only_ours, rows))
    lines += section("Where oci-rt fails and a reference passes", (r for r in rows if verdict(r) == "failed"))
    lines += section("Where nobody passes on this machine", (r for r in rows if verdict(r) == "skipped"))
    return "\n".join(lines)


def section(title, rows):
    lines = [f"## {title}", ""]
    for row in rows:
        lines.append(f"- {row['engine']}: `{row['command']}`")
        for name, result in row["results"].items():
            if not result["passed"]:
                lines += [f"  - {name}: {result['wrong']}", "", "    ```", *("    " + line for line in
                          result["output"].strip().splitlines()[-6:]), "    ```"]
    return lines + ([""] if len(lines) > 2 else ["none", ""])


def counts(rows, engine, runtime):
    """"12", or "10 of 12"; "-" if it was not asked."""
    results = [row["results"][runtime]["passed"] for row in rows if row["engine"] == engine and runtime in row["results"]]
    if not results:
        return "-"
    return str(len(results)) if all(results) else f"{sum(results)} of {len(results)}"


def summary(rows, runtimes, versions):
    """In short: how many commands pass, and which do not with a reference or with oci-rt."""
    lines = ["# What the engines do with oci-rt", "", "Commands that do what they should, of each engine with each runtime. The list of "
             "commands is in this folder.", "", versions, "", "| engine | " + " | ".join(runtimes) + " |", "|---" * (1 + len(runtimes)) + "|"]
    for engine in dict.fromkeys(row["engine"] for row in rows):
        lines.append(f"| {engine} | " + " | ".join(counts(rows, engine, runtime) for runtime in runtimes) + " |")
    for title, wanted in (("Where a reference fails and oci-rt passes", only_ours),
                          ("Where oci-rt fails", lambda row: not row["results"].get(OURS, {"passed": True})["passed"])):
        lines += ["", f"## {title}", ""]
        lines += [f"- {row['engine']}: `{escaped(row['command'])}`: " + "; ".join(
            f"{name}: {result['wrong']}" for name, result in row["results"].items() if not result["passed"])
            for row in rows if wanted(row)] or ["none"]
    return "\n".join(lines)


def write(folder, notes):
    """Writes table.md, table.json and summary.md; the counts (passed, failed, skipped)."""
    rows = rows_of(notes)
    runtimes = sorted({note["runtime"] for note in notes}, key=lambda name: (name == OURS, name))
    for row in rows:
        row["verdict"] = verdict(row)
    (folder / "table.json").write_text(json.dumps(rows, indent=1))
    (folder / "table.md").write_text(markdown(rows, runtimes) + "\n")
    versions = folder / "versions"
    (folder / "summary.md").write_text(summary(rows, runtimes, versions.read_text() if versions.exists() else "") + "\n")
    return tuple(sum(row["verdict"] == word for row in rows) for word in ("passed", "failed", "skipped"))
