#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How runtimes stand up to faults, races and attackers: the same twelve gates for each, and a table of what was seen.

usage: gates.py --payload PATH --runtime NAME=PATH[@ROOT] [--runtime …] [--points N] [--rounds N] [GATE…]

points: of a command at which it is killed or one of its calls fails (0: each system call); rounds: of races and attacks.
Only the first runtime is tried at each point if N is 0, any other at 100 of them. What is bad for a runtime is counted;
its exit status is 1 if the first runtime has any of it. Runtimes: see runtimes.py.
"""

import errno
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import bundle as bundles
import faults
import host
import runtimes

STATE_FILES = ("state.json", "status")
PTRACE = {kind: [*bundles.DOCKER_CAPABILITIES, "CAP_SYS_PTRACE"] for kind in ("bounding", "effective", "permitted")}


class Seen:
    """What came out: in words, and how much of it is bad."""

    def __init__(self, words, bad):
        self.words, self.bad = words, bad


def share(bad, of, what=""):
    return Seen(f"{bad} of {of}{what}", bad)


class Watch:
    """What there was before, so that what a command leaves is known."""

    def __init__(self, runtime):
        self.runtime = runtime
        host.reap()
        self.before = set(host.children())
        self.cgroups = set(host.cgroup_tree(runtime.group))

    def left(self):
        """Processes, cgroups and state that are still there; all of it is removed then."""
        host.until(lambda: (host.reap(), set(host.children()) <= self.before)[1], 1)
        processes = set(host.children()) - self.before
        cgroups = set(host.cgroup_tree(self.runtime.group)) - self.cgroups
        state = list((self.runtime.folder / "state").glob("box*"))
        for pid in processes:
            host.kill(pid)
        host.until(lambda: (host.reap(), not set(host.children()) & processes)[1])
        for path in sorted(cgroups, reverse=True):
            host.remove_cgroup(pathlib.Path(path))
        for path in state:
            subprocess.run(["rm", "-rf", path], check=True)
        return [name for name, some in (("process", processes), ("cgroup", cgroups), ("state", state)) if some]


def trace(runtime, at, *args, error=None):
    output = runtime.folder / "traced"
    is_ours = runtime.name.startswith("oci-rt")
    traced = faults.Trace(runtime.argv(*args), at, error=error, output=output, enter=runtime.enter,
                          from_start=not is_ours)
    signal.signal(signal.SIGALRM, lambda *_: host.kill(traced.pid))  # one that waits for ever
    signal.alarm(runtimes.SECONDS)
    try:
        return traced.run()
    finally:
        signal.alarm(0)


def sweep(runtime, options, error=None):
    """create is hit at one call after the other; after each, delete --force has to remove all."""
    bundle = runtime.bundle("sleep", "100")
    create = ("create", "--bundle", bundle.path, "box")
    watch = Watch(runtime)
    total = trace(runtime, 0, *create, error=error).calls
    runtime("delete", "--force", "box")
    watch.left()
    every = options.points == 0 and runtime is options.first
    points = range(1, total + 1, 1 if every else max(total // (options.points or 100), 1))
    bad = signals = 0
    for at in points:
        hit = trace(runtime, at, *create, error=error)
        signals += error is not None and hit.code < 0  # or it had to be ended
        runtime("delete", "--force", "box")
        bad += bool(watch.left())
    return bad, signals, len(points)


def killed(runtime, options):
    bad, _, points = sweep(runtime, options)
    return share(bad, points)


def failed(runtime, options):
    words, worst = [], 0
    for error in (errno.ENOMEM, errno.EMFILE, errno.ENOSPC):
        bad, signals, points = sweep(runtime, options, error)
        died = f", {signals} times a signal" if signals else ""
        words.append(f"{errno.errorcode[error]} {bad} of {points}{died}")
        worst += bad + signals
    return Seen("; ".join(words), worst)


def raced(runtime, options):
    """Four creates, a start and a delete --force at once; then delete --force has to clear up."""
    bundle = runtime.bundle("sleep", "100")
    watch, bad = Watch(runtime), 0
    for _ in range(options.rounds):
        calls = [("create", "--bundle", bundle.path, "box")] * 4 + [("delete", "--force", "box"), ("start", "box")]
        running = [subprocess.Popen(runtime.argv(*call), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL, preexec_fn=runtime.enter, env={"PATH": bundles.PATH})
                   for call in calls]
        host.STARTED.update(one.pid for one in running)
        for one in running:
            try:
                one.wait(runtimes.SECONDS)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()
            host.STARTED.discard(one.pid)
        runtime("delete", "--force", "box")
        bad += bool(watch.left())
    return share(bad, options.rounds)


def spoilt(runtime, options):
    """The state file of a running container is something else: delete --force ends it, in a second."""
    watch, bad = Watch(runtime), []
    kinds = ("empty", "garbage", "truncated", "deep", "huge", "fifo", "directory", "link")
    for kind in kinds:
        runtime("run", "--detach", "--bundle", runtime.bundle("sleep", "100").path, "box")
        files = [runtime.folder / "state/box" / name for name in STATE_FILES]
        faults.spoil(next(file for file in files if file.exists()), kind)
        begin = time.monotonic()
        answer = runtime("delete", "--force", "box", seconds=5)
        late = time.monotonic() - begin > 1
        if watch.left() or answer.code != 0 or late:
            bad.append(kind)
    return Seen(f"{len(bad)} of {len(kinds)}" + (f": {', '.join(bad)}" if bad else ""), len(bad))


def fifo_as_passwd(runtime, options):
    def took(spoilt):
        bundle = runtime.bundle("true")
        if spoilt:
            (bundle.rootfs / "etc/passwd").unlink()
            os.mkfifo(bundle.rootfs / "etc/passwd")
        begin = time.monotonic()
        code = runtime("run", "--bundle", bundle.path, "box", seconds=5).code
        watch.left()
        return code, time.monotonic() - begin

    watch = Watch(runtime)
    normal = min(took(False)[1] for _ in range(3))
    code, seconds = took(True)
    if code == runtimes.TIMED_OUT:
        return Seen("hangs", 1)
    return Seen(f"{(seconds - normal) * 1000:+.0f} ms, exit status {code}", int(seconds - normal > 0.1))


def odd_users(runtime, options):
    """Of ids that are none, those with which a program runs nevertheless."""
    watch = Watch(runtime)
    runtime("run", "--detach", "--bundle", runtime.bundle("sleep", "100").path, "box")
    taken = []
    for user in ("4294967295", "4294967296", "-1", "100000000000000000000", "u", "0x1", "1e3", ":1", "1:", "1:2:3"):
        answer = runtime("exec", f"--user={user}", "box", "/bin/payload", "report")
        if answer.code == 0:
            taken.append(f"exec {user} as {json.loads(answer.out)['status']['Uid'].split()[0]}")
    runtime("delete", "--force", "box")
    for user in (4294967295, 4294967296, -1, "0", True, 1.5):
        answer = runtime.run(runtime.bundle("report").edit("/process/user/uid", user))
        if answer.code == 0:
            taken.append(f"config {json.dumps(user)} as {json.loads(answer.out)['status']['Uid'].split()[0]}")
    watch.left()
    return Seen("; ".join(taken) or "all refused", len(taken))


LOOK = """#!/bin/sh
{ pwd; env | grep -c CANARY; ls -l /proc/self/fd; } >${0%/*}/said.${0##*/}
"""


def beyond(bundle, kind):
    """What one hook has said that is not as configured."""
    said = bundle.path / f"said.{kind}"
    if not said.exists():
        return ["did not run"]
    folder, canaries, *descriptors = said.read_text().splitlines()
    # ls has its list open; standard output is the file.
    extra = [line for line in descriptors if "->" in line and not line.endswith("/fd")
             and line.split(" -> ")[0].split()[-1] not in ("0", "1", "2")]
    return ((["environment"] if canaries != "0" else []) + ([f"in {folder}"[-40:]] if folder != str(bundle.path) else [])
            + ([f"{len(extra)} descriptors"] if extra else []))


def hooks(runtime, options):
    """A hook has the environment of the config, the bundle as its directory, and descriptors 0 to 2."""
    watch, bundle = Watch(runtime), runtime.bundle("sleep", "100")
    bundle.edit("/process/env", [f"PATH={bundles.PATH}", "CANARY_OF_CONTAINER=1"])
    kinds = ("prestart", "createRuntime", "createContainer", "poststart", "poststop")
    for kind in kinds:
        bundle.edit(f"/hooks/{kind}", [{"path": bundle.script(kind, LOOK)}])
    environment = {"CANARY_OF_CALLER": "1"}
    runtime("create", "--bundle", bundle.path, "box", environment=environment)
    runtime("start", "box", environment=environment)
    runtime("delete", "--force", "box", environment=environment)
    found = {kind: beyond(bundle, kind) for kind in kinds}
    watch.left()
    return Seen("; ".join(f"{kind}: {', '.join(some)}" for kind, some in found.items() if some) or "nothing",
                sum(map(len, found.values())))


def cgroup_of_exec(runtime, options):
    watch, taken = Watch(runtime), []
    runtime("run", "--detach", "--bundle", runtime.bundle("sleep", "100").path, "box")
    for place in ("../..", "/..", ".."):
        if runtime("exec", "--cgroup", place, "box", "/bin/payload", "true").code == 0:
            taken.append(place)
    runtime("delete", "--force", "box")
    watch.left()
    return Seen(f"taken: {', '.join(taken)}" if taken else "refused", len(taken))


def entering(runtime, options):
    """A container that holds CAP_SYS_PTRACE looks at each process that exec brings in."""
    canary = runtime.folder / "canary"
    canary.write_text("host")
    watch = Watch(runtime)
    bundle = runtime.bundle("watch", str(canary).lstrip("/")).edit("/process/capabilities", PTRACE)
    said = runtime.folder / "watched"
    with open(said, "wb") as out:
        subprocess.run(runtime.argv("run", "--detach", "--bundle", bundle.path, "box"), stdin=subprocess.DEVNULL, stdout=out,
                       stderr=out, preexec_fn=runtime.enter, env={"PATH": bundles.PATH}, timeout=runtimes.SECONDS, check=False)
    host.until(lambda: "ready" in said.read_text())
    for _ in range(60):
        runtime("exec", "box", "/bin/payload", "true")
    reached = "host reached" in said.read_text()
    runtime("delete", "--force", "box")
    watch.left()
    return Seen("a directory of the host is reached" if reached else "nothing", int(reached))


def planted_console(runtime, options):
    watch, bad = Watch(runtime), []
    for readonly in (False, True):
        outside = runtime.folder / f"outside-{readonly}"
        outside.mkdir(exist_ok=True)
        bundle = runtime.bundle("true").without_mount("/dev", "/dev/pts").edit("/process/terminal", True)
        bundle.edit("/root/readonly", readonly)
        (bundle.rootfs / "dev/console").symlink_to(f"../../../../../../..{outside}/created")
        with_terminal(runtime, "run", "--bundle", bundle.path, "box")
        if os.listdir(outside):
            bad.append("read-only root" if readonly else "root")
        runtime("delete", "--force", "box")
    watch.left()
    return Seen(f"a file is made outside ({', '.join(bad)})" if bad else "nothing outside", len(bad))


def with_terminal(runtime, *args):
    """Runs it with a terminal of its own as its standard streams."""
    master, slave = os.openpty()
    try:
        process = subprocess.Popen(runtime.argv(*args), stdin=slave, stdout=slave, stderr=slave, preexec_fn=runtime.enter,
                                   start_new_session=True, env={"PATH": bundles.PATH})
        host.STARTED.add(process.pid)
        os.close(slave)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        host.STARTED.discard(process.pid)
    finally:
        os.close(master)


def odd_texts(runtime, options):
    """Of configurations that no reader should take, those that are taken."""
    watch, taken = Watch(runtime), []
    for name, pointer, value in (
            ("NUL in hostname", "/hostname", "a\0b"), ("NUL in args", "/process/args", ["/bin/payload", "true\0x"]),
            ("NUL in env", "/process/env", ["A=b\0c"]), ("NUL in destination", "/mounts/0/destination", "/proc\0x"),
            ("relative cwd", "/process/cwd", "tmp"), ("env without =", "/process/env", ["A"])):
        if runtime.run(runtime.bundle("true").edit(pointer, value)).code == 0:
            taken.append(name)
    good = json.dumps(runtime.bundle("true").edit("/hostname", "box").config)
    for name, text in (("trailing text", good + "x"), ("a key twice", good[:-1] + ', "ociVersion": "1.0.0"}'),
                       ("no UTF-8", good.replace('"box"', '"b\udcffx"')), ("lone surrogate", good.replace('"box"', '"\\ud800"')),
                       ("Args for args", good.replace('"args"', '"Args"'))):
        bundle = runtime.bundle("true")
        if runtime.run(bundle.write(text.encode(errors="surrogateescape"))).code == 0:
            taken.append(name)
    watch.left()
    return Seen("; ".join(taken) or "all refused", len(taken))


def swapped(runtime, options):
    """A component of a mount's path is exchanged with a link to the outside while runs go on."""
    outside = runtime.folder / "swapped"
    outside.mkdir()
    bundle = runtime.bundle("true").add_mount("/race/a/n1/n2", "tmpfs", "tmpfs")
    (bundle.rootfs / "race/a").mkdir(parents=True)
    (bundle.rootfs / "race/l").symlink_to(f"../../../../../../../../..{outside}")
    stop, watch = threading.Event(), Watch(runtime)
    names = (-100, str(bundle.rootfs / "race/a").encode(), -100, str(bundle.rootfs / "race/l").encode(), 2)

    def swap():
        while not stop.is_set():
            host.LIBC.renameat2(*names)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        good = sum(runtime.run(bundle).code == 0 for _ in range(options.rounds))
    finally:
        stop.set()
        thread.join()
    escaped = len(os.listdir(outside))
    watch.left()
    words = f"{good} of {options.rounds} runs succeed, " + (f"{escaped} escaped" if escaped else "none escapes")
    return Seen(words, escaped + int(good < options.rounds * 0.99))


GATES = {
    "G1": ("create killed at a system call, then delete --force: something left", killed),
    "G2": ("a system call of create fails, then delete --force: something left", failed),
    "G3": ("4 creates, start and delete --force at once, then delete --force: something left", raced),
    "G4": ("state file spoilt, then delete --force: not gone within a second", spoilt),
    "G5": ("a FIFO at /etc/passwd: run takes longer by", fifo_as_passwd),
    "G6": ("users that are none, taken", odd_users),
    "G7": ("what hooks get beyond their configuration", hooks),
    "G8": ("exec --cgroup with ..", cgroup_of_exec),
    "G9": ("reached through a process that enters", entering),
    "G10": ("/dev/console as a link, without a mount at /dev", planted_console),
    "G11": ("configurations that are none, taken", odd_texts),
    "G12": ("runs beside an attacker who swaps a component of a path", swapped),
}


def main():
    parser = runtimes.parser(__doc__)
    parser.add_argument("--points", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("gates", nargs="*", metavar="GATE")
    options = parser.parse_args()
    bad = 0
    with runtimes.arranged(options) as all_runtimes:
        options.first = all_runtimes[0]
        print("| | |", " | ".join(f"{one.name} {one.version()}" for one in all_runtimes), "|")
        print("|---" * (2 + len(all_runtimes)) + "|")
        for name in options.gates or GATES:
            title, look = GATES[name]
            seen = [look(one, options) for one in all_runtimes]
            bad += seen[0].bad
            print(f"| {name} | {title} |", " | ".join(one.words for one in seen), "|", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
