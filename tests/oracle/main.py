#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether images come out as skopeo and umoci make them, and in which time and memory. Needs root.

usage: main.py --build BUILD [--root TREE] [--rounds N] [--megabytes N] [--disk FOLDER] [--only WHAT] [--json FILE]

BUILD is a build directory. TREE is a Debian with skopeo, umoci and docker-registry, such as tests/lab/make-root makes:
it is a root for them, and stays as it is; without it they are this machine's. --megabytes is the size of each of the
four layers of the big image, 0 for none. Everything is in memory, or in a FOLDER of a disk. WHAT is "trees" or "time".
Ends with 1 where something differs that may not.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]

import compare
import made
from place import Place


class Ours:
    name = "oci-rt"

    def __init__(self, place, helper):
        self.place, self.helper = place, helper

    def steps(self, image, folder):
        words = [self.helper, "--storage", folder / "store"]
        name = f"{self.place.address}/{image}:1"
        return [("pull", [*words, "pull", "-q", name]), ("unpack", [*words, "unpack", "--flat", name, folder / "bundle"])]


class Theirs:
    name = "skopeo + umoci"
    unpack = ["unpack"]

    def __init__(self, place):
        self.place = place

    def steps(self, image, folder):
        layout = f"{folder}/layout:1"
        copy = self.place.theirs("skopeo", "--insecure-policy", "copy", "-q", "--src-tls-verify=false",
                                 f"docker://{self.place.address}/{image}:1", f"oci:{layout}")
        return [("pull", copy), ("unpack", self.place.theirs("umoci", *self.unpack, "--image", layout,
                                                             folder / "bundle"))]


class TheirsRaw(Theirs):
    """Without the manifest of the tree, which only umoci's own repack needs."""

    name = "skopeo + umoci raw"
    unpack = ["raw", "unpack"]


def performed(tool, image, folder):
    """{step: usage}; what was made is in the folder."""
    folder.mkdir()
    return {step: tool.place.run([str(word) for word in command]) for step, command in tool.steps(image, folder)}


def compare_trees(place, tools, images, note):
    failures = 0
    for image in images:
        trees, configs, begun = [], [], time.time_ns()
        for number, tool in enumerate(tools):
            folder = place.work / f"tree{number}"
            performed(tool, image, folder)
            trees.append(compare.tree(folder / "bundle/rootfs"))
            configs.append(json.loads((folder / "bundle/config.json").read_text()))
            shutil.rmtree(folder)
        found = compare.differences(*trees)
        why = [compare.reason(one, begun) for one in found]
        wrong = [one for one, reason in zip(found, why) if not reason]
        note(f"{image}: {len(trees[0])} paths, {len(wrong)} differences, {len(found) - len(wrong)} accepted")
        for reason in sorted({one for one in why if one}):
            note(f"  accepted {why.count(reason)}: {reason}")
        for name, what, mine, other in wrong[:20]:
            note(f"  DIFFERS {name[:100]!r} {what}: {mine!r}, theirs {other!r}")
        failures += len(wrong) + compare_configs(image, configs, note)
    return failures


def compare_configs(image, configs, note):
    mine, other = map(compare.of_the_image, configs)
    failures = 0
    for key in mine:
        if mine[key] == other[key]:
            continue
        reason = compare.config_reason(key, mine[key], other[key])
        note(f"  {'accepted' if reason else 'DIFFERS'} config.json {key}: {reason or ''} {mine[key]}, theirs {other[key]}")
        failures += not reason
    return failures


def measure(place, tools, image, rounds, note):
    """Each round one after the other, and every other round the other way round."""
    seen = {tool.name: [] for tool in tools}
    for number in range(rounds + 1):
        for tool in tools if number % 2 else tools[::-1]:
            folder = place.work / "timed"
            usage = performed(tool, image, folder)
            shutil.rmtree(folder)
            if number:  # the first one warms up
                seen[tool.name].append(usage)
            note(f"  round {number}, {tool.name}: " + ", ".join(
                f"{step} {one['wall']:.2f} s, {one['cpu']:.2f} s of CPU, {one['memory'] >> 10} MB" for step, one in usage.items()))
    return {name: summary(usages) for name, usages in seen.items()}


def summary(usages):
    total = [{"wall": sum(step["wall"] for step in one.values()), "cpu": sum(step["cpu"] for step in one.values()),
              "memory": max(step["memory"] for step in one.values())} for one in usages]
    steps = {step: {key: statistics.median(one[step][key] for one in usages) for key in usages[0][step]}
             for step in usages[0]}
    return {"rounds": total, "steps": steps, **{key: statistics.median(one[key] for one in total) for key in total[0]}}


def table(results):
    ours, *others = results
    mine = results[ours]
    lines = [f"{'':20} {'wall s':>7} {'CPU s':>7} {'peak MB':>8}   wall of each round"]
    for name, one in results.items():
        rounds = " ".join(f"{each['wall']:.2f}" for each in one["rounds"])
        lines.append(f"{name:20} {one['wall']:7.2f} {one['cpu']:7.2f} {one['memory'] / 1024:8.1f}   {rounds}")
        lines += [f"  {step:18} {each['wall']:7.2f} {each['cpu']:7.2f} {each['memory'] / 1024:8.1f}"
                  for step, each in one["steps"].items()]
    for name in others:
        pairs = [theirs["wall"] / own["wall"] for own, theirs in zip(mine["rounds"], results[name]["rounds"])]
        lines.append(f"{ours} is {statistics.median(pairs):.2f} times as fast as {name} (median of pairs), and takes "
                     f"{mine['memory'] / results[name]['memory']:.2f} of its memory")
    return lines


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--root")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--megabytes", type=int, default=180)
    parser.add_argument("--disk")
    parser.add_argument("--only", choices=["trees", "time"])
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    helper = (options.build / "src/oci-rt-image").resolve()
    note = lambda line: print(line, flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and nothing stays behind
    place = Place(options.root, options.disk)
    try:
        place.start_registry()
        failures, results = examine(place, helper, options, note)
    finally:
        place.close()
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))
    return 1 if failures else 0


def examine(place, helper, options, note):
    ours, theirs, raw = Ours(place, helper), Theirs(place), TheirsRaw(place)
    (place.work / "layers").mkdir()
    names, failures, results = [], 0, {}
    if options.only != "time":
        layers = made.small(place.work / "layers")
        for packed in made.PACKERS:
            names.append(f"small-{packed or 'plain'}")
            place.push(made.Image(place.work / names[-1], layers, packed, made.EXECUTION), names[-1])
    if options.megabytes:
        image = made.Image(place.work / "big", made.big(place.work / "layers", options.megabytes), "gzip",
                           {"Cmd": ["sh"]})
        place.push(image, "big")
        note(f"big: {image.packed_bytes >> 20} MiB, {image.bytes >> 20} MiB unpacked")
    shutil.rmtree(place.work / "layers")
    if options.only != "time":
        failures = compare_trees(place, [ours, theirs], names + (["big"] if options.megabytes else []), note)
    if options.only != "trees" and options.megabytes:
        results = measure(place, [ours, theirs, raw], "big", options.rounds, note)
        for line in table(results):
            note(line)
    return failures, results


if __name__ == "__main__":
    sys.exit(main())
