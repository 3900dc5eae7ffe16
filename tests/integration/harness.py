# SPDX-License-Identifier: Apache-2.0
"""What a test of the real binary needs: a runtime of its own, bundles, and an audit that nothing leaks.

Environment: OCI_RT (the binary), OCI_RT_ARGS (global options before ours), OCI_RT_PAYLOAD (the static test
program), OCI_RT_DEBIAN_ROOT (a debootstrapped Debian, for test_debian), OCI_RT_VALIDATE (1: every
bundle is given to `validate` before it is used, 0: none; else those of every fourth test), OCI_RT_VALIDATE_MISSES
(a file for what `create` refuses and `validate` has not found), OCI_RT_LAB (1: the machine may be changed),
OCI_RT_SLOW (1: what is repeated is repeated often).
"""

import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import zlib

import bundle as bundles
import host

WORK = None  # a tmpfs of this worker
GROUP = None  # its cgroup
TEST_SECONDS = 60


def binary():
    return os.environ.get("OCI_RT", "oci-rt")


def payload():
    return os.environ["OCI_RT_PAYLOAD"]


def busybox():
    found = shutil.which("busybox")
    # Only a static one runs in a rootfs without libraries.
    if found and b"/lib64/ld-linux" not in pathlib.Path(found).read_bytes()[:4096]:
        return found
    return None


def is_ours():
    """Whether this is the product; others serve to test the tests."""
    return os.path.basename(binary()).startswith("oci-rt")


def begin():
    """Once for a worker process."""
    global WORK, GROUP
    host.enter()
    WORK = pathlib.Path(tempfile.mkdtemp(prefix="oci-rt-test-"))
    host.mount("tmpfs", WORK, "tmpfs", 0, "mode=755")
    GROUP = host.make_cgroup(f"oci-rt-test-{os.getpid()}")


def end():
    host.remove_cgroup(GROUP)
    host.unmount(WORK)
    WORK.rmdir()


class Result:
    """A finished command. Its output is read from files: a container may still be writing."""

    def __init__(self, args, code, stem):
        self.args, self.code, self._stem = args, code, stem

    @property
    def out(self):
        return pathlib.Path(f"{self._stem}.out").read_text(errors="replace")

    @property
    def err(self):
        return pathlib.Path(f"{self._stem}.err").read_text(errors="replace")

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f"{' '.join(map(str, self.args))}\n  -> {self.code}\n  stdout: {self.out[:2000]}\n  stderr: {self.err[:2000]}"


class Runtime:
    """The binary with a --root of its own."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.root = self.folder / "state"
        self._count = 0
        self.validates = False

    def argv(self, *args):
        return [binary(), *shlex.split(os.environ.get("OCI_RT_ARGS", "")), "--root", str(self.root), *map(str, args)]

    def popen(self, *args, argv=None, **options):
        self._count += 1
        stem = self.folder / f"output{os.getpid()}-{self._count}"
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("cwd", self.folder)
        with open(f"{stem}.out", "wb") as out, open(f"{stem}.err", "wb") as err:
            if options.pop("combined", False):
                err = out
            process = subprocess.Popen(argv or self.argv(*args), stdout=options.pop("stdout", out),
                                       stderr=options.pop("stderr", err), **options)
        process.stem = stem
        host.STARTED.add(process.pid)
        return process

    def __call__(self, *args, timeout=30, input=None, **options):
        if input is not None:
            read, write = os.pipe()
            os.write(write, input.encode())
            os.close(write)
            options["stdin"] = read
        checked = self.validated(args, options)
        process = self.popen(*args, **options)
        if input is not None:
            os.close(read)
        try:
            code = wait_for(process, timeout)
        except BaseException:
            process.kill()
            process.wait()
            raise
        result = Result(process.args, code, process.stem)
        if checked is not None:
            compare(args, checked, result)
        return result

    def validated(self, args, options):
        """What `validate` says of the bundle that is about to be used, or None: a Result."""
        wanted = args[:1] in (("create",), ("run",)) and "--bundle" in args and "argv" not in options
        if not wanted or not self.validates:
            return None
        named = [word for name in ("--bundle", "--config") if name in args
                 for word in (name, args[args.index(name) + 1])]
        same = {name: options[name] for name in ("cwd", "env", "user", "group", "extra_groups") if name in options}
        process = self.popen("validate", *named, "--format", "json", **same)
        return Result(process.args, wait_for(process), process.stem)


def wait_for(process, timeout=30):
    """Waits for a command, and like a subreaper for whatever it leaves to us."""
    end = time.monotonic() + timeout
    while (code := process.poll()) is None:
        if time.monotonic() > end:
            raise subprocess.TimeoutExpired(process.args, timeout)
        host.reap()
        time.sleep(0.001)
    host.STARTED.discard(process.pid)
    return code


def validates(test):
    """Not every test: it would take a third of the time once more."""
    mode = os.environ.get("OCI_RT_VALIDATE")
    return mode == "1" or mode != "0" and zlib.crc32(test.encode()) % 4 == 0


POINTER = re.compile(r"/(?:ociVersion|process|root|mounts|hooks|annotations|linux|hostname|domainname)\b[^\s:\"',;()]*")
OWN_WORDS = re.compile(r"^(oci-rt: |.*level=error)", re.M)


def compare(args, checked, result):
    """A bundle that works has no errors for `validate`; one that does not should have some."""
    if checked.code not in (0, 1) or checked.err:
        raise AssertionError(f"validate: {checked}")
    errors = [finding for finding in checked.json()["findings"] if finding["severity"] == "error"]
    # The status of `run` may be that of the program.
    works = result.code == 0 or (args[0] == "run" and "--log" not in args and not OWN_WORDS.search(result.err))
    if works and errors:
        raise AssertionError(f"a false alarm of validate: {errors}\n{result}")
    misses = os.environ.get("OCI_RT_VALIDATE_MISSES")
    place = None if works else POINTER.search(result.err)
    related = [one for one in errors if place and (one["pointer"] + "/").startswith(place[0].rstrip("/") + "/")
               or place and (place[0] + "/").startswith(one["pointer"] + "/")]
    if misses and not works and not related:
        with open(misses, "a") as file:
            file.write(f"{place and place[0]}\t{[(one['pointer'], one['code']) for one in errors]}\t{result.err.strip()}\n")


class ConsoleSocket:
    """Receives a pty master, as conmon and containerd do."""

    def __init__(self, path):
        self.path = str(path)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(self.path)
        self.listener.listen(1)
        self.listener.settimeout(10)
        self.master = None

    def receive(self):
        connection, _ = self.listener.accept()
        with connection:
            data, fds, flags, _ = socket.recv_fds(connection, 4096, 4)
        self.data, self.count = data, len(fds)
        self.master = fds[0] if fds else None
        return self.master

    def read_until(self, text, seconds=10):
        """What the terminal said, up to a text; the end of the terminal ends it too."""
        seen = b""
        os.set_blocking(self.master, False)
        end = time.monotonic() + seconds
        while text.encode() not in seen and time.monotonic() < end:
            try:
                if not (chunk := os.read(self.master, 4096)):
                    break
                seen += chunk
            except BlockingIOError:
                time.sleep(0.01)
            except OSError:
                break
        return seen.decode(errors="replace")

    def close(self):
        if self.master is not None:
            os.close(self.master)
        self.listener.close()


class Case(unittest.TestCase):
    """One runtime root for each test; whatever it leaves behind fails the test."""

    maxDiff = 4000

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=WORK))
        self.folder.chmod(0o755)
        self.rt = Runtime(self.folder)
        self.rt.validates = is_ours() and validates(unittest.TestCase.id(self))
        self._ids = 0
        self._before = (host.mounts(), len(host.descriptors()))
        self.addCleanup(self._audit)
        signal.signal(signal.SIGALRM, self._too_slow)
        signal.alarm(getattr(self, "seconds", TEST_SECONDS))

    def _too_slow(self, *_):
        raise TimeoutError("the test took too long")

    def leftovers(self):
        """What the runtime left behind: state, cgroups, processes, mounts."""
        host.reap()
        state = sorted(p.name for p in self.rt.root.iterdir()) if self.rt.root.is_dir() else []
        # A directory for the runtime's own use may stay; a container's may not.
        state = [name for name in state if not name.startswith(".")]
        groups = [path for path in host.cgroup_tree(GROUP)]
        processes = [(pid, _command(pid)) for pid in host.children()]
        mounts = [line for line in host.mounts() if line not in self._before[0]]
        return {k: v for k, v in (("state", state), ("cgroups", groups), ("processes", processes),
                                  ("mounts", mounts)) if v}

    def assert_clean(self, message=""):
        left = self.leftovers()
        if left:  # what is being killed may take a moment to vanish
            host.until(lambda: not self.leftovers(), 2)
            left = self.leftovers()
        self.assertEqual(left, {}, f"leaked {message}")

    def _audit(self):
        signal.alarm(0)
        try:
            self.assert_clean()
            self.assertLessEqual(len(host.descriptors()), self._before[1] + 1, "the test leaks descriptors")
        finally:
            for pid in host.children():
                host.kill(pid)
            for folder in reversed(host.cgroup_tree(GROUP)):
                host.remove_cgroup(pathlib.Path(folder))
            host.reap()
            shutil.rmtree(self.folder, ignore_errors=True)

    # Making things

    def new_id(self):
        self._ids += 1
        return f"box{self._ids}"

    def bundle(self, *args, config=None, name=None, cgroup=True):
        """A Docker-like bundle; args are the payload's acts, or a path and its arguments."""
        config = config if config is not None else bundles.docker_config()
        if args:
            config["process"]["args"] = [*([] if str(args[0]).startswith("/") else ["/bin/payload"]), *map(str, args)]
        path = pathlib.Path(tempfile.mkdtemp(dir=self.folder, prefix="bundle-")) if name is None else self.folder / name
        path.mkdir(exist_ok=True)
        path.chmod(0o755)  # a mapped root must reach its root filesystem
        made = bundles.Bundle(path, config, payload(), busybox())
        if cgroup:
            made.edit("/linux/cgroupsPath", f"/{GROUP.name}/{path.name}")
        made.cgroup = GROUP / path.name
        return made

    def minimal(self, *args, **options):
        config = bundles.minimal_config()
        return self.bundle(*args, config=config, **options)

    def forget(self, id):
        """Deletes the container when the test ends, in whatever status it is."""
        self.addCleanup(lambda: self.ok("delete", "--force", id))
        return id

    def ok(self, *args, **options):
        result = self.rt(*args, **options)
        self.assertEqual(result.code, 0, str(result))
        return result

    def bad(self, *args, text=None, **options):
        """A command that must fail cleanly: not by a signal, with a text."""
        result = self.rt(*args, **options)
        self.assertGreater(result.code, 0, str(result))
        # 255 is how exec fails before its process starts.
        self.assertTrue(result.code < 128 or result.code == 255, str(result))
        self.assertTrue(result.err.strip() or options.get("combined"), f"no text: {result}")
        if text is not None:
            self.assertIn(text, result.out if options.get("combined") else result.err)
        return result

    def create(self, bundle, *options, id=None, **popen):
        id = self.forget(id or self.new_id())
        result = self.ok("create", "--bundle", bundle.path, *options, id, **popen)
        self.created = result
        return id

    def started(self, bundle, *options, **popen):
        id = self.create(bundle, *options, **popen)
        self.ok("start", id)
        return id

    def run_in(self, bundle, *options, code=0, **popen):
        """`run` in the foreground; leaves nothing, or the audit complains."""
        id = self.new_id()
        result = self.rt("run", "--bundle", bundle.path, *options, id, **popen)
        if code is not None:
            self.assertEqual(result.code, code, str(result))
        return result

    def report(self, bundle, *options, **popen):
        bundle.args("/bin/payload", "report")
        return self.run_in(bundle, *options, **popen).json()

    def supported(self, bundle):
        """The bundle, or a skip: what is not built in must be refused by that word, never ignored."""
        result = self.rt("create", "--bundle", bundle.path, "probe")
        if result.code == 0:
            self.ok("delete", "--force", "probe")
        elif "not supported" in result.err:
            self.assert_clean()
            self.skipTest(result.err.strip())
        return bundle

    def refused(self, bundle, text=None, **popen):
        """`create` fails with a text, and leaves nothing behind."""
        id = self.new_id()
        result = self.rt("create", "--bundle", bundle.path, id, **popen)
        if result.code == 0:
            self.rt("delete", "--force", id)
        self.assertTrue(0 < result.code < 128, str(result))
        self.assertTrue(result.err.strip(), f"no text: {result}")
        if text is not None:
            self.assertIn(text.lower(), result.err.lower())
        self.assert_clean(f"by {result}")
        return result

    def state(self, id):
        return self.ok("state", id).json()

    def wait_for(self, id, status, seconds=10):
        got = host.until(lambda: self.state(id)["status"] == status, seconds)
        self.assertTrue(got, f"{id} is {self.state(id)['status']}, not {status}")

    def exec_report(self, id, *options, **popen):
        return self.ok("exec", *options, id, "/bin/payload", "report", **popen).json()

    def need_controller(self, *names):
        for name in names:
            if name not in host.controllers():
                self.skipTest(f"no {name} controller on cgroup v2 of this host")

    def need_busybox(self):
        if not busybox():
            self.skipTest("no static busybox")

    def ours_only(self):
        if not is_ours():
            self.skipTest("a promise of this runtime alone")


def cgroup_of(text):
    """The cgroup v2 path in the text of a /proc/PID/cgroup, also on a hybrid host."""
    return next(line[3:] for line in text.splitlines() if line.startswith("0::"))


def _command(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
