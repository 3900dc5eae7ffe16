# SPDX-License-Identifier: Apache-2.0
"""Every property of tests/coverage/properties.toml: wrong values are refused by their place, all are known."""

import json
import pathlib
import re
import subprocess
import sys

import harness
from coverage import accepts, rejects

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "coverage"))
import everything  # noqa: E402
import properties  # noqa: E402

# What few hosts have: absent where it is not the question, or its lack would be the answer.
RARE = ("/process/apparmorProfile", "/process/selinuxLabel", "/linux/mountLabel", "/linux/intelRdt",
        "/linux/memoryPolicy", "/process/scheduler", "/mounts/0", "/linux/uidMappings", "/linux/gidMappings",
        "/linux/namespaces/5")
RESOURCES = "/linux/resources"


def plain_document():
    """A document that is valid on every host, as far as it is looked at before anything is made."""
    document = everything.document()
    for pointer in RARE:
        folder, last = pointer.rsplit("/", 1)
        place = document
        for step in folder.split("/")[1:]:
            place = place[step]
        del place[int(last) if isinstance(place, list) else last]
    return document


class WrongValues(harness.Case):
    seconds = 240

    def place_of(self, document, pattern):
        for pointer, _ in properties.places(document):
            if properties.pattern_of(pointer, [pattern]):
                return pointer
        return None

    @rejects("**")
    def test_are_refused_by_their_place(self):
        self.ours_only()
        bundle = self.minimal()
        for pattern, entry in properties.load().items():
            if entry.unread:
                continue
            # Limits are looked at where they become files of a cgroup, after much else.
            document = plain_document() if pattern.startswith(RESOURCES) else everything.document()
            pointer = self.place_of(document, pattern)
            for value in entry.wrong_values():
                with self.subTest(pattern, value=value):
                    bundle.write(json.dumps(properties.replaced(document, pointer, value)))
                    result = self.refused(bundle)
                    self.assertEqual(result.code, 1, str(result))
                    self.assertRegex(result.err, re.escape(pointer) + "[:/]")


class Document(harness.Case):
    def test_of_every_property_is_known_to_validate(self):
        self.ours_only()
        bundle = self.minimal()
        bundle.write(json.dumps(everything.document()))
        if "validate" not in subprocess.run(self.rt.argv("help"), capture_output=True, text=True).stdout:
            self.skipTest("no verb validate")
        result = self.rt("validate", "--bundle", bundle.path, "--format", "json")
        findings = result.json()["findings"]
        self.assertEqual([one for one in findings if one["code"] == "unknown-property"], [])
        # And it would say so of one that is not.
        bundle.write(json.dumps({**everything.document(), "unheardOf": 1}))
        findings = self.rt("validate", "--bundle", bundle.path, "--format", "json").json()["findings"]
        self.assertEqual([one["pointer"] for one in findings if one["code"] == "unknown-property"], ["/unheardOf"])


class Ignored(harness.Case):
    def test_those_of_other_platforms_are_not_looked_at(self):
        bundle = self.bundle("exit", "3")
        for pattern, entry in properties.load().items():
            if entry.unread:
                bundle.edit(pattern, {"any": ["thing"]})
        self.run_in(bundle, code=3)

    @accepts("/linux/resources/memory/{kernel,kernelTCP,swappiness,disableOOMKiller,useHierarchy}",
             "/linux/resources/cpu/{realtimeRuntime,realtimePeriod}",
             "/linux/resources/blockIO/{leafWeight,weightDevice/*/leafWeight}",
             "/linux/resources/network/{classID,priorities}", "/linux/resources/network/priorities/*/{name,priority}")
    def test_those_of_cgroup_v1_are_named(self):
        self.ours_only()
        bundle = self.bundle("exit", "3")
        whole, wanted = everything.document(), []
        for pointer, value in properties.places(whole):
            entry = properties.load().get(properties.pattern_of(pointer, properties.load()))
            if entry and entry.ignored and not pointer.startswith("/linux/resources/network/priorities/"):
                wanted.append(pointer)
        resources = bundle.config["linux"]["resources"]
        resources["memory"] = {key: whole["linux"]["resources"]["memory"][key] for key in (
            "kernel", "kernelTCP", "swappiness", "disableOOMKiller", "useHierarchy")}
        resources["cpu"] = {"realtimeRuntime": 1, "realtimePeriod": 1}
        resources["blockIO"] = {"leafWeight": 10, "weightDevice": [{"major": 8, "minor": 0, "leafWeight": 10}]}
        resources["network"] = whole["linux"]["resources"]["network"]
        result = self.run_in(bundle.write(), code=3)
        for pointer in wanted:
            self.assertIn(pointer, result.err)
