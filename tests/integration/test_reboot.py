# SPDX-License-Identifier: Apache-2.0
"""A state root that another boot has left, or that names a process of somebody else: stopped, and nobody is hit."""

import json
import os
import pathlib
import shutil
import subprocess

import harness
import host


class Reboot(harness.Case):
    def setUp(self):
        super().setUp()
        self.ours_only()
        self.rt.validates = False
        self.bystander = subprocess.Popen(["sleep", "1000"])
        host.STARTED.add(self.bystander.pid)
        self.addCleanup(self.end_bystander)

    def end_bystander(self):
        if self.bystander.pid not in host.STARTED:
            return
        self.assertIsNone(self.bystander.poll(), "a process that was none of ours was hit")
        self.bystander.kill()
        self.bystander.wait()
        host.STARTED.discard(self.bystander.pid)

    def remembered(self, ids=("one", "two", "three"), **init):
        """What is in the state root when all processes and cgroups have gone, as after a reboot."""
        copy = self.folder / "copy"
        for id in ids:
            self.ok("create", "--bundle", self.bundle("sleep", "1000").path, id)
        self.ok("start", ids[0])
        self.ok("pause", ids[-1])
        shutil.copytree(self.rt.root, copy, ignore=lambda folder, names: [name for name in names if name == "start"])
        for id in ids:
            self.ok("delete", "--force", id)
        shutil.rmtree(self.rt.root)
        copy.rename(self.rt.root)
        for id in ids:
            self.rewrite(self.rt.root / id / "state.json", init)
        return ids

    def rewrite(self, file, init):
        document = json.loads(file.read_text())
        self.assertLessEqual(set(init), set(document))
        file.write_text(json.dumps({**document, **init}))

    def all_are_stopped(self, ids):
        entries = {entry["id"]: entry["status"] for entry in self.ok("list", "--format", "json").json()}
        self.assertEqual(entries, {id: "stopped" for id in ids})
        for id in ids:
            self.bad("start", id)
            self.bad("kill", id, "KILL", text="not running")
            self.bad("exec", id, "/bin/payload", "true")
            self.bad("pause", id)
        self.ok("delete", ids[0])
        self.ok("delete", "--force", ids[1])
        self.ok("delete", *ids[2:])
        self.end_bystander()
        self.assert_clean()

    def test_of_another_boot(self):
        """The pid is in use again: by a process that has even the same start time."""
        start = int(pathlib.Path(f"/proc/{self.bystander.pid}/stat").read_text().rpartition(")")[2].split()[19])
        self.all_are_stopped(self.remembered(bootId="00000000-1111-2222-3333-444444444444", pid=self.bystander.pid,
                                             startTime=start))

    def test_of_a_pid_that_is_in_use_again(self):
        self.all_are_stopped(self.remembered(pid=self.bystander.pid))

    def test_of_a_pid_that_names_us(self):
        self.all_are_stopped(self.remembered(pid=os.getpid()))
