# SPDX-License-Identifier: Apache-2.0
"""The ground the tests stand on: a private mount namespace with pure cgroup v2, and its inventory.

usage: host.py COMMAND…     runs it on that ground
"""

import ctypes
import os
import pathlib
import signal
import sys
import tempfile
import time

LIBC = ctypes.CDLL(None, use_errno=True)
CGROUPS = pathlib.Path("/sys/fs/cgroup")
CLONE_NEWNS, MS_REC, MS_BIND, MS_PRIVATE, MNT_DETACH = 0x20000, 0x4000, 0x1000, 0x40000, 2
PR_SET_CHILD_SUBREAPER = 36
SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}[os.uname().machine]
CGROUP2_MAGIC = 0x63677270


def _answer(name, result):
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")


def mount(source, target, kind, flags=0, data=None):
    encode = lambda text: None if text is None else str(text).encode()
    _answer(f"mount {target}", LIBC.mount(encode(source), encode(target), encode(kind),
                                          ctypes.c_ulong(flags), encode(data)))


def unmount(target):
    _answer(f"umount {target}", LIBC.umount2(str(target).encode(), MNT_DETACH))


def mounts():
    return pathlib.Path("/proc/self/mountinfo").read_text().splitlines()


def _make_root_a_mount():
    """In a chroot, / may be a mere directory, but pivot_root(2) wants a mount point."""
    if any(line.split()[4] == "/" for line in mounts()):
        mount("none", "/", None, MS_REC | MS_PRIVATE)
        return
    # Nothing may be mounted before everything is private, and only from outside the chroot can that be said.
    inside = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
    place = tempfile.mkdtemp(prefix="oci-rt-root-")
    os.chdir("/")
    os.chroot(place)
    for _ in range(64):
        os.chdir("..")
    os.chroot(".")
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    os.fchdir(inside)
    os.close(inside)
    root = os.getcwd()
    mount(root, root, None, MS_BIND | MS_REC)
    os.chdir(root)
    # Not chroot(2): in a mere chroot the kernel refuses user namespaces.
    _answer("pivot_root", LIBC.syscall(SYS_PIVOT_ROOT, b".", b"."))
    unmount(".")
    os.chdir("/")
    os.rmdir(place)


def _is_cgroup2(path):
    here = [line.split() for line in mounts() if line.split()[4] == str(path)]
    return bool(here) and here[-1][here[-1].index("-") + 1] == "cgroup2"


def enter():
    """From here on, mounts are our own, /sys/fs/cgroup is cgroup v2 and orphans come to us."""
    _answer("unshare", LIBC.unshare(CLONE_NEWNS))
    before = os.getcwd()
    _make_root_a_mount()
    os.chdir(before)
    if not os.path.isdir("/sys/kernel"):
        mount("sysfs", "/sys", "sysfs")
    if not _is_cgroup2(CGROUPS):
        for line in reversed(mounts()):
            target = line.split()[4]
            if target == str(CGROUPS) or target.startswith(f"{CGROUPS}/"):
                unmount(target)
        mount("cgroup2", CGROUPS, "cgroup2")
    _answer("prctl", LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))


def controllers():
    return (CGROUPS / "cgroup.controllers").read_text().split()


def make_cgroup(name):
    """A cgroup for everything one test worker starts, with every controller the host has."""
    path = CGROUPS / name
    path.mkdir(exist_ok=True)
    for folder in (CGROUPS, path):
        for controller in controllers():
            try:
                (folder / "cgroup.subtree_control").write_text(f"+{controller}")
            except OSError:
                pass
    return path


def cgroup_tree(path):
    return sorted(str(p) for p in path.rglob("*") if p.is_dir()) if path.exists() else []


def remove_cgroup(path):
    for _ in range(100):
        try:
            if (path / "cgroup.kill").exists():
                (path / "cgroup.kill").write_text("1")
            for folder in reversed(cgroup_tree(path)):
                os.rmdir(folder)
            path.rmdir()
            return
        except FileNotFoundError:
            return
        except OSError:
            reap()
            time.sleep(0.02)


def _children():
    found = []
    for task in pathlib.Path("/proc/self/task").iterdir():
        try:
            found += [int(pid) for pid in (task / "children").read_text().split()]
        except OSError:
            pass
    return found


def children():
    """Pids of our children, zombies excluded."""
    return [pid for pid in _children() if process_state(pid) not in ("Z", "")]


def process_state(pid):
    """R, S, Z, …; empty when there is no such process."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
        return text[text.rindex(")") + 2]
    except (OSError, ValueError):
        return ""


STARTED = set()  # pids that subprocess waits for: never collected here
STATUSES = {}  # what was collected: pid -> wait status


def reap():
    """Collects orphans that came to us, as a subreaper must: a pid namespace does not end before."""
    collected = {}
    for pid in _children():
        if pid not in STARTED and process_state(pid) == "Z":
            try:
                got, status = os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                continue
            if got == pid:
                collected[pid] = status
    STATUSES.update(collected)
    return collected


def wait_status(pid, seconds=10):
    """The wait status of a process that was left to us."""
    until(lambda: (reap(), pid in STATUSES)[1], seconds)
    if pid not in STATUSES:
        raise TimeoutError(f"process {pid} did not end")
    return STATUSES.pop(pid)


def kill(pid, number=signal.SIGKILL):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def descriptors(pid="self"):
    folder = f"/proc/{pid}/fd"
    found = {}
    for name in os.listdir(folder):
        try:
            found[int(name)] = os.readlink(f"{folder}/{name}")
        except OSError:
            pass
    return found


def until(condition, seconds=5, pause=0.01):
    """Waits for something to become true; returns its last value."""
    end = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(pause)
    return value


if __name__ == "__main__":
    enter()
    os.execvp(sys.argv[1], sys.argv[1:])
