# SPDX-License-Identifier: Apache-2.0
"""The command lines of every engine, word for word: order and spelling of globals and options are theirs."""

import json
import os

import harness
import host

RESOURCES = {"blockIO": {"weight": 0}, "cpu": {"shares": 0}, "memory": {"disableOOMKiller": False}}


class Engine(harness.Case):
    """One bundle, one id, and calls by the words of an engine; `{B}` is the bundle, `{ID}` the id, …"""

    def setUp(self):
        super().setUp()
        self.ours_only()
        self.made = self.bundle("sleep", "100")
        self.id = self.forget("box")
        self.places = {"B": self.made.path, "ID": self.id, "R": self.rt.root, "LOG": self.made.path / "log.json",
                       "PID": self.made.path / "init.pid", "P": self.process_file("true"),
                       "F": self.resources_file()}

    def process_file(self, *args):
        path = self.folder / "runc-process123"
        path.write_text(json.dumps(self.made.config["process"] | {"args": ["/bin/payload", *args]}))
        return path

    def resources_file(self):
        path = self.folder / "resources.json"
        path.write_text(json.dumps(RESOURCES))
        return path

    def call(self, words, code=0, **options):
        argv = [harness.binary(), *(word.format(**self.places) for word in words.split())]
        options.setdefault("cwd", self.made.path)
        result = self.rt(argv=argv, combined=True, **options)
        self.assertEqual(result.code, code, str(result))
        return result.out

    def lifecycle(self, prefix, create, exec_words, **options):
        """What all of them do in the end."""
        self.assertEqual(self.call(f"{prefix} {create}", **options), "")
        self.assertTrue(self.places["PID"].read_bytes().isdigit())
        self.assertEqual(self.call(f"{prefix} start {{ID}}", **options), "")
        self.assertEqual(self.call(f"{prefix} {exec_words}", **options), "")


class Containerd(Engine):
    prefix = "--root {R} --log {LOG} --log-format json"

    def test_every_call_of_the_shim(self):
        p = self.prefix
        self.lifecycle(p, "create --bundle {B} --pid-file {PID} {ID}",
                       "exec --process {P} --detach --pid-file {B}/e1.pid {ID}")
        self.assertTrue((self.made.path / "e1.pid").read_bytes().isdigit())
        self.assertIn(int(self.places["PID"].read_text()), json.loads(self.call(f"{p} ps --format json {{ID}}")))
        self.assertEqual(self.call(f"{p} pause {{ID}}"), "")
        self.assertEqual(self.call(f"{p} resume {{ID}}"), "")
        for words in ("update --resources=- {ID}", "update --resources - {ID}"):
            self.assertEqual(self.call(f"{p} {words}", input=json.dumps(RESOURCES)), "")
        self.assertEqual(self.call(f"{p} kill {{ID}} 9"), "")
        self.wait_for(self.id, "stopped")
        self.assertIn("container not running", self.call(f"{p} kill {{ID}} 9", code=1))
        self.assertEqual(self.call(f"{p} kill --all {{ID}} 9"), "")
        self.assertEqual(self.call(f"{p} delete {{ID}}"), "")
        self.assertEqual(self.call(f"{p} delete --force {{ID}}"), "")
        self.assertIn("container does not exist", self.call(f"{p} delete {{ID}}", code=1))
        # Only errors, and each a line by itself.
        self.assertEqual({json.loads(line)["level"] for line in self.places["LOG"].read_text().splitlines()}, {"error"})

    def test_every_option_of_create_and_all_globals(self):
        for prefix in ("--root {R} --debug --log {LOG} --log-format json --criu /usr/sbin/criu --rootless=false",
                       "--root {R} --log {LOG} --log-format json --rootless=auto"):
            self.lifecycle(prefix, "create --bundle {B} --pid-file {PID} --no-pivot --no-new-keyring --detach "
                           "--preserve-fds 0 {ID}", "exec --process {P} --detach --pid-file {B}/e.pid {ID}")
            self.call(f"{prefix} delete --force {{ID}}")

    def test_checkpoints_are_refused_in_words(self):
        self.call(f"{self.prefix} create --bundle {{B}} --pid-file {{PID}} {{ID}}")
        self.call(f"{self.prefix} start {{ID}}")
        for words in ("checkpoint --image-path /i --work-path {B}/work --tcp-established --ext-unix-sk --shell-job "
                      "--file-locks --manage-cgroups-mode soft --empty-ns network --leave-running {ID}",
                      "checkpoint --image-path /i --work-path {B}/work --pre-dump --status-fd 3 {ID}",
                      "restore --image-path /i --work-path {B}/work --detach --pid-file {PID} --no-pivot "
                      "-no-subreaper --bundle {B} {ID}"):
            said = self.call(f"{self.prefix} {words}", code=1)
            self.assertIn("is not supported", said.splitlines()[0])
            last = json.loads(self.places["LOG"].read_text().splitlines()[-1])
            self.assertEqual((last["level"], last["code"]), ("error", "unsupported"))
        self.assertEqual(self.state(self.id)["status"], "running")

    def test_a_failing_create_is_cleaned_up_by_force(self):
        self.made.args("/no/such")
        said = self.call(f"{self.prefix} create --bundle {{B}} --pid-file {{PID}} {{ID}}", code=1)
        self.assertIn('exec: "/no/such": stat /no/such: no such file or directory', said)
        self.assertFalse(self.places["PID"].exists())
        self.assertEqual(self.call(f"{self.prefix} delete --force {{ID}}"), "")
        self.assertEqual(len(self.places["LOG"].read_text().splitlines()), 1)

    def test_the_question_of_the_shim_and_the_daemon(self):
        self.assertIn("rro", json.loads(self.call("features"))["mountOptions"])
        first, *rest = self.call("--version").splitlines()
        self.assertEqual(first.split()[1], "version")
        self.assertTrue(any(line.startswith("commit: ") for line in rest), rest)
        self.assertTrue(any(line.startswith("spec: ") for line in rest), rest)


class Podman(Engine):
    json_log = "--log-format=json --log {B}/oci-log"

    def test_every_call_of_conmon_and_podman(self):
        p = f"--root={{R}} {self.json_log}"
        self.lifecycle(f"{p} --cgroup-manager cgroupfs",
                       "create --bundle {B} --pid-file {PID} --no-pivot --no-new-keyring --preserve-fds 0 {ID}",
                       "exec --pid-file {B}/exec.pid --process {P} --detach --preserve-fds 0 {ID}",
                       env={"XDG_RUNTIME_DIR": ""})
        only = {"env": {"XDG_RUNTIME_DIR": ""}}
        for words in ("pause {ID}", "resume {ID}", "kill {ID} 15", "update {ID}", "update --resources={F} {ID}",
                      "kill --all {ID} 9"):
            self.assertEqual(self.call(f"{p} {words}", **only), "", words)
        self.wait_for(self.id, "stopped")
        self.assertEqual(json.loads(self.call(f"{p} state {{ID}}", **only))["pid"], 0)
        self.assertEqual(self.call(f"{p} kill --all {{ID}} 9", **only), "")
        for _ in range(2):
            self.assertEqual(self.call(f"{p} delete --force {{ID}}", **only), "")
        self.assertEqual((self.made.path / "oci-log").read_text(), "")

    def test_exec_of_an_older_conmon(self):
        self.call("--root={R} create --bundle {B} --pid-file {PID} {ID}")
        self.call("--root={R} start {ID}")
        process = json.loads(self.places["P"].read_text())
        console = harness.ConsoleSocket(self.folder / "conmon-term.XX")
        self.addCleanup(console.close)
        self.places["P"].write_text(json.dumps(process | {"terminal": True}))
        self.call(f"--root={{R}} exec --pid-file {{B}}/x --process {{P}} --detach --tty --console-socket {console.path} {{ID}}")
        self.assertIsNotNone(console.receive())

    def test_without_a_cgroup(self):
        p = f"--root={{R}} {self.json_log} --cgroup-manager disabled"
        self.made.edit("/linux/cgroupsPath", None).edit("/linux/resources", {})
        self.call(f"{p} create --bundle {{B}} --pid-file {{PID}} {{ID}}")
        self.call(f"{p} start {{ID}}")
        self.assertIn("cgroup", self.call(f"{p} pause {{ID}}", code=1))
        self.call(f"{p} kill {{ID}} 9")
        self.wait_for(self.id, "stopped")
        self.call(f"{p} delete --force {{ID}}")

    def test_probes(self):
        """What means yes: success of the one, words about a missing value from the other."""
        for words in ("checkpoint --help", "restore --lsm-mount-context",
                      "checkpoint --image-path I --work-path W --leave-running --tcp-established --file-locks "
                      "--leave-running --pre-dump --parent-path ../pre-checkpoint {ID}",
                      "restore --bundle {B} --pid-file {PID} --no-pivot --no-new-keyring --detach --image-path I "
                      "--work-path {B} --preserve-fds 1 --tcp-established --tcp-close --file-locks "
                      "--lsm-mount-context=L --lsm-profile=selinux:L --console-socket S {ID}"):
            said = self.call(words, code=1)
            self.assertIn("is not supported", said)
            for yes in ("flag needs an argument", "requires an argument"):
                self.assertNotIn(yes, said)

    def test_an_option_that_nobody_knows_is_named(self):
        said = self.call("--invalidflag --log-format=json --log {B}/oci-log create --bundle {B} {ID}", code=1)
        self.assertIn("invalidflag", said)

    def test_the_log_of_a_container_that_fails_again(self):
        """Podman reads the file as one object; of two it takes what was said on standard error."""
        self.made.args("nosuch")
        said = [self.call(f"{self.json_log} create --bundle {{B}} {{ID}}", code=1) for _ in range(2)]
        lines = (self.made.path / "oci-log").read_text().splitlines()
        for text, line in zip(said, lines, strict=True):
            entry = json.loads(line)
            self.assertEqual(entry["level"], "error")
            self.assertLessEqual({"level", "msg", "time"}, set(entry))
            self.assertEqual(text, f"oci-rt: {entry['msg']}\n")
            self.assertIn("executable file not found in", entry["msg"])

    def test_warnings_do_not_spoil_the_log(self):
        self.made.args("nosuch").edit("/process/capabilities/bounding/0", "CAP_NONSENSE")
        said = self.call(f"{self.json_log} create --bundle {{B}} {{ID}}", code=1)
        self.assertEqual(len(said.splitlines()), 1)
        json.loads((self.made.path / "oci-log").read_text())


class CriO(Engine):
    def test_every_call(self):
        p = "--root {R}"
        self.lifecycle("--root={R}", "create --bundle {B} --pid-file {PID} {ID}", "exec --process {P} {ID}",
                       env={"PATH": "/usr/bin", "CRI_O_EXTERNAL": "1"})
        created = self.call(f"{p} state {{ID}}")
        self.assertRegex(json.loads(created)["created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")
        self.call(f"{p} update --resources - {{ID}}", input=json.dumps(RESOURCES))
        for words in ("pause {ID}", "resume {ID}", "kill {ID} 15", "kill {ID} KILL"):
            self.assertEqual(self.call(f"{p} {words}"), "")
        self.wait_for(self.id, "stopped")
        self.assertIn("container not running", self.call(f"{p} kill {{ID}} KILL", code=1))
        self.assertEqual(self.call(f"{p} kill -a {{ID}} 9"), "")
        self.assertEqual(self.call(f"{p} delete --force {{ID}}"), "")
        self.assertIn("is not supported",
                      self.call(f"{p} checkpoint --file-locks --image-path I --work-path W --leave-running {{ID}}", code=1))

    def test_features_come_alone_and_with_versions(self):
        features = json.loads(self.call("features"))
        self.assertTrue({"ociVersionMin", "ociVersionMax"} <= set(features))
        self.assertTrue(features["linux"]["mountExtensions"]["idmap"]["enabled"])

    def test_exec_in_a_chosen_cgroup(self):
        """With CPU affinity CRI-O starts the runtime in a cgroup of its choice."""
        self.call("--root {R} create --bundle {B} --pid-file {PID} {ID}")
        self.call("--root {R} start {ID}")
        other = harness.GROUP / "chosen"
        other.mkdir()
        self.addCleanup(host.remove_cgroup, other)
        self.process_file("cat", "/proc/self/cgroup")
        join = lambda: (other / "cgroup.procs").write_text("0")
        self.assertIn("0::/\n", self.call("--root {R} exec --process {P} {ID}", preexec_fn=join))

    def test_conmon_rs_says_globals_twice(self):
        p = "--root={R} --cgroup-manager=cgroupfs --root={R} --cgroup-manager=cgroupfs"
        self.lifecycle(p, "create --bundle {B} --pid-file {PID} {ID}",
                       "exec -d --pid-file={B}/e.pid {ID} /bin/payload true")
        self.assertTrue((self.made.path / "e.pid").read_bytes().isdigit())
        console = harness.ConsoleSocket(self.folder / "console")
        self.addCleanup(console.close)
        self.call(f"{p} exec -d --console-socket={console.path} --tty --pid-file={{B}}/t.pid {{ID}} /bin/payload true")
        self.assertIsNotNone(console.receive())
        self.assertTrue((self.made.path / "t.pid").read_bytes().isdigit())
        self.call(f"{p} delete --force {{ID}}")


class Buildah(Engine):
    def test_every_call(self):
        for words in ("create --bundle {B} --pid-file {B}/pid {ID}", "start {ID}"):
            self.assertEqual(self.call(f"--root={{R}} --log-level error {words}"), "")
        self.assertEqual((self.made.path / "pid").read_text(), str(self.state(self.id)["pid"]))
        self.assertEqual(json.loads(self.call("--root={R} state {ID}"))["status"], "running")
        self.assertEqual(self.call("--root={R} kill {ID} SIGKILL"), "")
        self.wait_for(self.id, "stopped")
        self.assertEqual(self.call("--root={R} delete {ID}"), "")

    def test_state_of_a_zombie_and_delete_at_once(self):
        self.made.args("/bin/payload", "exit", "3")
        self.call("--root={R} create --bundle {B} --pid-file {PID} --no-pivot --no-new-keyring {ID}")
        pid = int(self.places["PID"].read_text())
        host.STARTED.add(pid)  # nobody collects it meanwhile
        self.addCleanup(host.STARTED.discard, pid)
        self.call("--root={R} start {ID}")
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        self.assertEqual(json.loads(self.call("--root={R} state {ID}"))["status"], "stopped")
        self.assertEqual(self.call("--root={R} delete {ID}"), "")
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 3)

    def test_kill_without_a_signal(self):
        self.call("--root={R} create --bundle {B} --pid-file {PID} {ID}")
        self.call("--root={R} start {ID}")
        self.assertEqual(self.call("--root={R} kill {ID}"), "")
        self.assertEqual(self.call("--root={R} kill {ID} SIGKILL"), "")
