# SPDX-License-Identifier: Apache-2.0
"""Errors for machines and for people: one line that says what, where, why, and what to do; codes that are documented."""

import errno
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess

import harness
import host

DATE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
MEMBERS = ["level", "msg", "time", "code", "phase", "pointer", "errno", "hint"]


def documented():
    text = subprocess.run([harness.binary(), "help", "errors"], capture_output=True, text=True).stdout
    return set(re.findall(r"^  ([a-z-]+) ", text, re.MULTILINE))


class Errors(harness.Case):
    def setUp(self):
        super().setUp()
        self.ours_only()
        self.codes = documented()

    def entry(self, *args, status=1, **options):
        """The one JSON line of a command that fails; what stands on standard error says the same."""
        log = self.folder / f"log{len(list(self.folder.glob('log*')))}.json"
        result = self.rt("--log", log, "--log-format", "json", *args, **options)
        self.assertEqual(result.code, status, str(result))
        lines = log.read_text().split("\n")
        self.assertEqual((len(lines), lines[-1]), (2, ""), str(result))
        entry = json.loads(lines[0])
        self.assertEqual(list(entry), [name for name in MEMBERS if name in entry])
        self.assertEqual(entry["level"], "error")
        self.assertRegex(entry["time"], DATE)
        self.assertIn(entry["code"], self.codes)
        self.assertIn("phase", entry)
        self.assertTrue(entry["msg"].endswith(entry.get("hint", "")), entry)
        if entry["code"] != "usage":
            self.assertEqual(result.err, f"oci-rt: {entry['msg']}\n")
        return entry

    def fails(self, code, phase, *args, pointer=None, number=None, hint=None, text=None, **options):
        entry = self.entry(*args, **options)
        self.assertEqual((entry["code"], entry["phase"]), (code, phase), entry)
        self.assertEqual(entry.get("pointer"), pointer, entry)
        self.assertEqual(entry.get("errno"), number, entry)
        if number is not None:
            self.assertIn(os.strerror(number).lower(), entry["msg"].lower())
        if hint is not None:
            self.assertIn(hint, entry.get("hint", ""), entry)
        if text is not None:
            self.assertIn(text, entry["msg"])
        return entry

    def create_fails(self, code, phase, bundle, *options, **expected):
        entry = self.fails(code, phase, "create", "--bundle", bundle.path, *options, self.new_id(), **expected)
        self.assert_clean(f"by {entry}")
        return entry


class Verbs(Errors):
    def test_an_unknown_container(self):
        for verb in ("state", "start", "kill", "pause", "resume", "delete", "ps"):
            self.fails("not-found", "state", verb, "nobody", text="container does not exist: nobody")
        self.fails("not-found", "state", "exec", "nobody", "true", status=255)

    def test_an_id_that_is_taken(self):
        bundle = self.bundle("sleep")
        id = self.create(bundle)
        self.fails("already-exists", "state", "create", "--bundle", bundle.path, id)

    def test_a_status_that_does_not_allow_the_verb(self):
        id = self.started(self.bundle("sleep"))
        self.fails("wrong-status", "status", "start", id)
        self.fails("wrong-status", "status", "resume", id)
        self.fails("wrong-status", "status", "delete", id, hint="use --force")
        self.ok("pause", id)
        self.fails("wrong-status", "status", "pause", id)
        self.fails("wrong-status", "status", "exec", id, "/bin/payload", "true", status=255, hint="--ignore-paused")
        self.ok("resume", id)
        self.ok("kill", id, "KILL")
        self.wait_for(id, "stopped")
        self.fails("wrong-status", "status", "kill", id, text="container not running")
        self.fails("wrong-status", "status", "exec", id, "/bin/payload", "true", status=255)

    def test_a_mistake_on_the_command_line(self):
        for args in (["state", "../x"], ["kill", "box", "NOSUCH"], ["state"], ["state", "--nosuch", "box"],
                     ["completion", "csh"], ["help", "nosuch"]):
            with self.subTest(args):
                self.fails("usage", "arguments", *args)
        id = self.started(self.bundle("sleep"))
        for args in (["--env", "X", id], ["--cwd", "here", id], ["--user", "me", id]):
            with self.subTest(args):
                self.fails("usage", "arguments", "exec", *args, "/bin/payload", "true", status=255)

    def test_a_state_file_that_is_damaged(self):
        id = self.create(self.bundle("true"))
        (self.rt.root / id / "state.json").write_text("{")
        for verb in ("state", "delete"):
            self.fails("state-damaged", "state", verb, id, hint="delete --force")

    def test_a_create_that_was_killed(self):
        (self.rt.root / "half").mkdir(parents=True)
        self.rt.root.chmod(0o700)
        self.fails("create-incomplete", "status", "delete", "half", hint="delete --force")
        self.ok("delete", "--force", "half")

    def test_a_container_that_another_command_works_on(self):
        import fcntl
        id = self.create(self.bundle("true"))
        with open(self.rt.root / id / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.fails("container-busy", "state", "start", id, hint="try again")

    def test_a_container_without_a_process(self):
        bundle = self.bundle("true")
        bundle.edit("/process", None)
        id = self.create(bundle)
        entry = self.fails("process-absent", "process", "start", id, pointer="/process", number=errno.EINVAL)
        self.assertNotIn("hint", entry)

    def test_spec_does_not_overwrite(self):
        self.ok("spec", "--bundle", self.folder)
        self.fails("file-exists", "output", "spec", "--bundle", self.folder, number=errno.EEXIST, hint="remove it")

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            self.fails("no-space", "output", "features", stdout=full, number=errno.ENOSPC)


class Bundle(Errors):
    def test_no_bundle_and_no_config(self):
        self.fails("config-missing", "bundle", "create", "--bundle", "/nowhere", "x", number=errno.ENOENT,
                   text="/nowhere")
        self.fails("config-missing", "bundle", "create", "--bundle", self.folder, "x", number=errno.ENOENT,
                   text=f"{self.folder}/config.json", hint="oci-rt spec")

    def test_a_config_that_is_not_json(self):
        bundle = self.bundle("true")
        (bundle.path / "config.json").write_text('{"ociVersion": ')
        entry = self.create_fails("config-syntax", "bundle", bundle)
        self.assertIn(str(bundle.path), entry["msg"])

    def test_a_config_that_asks_for_what_cannot_be(self):
        bundle = self.bundle("true")
        bundle.edit("/process/cwd", "here")
        self.create_fails("invalid-config", "bundle", bundle, pointer="/process/cwd", text="must be an absolute path")

    def test_a_plan_that_does_not_fit_the_host(self):
        bundle = self.bundle("true")
        bundle.edit("/process/selinuxLabel", "system_u:system_r:x:s0")
        if not pathlib.Path("/sys/fs/selinux/enforce").exists():
            self.create_fails("lsm-missing", "plan", bundle, pointer="/process/selinuxLabel", hint="boot with SELinux")


class Create(Errors):
    def test_no_root(self):
        bundle = self.bundle("true")
        bundle.edit("/root/path", "nosuch")
        self.create_fails("root-unusable", "rootfs", bundle, pointer="/root/path", number=errno.ENOENT, hint="unpack")
        (bundle.path / "link").symlink_to("rootfs")
        bundle.edit("/root/path", "link")
        self.create_fails("root-unusable", "rootfs", bundle, pointer="/root/path")

    def add_mount(self, bundle, **mount):
        bundle.edit(f"/mounts/{len(bundle.config['mounts'])}", mount)
        return f"/mounts/{len(bundle.config['mounts']) - 1}"

    def test_mounts(self):
        bundle = self.bundle("true")
        at = self.add_mount(bundle, destination="/data", type="bind", source="/nosuch", options=["bind"])
        self.create_fails("source-missing", "mounts", bundle, pointer=f"{at}/source", number=errno.ENOENT,
                          text="/nosuch")
        bundle = self.bundle("true")
        at = self.add_mount(bundle, destination="/data", type="nosuchfs", source="x")
        self.create_fails("filesystem-unknown", "mounts", bundle, pointer=at, number=errno.ENODEV,
                          hint="/proc/filesystems")
        bundle = self.bundle("true")
        at = self.add_mount(bundle, destination="/data", type="tmpfs", source="x", options=["nosuch=1"])
        entry = self.create_fails("system", "mounts", bundle, pointer=at, number=errno.EINVAL, text="nosuch")
        self.assertNotIn("hint", entry, "the kernel says it by itself")

    def test_a_mount_point_that_cannot_be_made(self):
        bundle = self.bundle("true")
        image = self.folder / "image"
        image.mkdir()
        host.mount("tmpfs", image, "tmpfs")
        self.addCleanup(host.unmount, image)
        shutil.copytree(bundle.rootfs, image, dirs_exist_ok=True, symlinks=True)
        host.mount("none", image, None, host.MS_BIND | 0x20 | 1)  # remount, read-only
        at = self.add_mount(bundle, destination="/not/there", type="tmpfs", source="x")
        bundle.edit("/root/path", str(image))
        entry = self.fails("read-only", "mounts", "create", "--bundle", bundle.path, "x", pointer=at,
                           number=errno.EROFS, hint="in the image")
        self.assertNotIn("--root", entry["hint"])

    def test_namespaces(self):
        bundle = self.bundle("true")
        bundle.edit("/linux/namespaces/1", {"type": "network", "path": "/nosuch"})
        self.create_fails("namespace-missing", "namespaces", bundle, pointer="/linux/namespaces/1/path",
                          number=errno.ENOENT)
        bundle.edit("/linux/namespaces/1", {"type": "network", "path": "/proc/self/ns/uts"})
        self.create_fails("invalid-config", "namespaces", bundle, pointer="/linux/namespaces/1/path")

    def test_the_program(self):
        for program, code, number in (("/no/such", "program-not-found", errno.ENOENT),
                                      ("nosuch", "program-not-found", errno.ENOENT),
                                      ("/etc", "program-not-executable", errno.EISDIR)):
            bundle = self.bundle(program if program.startswith("/") else "true")
            bundle.edit("/process/args", [program])
            entry = self.entry("create", "--bundle", bundle.path, self.new_id())
            self.assertEqual((entry["code"], entry["phase"], entry["pointer"], entry["errno"]),
                             (code, "exec", "/process/args/0", number))
            self.assertNotIn("hint", entry)
        id = self.started(self.bundle("sleep"))
        entry = self.entry("exec", id, "nosuch", status=255)
        self.assertEqual((entry["code"], entry["phase"]), ("program-not-found", "exec"))

    def test_a_program_for_another_machine(self):
        bundle = self.bundle("/bin/broken")
        (bundle.rootfs / "bin/broken").write_bytes(b"\x7fELF\x02\x01\x01" + bytes(60))
        (bundle.rootfs / "bin/broken").chmod(0o755)
        id = self.create(bundle)
        entry = self.fails("program-not-executable", "execve", "start", id, pointer="/process/args/0",
                           number=errno.ENOEXEC)
        self.assertNotIn("hint", entry)

    def hook(self, kind, script, **more):
        bundle = self.bundle("true")
        path = self.folder / f"hook-{kind}"
        if script is not None:
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755)
        bundle.edit("/hooks", {kind: [{"path": str(path), **more}]})
        return bundle

    def test_hooks(self):
        self.create_fails("hook-failed", "createRuntime", self.hook("createRuntime", "echo no; exit 3"),
                          pointer="/hooks/createRuntime/0", text="exit status 3: no")
        self.create_fails("hook-timeout", "prestart", self.hook("prestart", "sleep 9", timeout=1),
                          pointer="/hooks/prestart/0", hint="timeout")
        self.create_fails("hook-missing", "createContainer", self.hook("createContainer", None),
                          pointer="/hooks/createContainer/0", number=errno.ENOENT,
                          text=f"exec {self.folder}/hook-createContainer: ")
        bundle = self.hook("prestart", "")
        (self.folder / "hook-prestart").chmod(0o644)
        self.create_fails("hook-not-executable", "prestart", bundle, pointer="/hooks/prestart/0", number=errno.EACCES)
        id = self.create(self.hook("poststart", "exit 1"))
        self.fails("hook-failed", "poststart", "start", id, pointer="/hooks/poststart/0")

    def test_the_console_socket(self):
        bundle = self.bundle("true")
        bundle.edit("/process/terminal", True)
        self.create_fails("console-socket", "arguments", bundle, pointer="/process/terminal")
        self.create_fails("console-socket", "deliver", bundle, "--console-socket", "/nosuch", number=errno.ENOENT,
                          text="/nosuch")
        bundle.edit("/process/terminal", False)
        self.create_fails("console-socket", "arguments", bundle, "--console-socket", "/x", pointer="/process/terminal")
        self.create_fails("pidfd-socket", "deliver", bundle, "--pidfd-socket", "/nosuch", number=errno.ENOENT)
        self.create_fails("system", "deliver", bundle, "--pid-file", "/nosuch/x", number=errno.ENOENT)

    def test_no_terminal_left(self):
        bundle = self.bundle("sleep")
        next(m for m in bundle.config["mounts"] if m["type"] == "devpts")["options"].append("max=1")
        bundle.edit("/process/terminal", True)
        console = harness.ConsoleSocket(self.folder / "console")
        self.addCleanup(console.close)
        id = self.started(bundle, "--console-socket", console.path)
        console.receive()
        self.fails("no-space", "terminal", "exec", "--tty", id, "/bin/payload", "true", status=255,
                   pointer="/process/terminal", number=errno.ENOSPC, hint="max= of the devpts mount")

    def test_a_missing_seccomp_agent(self):
        bundle = self.bundle("true")
        bundle.edit("/linux/seccomp", {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/nosuch",
                                       "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}]})
        entry = self.entry("create", "--bundle", bundle.path, self.new_id())
        self.assertEqual((entry["code"], entry["pointer"], entry["errno"]),
                         ("seccomp-agent-missing", "/linux/seccomp/listenerPath", errno.ENOENT))

    def test_sysctl(self):
        bundle = self.bundle("true")
        bundle.edit("/linux/sysctl", {"net.ipv4.nosuch": "1"})
        self.create_fails("sysctl-missing", "sysctl", bundle, pointer="/linux/sysctl/net.ipv4.nosuch",
                          number=errno.ENOENT, hint="module")

    def test_a_cgroup_in_use(self):
        bundle = self.bundle("true")
        bundle.cgroup.mkdir()
        self.addCleanup(host.remove_cgroup, bundle.cgroup)
        child = subprocess.Popen(["sleep", "60"])
        host.STARTED.add(child.pid)
        self.addCleanup(lambda: (child.kill(), child.wait(), host.STARTED.discard(child.pid)))
        (bundle.cgroup / "cgroup.procs").write_text(str(child.pid))
        entry = self.entry("create", "--bundle", bundle.path, self.new_id())
        self.assertEqual((entry["code"], entry["phase"], entry["pointer"]),
                         ("cgroup-not-empty", "cgroup", "/linux/cgroupsPath"))

    def test_a_controller_that_is_not_there(self):
        if "memory" in host.controllers():
            self.skipTest("this host has the memory controller on cgroup v2")
        bundle = self.bundle("true")
        bundle.edit("/linux/resources", {"memory": {"limit": 1 << 30}})
        self.create_fails("controller-missing", "cgroup", bundle, pointer="/linux/resources/memory/limit")

    def test_limits(self):
        bundle = self.bundle("true")
        bundle.edit("/process/rlimits", [{"type": "RLIMIT_NOFILE", "soft": 1 << 40, "hard": 1 << 40}])
        self.create_fails("permission-denied", "rlimits", bundle, pointer="/process/rlimits", number=errno.EPERM,
                          hint="fs.nr_open")

    def test_ids_that_are_not_mapped(self):
        bundle = self.bundle("true")
        config = bundle.config
        config["linux"]["namespaces"].append({"type": "user"})
        config["linux"].pop("sysctl", None)
        for side in ("uidMappings", "gidMappings"):
            config["linux"][side] = [{"containerID": 0, "hostID": 100000, "size": 10}]
        bundle.write()
        for path in [bundle.rootfs, *bundle.rootfs.rglob("*")]:
            os.chown(path, 100000, 100000, follow_symlinks=False)
        for user in ({"uid": 500, "gid": 0}, {"uid": 0, "gid": 500}, {"uid": 0, "gid": 0, "additionalGids": [500]}):
            bundle.edit("/process/user", user)
            self.create_fails("id-not-mapped", "credentials", bundle, pointer="/process/user", number=errno.EINVAL,
                              hint="/linux/uidMappings")


class Host(Errors):
    def test_a_root_that_is_not_ours(self):
        self.rt.root.mkdir()
        self.rt.root.chmod(0o777)
        self.fails("state-root-unsafe", "state", "create", "--bundle", self.bundle("true").path, "x", hint="chmod")

    def mounted_root(self, data=None, flags=0):
        self.rt.root.mkdir()
        host.mount("tmpfs", self.rt.root, "tmpfs", flags, data)
        self.addCleanup(host.unmount, self.rt.root)

    def test_a_root_that_is_read_only(self):
        self.mounted_root("mode=700", flags=1)
        self.fails("state-root-not-writable", "state", "create", "--bundle", self.bundle("true").path, "x",
                   number=errno.EROFS, hint="--root")

    def test_a_root_that_is_full(self):
        self.mounted_root("mode=700,size=4k")
        bundle = self.bundle("true")
        bundle.edit("/annotations", {"long": "x" * 20000})
        self.fails("no-space", "state", "create", "--bundle", bundle.path, "x", number=errno.ENOSPC, hint="df")

    def test_too_few_descriptors(self):
        bundle = self.bundle("true")
        few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (10, 10))
        entry = self.entry("create", "--bundle", bundle.path, self.new_id(), preexec_fn=few)
        self.assertEqual((entry["code"], entry["errno"]), ("too-many-open-files", errno.EMFILE), entry)
        self.assertIn("ulimit -n", entry["hint"])

    def as_user(self):
        self.folder.chmod(0o777)
        self.rt.root.mkdir(exist_ok=True)
        self.rt.root.chmod(0o700)
        os.chown(self.rt.root, 65534, 65534)
        harness.WORK.chmod(0o755)

        def become():
            os.setgroups([])
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
        return become

    def test_a_user_without_a_user_namespace(self):
        bundle = self.minimal("true", cgroup=False)
        self.fails("namespace-denied", "clone", "create", "--bundle", bundle.path, "x", pointer="/linux/namespaces",
                   number=errno.EPERM, hint="--rootless", preexec_fn=self.as_user())

    def test_a_user_who_maps_the_ids_of_others(self):
        if shutil.which("newuidmap"):
            self.skipTest("newuidmap is installed")
        bundle = self.minimal("true", cgroup=False)
        config = bundle.config
        config["linux"]["namespaces"].append({"type": "user"})
        for side in ("uidMappings", "gidMappings"):
            config["linux"][side] = [{"containerID": 0, "hostID": 0, "size": 10}]
        bundle.write()
        self.fails("id-map-helpers-missing", "user namespace", "create", "--bundle", bundle.path, "x",
                   pointer="/linux/gidMappings", preexec_fn=self.as_user())

    def test_limits_of_namespaces(self):
        """In a user namespace of its own the limits are those of nobody else."""
        bundle = self.minimal("true", cgroup=False)
        log = self.folder / "limits.json"
        command = self.rt.argv("--log", log, "--log-format", "json", "create", "--bundle", bundle.path, "x")
        script = 'echo 0 > /proc/sys/user/max_uts_namespaces && exec "$@"'
        result = self.rt(argv=["unshare", "-Ur", "sh", "-c", script, "sh", *map(str, command)])
        self.assertEqual(result.code, 1, str(result))
        entry = json.loads(log.read_text())
        self.assertEqual((entry["code"], entry["phase"], entry["errno"]),
                         ("namespace-limit", "clone", errno.ENOSPC), entry)
        self.assertIn("user.max_", entry["hint"])

    def test_a_pid_namespace_that_has_ended(self):
        bundle = self.bundle("true")
        holder = subprocess.Popen(["unshare", "-p", "--kill-child", "sh", "-c", "sleep 60 & wait"])
        host.STARTED.add(holder.pid)
        namespace = f"/proc/{holder.pid}/ns/pid_for_children"
        # Nobody can see it before it has its first process.
        host.until(lambda: os.path.exists(namespace)
                   and os.readlink(namespace) != os.readlink("/proc/self/ns/pid"))
        kept = os.open(namespace, os.O_RDONLY)
        holder.kill()
        holder.wait()
        host.STARTED.discard(holder.pid)
        for pid in list(host.children()):
            host.kill(pid)
        host.reap()
        try:
            bundle.edit("/linux/namespaces/3", {"type": "pid", "path": f"/proc/{os.getpid()}/fd/{kept}"})
            self.create_fails("out-of-memory", "clone", bundle, pointer="/linux/namespaces", number=errno.ENOMEM,
                              hint="pid namespace")
        finally:
            os.close(kept)


class Lines(Errors):
    def test_json_on_standard_error_is_one_object(self):
        result = self.rt("--log-format", "json", "state", "nobody")
        self.assertEqual(json.loads(result.err)["code"], "not-found")
        self.assertEqual(result.err.count("\n"), 1)

    def test_text_ends_with_the_hint(self):
        id = self.started(self.bundle("sleep"))
        log = self.folder / "log.txt"
        result = self.rt("--log", log, "delete", id)
        for text in (result.err, log.read_text()):
            self.assertEqual(text.count("\n"), 1, text)
            self.assertIn("; use --force to end it", text)
        self.assertTrue(result.err.endswith("; use --force to end it\n"))
        self.assertRegex(log.read_text(), r'^time="[^"]*" level=error msg="cannot delete ')

    def test_control_characters_are_escaped(self):
        bundle = self.bundle("true")
        bundle.edit("/process/args", ["/no\n\x1b[31m\u0085\u2028such"])
        entry = self.entry("create", "--bundle", bundle.path, self.new_id())
        self.assertIn("\\x0a\\x1b[31m\\xc2\\x85", entry["msg"])

    def test_a_long_message_is_cut_and_keeps_its_hint(self):
        bundle = self.bundle("true")
        for path in ("/" + "x/" * 1500, "/" + "\u00e4/" * 1300, "/" + "\x01/" * 1500):
            bundle.edit("/root/path", path)
            entry = self.entry("create", "--bundle", bundle.path, self.new_id())
            self.assertLess(len(entry["msg"].encode()), 4097)
            self.assertEqual(entry["code"], "root-unusable")
            self.assertTrue(entry["msg"].endswith("; unpack the image's files there"), entry["msg"][-100:])

    def test_a_message_of_100_kb(self):
        for letter in ("x", "\x1b", "\u20ac", '"'):
            bundle = self.bundle("true")
            bundle.edit("/process/args", ["/" + letter * (100000 // len(letter.encode()))])
            log = self.folder / f"long-{ord(letter)}"
            result = self.rt("--log", log, "--log-format", "json", "create", "--bundle", bundle.path, "x")
            self.assertEqual(result.code, 1)
            self.assertLess(len(result.err.encode()), 8191)
            self.assertEqual(result.err.count("\n"), 1)
            json.loads(log.read_text())
            self.assertLess(log.stat().st_size, 16384)

    def test_a_long_pointer_is_left_out_or_whole(self):
        bundle = self.bundle("true")
        bundle.edit("/linux/sysctl", {"kernel." + "x" * 20000: "1"})
        entry = self.entry("create", "--bundle", bundle.path, self.new_id())
        self.assertLessEqual(len(entry.get("pointer", "")), 1024)

    def test_what_engines_look_for_is_in_no_hint(self):
        """A hint must not change what an engine makes of a message."""
        source = pathlib.Path(__file__).parents[2] / "src"
        written = (source / "base/advice.cpp").read_text()
        for file in source.rglob("*.cpp"):
            written += " ".join(re.findall(r"\.hint\s*=[^;]*;", file.read_text()))
        hints = " ".join(re.findall(r'"((?:[^"\\]|\\.)*)"', written)).lower()
        self.assertIn("use --force to end it", hints)
        for text in ("permission denied", "does not exist", "not found", "no such file", "not running",
                     "is a directory", "not a directory", "operation not permitted", "no such process"):
            self.assertNotIn(text, hints)
