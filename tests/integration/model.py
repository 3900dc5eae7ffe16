# SPDX-License-Identifier: Apache-2.0
"""The state machine of containers, as runtime.md and our man pages have it: what each verb does in each status."""

import dataclasses

NONE, CREATED, RUNNING, PAUSED, STOPPED = "none", "created", "running", "paused", "stopped"
PAUSED_CREATED = "paused, and created before"
SHOWN = {PAUSED_CREATED: PAUSED}
VERBS = ("create", "create-bad", "start", "run", "run-short", "kill", "kill-end", "pause", "resume", "delete", "delete-force",
         "exec", "exec-bad", "state", "list", "update", "update-bad", "end")


@dataclasses.dataclass
class Answer:
    """Whether the verb succeeds, and the status that it leaves."""

    succeeds: bool
    status: str
    waits: bool = False  # whether that status comes by and by


def answer(verb, status):
    """Of a verb for a container of this status. "end": not a verb, its program ends by itself."""
    there = status != NONE
    alive = status in (CREATED, RUNNING, PAUSED, PAUSED_CREATED)
    stay = Answer(False, status)
    table = {
        "create": Answer(True, CREATED) if not there else stay,
        "create-bad": stay,
        "run": Answer(True, RUNNING) if not there else stay,
        "run-short": Answer(True, STOPPED, True) if not there else stay,
        "start": Answer(True, RUNNING) if status == CREATED else stay,
        "kill": Answer(alive, status),  # a signal that it ignores
        "kill-end": Answer(True, STOPPED, True) if alive else stay,
        "pause": Answer(True, {CREATED: PAUSED_CREATED, RUNNING: PAUSED}[status]) if status in (CREATED, RUNNING) else stay,
        "resume": Answer(True, {PAUSED_CREATED: CREATED, PAUSED: RUNNING}[status]) if "paused" in status else stay,
        "delete": Answer(True, NONE) if status in (CREATED, STOPPED) else stay,
        "delete-force": Answer(True, NONE),
        "exec": Answer(status in (CREATED, RUNNING), status),
        "exec-bad": stay,
        "state": Answer(there, status),
        "list": Answer(True, status),
        "update": Answer(alive, status),
        "update-bad": stay,
        "end": Answer(True, STOPPED, True) if alive else Answer(True, status),
    }
    return table[verb]
