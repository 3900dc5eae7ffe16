# SPDX-License-Identifier: Apache-2.0
"""The service, its monitors, and both of them are killed at random times while containers write and end."""

import contextlib
import json
import os
import pathlib
import random
import threading
import time
import unittest

import host
import service
from test_image import NAME
from test_run_image import RunCase

SLOW = bool(os.environ.get("OCI_RT_SLOW"))
CONTAINERS = 20 if SLOW else 6
SECONDS = 40 if SLOW else 4  # of killing
OURS = f"chaos{os.getpid()}-"  # others of the same name would have the same cgroup


class Reaping(contextlib.AbstractContextManager):
    """What init of a machine does: whoever has lost its parent comes to us."""

    def __enter__(self):
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.work)
        self.thread.start()
        return self

    def work(self):
        while not self.over.wait(0.01):
            host.reap()

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


@unittest.skipUnless(service.program(), "oci-rt-serve is not built")
class Chaos(RunCase):
    seconds = SECONDS * 4 + 120

    def setUp(self):
        super().setUp()
        self.stored()
        self.one = service.Service(self.folder, "--storage", self.store, "--keep", "--max-connections-of-peer", 200,
                                   environment={**os.environ, **self.env})
        self.addCleanup(self.one.stop)
        reaping = Reaping()
        reaping.__enter__()
        self.addCleanup(reaping.__exit__)

    def up(self, name, *args):
        reply = self.one("PUT", f"/containers/{OURS}{name}", {"image": NAME, "pull": "never", "args": list(map(str, args))},
                         seconds=60, Prefer="wait=50")
        self.assertEqual((reply.status, reply.json.get("state")), (201, "running"), reply)
        self.assertTrue(host.until(lambda: self.is_kept(reply.json["pid"]), 10))
        return reply.json["id"]

    def is_kept(self, pid):
        """The service holds the other end of its output."""
        with contextlib.suppress(OSError):
            return os.readlink(f"/proc/{pid}/fd/1") in host.descriptors(self.one.process.pid).values()
        return True  # it has ended already

    def get(self, name):
        return self.one("GET", f"/containers/{OURS}{name}", seconds=60).json

    def monitor(self, id):
        """Its pid, or None; of one that is being replaced it is that of the one before."""
        try:
            return json.loads((self.rt.root / id / "monitor").read_text())["pid"]
        except FileNotFoundError:
            return None

    def is_looked_after(self, id):
        pid = self.monitor(id)
        return pid is not None and host.process_state(pid) not in ("", "Z")

    def kill_monitor(self, id):
        if (pid := self.monitor(id)) and "oci-rt-monitor" in command(pid):
            host.kill(pid)
            return 1
        return 0

    def kill_service(self):
        self.one.process.kill()
        self.one.process.wait()
        host.STARTED.discard(self.one.process.pid)

    def start_service(self):
        self.one.start()

    def lines(self, id):
        """The numbers in its log, from the oldest file on."""
        folder = self.one.folder / "logs" / id
        files = sorted(folder.glob("log*"), key=lambda path: -int(path.suffix[1:] or 0))
        return [int(line.split(" ", 3)[3]) for path in files for line in path.read_text().splitlines()]

    # --- one thing after the other ---

    def test_a_killed_monitor_is_replaced(self):
        id = self.up("web", "count", 150, 20, 37)
        for _ in range(3):
            before = self.monitor(id)
            self.kill_monitor(id)
            self.assertTrue(host.until(lambda: self.monitor(id) != before and self.is_looked_after(id), 10), self.one.log.read_text())
        document = self.get("web")
        self.assertEqual(document["state"], "running")
        for pid in (document["pid"], self.monitor(id)):
            self.assertEqual(files_limit(pid), files_limit("self"), "the service's own limit is not for others")
        self.check("web", id, 150, 37)
        self.forget_all(["web"])

    def test_a_monitor_that_is_killed_with_its_container(self):
        for number in range(4):
            id = self.up(f"w{number}", "sleep", 1000)
            pid = self.get(f"w{number}")["pid"]
            for target in (pid, self.monitor(id))[::-1 if number % 2 else 1]:
                host.kill(target)
            self.assertTrue(host.until(lambda: self.get(f"w{number}")["state"] == "stopped", 20))
            document = self.get(f"w{number}")
            self.assertEqual((document["exitCode"], document["exitReason"]), (137, "signaled"), self.one.log.read_text())
        self.forget_all([f"w{number}" for number in range(4)])

    def test_a_monitor_that_is_killed_without_a_service(self):
        """What is written meanwhile waits in its pipe for the next service, and so does who writes more than that takes."""
        loud, quiet = self.up("loud", "count", 200, 20, 5), self.up("quiet", "sleep", 1000)
        many = self.up("many", "count", 30000, 0, 6)
        self.kill_service()
        for id in (quiet, loud, many):
            self.kill_monitor(id)
        time.sleep(1)
        self.start_service()
        self.check("loud", loud, 200, 5)
        self.check("many", many, 30000, 6, lost=16000)
        self.assertTrue(host.until(lambda: self.is_looked_after(quiet), 10), self.one.log.read_text())
        self.assertEqual(self.get("quiet")["state"], "running")
        self.forget_all(["quiet", "loud", "many"])

    def test_a_closed_stream_and_a_killed_monitor(self):
        """What the container has closed is nothing that its next monitor would need."""
        id = self.up("web", "count", 60, 20, 3)
        pid = self.get("web")["pid"]
        self.assertTrue(host.until(lambda: self.lines(id)))
        self.kill_service()  # the next one hears of the pipes as they are by then
        self.start_service()
        self.assertTrue(host.until(lambda: self.get("web")["state"] == "running", 5))
        self.kill_monitor(id)
        self.check("web", id, 60, 3)
        self.assertFalse(os.path.exists(f"/proc/{pid}"))
        self.forget_all(["web"])

    # --- everything at random ---

    def check(self, name, id, lines, code, lost=5):
        """lost: what the monitor may have read, and not yet written, when it was killed."""
        self.assertTrue(host.until(lambda: self.get(name)["state"] == "stopped", 60, 0.05), self.one.log.read_text())
        self.assertEqual(self.get(name)["exitCode"], code, self.one.log.read_text())
        found = self.lines(id)
        self.assertEqual(len(found), len(set(found)))
        self.assertLessEqual(set(found), set(range(lines)))
        self.assertGreaterEqual(len(found), lines - lost)

    def forget_all(self, names):
        for name in names:
            self.assertEqual(self.one("DELETE", f"/containers/{OURS}{name}?force=1", seconds=60).status, 204)
        self.assertEqual(self.one("GET", "/containers").json["items"], [])
        self.assertTrue(host.until(lambda: not monitors(self.rt.root), 10))
        self.assertEqual(list((self.folder / "logs").iterdir()), [])
        self.assertEqual(list((self.folder / "served" / "containers").iterdir()), [])
        self.one.stop()
        self.assert_released()

    def kill_at_random(self, what, ids, dice):
        end = time.monotonic() + SECONDS
        kills = {"service": 0, "monitors": 0}
        while time.monotonic() < end:
            time.sleep(dice.uniform(0.02, 0.4))
            if "service" in what:
                self.kill_service()
                kills["service"] += 1
            if "monitors" in what:
                some = dice.sample(ids, dice.randint(1, len(ids)))
                kills["monitors"] += sum(self.kill_monitor(id) for id in some)
            if "service" in what:
                time.sleep(dice.uniform(0, 0.1))
                self.start_service()
        return kills

    def round(self, what):
        seed = random.randrange(1 << 32)
        dice = random.Random(seed)
        pause = 20
        plans = {f"c{number}": (int(dice.uniform(0.3, 1.3) * SECONDS * 1000 / pause), 1 + number) for number in range(CONTAINERS)}
        ids = {name: self.up(name, "count", lines, pause, code) for name, (lines, code) in plans.items()}
        kills = self.kill_at_random(what, list(ids.values()), dice)
        self.assertEqual({each["name"].removeprefix(OURS) for each in self.one("GET", "/containers").json["items"]}, set(plans))
        wrong, lost, twice, unknown = [], 0, 0, 0
        for name, (lines, code) in plans.items():
            self.assertTrue(host.until(lambda: self.get(name)["state"] == "stopped", SECONDS + 60, 0.05), (seed, self.get(name)))
            document, found = self.get(name), self.lines(ids[name])
            if what == "service and monitors" and document["exitReason"] == "unknown":
                unknown += 1  # it has ended while nobody was there
            elif document["exitCode"] != code:
                wrong.append((name, document["exitCode"], code))
            lost += len(set(range(lines)) - set(found))
            twice += len(found) - len(set(found))
        total = sum(lines for lines, _ in plans.values())
        print(f"killed: {what:20} seed {seed:10} | service {kills['service']:4} times, monitors {kills['monitors']:4} | containers "
              f"{CONTAINERS} | codes wrong {len(wrong)}, unknown {unknown} | lines {total}, lost {lost}, twice {twice}", flush=True)
        self.assertEqual((wrong, twice), ([], 0), seed)
        self.forget_all(plans)
        return lost, kills

    def test_the_service(self):
        lost, _ = self.round("service")
        self.assertEqual(lost, 0)

    def test_monitors(self):
        lost, kills = self.round("monitors")
        # What a monitor has read, and not yet written.
        self.assertLessEqual(lost, kills["monitors"] // 4 + 5)

    def test_both(self):
        self.round("service and monitors")


def files_limit(pid):
    return [line for line in pathlib.Path(f"/proc/{pid}/limits").read_text().splitlines() if line.startswith("Max open files")]


def command(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")[0]
    except OSError:
        return ""


def monitors(root):
    """Those of this runtime."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = path.read_text(errors="replace").split("\0")
            if words[0].endswith("oci-rt-monitor") and any(word.startswith(f"{root}/") for word in words):
                found.append(int(path.parent.name))
    return found


if __name__ == "__main__":
    unittest.main()
