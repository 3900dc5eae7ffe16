# SPDX-License-Identifier: Apache-2.0
"""Random sequences of verbs for three containers: exit status, `state` and `list` are as the model has them after each.

OCI_RT_MODEL_STEPS: how many (300); OCI_RT_MODEL_SEED: those of that run, which a failure names.
"""

import os
import random
import signal

import bundle as bundles
import harness
import host
import model

STEPS = int(os.environ.get("OCI_RT_MODEL_STEPS") or 300)
IDS = ("one", "two", "three")


class Model(harness.Case):
    seconds = 150 + STEPS // 2

    def setUp(self):
        super().setUp()
        self.ours_only()
        self.rt.validates = False
        self.seed = int(os.environ.get("OCI_RT_MODEL_SEED") or random.randrange(1 << 30))
        self.chance = random.Random(self.seed)
        spaces = [{"type": kind} for kind in ("pid", "mount", "ipc", "uts")]
        config = lambda: {**bundles.minimal_config(), "linux": {"namespaces": spaces}}
        self.living = {id: self.bundle("sleep", "100000", config=config()) for id in IDS}
        self.short = {id: self.bundle("true", config=config()) for id in IDS}
        self.bad_one = self.bundle(config=config()).edit("/process/args", ["/no/such"])
        self.good_resources, self.bad_resources = self.folder / "good.json", self.folder / "bad.json"
        self.good_resources.write_text('{"unified": {"cgroup.max.descendants": "100"}}')
        self.bad_resources.write_text('{"unified": {"cgroup.no-such": "1"}}')
        self.statuses = {id: model.NONE for id in IDS}
        for id in IDS:
            self.forget(id)
        self.last = []  # steps, the newest at the end

    def argv_of(self, verb, id):
        return {
            "create": ["create", "--bundle", self.living[id].path, id],
            "create-bad": ["create", "--bundle", self.bad_one.path, id],
            "run": ["run", "-d", "--bundle", self.living[id].path, id],
            "run-short": ["run", "-d", "--bundle", self.short[id].path, id],
            "start": ["start", id], "pause": ["pause", id], "resume": ["resume", id], "state": ["state", id],
            "kill": ["kill", id, "TERM"], "kill-end": ["kill", id, "KILL"],
            "delete": ["delete", id], "delete-force": ["delete", "--force", id],
            "exec": ["exec", id, "/bin/payload", "true"], "exec-bad": ["exec", id, "/no/such"],
            "list": ["list", "--format", "json"],
            "update": ["update", "--resources", self.good_resources, id],
            "update-bad": ["update", "--resources", self.bad_resources, id],
        }[verb]

    def seen(self):
        """What `list` says of all."""
        entries = self.ok("list", "--format", "json").json() or []
        return {entry["id"]: entry["status"] for entry in entries}

    def step(self, verb, id):
        expected = model.answer(verb, self.statuses[id])
        self.last = [*self.last, f"{verb} {id} ({self.statuses[id]})"][-12:]
        if verb == "end":
            if self.statuses[id] != model.NONE and expected.waits:
                os.kill(self.state(id)["pid"], signal.SIGKILL)
        else:
            result = self.rt(*self.argv_of(verb, id))
            self.assertTrue(0 <= result.code < 128 or result.code == 255, str(result))
            self.assertEqual(result.code == 0, expected.succeeds, str(result))
            self.assertTrue(expected.succeeds or result.err.strip(), f"no text: {result}")
        self.statuses[id] = expected.status
        wanted = {each: model.SHOWN.get(status, status) for each, status in self.statuses.items() if status != model.NONE}
        if expected.waits:
            host.until(lambda: self.seen() == wanted, 10)
        self.assertEqual(self.seen(), wanted)
        state = self.rt("state", id)
        self.assertEqual(state.code == 0, id in wanted, str(state))
        if id in wanted:
            self.assertEqual(state.json()["status"], wanted[id])

    def chosen(self):
        """Half of them do something, the others are mostly refused."""
        id, wants_success = self.chance.choice(IDS), self.chance.random() < 0.5
        verbs = [verb for verb in model.VERBS if not wants_success or model.answer(verb, self.statuses[id]).succeeds]
        return self.chance.choice(verbs), id

    def test_of_random_sequences(self):
        for number in range(STEPS):
            verb, id = self.chosen()
            try:
                self.step(verb, id)
            except AssertionError as error:
                raise AssertionError(f"seed {self.seed}, step {number}, after {'; '.join(self.last)}: {error}") from error
            for file in self.folder.glob("output*"):
                file.unlink()
            if number % 1000 == 999:
                print(f"{number + 1} steps of seed {self.seed}", flush=True)
        for id in IDS:
            self.step("delete-force", id)
        self.assert_clean(f"by seed {self.seed}")
