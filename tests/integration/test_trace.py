# SPDX-License-Identifier: Apache-2.0
"""L1: paths are handles. Reads every system call that names a file, over a container with all kinds of mounts."""

import os
import re

import bundle as bundles
import calls
import harness

O_CREAT, O_EXCL, O_TRUNC, O_NOFOLLOW = os.O_CREAT, os.O_EXCL, os.O_TRUNC, os.O_NOFOLLOW

# Paths from the beginning that are walked by name nevertheless: in which namespace ("host", or "own": that of init, which
# until pivot_root is a copy of the host's), by which calls, which paths ({…}: of the test), why.
ALLOWED = (
    ("host", "readlink openat open_tree", "/proc/self/exe", "the binary goes on as a copy of itself, before anything is read"),
    ("host", "openat newfstatat", r"/proc/self/(ns/\w+|setgroups|[ug]id_map|cgroup|mountinfo)", "what the caller is"),
    ("host", "openat", r"/proc/self/fdinfo/\d+", "which pid a pidfd stands for"),
    ("host", "openat", r"/proc/sys/(kernel/random/boot_id|kernel/cap_last_cap|user/\w+)", "what the machine is"),
    ("host", "openat newfstatat", r"/proc/\d+(/(ns/\w+|setgroups|[ug]id_map|oom_score_adj|stat|status|cgroup))?",
     "what a child of ours is: this /proc is the host's"),
    ("host", "bind connect", r"/proc/self/fd/\d+/start", "bind(2) takes no descriptor: this is how it does"),
    ("host", "openat newfstatat", "/sys/fs/cgroup", "what is below it is opened by openat2"),
    ("host", "openat newfstatat access readlink", r"/etc/ld\.so\.(cache|preload|nohwcap)|(/usr)?/lib\S*",
     "the loader, where the binary is not static"),
    ("host", "openat", "/etc/localtime", "the C library, for the time in the record"),
    ("host", "openat", "/dev/null", "for standard streams that are closed"),
    ("host", "openat mkdirat newfstatat", "{state}", "the state directory, and what it is in"),
    ("host", "openat newfstatat", "{bundle}", "as the caller names it"),
    ("host", "openat newfstatat", "{rootfs}", "as config.json names it"),
    ("host", "newfstatat openat open_tree", "{source}", "as config.json names it"),
    ("host", "open_tree", "/dev/(null|zero|full|random|urandom|tty)", "of the host, for who may make none"),
    ("host", "openat renameat unlinkat newfstatat", "{given}", "files that the caller names: the log, the pid"),
    ("host", "openat renameat unlinkat", r"{folder}/\.pid\.\d+", "the same, until it is whole"),
    ("own", "openat", "{rootfs}", "once, without following a link"),
    ("own", "open_tree", "{source}", "once, into a detached mount"),
    ("own", "mount_setattr openat", "/", "the host's tree, as the new namespace shows it"),
    ("own", "pivot_root", r"\.", "the root is the working directory by then"),
    ("pivoted", "umount2", r"\.", "what pivot_root has left on top of it"),
    ("pivoted", "chdir openat", "/", "the container's root is the root"),
    ("pivoted", "openat2 execve", "{program}", "the program of the container"),
)
# By these a path would be walked by its name, whatever it is.
NEVER = set("mount open creat chmod chown lchown mkdir mknod unlink rmdir symlink link rename truncate setxattr "
            "lsetxattr".split())


class Judge:
    """Says what is wrong with a call. entering: of a command that joins a container, and so is never in a copy of the host."""

    def __init__(self, entering=False, **names):
        self.entering = entering
        self.allowed = []
        for where, words, pattern, _ in ALLOWED:
            for name, values in names.items():
                pattern = pattern.replace(f"{{{name}}}", "|".join(re.escape(str(value)) for value in values) or "(?!)")
            if "{" not in pattern:
                self.allowed.append((where, words.split(), re.compile(pattern)))
        self.pivoted = set()

    def problem(self, call):
        where = ("pivoted" if self.entering or call.pid in self.pivoted else "own") if call.is_inside else "host"
        if call.name == "pivot_root" and call.answer == 0:
            self.pivoted.add(call.pid)
        if call.name in NEVER:
            return "walks a path by its name"
        if call.flags & O_TRUNC:
            return "empties what it opens"
        in_root = call.resolve & (calls.RESOLVE_IN_ROOT | calls.RESOLVE_BENEATH)
        if call.flags & O_CREAT and not call.flags & (O_EXCL | O_NOFOLLOW):
            return "makes a file behind a link"
        for fd, _, path in call.places:
            if fd is not None and path.startswith("/") and not in_root:
                return "an absolute path beside a descriptor"
            if fd is not None and not in_root and ("/" in path or path == ".."):
                return "more than one name below a descriptor"
            if fd is None and not any(where == place and call.name in words and pattern.fullmatch(path)
                                      for place, words, pattern in self.allowed):
                return f"a path that is in no list ({where})"
        return None


class Traced(harness.Case):
    seconds = 120

    def setUp(self):
        super().setUp()
        self.ours_only()
        if not calls.CAN_READ:
            self.skipTest("system calls are read on x86-64 only")

    def volume(self, name):
        path = self.folder / "volumes" / name
        path.mkdir(parents=True, exist_ok=True)
        (path / "file").write_text("from the host")
        return path

    def everything(self, *args):
        """Mounts of all kinds, at places that are there, that are not, and behind links."""
        bundle = self.bundle(*args).edit("/process/cwd", "/work/made/here").edit("/linux/rootfsPropagation", "private")
        root, volume = bundle.rootfs, self.volume("one")
        (root / "var/run").symlink_to("/run")
        (root / "var/up").symlink_to("../../../etc")
        (root / "old").mkdir()
        (root / "old/kept").write_text("kept")
        (root / "etc/hosts").touch()
        (root / "dangling").symlink_to("/not/yet")
        (volume / "link").symlink_to("file")
        for destination, source, *options in (
                ("/data", volume, "rbind"), ("/data/deep", volume, "bind", "ro"), ("/a/b/c", volume, "bind", "nosuid", "nodev"),
                ("/var/run/d", volume, "bind"), ("/var/up/e", volume, "bind"), ("/dangling", volume, "bind"),
                ("/etc/hosts", volume / "file", "bind", "ro"), ("/etc/made", volume / "file", "bind"),
                ("/etc/linked", volume / "link", "bind"), ("/rec", volume, "rbind", "rro"),
                ("/slave", volume, "rbind", "rslave"), ("/shared", volume, "bind", "shared"),
                ("/near", "volume", "bind"), ("/by/../dots", volume, "bind"),
                ("/mapped", volume, "bind", "idmap=uids=0-7000-10;gids=0-8000-10")):
            bundle.add_mount(destination, "bind", source, *options)
        (bundle.path / "volume").mkdir()
        for destination, *options in (("/t1", "size=1m"), ("/t2", "mode=700", "ro"), ("/run", "nosuid"), ("/run/x/y", "noexec"),
                                      ("/old", "tmpcopyup"), ("/var/up/t", "nodev"), ("/work", "mode=755")):
            bundle.add_mount(destination, "tmpfs", "tmpfs", *options)
        bundle.add_mount("/proc2", "proc", "proc").add_mount("/queues", "mqueue", "mqueue")
        bundle.edit("/linux/maskedPaths", [*bundles.MASKED, "/old/kept", "/data/file", "/nothing"])
        bundle.edit("/linux/readonlyPaths", [*bundles.READONLY, "/tmp", "/a/b"])
        bundle.edit("/linux/devices", [{"path": "/dev/made", "type": "c", "major": 1, "minor": 3, "fileMode": 0o666},
                                       {"path": "/opt/dev/deep", "type": "c", "major": 1, "minor": 5, "uid": 1}])
        bundle.edit("/linux/sysctl", {"kernel.shm_rmid_forced": "1", "net.ipv4.ip_forward": "0"})
        self.assertGreaterEqual(len(bundle.config["mounts"]), 30)
        return bundle

    def traced(self, *args):
        recorder = calls.Recorder(self.rt.argv(*args), cwd=self.folder, output=self.folder / "said")
        recorder.run()
        self.assertEqual(recorder.code, 0, (self.folder / "said").read_text())
        return recorder.made

    def judge(self, bundle, entering=False):
        root = self.rt.root
        sources = [bundle.path / mount["source"] for mount in bundle.config["mounts"] if mount.get("type") == "bind"]
        return Judge(entering, state=[root, *root.parents], bundle=[bundle.path], rootfs=[bundle.rootfs], source=sources,
                     given=[self.folder / "log", self.folder / "pid"], folder=[self.folder], program=["/bin/payload"])

    def judged(self, bundle, *args):
        """The calls of a command, of which none walks a path of the container."""
        judge, made = self.judge(bundle, args[0] == "exec"), self.traced(*args)
        wrong = [f"{why}: {call}" for call in made if (why := judge.problem(call))]
        self.assertEqual(wrong, [], "\n".join(wrong))
        return {call.name for call in made}


class Handles(Traced):
    """No call of the runtime walks a path of the container by its name."""

    def lifecycle(self, bundle, *execs):
        id = self.forget(self.new_id())
        made = self.judged(bundle, "run", "--detach", "--pid-file", self.folder / "pid", "--bundle", bundle.path, id)
        self.assertLessEqual({"openat2", "open_tree", "move_mount", "mount_setattr", "pivot_root", "execve"}, made)
        for options in ((), ("--cwd", "/etc"), ("--user", "1000:1000"), *execs):
            self.judged(bundle, "exec", *options, id, "/bin/payload", "true")
        for words in (("state",), ("pause",), ("resume",), ("ps", "--format", "json")):
            self.judged(bundle, *words, id)
        self.judged(bundle, "delete", "--force", id)

    def test_with_mounts_of_all_kinds(self):
        self.lifecycle(self.everything("sleep", "100"))

    def test_from_create_to_delete(self):
        bundle = self.everything("true")
        id = self.forget(self.new_id())
        log = ("--log", self.folder / "log")
        self.judged(bundle, *log, "create", "--bundle", bundle.path, id)
        self.judged(bundle, *log, "start", id)
        self.wait_for(id, "stopped")
        self.judged(bundle, "delete", id)

    def test_of_a_user_namespace(self):
        config = bundles.with_user_namespace(bundles.docker_config())
        bundle = self.bundle("sleep", "100", config=config)
        for path in (bundle.rootfs, *bundle.rootfs.iterdir()):
            os.chown(path, 100000, 100000)
        bundle.add_mount("/made/here", "bind", self.volume("one"), "bind", "ro")
        bundle.edit("/process/cwd", "/work/made")
        self.lifecycle(bundle)

    def test_of_a_root_without_mounts(self):
        bundle = self.minimal("sleep", "100").edit("/root/readonly", True).edit("/mounts", [])
        self.lifecycle(bundle)


class Judged(Traced):
    """That the judge can say no."""

    def test_what_walks_by_name_is_told(self):
        bundle = self.bundle()
        inside, judge = f"{bundle.rootfs}/etc/x", self.judge(bundle)
        for call, why in (
                (calls.Call(1, "mount", [(None, "", inside)]), "by its name"),
                (calls.Call(1, "mkdir", [(None, "", inside)]), "by its name"),
                (calls.Call(1, "openat", [(None, "", inside)]), "in no list"),
                (calls.Call(1, "openat2", [(None, "", inside)], 0, 2), "in no list"),
                (calls.Call(1, "move_mount", [(4, "/", ""), (None, "", inside)]), "in no list"),
                (calls.Call(1, "openat", [(None, "", "/proc/self/attr/exec")]), "in no list"),
                (calls.Call(1, "openat", [(3, "", "a/b")]), "more than one name"),
                (calls.Call(1, "mkdirat", [(3, "", "..")]), "more than one name"),
                (calls.Call(1, "openat2", [(3, "", "/a/b")], 0, 4), "absolute"),
                (calls.Call(1, "openat", [(3, "", "x")], O_CREAT), "behind a link"),
                (calls.Call(1, "openat", [(3, "", "x")], O_TRUNC), "empties")):
            self.assertIn(why, judge.problem(call) or "nothing", str(call))
        self.assertIsNone(judge.problem(calls.Call(1, "openat2", [(3, "", "/a/b")], 0, calls.RESOLVE_IN_ROOT)))

    def test_a_program_is_seen_as_it_is(self):
        made = calls.Recorder(["/bin/sh", "-c", ": >said; cd /tmp"], cwd=self.folder)
        made._programs = Nothing()  # look on behind execve
        made.run()
        names = {call.name for call in made.made if call.places[0][2] in ("said", "/tmp")}
        self.assertLessEqual({"chdir"}, names)
        self.assertTrue([c for c in made.made if c.places[0][2] == "said" and c.flags & O_TRUNC and c.answer >= 0])


class Nothing(set):
    def add(self, _):
        pass
