#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""K10: one process for each processor exchanges what a path leads to, for as long as containers are run from it.

usage: attackers.py --payload PATH --runtime NAME=PATH[@ROOT] [--runtime …] [--runs N] [ATTACK…]

Runs are shared among the attacks: rootfs, bundle, source. For each: runs, how many succeed, how many escape (see each).
The exit status is 1 if one escapes from the first runtime, or if fewer than 99 of 100 succeed. Runtimes: see runtimes.py.
"""

import contextlib
import os
import signal
import sys
import time

import host
import runtimes

EXCHANGE = 2


@contextlib.contextmanager
def exchanging(*pairs):
    """Exchanges two names in a directory all the time, for each of (directory, one, other): one process a processor."""
    folders = [os.open(folder, os.O_PATH | os.O_DIRECTORY) for folder, _, _ in pairs]
    names = [(fd, one.encode(), fd, other.encode(), EXCHANGE) for fd, (_, one, other) in zip(folders, pairs)]
    pids = []
    for number in range(os.cpu_count() or 1):
        pid = os.fork()
        if pid == 0:
            try:
                os.nice(5)  # a victim that never runs shows nothing
                while os.getppid() != 1:
                    for each in names[number % len(names):] + names[:number % len(names)]:
                        host.LIBC.renameat2(*each)
            finally:
                os._exit(0)
        pids.append(pid)
        host.STARTED.add(pid)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            host.STARTED.discard(pid)
        for fd in folders:
            os.close(fd)


def contents(folder):
    """Everything in it: names, text, mode, owner."""
    found = {}
    for place, folders, files in os.walk(folder):
        for name in [".", *folders, *files]:
            path = os.path.join(place, name)
            status = os.lstat(path)
            text = open(path, "rb").read() if name in files and not os.path.islink(path) else None
            found[path] = (text, status.st_mode, status.st_uid, status.st_gid, status.st_nlink)
    return found


class Attack:
    """A bundle and an attacker; judge() says how a run that succeeded went astray, or nothing.

    bundle(*args) makes a bundle whose program is the payload with these acts.
    """

    def __init__(self, folder, bundle):
        self.folder, self.bundle = folder, bundle
        self.outside = folder / "outside"
        (self.outside / "folder").mkdir(parents=True)
        (self.outside / "folder/file").write_text("canary")
        self.prepare()
        self.before, self.mounts = contents(self.outside), host.mounts()

    def astray(self, code, out):
        if contents(self.outside) != self.before:
            return "something outside has changed"
        if host.mounts() != self.mounts:
            return "a mount of the host"
        return self.judge(out) if code == 0 else None


class Rootfs(Attack):
    """A component of two destinations of mounts becomes a link to the outside: nothing may be made or mounted there."""

    def prepare(self):
        self.volume = self.folder / "volume"
        self.volume.mkdir()
        made = self.bundle("cat", "/proc/self/mountinfo")
        made.add_mount("/race/a/n1/n2", "tmpfs", "tmpfs").add_mount("/race/a/b", "bind", self.volume, "bind")
        made.edit("/linux/maskedPaths", ["/race/a/secret"])
        race = made.rootfs / "race"
        (race / "a").mkdir(parents=True)
        (race / "l").symlink_to(f"../../../../../../../../../../..{self.outside}")
        self.path, self.pairs = made.path, [(race, "a", "l")]

    def judge(self, out):
        ends = [line.split()[4].rsplit("/", 1)[-1] for line in out.splitlines()]
        return None if "n2" in ends and "b" in ends else f"a mount is elsewhere: {out}"


class Bundle(Attack):
    """The bundle is exchanged with another, and its config.json: what runs is one of them, not the words of one in the
    root of the other."""

    def prepare(self):
        self.path, self.pairs = self.folder / "one", [(self.folder, "one", "two")]
        for name, other in (("one", "two"), ("two", "one")):
            made = self.bundle("cat", f"/who-{name}")
            for kind in (name, other):
                (made.rootfs / f"who-{kind}").write_text(f"{kind} in {name}")
            (made.path / "other.json").write_bytes((made.path / "config.json").read_bytes())
            made.path.rename(self.folder / name)
            self.pairs.append((self.folder / name, "config.json", "other.json"))

    def judge(self, out):
        return None if out in ("one in one", "two in two") else f"mixed: {out}"


class Source(Attack):
    """A component of the sources of bind mounts becomes a link to the outside: what is seen is one of the two places, whole,
    and nothing is made in either."""

    def prepare(self):
        place = self.folder / "source"
        (place / "a/folder").mkdir(parents=True)
        (place / "a/folder/file").write_text("legal")
        (place / "l").symlink_to(self.outside)
        made = self.bundle("cat", "/seen/file", "/file")
        made.add_mount("/seen", "bind", place / "a/folder", "bind", "ro", "nosuid")
        made.add_mount("/file", "bind", place / "a/folder/file", "bind", "ro")
        self.path, self.pairs = made.path, [(place, "a", "l")]

    def judge(self, out):
        return None if out in ("legallegal", "legalcanary", "canarylegal", "canarycanary") else f"seen: {out}"


ATTACKS = {"rootfs": Rootfs, "bundle": Bundle, "source": Source}


class Count:
    def __init__(self):
        self.runs, self.good, self.escaped, self.words = 0, 0, 0, {}

    def add(self, code, err, astray):
        self.runs += 1
        self.good += code == 0
        self.escaped += bool(astray)
        word = astray or (err.strip().splitlines() or [str(code)])[-1][-150:] if code or astray else None
        if word:
            self.words[word] = self.words.get(word, 0) + 1

    def __str__(self):
        return f"{self.runs} runs, {self.good} succeed ({100 * self.good / max(self.runs, 1):.2f} %), {self.escaped} escape"


def attack(kind, folder, bundle, run, runs):
    """run(path of the bundle): (exit status, output, errors). A Count."""
    count = Count()
    made = ATTACKS[kind](folder, bundle)
    with exchanging(*made.pairs):
        for _ in range(runs):
            code, out, err = run(made.path)
            count.add(code, err, made.astray(code, out))
    return count


def of_runtime(runtime, kind, runs):
    def run(path):
        runtime.count = 0  # one pair of files is enough
        answer = runtime("run", "--bundle", path, "box")
        if answer.code:
            runtime("delete", "--force", "box")
        return answer.code, answer.out, answer.err

    folder = runtime.folder / f"attack-{kind}"
    folder.mkdir()
    return attack(kind, folder, runtime.bundle, run, runs)


def main():
    parser = runtimes.parser(__doc__)
    parser.add_argument("--runs", type=int, default=10000)
    parser.add_argument("attacks", nargs="*", metavar="ATTACK")
    options = parser.parse_args()
    bad = False
    with runtimes.arranged(options) as all_runtimes:
        kinds = options.attacks or list(ATTACKS)
        for runtime in all_runtimes:
            for number, kind in enumerate(kinds):
                begin = time.monotonic()
                runs = options.runs // len(kinds) + (number < options.runs % len(kinds))
                count = of_runtime(runtime, kind, runs)
                print(f"{runtime.name} {kind}: {count}, {time.monotonic() - begin:.0f} s", flush=True)
                for word, times in sorted(count.words.items(), key=lambda item: -item[1])[:5]:
                    print(f"  {times} times: {word}", flush=True)
                bad |= runtime is all_runtimes[0] and bool(count.escaped or count.good < 0.99 * count.runs)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
