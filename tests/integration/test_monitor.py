# SPDX-License-Identifier: Apache-2.0
"""Containers with a monitor: run --detach --monitor, logs, wait, what is recorded, what a monitor costs."""

import json
import os
import pathlib
import re
import time

import host
from monitored import Monitored

LINE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z (stdout|stderr) ([FP]) (.*)$", re.S)


class Life(Monitored):
    def test_output_end_and_times_are_kept(self):
        id = self.run_monitored(self.shell("echo out; echo err >&2; exit 7"))
        state = self.ended(id)
        self.assertEqual((state["status"], state["exitCode"], state["oomKilled"]), ("stopped", 7, False))
        self.assertNotIn("signal", state)
        self.assertLess(state["startedAt"], state["finishedAt"])
        listed = json.loads(self.ok("list", "--format", "json").out)
        self.assertEqual(listed[0]["exitCode"], 7)
        logs = self.ok("logs", id)
        self.assertEqual((logs.out, logs.err), ("out\n", "err\n"))
        self.assertEqual(self.ok("wait", id).out, "7\n")
        for line in (self.directory(id) / "log").read_text().splitlines():
            self.assertRegex(line, LINE)
        self.assertTrue(host.until(lambda: not host.children()), "the monitor stays")

    def test_a_signal_is_told(self):
        id = self.run_monitored(self.bundle("sleep", "100"))
        self.assertEqual(self.state(id)["status"], "running")
        self.assertNotIn("exitCode", self.state(id))
        self.ok("kill", id, "KILL")
        state = self.ended(id)
        self.assertEqual((state["exitCode"], state["signal"]), (137, 9))

    def test_wait_waits_for_several(self):
        one = self.run_monitored(self.shell("sleep 1; exit 3"))
        two = self.run_monitored(self.bundle("exit", "4"))
        self.assertEqual(self.ok("wait", one, two).out, "3\n4\n")
        self.bad("wait", "nobody", text="does not exist")

    def test_wait_knows_a_container_without_a_monitor(self):
        id = self.started(self.shell("sleep 1; exit 5"))
        code = self.ok("wait", id).out
        self.assertIn(code, ("5\n", "255\n"))  # Linux 6.15 tells it to those who were there

    def test_delete_force_leaves_nothing(self):
        id = self.run_monitored(self.bundle("sleep", "1000"))
        monitor = self.record(id)["pid"]
        self.ok("delete", "--force", id)
        self.assertFalse(pathlib.Path(f"/proc/{monitor}").exists() and host.process_state(monitor) not in (None, "Z"))
        self.assert_clean()
        self.assertEqual(list((self.rt.root / ".monitors").iterdir()), [])

    def test_a_bundle_that_cannot_be_made_is_told_as_create_tells_it(self):
        bundle = self.bundle("true")
        bundle.args("/no/such/program")
        error = self.bad("run", "-d", "--monitor", "--bundle", bundle.path, "box")
        plain = self.bad("run", "-d", "--bundle", bundle.path, "box")
        self.assertEqual(error.err, plain.err)
        self.assert_clean()
        other = self.bad("--log-format", "json", "run", "-d", "--monitor", "--bundle", bundle.path, "box")
        self.assertEqual(json.loads(other.err.splitlines()[-1])["code"], "program-not-found")

    def test_an_id_that_is_taken_stays_as_it_is(self):
        id = self.run_monitored(self.bundle("sleep", "1000"))
        self.bad("run", "-d", "--monitor", "--bundle", self.bundle("true").path, id, text="already exists")
        self.assertEqual(self.state(id)["status"], "running")

    def test_a_log_that_cannot_be_made_fails_cleanly(self):
        self.bad("run", "-d", "--monitor", "--log-path", "/no/such/folder/log", "--bundle",
                 self.bundle("sleep", "10").path, "box", text="no such file")
        self.assert_clean()

    def test_flags_that_make_no_sense_are_refused(self):
        path = self.bundle("true").path
        self.bad("run", "--monitor", "--bundle", path, "box", text="--detach")
        self.bad("run", "-d", "--interactive", "--bundle", path, "box", text="--monitor")
        self.bad("run", "-d", "--monitor", "--preserve-fds", "1", "--bundle", path, "box", text="--preserve-fds")
        self.bad("run", "-d", "--monitor", "--log-max-files", "0", "--bundle", path, "box", text="--log-max-files")
        self.bad("logs", "nobody", text="does not exist")

    def test_without_a_monitor_there_is_no_process_and_no_log(self):
        id = self.started(self.bundle("sleep", "1000"))
        self.assertFalse((self.directory(id) / "monitor").exists())
        self.assertFalse((self.rt.root / ".monitors").exists())
        commands = [pathlib.Path(f"/proc/{pid}/comm").read_text() for pid in host.children()]
        self.assertEqual([name for name in commands if "monitor" in name], [])
        self.bad("logs", id, text="no log")
        self.bad("attach", id, text="no monitor")

    def test_the_score_is_the_monitors_alone(self):
        bundle = self.bundle("sleep", "1000")
        bundle.edit("/process/oomScoreAdj", None)
        id = self.run_monitored(bundle)
        score = lambda pid: int(pathlib.Path(f"/proc/{pid}/oom_score_adj").read_text())
        self.assertEqual(score(self.state(id)["pid"]), score("self"))
        try:
            pathlib.Path("/proc/self/oom_score_adj").write_text(str(score("self") - 1))
            pathlib.Path("/proc/self/oom_score_adj").write_text(str(score("self") + 1))
        except OSError:
            self.skipTest("the score may not be lowered here")
        self.assertEqual(score(self.record(id)["pid"]), min(-500, score("self")))

    def test_the_monitor_holds_nothing_of_its_starter(self):
        id = self.run_monitored(self.bundle("sleep", "1000"))
        pid = self.record(id)["pid"]
        streams = [os.readlink(f"/proc/{pid}/fd/{number}") for number in range(3)]
        self.assertEqual(streams, ["/dev/null"] * 3)
        self.assertEqual(os.readlink(f"/proc/{pid}/cwd"), "/")
        self.assertEqual(os.getsid(pid), pid)


class Logs(Monitored):
    def test_lines_streams_and_parts(self):
        id = self.run_monitored(self.shell("printf 'a\\n\\nb'; printf c >&2; sleep 0.2; printf 'd\\n'"))
        self.ended(id)
        logs = self.ok("logs", id)
        self.assertEqual((logs.out, logs.err), ("a\n\nbd\n", "c"))

    def test_tail_since_and_timestamps(self):
        id = self.run_monitored(self.shell("for i in 1 2 3 4 5; do echo line$i; sleep 0.05; done"))
        self.ended(id)
        self.assertEqual(self.ok("logs", "--tail", "2", id).out, "line4\nline5\n")
        self.assertEqual(self.ok("logs", "-n", "0", id).out, "")
        stamped = self.ok("logs", "--timestamps", id).out.splitlines()
        time_of_third = stamped[2].split()[0]
        self.assertEqual(self.ok("logs", "--since", time_of_third, id).out, "line3\nline4\nline5\n")
        self.assertEqual(self.ok("logs", "--since", "1h", id).out.count("\n"), 5)
        self.assertEqual(self.ok("logs", "--since", "2100-01-01", id).out, "")
        self.bad("logs", "--since", "yesterday", id, text="--since")
        self.bad("logs", "--tail", "-1", id, text="--tail")

    def test_following_goes_over_rotation_to_the_end(self):
        count = 20000
        script = f"i=0; while [ $i -lt {count} ]; do echo number $i; i=$((i+1)); done"
        id = self.run_monitored(self.shell("sleep 0.5; " + script), "--log-max-size", "200k", "--log-max-files", "5")
        result = self.ok("logs", "--follow", id, timeout=60)
        self.ended(id)
        self.assertEqual(result.out.splitlines(), [f"number {i}" for i in range(count)])
        names = sorted(path.name for path in self.directory(id).glob("log*"))
        self.assertEqual(names, ["log", "log.1", "log.2", "log.3", "log.4"])
        for name in names:
            self.assertLessEqual((self.directory(id) / name).stat().st_size, 200 * 1024)

    def test_rotation_keeps_what_it_promises(self):
        id = self.run_monitored(self.shell("busybox seq 1 50000"), "--log-max-size", "100k", "--log-max-files", "2")
        self.ended(id)
        numbers = [int(line) for line in self.ok("logs", id).out.split()]
        self.assertEqual(numbers, list(range(numbers[0], 50001)))
        self.assertEqual(sorted(path.name for path in self.directory(id).glob("log*")), ["log", "log.1"])

    def test_a_log_elsewhere_stays(self):
        path = self.folder / "my.log"
        id = self.run_monitored(self.bundle("echo", "kept"), "--log-path", path)
        self.ended(id)
        self.assertEqual(self.ok("logs", id).out, "kept\n")
        self.ok("delete", id)
        self.assertIn("kept", path.read_text())

    def test_a_full_disk_stops_nobody_and_is_told(self):
        place = self.folder / "disk"
        place.mkdir()
        host.mount("tmpfs", place, "tmpfs", 0, "size=256k")
        self.addCleanup(lambda: host.unmount(place))
        script = "busybox seq 1 20000; echo full >/dev/null; sleep 1; while [ ! -e /tmp/go ]; do sleep 0.1; done; " \
                 "echo after; exit 9"
        bundle = self.shell(script)
        (place / "ballast").write_bytes(b"x" * 100_000)
        id = self.run_monitored(bundle, "--log-path", place / "log")
        time.sleep(1)
        self.assertEqual(self.state(id)["status"], "running")
        (place / "ballast").unlink()
        (bundle.rootfs / "tmp/go").touch()
        self.assertEqual(self.ended(id)["exitCode"], 9)
        lines = (place / "log").read_text().splitlines()
        for line in lines:
            self.assertRegex(line, LINE)
        marker = [line for line in lines if "lines are missing" in line]
        self.assertEqual(len(marker), 1, lines[-3:])
        missing = int(re.search(r"(\d+) lines are missing", marker[0])[1])
        complete = [line for line in lines if " F " in line]
        kept = [line for line in complete if line not in marker]
        self.assertTrue(kept[-1].endswith(" after"))
        self.assertGreater(missing, 0)
        # Parts of lines count, too, so what is missing may be a little more than lines.
        self.assertGreaterEqual(len(kept) + missing, 20001)


class Memory(Monitored):
    def test_a_monitor_is_small(self):
        id = self.run_monitored(self.bundle("sleep", "1000"))
        time.sleep(0.3)
        text = pathlib.Path(f"/proc/{self.record(id)['pid']}/smaps_rollup").read_text()
        dirty = int(re.search(r"Private_Dirty:\s+(\d+)", text)[1])
        self.assertLessEqual(dirty, 250, text)


class Plenty(Monitored):
    seconds = 300

    def test_a_hundred_megabytes_arrive(self):
        count = 1_000_000
        program = f"BEGIN {{ for (i = 0; i < {count}; i++) printf \"%0100d\\n\", i }}"
        self.need_busybox()
        log = self.folder / "big.log"
        id = self.run_monitored(self.bundle("/bin/busybox", "awk", program), "--log-max-size", "0", "--log-path", log)
        self.assertEqual(self.ok("wait", id, timeout=200).out, "0\n")
        expected, text = 0, ""
        with open(log) as file:
            for line in file:
                text += line[40:-1]
                if line[38] == "F":
                    if int(text) != expected or len(text) != 100:
                        self.fail(f"{text} where {expected} should be")
                    expected, text = expected + 1, ""
        self.assertEqual((expected, text), (count, ""))
        log.unlink()
