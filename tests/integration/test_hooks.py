# SPDX-License-Identifier: Apache-2.0
"""/hooks: when, where, with what, and what a failing one does."""

import json
import os
import shutil
import time

import harness
import host
from coverage import accepts, rejects

RECORD = """#!/bin/sh
{ echo "KIND=$1"; echo "PWD=$(pwd)"; ls /proc/self/fd | tr '\\n' ' ' | sed 's/^/FDS=/'; echo; env | sed 's/^/ENV:/'; echo "STATE=$(cat)"; } >> "%s" 2>&1
"""
OUTSIDE = ("prestart", "createRuntime", "createContainer", "poststart", "poststop")


class Hooks(harness.Case):
    def recorded(self, *kinds, bundle=None, **hook):
        """A bundle whose hooks write what they see into a file."""
        bundle = bundle or self.bundle("true")
        self.file = self.folder / "seen"
        script = bundle.script("hook", RECORD % self.file)
        for kind in kinds:
            bundle.edit(f"/hooks/{kind}", [{"path": script, "args": ["hook", kind], **hook}])
        return bundle

    def seen(self):
        """[{KIND, PWD, FDS, ENV: [...], STATE: {...}}], in the order in which they ran."""
        found = []
        for line in self.file.read_text().splitlines() if self.file.exists() else []:
            if line.startswith("KIND="):
                found.append({"KIND": line[5:], "ENV": []})
            elif line.startswith("ENV:"):
                found[-1]["ENV"].append(line[4:])
            elif line.startswith("STATE="):
                found[-1]["STATE"] = json.loads(line[6:])
            elif "=" in line:
                name, _, value = line.partition("=")
                found[-1][name] = value
        return found

    def kinds(self):
        return [entry["KIND"] for entry in self.seen()]

    @accepts("/hooks/{prestart,createRuntime,createContainer,poststart,poststop}/*/{path,args}")
    def test_run_in_the_order_of_the_lifecycle(self):
        bundle = self.recorded(*OUTSIDE)
        id = self.create(bundle)
        self.assertEqual(self.kinds(), ["prestart", "createRuntime", "createContainer"])
        self.ok("start", id)
        self.assertEqual(self.kinds()[3:], ["poststart"])
        self.wait_for(id, "stopped")
        self.ok("delete", id)
        self.assertEqual(self.kinds()[4:], ["poststop"])

    def test_get_the_state_on_stdin(self):
        bundle = self.recorded(*OUTSIDE).edit("/annotations", {"a": "b"})
        id = self.create(bundle)
        pid = self.state(id)["pid"]
        self.ok("start", id)
        self.wait_for(id, "stopped")
        self.ok("delete", id)
        for entry in self.seen():
            with self.subTest(entry["KIND"]):
                state = entry["STATE"]
                self.assertEqual((state["id"], state["bundle"], state["annotations"]), (id, str(bundle.path), {"a": "b"}))
                if entry["KIND"] in ("prestart", "createRuntime", "poststart"):
                    self.assertEqual(state["pid"], pid)
        statuses = {entry["KIND"]: entry["STATE"]["status"] for entry in self.seen()}
        self.assertEqual((statuses["poststart"], statuses["poststop"]), ("running", "stopped"))
        if harness.is_ours():
            self.assertEqual((statuses["createRuntime"], statuses["createContainer"]), ("creating", "creating"))

    @accepts("/hooks/{prestart,createRuntime,createContainer,poststart,poststop}/*/env")
    def test_have_their_own_environment_directory_and_descriptors(self):
        # T15
        self.ours_only()
        bundle = self.recorded(*OUTSIDE, env=["ONLY=this", "PATH=/usr/bin:/bin"])
        bundle.edit("/process/env", ["LD_PRELOAD=/evil.so", "CANARY=1"])
        read, write = os.pipe()
        self.run_in(bundle, env={**os.environ, "HOSTENV": "leak"}, pass_fds=(read, write))
        os.close(read)
        os.close(write)
        self.assertEqual(self.kinds(), list(OUTSIDE))
        for entry in self.seen():
            with self.subTest(entry["KIND"]):
                names = {e.split("=")[0] for e in entry["ENV"]}
                self.assertLessEqual(names, {"ONLY", "PATH", "PWD", "SHLVL", "_", "OLDPWD"})
                self.assertEqual(entry["PWD"], str(bundle.path))
                self.assertLessEqual({int(n) for n in entry["FDS"].split()}, {0, 1, 2, 3})

    @accepts("/hooks/startContainer/*/{path,args}")
    def test_startContainer_runs_inside_before_the_program(self):
        self.need_busybox()
        bundle = self.bundle("/bin/sh", "-c", "cat /tmp/log; echo program")
        bundle.edit("/hooks/startContainer", [
            {"path": "/bin/sh", "args": ["sh", "-c", "echo hook $(readlink /proc/self/ns/mnt) > /tmp/log"]}])
        id = self.create(bundle)
        self.assertFalse((bundle.rootfs / "tmp/log").exists())
        self.ok("start", id)
        self.wait_for(id, "stopped")
        self.assertTrue(self.created.out.startswith("hook mnt:"), self.created.out)
        self.assertTrue(self.created.out.endswith("program\n"))

    def test_createContainer_runs_in_the_containers_mount_namespace(self):
        bundle = self.bundle("true")
        file = self.folder / "namespace"
        script = bundle.script("hook", f"#!/bin/sh\nreadlink /proc/self/ns/mnt > {file}\n")
        bundle.edit("/hooks/createContainer", [{"path": script}])
        id = self.create(bundle)
        self.assertEqual(file.read_text().strip(), os.readlink(f"/proc/{self.state(id)['pid']}/ns/mnt"))

    def test_a_list_keeps_its_order(self):
        bundle = self.bundle("true")
        file = self.folder / "order"
        bundle.edit("/hooks/createRuntime", [
            {"path": bundle.script(f"hook{n}", f"#!/bin/sh\necho {n} >> {file}\n")} for n in range(5)])
        self.run_in(bundle)
        self.assertEqual(file.read_text().split(), list("01234"))

    def test_a_failing_one_fails_create_and_leaves_nothing(self):
        for kind in ("prestart", "createRuntime", "createContainer"):
            with self.subTest(kind):
                bundle = self.bundle("true")
                bundle.edit(f"/hooks/{kind}", [{"path": bundle.script("hook", "#!/bin/sh\necho why >&2\nexit 3\n")}])
                self.refused(bundle)

    def test_a_failing_startContainer_fails_start(self):
        self.need_busybox()
        bundle = self.bundle("write", "/tmp/ran", "x")
        bundle.edit("/hooks/startContainer", [{"path": "/bin/false"}])
        id = self.create(bundle)
        self.bad("start", id)
        self.assertFalse((bundle.rootfs / "tmp/ran").exists())

    def test_a_failing_poststop_does_not_keep_the_container(self):
        self.ours_only()
        bundle = self.bundle("true")
        bundle.edit("/hooks/poststop", [{"path": bundle.script("hook", "#!/bin/sh\nexit 1\n")}])
        id = self.started(bundle)
        self.wait_for(id, "stopped")
        self.rt("delete", id)
        self.assert_clean()

    def test_a_slow_one_is_ended(self):
        bundle = self.bundle("true")
        bundle.edit("/hooks/createRuntime", [{"path": bundle.script("hook", "#!/bin/sh\nexec sleep 60\n"),
                                              "timeout": 1}])
        self.refused(bundle)

    @accepts("/hooks/{prestart,createRuntime,createContainer,startContainer,poststart,poststop}/*/timeout")
    def test_a_slow_one_is_ended_whatever_its_moment(self):
        self.need_busybox()
        for kind in (*OUTSIDE, "startContainer"):
            with self.subTest(kind):
                bundle = self.bundle("true")
                path = "/bin/sleep" if kind == "startContainer" else shutil.which("sleep")
                bundle.edit(f"/hooks/{kind}", [{"path": path, "args": ["sleep", "60"], "timeout": 1}])
                begin = time.monotonic()
                result = self.rt("run", "--bundle", bundle.path, self.new_id())
                self.assertTrue(1 <= time.monotonic() - begin < 20, str(result))
                # When all is over, a hook spoils nothing any more.
                self.assertEqual(result.code == 0, kind == "poststop", str(result))
                self.assertIn(f"{kind} hook #0: hook ran past specified timeout of 1s", result.err)
                self.assert_clean(str(result))

    @accepts("/hooks/startContainer/*/env")
    def test_startContainer_has_an_environment_of_its_own(self):
        self.need_busybox()
        bundle = self.bundle("cat", "/tmp/log").edit("/process/env", ["PATH=/bin", "OF=program"])
        bundle.edit("/hooks/startContainer", [{"path": "/bin/sh", "args": ["sh", "-c", "env > /tmp/log"],
                                               "env": ["PATH=/bin", "OF=hook"]}])
        names = dict(line.split("=", 1) for line in self.run_in(bundle).out.splitlines())
        self.assertEqual(names["OF"], "hook")

    def test_one_that_does_not_read_its_stdin_is_fine(self):
        bundle = self.bundle("true").edit("/annotations", {"big": "x" * 60000})
        bundle.edit("/hooks/createRuntime", [{"path": bundle.script("hook", "#!/bin/sh\nexec <&-\nexit 0\n")}])
        self.run_in(bundle)

    def test_write_to_the_files_that_annotations_name(self):
        self.ours_only()
        self.need_busybox()
        script = "echo out of $0; echo error of $0 >&2"
        out, errors = self.folder / "out", self.folder / "errors"
        bundle = self.bundle("ls", "/proc/self/fd")
        bundle.edit("/annotations", {"run.oci.hooks.stdout": str(out), "run.oci.hooks.stderr": str(errors)})
        for kind in (*OUTSIDE, "startContainer"):
            bundle.edit(f"/hooks/{kind}", [{"path": "/bin/sh", "args": ["sh", "-c", script, kind]}])
        said = self.run_in(bundle)
        order = [*OUTSIDE[:3], "startContainer", *OUTSIDE[3:]]
        self.assertEqual(out.read_text(), "".join(f"out of {kind}\n" for kind in order))
        self.assertEqual(errors.read_text(), "".join(f"error of {kind}\n" for kind in order))
        self.assertEqual(said.err, "")
        self.assertLessEqual({int(n) for n in said.out.split()}, {0, 1, 2, 3}, "the program has none of them")

    def test_a_file_for_their_output_that_cannot_be_is_refused(self):
        self.ours_only()
        (self.folder / "link").symlink_to("target")
        for path in ("relative", "/no/such/file", str(self.folder), str(self.folder / "link")):
            with self.subTest(path):
                bundle = self.bundle("true").edit("/annotations", {"run.oci.hooks.stderr": path})
                self.refused(bundle, "/annotations/run.oci.hooks.stderr")
        self.assertFalse((self.folder / "target").exists())

    @rejects("/hooks/createRuntime/*/{path,timeout}")
    def test_a_missing_or_relative_path_is_refused(self):
        self.refused(self.bundle().edit("/hooks/createRuntime", [{"path": "/no/such/hook"}]))
        self.ours_only()
        self.refused(self.bundle().edit("/hooks/createRuntime", [{"path": "bin/true"}]), "/hooks/createRuntime/0")
        self.refused(self.bundle().edit("/hooks/createRuntime", [{"path": "/bin/true", "timeout": 0}]),
                     "/hooks/createRuntime/0")

    def test_the_network_may_be_made_by_one(self):
        bundle = self.bundle("true")
        file = self.folder / "pid"
        bundle.edit("/hooks/createRuntime", [{"path": bundle.script(
            "hook", "#!/bin/sh\nsed -n 's/.*\"pid\": *\\([0-9]*\\).*/\\1/p' > %s\n" % file)}])
        id = self.create(bundle)
        self.assertEqual(file.read_text().strip(), str(self.state(id)["pid"]))

    def test_hooks_of_create_do_not_change_afterwards(self):
        # T33
        bundle = self.bundle("true")
        id = self.create(bundle)
        file = self.folder / "late"
        bundle.edit("/hooks/poststop", [{"path": bundle.script("hook", f"#!/bin/sh\ntouch {file}\n")}])
        self.ok("start", id)
        self.wait_for(id, "stopped")
        self.ok("delete", id)
        self.assertFalse(file.exists())
        self.assertTrue(host.until(lambda: True))
