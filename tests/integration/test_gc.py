# SPDX-License-Identifier: Apache-2.0
"""gc: what a crash or a power cut has left goes, and nothing else does."""

import json
import os
import re
import signal
import subprocess

import faults
import harness
import host

OTHER_BOOT = "01234567-89ab-cdef-0123-456789abcdef"


class Gc(harness.Case):
    def gc(self, *args, code=0):
        result = self.rt("gc", "--format", "json", *args)
        self.assertEqual(result.code, code, str(result))
        return {each["id"]: each for each in result.json()}

    def unfinished(self, id, *hooks):
        """A container whose creator was killed when init was there."""
        bundle = self.bundle("sleep", "100")
        bundle.edit("/hooks", {"createRuntime": [{"path": "/bin/sh", "args": ["sh", "-c", "touch began; exec sleep 100"]}],
                               **{kind: [{"path": "/bin/sh", "args": ["sh", "-c", script]}] for kind, script in hooks}})
        creator = self.rt.popen("create", "--bundle", bundle.path, id)
        self.assertTrue(host.until(lambda: (bundle.path / "began").exists()))
        self.addCleanup(self.end_hook, bundle)
        creator.kill()
        harness.wait_for(creator)
        return bundle

    def end_hook(self, bundle):
        """The one that its killed creator could not end any more: it came to us."""
        for pid in host.children():
            if os.readlink(f"/proc/{pid}/cwd") == str(bundle.path):
                host.kill(pid)
        host.reap()

    def running(self, *args):
        return self.started(self.bundle(*args))

    def state_file(self, id):
        return self.rt.root / id / "state.json"

    def gone(self, pid):
        return host.until(lambda: (host.reap(), host.process_state(pid))[1] in ("", "Z"))

    def change_record(self, id, change):
        file = self.state_file(id)
        file.write_text(change(file.read_text()))

    def of_another_boot(self, id):
        self.change_record(id, lambda text: re.sub(r'"bootId":"[^"]*"', f'"bootId":"{OTHER_BOOT}"', text))

    def test_nothing_to_do(self):
        self.assertEqual(self.gc(), {})
        self.assertEqual(self.ok("gc").out, "")

    def test_what_lives_or_has_stopped_stays(self):
        running = self.running("sleep", "100")
        stopped = self.running("true")
        self.wait_for(stopped, "stopped")
        created = self.create(self.bundle("sleep", "100"))
        self.assertEqual(self.gc(), {})
        self.assertEqual([self.state(id)["status"] for id in (running, stopped, created)],
                         ["running", "stopped", "created"])

    def test_what_was_never_created_goes_with_its_hooks(self):
        self.ours_only()
        bundle = self.unfinished("half", ("poststop", "cat > gone"))
        self.assertEqual(self.gc("--dry-run"), {"half": {"id": "half", "kind": "unfinished", "removed": False, "reason": ""}})
        self.assertFalse((bundle.path / "gone").exists())
        text = self.ok("gc").out
        self.assertEqual(text, "removed half: it was never completely created\n")
        state = json.loads((bundle.path / "gone").read_text())
        self.assertEqual((state["id"], state["status"], state["bundle"]), ("half", "stopped", str(bundle.path)))
        self.end_hook(bundle)
        self.assert_clean()

    def test_a_forced_delete_calls_the_same_hooks(self):
        self.ours_only()
        bundle = self.unfinished("half", ("poststop", "cat > gone"))
        self.ok("delete", "--force", "half")
        self.assertEqual(json.loads((bundle.path / "gone").read_text())["id"], "half")
        self.end_hook(bundle)
        self.assert_clean()

    def test_what_is_being_created_stays(self):
        bundle = self.bundle("sleep", "100").edit(
            "/hooks", {"createRuntime": [{"path": "/bin/sh", "args": ["sh", "-c", "touch began; read x < go"]}]})
        os.mkfifo(bundle.path / "go")
        id = self.forget(self.new_id())
        creator = self.rt.popen("create", "--bundle", bundle.path, id)
        self.assertTrue(host.until(lambda: (bundle.path / "began").exists()))
        self.assertEqual(self.gc(), {})
        (bundle.path / "go").write_text("\n")
        self.assertEqual(harness.wait_for(creator), 0)
        self.assertEqual(self.state(id)["status"], "created")

    def test_an_earlier_boot_is_over(self):
        self.ours_only()
        bundle = self.bundle("true").edit("/hooks", {"poststop": [{"path": "/bin/sh", "args": ["sh", "-c", "touch gone"]}]})
        id = self.create(bundle)
        self.ok("start", id)
        self.wait_for(id, "stopped")
        whole = self.state_file(id).read_text()
        self.of_another_boot(id)
        self.assertEqual(self.gc()[id]["kind"], "earlier-boot")
        self.assertTrue((bundle.path / "gone").exists())
        self.forget_cgroup(whole)

    def test_what_has_the_names_of_an_earlier_boot_now_is_left_alone(self):
        # The pid and the cgroup are somebody else's.
        for act in (["gc"], ["delete", "--force"], ["delete"], ["kill", "--all"]):
            with self.subTest(act):
                id = self.running("sleep", "100")
                other = self.state(id)["pid"]
                whole = self.state_file(id).read_text()
                self.of_another_boot(id)
                self.assertEqual(self.state(id)["status"], "stopped")
                self.assertEqual(self.rt("ps", "--format", "json", id).out.strip(), "[]")
                self.ok(*act, *([] if act == ["gc"] else [id]))
                os.kill(other, 0)
                os.kill(other, signal.SIGKILL)
                self.assertTrue(self.gone(other))
                self.forget_cgroup(whole)
                self.rt("delete", "--force", id)

    def test_a_note_of_an_earlier_boot_is_no_leave_to_kill(self):
        id = self.running("sleep", "100")
        other = self.state(id)["pid"]
        whole = self.state_file(id).read_text()
        self.state_file(id).unlink()
        note = self.rt.root / id / "recovery"
        lines = note.read_text().split("\n")
        lines[3] = f"0 0 {OTHER_BOOT}"
        note.write_text("\n".join(lines))
        self.assertEqual(self.gc()[id]["kind"], "unfinished")
        os.kill(other, 0)
        os.kill(other, signal.SIGKILL)
        self.assertTrue(self.gone(other))
        self.forget_cgroup(whole)

    def forget_cgroup(self, record):
        record = json.loads(record)
        os.rmdir(record["cgroupMountPoint"] + record["cgroupPath"])

    def test_damaged_and_empty_goes(self):
        self.ours_only()
        id = self.running("true")
        self.wait_for(id, "stopped")
        for spoil in ("", "{", "[" * 100000):
            with self.subTest(spoil[:1]):
                self.change_record(id, lambda _: spoil)
                self.assertEqual(self.gc("--dry-run")[id]["kind"], "damaged")
        self.assertTrue(self.gc()[id]["removed"])
        self.assert_clean()

    def test_damaged_and_alive_stays(self):
        id = self.running("sleep", "100")
        pid = self.state(id)["pid"]
        self.change_record(id, lambda _: "?")
        found = self.gc(code=1)[id]
        self.assertFalse(found["removed"])
        self.assertIn("delete --force", found["reason"])
        os.kill(pid, 0)
        self.ok("delete", "--force", id)

    def test_others_below_the_root_stay(self):
        other = self.rt.root / "other"
        other.mkdir(parents=True)
        self.rt.root.chmod(0o700)
        (other / "state.json").write_text("{}")
        self.addCleanup(subprocess.run, ["rm", "-rf", other])
        self.assertEqual(self.gc(), {})
        self.assertTrue((other / "state.json").exists())

    def test_after_kill_at_any_call_of_create_and_delete(self):
        self.ours_only()
        bundle = self.bundle("sleep", "100")
        for verb in (["create", "--bundle", str(bundle.path), "any"], ["delete", "--force", "any"]):
            total = None
            for at in range(0, 400, 13):
                if total is not None and at > total:
                    break
                if verb[0] == "delete":
                    self.ok("create", "--bundle", bundle.path, "any")
                trace = faults.Trace(self.rt.argv(*verb), at, cwd=self.folder, output=self.folder / "out").run()
                total = total or trace.calls
                with self.subTest(f"{verb[0]} {at} of {total}"):
                    self.gc()
                    self.rt("delete", "any")  # complete, or gone
                    self.rt("delete", "--force", "any")
                    self.assert_clean()
