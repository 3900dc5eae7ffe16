# SPDX-License-Identifier: Apache-2.0
"""Medians, same-round ratios and their confidence, as a table."""

import random
import statistics

BOOTSTRAPS = 2000
CONFIDENCE = 0.95


def quantile(values, share):
    ordered = sorted(values)
    position = share * (len(ordered) - 1)
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


def confidence_interval(values, seed=1):
    """Percentile bootstrap of the median; the seed is fixed so that a file reads the same twice."""
    source = random.Random(seed)
    medians = [
        statistics.median(source.choices(values, k=len(values))) for _ in range(BOOTSTRAPS)
    ]
    margin = (1 - CONFIDENCE) / 2
    return quantile(medians, margin), quantile(medians, 1 - margin)


def ratios(mine, theirs):
    """Both: {round: µs}."""
    return [mine[number] / theirs[number] for number in sorted(mine) if number in theirs]


def collect(lines, kind, value):
    """{config: {measure: {runtime: {round: value}}}} in the order of first appearance."""
    table = {}
    for line in lines:
        if kind in line:
            measures = table.setdefault(line["config"], {})
            runtimes = measures.setdefault(line[kind], {})
            runtimes.setdefault(line["runtime"], {})[line["round"]] = line[value]
    return table


def describe(rounds):
    values = list(rounds.values())
    return {
        "n": len(values),
        "median": statistics.median(values),
        "p10": quantile(values, 0.1),
        "p90": quantile(values, 0.9),
    }


def compare(mine, theirs):
    values = ratios(mine, theirs)
    low, high = confidence_interval(values)
    return {"median": statistics.median(values), "low": low, "high": high}


def summarize(lines, runtimes):
    """The first runtime is the one the others are compared with."""
    subject, *peers = runtimes
    summary = {}
    for config, measures in collect(lines, "measure", "us").items():
        for measure, rounds in measures.items():
            summary.setdefault(config, {})[measure] = {
                "us": {name: describe(rounds[name]) for name in runtimes},
                "ratios": {
                    f"{subject}/{peer}": compare(rounds[subject], rounds[peer]) for peer in peers
                },
            }
    return summary


def summarize_usage(lines):
    """{config: {sequence: {runtime: median CPU µs and largest resident kB}}}"""
    processor = collect(lines, "usage", "cpu_us")
    resident = collect(lines, "usage", "resident_kb")
    return {
        config: {
            sequence: {
                name: {
                    "cpu_us": statistics.median(rounds.values()),
                    "resident_kb": max(resident[config][sequence][name].values()),
                }
                for name, rounds in runtimes.items()
            }
            for sequence, runtimes in sequences.items()
        }
        for config, sequences in processor.items()
    }


def align(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths))
        ).rstrip()
        for row in rows
    )


def latency_table(config, measures, runtimes):
    subject, *peers = runtimes
    rows = [[config, *runtimes, *(f"{subject}/{peer}" for peer in peers)]]
    for measure, found in measures.items():
        times = (found["us"][name] for name in runtimes)
        compared = (found["ratios"][f"{subject}/{peer}"] for peer in peers)
        rows.append(
            [measure]
            + [f"{time['median']:.0f} ({time['p10']:.0f},{time['p90']:.0f})" for time in times]
            + [f"{r['median']:.3f} [{r['low']:.3f},{r['high']:.3f}]" for r in compared]
        )
    return align(rows)


def usage_table(usage, runtimes):
    rows = [["CPU µs, resident kB", *runtimes]]
    for config, sequences in usage.items():
        for sequence, found in sequences.items():
            cells = (found[name] for name in runtimes)
            rows.append(
                [f"{config}: {sequence}"]
                + [f"{cell['cpu_us']:.0f}, {cell['resident_kb']}" for cell in cells]
            )
    return align(rows)
