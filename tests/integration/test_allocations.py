# SPDX-License-Identifier: Apache-2.0
"""Memory runs out at one allocation of a command: it says so, ends by no signal, and delete --force removes all it made.

The program is build/tests/oci-rt-failing: the same objects with an allocator that fails when it is told to.
OCI_RT_FAULTS=all tries a hundred times as many, which is every one but of those of libseccomp; which ones is by chance.
"""

import os
import pathlib
import random
import shutil
import signal
import subprocess
import unittest

import harness

EVERY = os.environ.get("OCI_RT_FAULTS", "") == "all"
PROGRAM = pathlib.Path(os.environ.get("OCI_RT_PAYLOAD", ".")).parent / "oci-rt-failing"


@unittest.skipUnless(PROGRAM.exists() or os.environ.get("OCI_RT_FAILING"), "oci-rt-failing is not built")
class Allocations(harness.Case):
    seconds = 1200 if EVERY else 120
    name = "poor"
    may_crash = False

    def setUp(self):
        super().setUp()
        self.ours_only()
        self.box = self.bundle("sleep", "100")
        self.note = self.folder / "note"

    def poor(self, which, *args):
        """The command, one of whose allocations fails; whether one did, and the result."""
        self.note.unlink(missing_ok=True)
        argv = [str(PROGRAM), *self.rt.argv(*args)[1:]]
        environment = {**os.environ, "OCI_RT_FAIL_ALLOCATION": str(which),
                       "OCI_RT_ALLOCATIONS": str(self.note)}
        process = self.rt.popen(argv=argv, env=environment)
        try:
            code = harness.wait_for(process, 5 if self.may_crash else 30)
        except subprocess.TimeoutExpired:
            process.kill()
            code = harness.wait_for(process)
        result = harness.Result(argv, code, process.stem)
        text = self.note.read_text() if self.note.exists() else ""
        return text, result

    def sweep(self, tries, args, prepare=lambda: None, statuses=("created", "running", "stopped"), remove=True):
        prepare()
        text, result = self.poor(0, *args)
        self.assertEqual(result.code, 0, str(result))
        total = int(text)
        self.assertGreater(total, 100)
        if remove:
            self.remove()
            prepare()
        stride = max(total // (tries * (100 if EVERY else 1)), 1)
        hits = 0
        for at in range(1 + random.randrange(stride), total + 1, stride):
            for which in (str(at), f"{at}+"):
                text, result = self.poor(which, *args)
                hits += text != ""
                with self.subTest(f"allocation {which} of {total} of {args[0]}"):
                    self.is_clean(text, result, statuses)
                    if remove:
                        self.remove(str(result))
                        prepare()
        self.assertGreater(hits, tries)
        self.remove()

    def is_clean(self, text, result, statuses):
        if self.may_crash and result.code in (-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGKILL):
            return
        self.assertGreaterEqual(result.code, 0, f"ended by a signal: {result}")
        self.assertTrue(result.code < 128 or result.code == 255, str(result))
        if result.code != 0:
            self.assertNotEqual(result.err.strip(), "")
            self.assertNotEqual(text, "", f"nothing failed: {result}")
        state = self.rt("state", self.name)
        if state.code == 0:
            self.assertIn(state.json()["status"], statuses)
        else:
            self.assertEqual(state.code, 1, str(state))

    def remove(self, message=""):
        self.ok("delete", "--force", self.name, timeout=15)
        self.assert_clean(message)

    def create(self):
        self.ok("create", "--bundle", self.box.path, self.name)

    def run_it(self):
        self.ok("run", "-d", "--bundle", self.box.path, self.name)

    def test_create(self):
        self.create()  # from now on the filter is compiled
        self.remove()
        self.sweep(25, ["create", "--bundle", self.box.path, self.name], statuses=("creating", "created", "stopped"))

    def test_create_that_compiles_its_filter(self):
        def forget():
            shutil.rmtree(self.rt.root / ".seccomp", ignore_errors=True)

        if not EVERY:
            self.skipTest("OCI_RT_FAULTS=all does this")
        # libseccomp 2.5.4 frees what it could not allocate (gen_bpf_generate): a signal, or a loop.
        self.may_crash = True
        self.sweep(3, ["create", "--bundle", self.box.path, self.name], prepare=forget,
                   statuses=("creating", "created", "stopped"))

    def test_run(self):
        self.create()
        self.remove()
        self.sweep(10, ["run", "-d", "--bundle", self.box.path, self.name],
                   statuses=("creating", "created", "running", "stopped"))

    def test_start(self):
        self.sweep(12, ["start", self.name], prepare=self.create)

    def test_delete(self):
        self.sweep(12, ["delete", "--force", self.name], prepare=self.run_it)

    def beside(self, tries, *args, statuses=("running",)):
        """What a command that fails was not asked for does not change."""
        self.run_it()
        self.sweep(tries, args, statuses=statuses, remove=False)

    def test_exec(self):
        self.beside(20, "exec", self.name, "/bin/payload", "true")

    def test_state(self):
        self.beside(12, "state", self.name)

    def test_list(self):
        self.beside(8, "list")

    def test_update(self):
        resources = self.folder / "resources.json"
        resources.write_text("{}")
        self.beside(8, "update", "--resources", resources, self.name)
