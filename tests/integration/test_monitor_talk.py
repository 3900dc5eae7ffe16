# SPDX-License-Identifier: Apache-2.0
"""What is said to monitors: attach, stop, the packets of mon.sock, and those who take over from a killed one."""

import contextlib
import fcntl
import json
import os
import pathlib
import pty
import select
import signal
import socket
import struct
import subprocess
import termios
import time

import harness
import host
from monitored import Line, Monitored, libexec


class Attached(Monitored):
    def test_input_and_output_by_pipes(self):
        id = self.run_monitored(self.shell("while read line; do echo got $line; echo e$line >&2; done; exit 6"),
                                "--interactive")
        result = self.rt("attach", id, input="one\ntwo\n")
        self.assertEqual((result.code, result.out, result.err), (6, "got one\ngot two\n", "eone\netwo\n"))
        self.assertEqual(self.ended(id)["exitCode"], 6)

    def test_without_interactive_there_is_no_input(self):
        id = self.run_monitored(self.shell("cat; echo end"))
        self.ended(id)
        self.assertEqual(self.ok("logs", id).out, "end\n")

    def test_no_stdin_listens_only(self):
        id = self.run_monitored(self.shell("sleep 0.7; echo said; read line; echo $line"), "--interactive")
        process = self.rt.popen("attach", "--no-stdin", id)
        line = self.line(id)
        self.assertTrue(host.until(lambda: "said" in pathlib.Path(f"{process.stem}.out").read_text()))
        self.assertEqual(line.ask({"type": "stdin-close"}), {"type": "done"})
        self.assertEqual(line.until("stdin-closed"), {"type": "stdin-closed"})
        os.close(line.fds.pop())  # who keeps it keeps the input open
        self.assertEqual(harness.wait_for(process), 0)

    def terminal(self, id, *options):
        """`attach` on a terminal of its own."""
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        process = self.rt.popen("attach", *options, id, stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        return process, master

    def read_until(self, master, text, seconds=10):
        seen, end = b"", time.monotonic() + seconds
        while text not in seen and time.monotonic() < end:
            if select.select([master], [], [], 0.1)[0]:
                try:
                    seen += os.read(master, 4096)
                except OSError:
                    break
        self.assertIn(text, seen)
        return seen

    def test_a_terminal_its_size_and_the_keys_that_detach(self):
        script = "while read line; do echo got $line; stty size; [ $line = end ] && exit 3; done"
        id = self.run_monitored(self.with_terminal(self.shell(script)))
        process, master = self.terminal(id)
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 77, 0, 0))
        process.send_signal(signal.SIGWINCH)
        time.sleep(0.3)
        os.write(master, b"hello\n")
        self.read_until(master, b"33 77")
        os.write(master, b"\x10\x11")
        self.assertEqual(harness.wait_for(process), 0)
        self.assertEqual(self.state(id)["status"], "running")
        process, master = self.terminal(id)
        time.sleep(1)  # until it has attached
        os.write(master, b"end\n")
        self.read_until(master, b"got end")
        self.assertEqual(harness.wait_for(process), 3)
        self.assertIn("got hello", self.ok("logs", id).out)

    def test_a_slow_client_holds_nobody_up(self):
        id = self.run_monitored(self.shell("sleep 0.5; busybox seq 1 300000"))
        line = self.line(id)
        slow = self.attach_socket(line, frames=False, input="none")
        self.assertEqual(self.ended(id)["exitCode"], 0)
        self.assertTrue(self.ok("logs", "--tail", "1", id).out == "300000\n")
        received = 0
        while data := slow.recv(65536):
            received += len(data)
        self.assertLess(received, 1_500_000)

    def test_several_hear_the_same_in_frames(self):
        id = self.run_monitored(self.shell("sleep 0.5; echo out; echo err >&2"))
        line = self.line(id)
        sockets = [self.attach_socket(line) for _ in range(3)]
        for each in sockets:
            data = b""
            while more := each.recv(4096):
                data += more
            self.assertIn(b"\x01\0\0\0\0\0\0\x04out\n", data)
            self.assertIn(b"\x02\0\0\0\0\0\0\x04err\n", data)


class Stop(Monitored):
    def test_a_program_that_listens_ends_by_the_signal(self):
        id = self.run_monitored(self.bundle("signals"))
        host.until(lambda: "ready" in self.ok("logs", id).out)
        self.ok("stop", id)
        self.assertEqual(self.ended(id)["exitCode"], 0)
        self.ok("stop", id)

    def test_one_that_does_not_is_killed_even_if_stop_is(self):
        id = self.run_monitored(self.shell("trap '' TERM; while true; do sleep 1; done"))
        time.sleep(0.2)
        process = self.rt.popen("stop", "--time", "1s", id)
        time.sleep(0.4)
        process.kill()
        harness.wait_for(process)
        self.assertEqual(self.ended(id)["exitCode"], 137)

    def test_containers_without_a_monitor_are_stopped_too(self):
        one = self.started(self.shell("trap '' TERM; while true; do sleep 1; done"))
        two = self.started(self.bundle("signals"))
        time.sleep(0.2)
        self.ok("stop", "--time", "300ms", one, two)
        self.assertEqual([self.state(id)["status"] for id in (one, two)], ["stopped", "stopped"])
        self.bad("stop", "nobody", text="does not exist")

    def test_another_signal_may_begin(self):
        id = self.run_monitored(self.shell("trap 'exit 12' USR1; while true; do sleep 0.1; done"))
        time.sleep(0.3)
        self.ok("stop", "--signal", "USR1", id)
        self.assertEqual(self.ended(id)["exitCode"], 12)


class Protocol(Monitored):
    def test_hello_hands_out_the_descriptors(self):
        id = self.run_monitored(self.bundle("sleep", "1000"))
        line = self.line(id)
        hello = line.hello
        self.assertEqual((hello["type"], hello["version"], hello["id"]), ("hello", 1, id))
        self.assertEqual(hello["pid"], self.state(id)["pid"])
        self.assertEqual(hello["descriptors"], "pidfd stdout stderr")
        self.assertEqual(len(line.fds), 3)
        fields = pathlib.Path(f"/proc/{hello['pid']}/stat").read_text().rsplit(")", 1)[1].split()
        self.assertEqual(hello["startTime"], int(fields[19]))

    def test_exited_is_told_to_everybody(self):
        id = self.run_monitored(self.shell("sleep 0.5; exit 8"))
        lines = [self.line(id) for _ in range(3)]
        for line in lines:
            told = line.until("exited")
            self.assertEqual(told["exitCode"], 8)
            written = json.loads((self.directory(id) / "exit.json").read_text())
            self.assertEqual({key: told[key] for key in written}, written)
            self.assertIsNone(line.receive()[0])

    def test_what_is_not_understood_is_refused(self):
        id = self.run_monitored(self.bundle("sleep", "1000"))
        for packet in (b"", b"{", b"[]", b"{}", b'{"type":1}', b'{"type":"nonsense"}', b'{"type":"attach"}',
                       b'{"type":"resize","rows":0,"columns":1}', b'{"type":"stop","signal":99,"timeout":1}',
                       b'{"type":"stdin-close","more":1}', b'{"type":"stdin-close","type":"stdin-close"}',
                       b'{"type":"adopt","descriptors":"pidfd stdout"}', b"x" * 9000, b"\0" * 100):
            with self.subTest(packet=packet[:60]):
                line = self.line(id)
                if packet:
                    answer = line.ask(packet)
                    self.assertEqual(answer["type"], "error")
                    self.assertIsNone(line.receive()[0])
                line.close()
        # Descriptors where none belong do not stay with the monitor.
        count = len(host.descriptors(self.record(id)["pid"]))
        for _ in range(50):
            line = self.line(id)
            line.send({"type": "stdin-close"}, 0, 1, 2)
            line.receive()
            line.close()
        self.assertTrue(host.until(lambda: len(host.descriptors(self.record(id)["pid"])) <= count + 1))
        self.assertEqual(self.state(id)["status"], "running")

    def test_the_log_can_be_moved_and_set(self):
        id = self.run_monitored(self.shell("while read l; do echo $l; done"), "--interactive")
        line = self.line(id)
        ours = self.attach_socket(line)
        log = self.directory(id) / "log"
        ours.send(b"one\n")
        self.assertTrue(host.until(lambda: "one" in log.read_text()))
        log.rename(self.folder / "moved")
        self.assertEqual(line.ask({"type": "log-reopen"}), {"type": "done"})
        ours.send(b"two\n")
        self.assertTrue(host.until(lambda: log.exists() and "two" in log.read_text()))
        self.assertNotIn("one", log.read_text())
        self.assertEqual(line.ask({"type": "log-config", "maxSize": 10, "maxFiles": 2}), {"type": "done"})
        ours.send(b"three\n")
        self.assertTrue(host.until(lambda: (self.directory(id) / "log.1").exists()))
        self.assertEqual(self.record(id)["logMaxFiles"], 2)

    def test_only_root_and_the_same_user_may_ask(self):
        id = self.run_monitored(self.bundle("sleep", "1000"))
        folder = self.directory(id)
        for path in (self.rt.root, folder, folder / "mon.sock"):
            path.chmod(0o777)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.setgid(65534)
                os.setuid(65534)
                line = Line(folder)
                code = 0 if line.hello is None else 2
            except (ConnectionError, PermissionError):
                code = 0
            finally:
                os._exit(code)
        host.STARTED.add(child)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
        self.rt.root.chmod(0o700)

    def test_a_long_root_is_no_obstacle(self):
        self.rt.root = self.folder / ("d" * 100) / ("e" * 100)
        id = self.run_monitored(self.shell("sleep 0.3; echo far"))
        self.assertEqual(self.line(id).hello["id"], id)
        self.assertEqual(self.ok("wait", id).out, "0\n")
        self.assertEqual(self.ok("logs", id).out, "far\n")

    def test_kills_for_want_of_memory_are_told(self):
        self.need_controller("memory")
        bundle = self.bundle("hold", "200")
        bundle.edit("/linux/resources/memory", {"limit": 20 << 20})
        id = self.run_monitored(bundle)
        self.assertTrue(self.ended(id)["oomKilled"])


class Killed(Monitored):
    def test_without_a_keeper_the_end_is_not_known_and_delete_works(self):
        id = self.run_monitored(self.shell("sleep 0.5; echo one; sleep 0.2; echo two; sleep 100"))
        host.kill(self.record(id)["pid"])
        host.until(lambda: self.state(id)["status"] == "stopped", 3)
        self.assertNotIn("exitCode", self.state(id))
        self.ok("logs", "-f", id)
        self.ok("delete", "--force", id)

    def test_a_keeper_of_descriptors_adopts(self):
        """This test is the subreaper: the container comes to it, and goes on."""
        for how in ("told", "unknown"):
            with self.subTest(how=how):
                self.adopt(how)

    def adopt(self, how):
        id = self.run_monitored(self.shell("i=0; while [ ! -e /tmp/end ]; do echo $i; i=$((i+1)); sleep 0.05; done; "
                                           "exit 37"))
        line = self.line(id)
        init = line.hello["pid"]
        host.kill(self.record(id)["pid"])
        time.sleep(0.3)
        self.assertEqual(self.state(id)["status"], "running")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours, theirs:
            argv = [f"{libexec()}/oci-rt-monitor", "--adopt", "true", "--id", id, "--state", str(self.directory(id)),
                    "--starter", str(theirs.fileno())]
            monitor = subprocess.Popen(argv, pass_fds=[theirs.fileno()])
            host.STARTED.add(monitor.pid)
            theirs.close()
            socket.send_fds(ours, [json.dumps({"type": "adopt", "descriptors": line.hello["descriptors"]}).encode()],
                            line.fds)
            ours.settimeout(10)
            ours.recv(8192)
            self.assertEqual(json.loads(ours.recv(8192)), {"type": "started", "pid": init})
        again = self.line(id)
        self.assertEqual(again.hello["pid"], init)
        bundle = next(path for path in self.folder.glob("bundle-*") if str(path) == self.state(id)["bundle"])
        (bundle / "rootfs/tmp/end").touch()
        _, status = os.waitpid(init, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 37)
        if how == "told":
            with contextlib.suppress(BrokenPipeError):  # the kernel has told it before us
                again.send({"type": "reaped", "status": status})
        code = self.ended(id)["exitCode"]
        self.assertIn(code, (37,) if how == "told" else (37, 255))
        self.assertEqual(monitor.wait(10), 0)
        host.STARTED.discard(monitor.pid)
        numbers = [int(line) for line in self.ok("logs", id).out.split()]
        self.assertEqual(numbers, list(range(len(numbers))))
        line.close()

    def test_a_starter_that_is_killed_has_no_container_or_a_whole_one(self):
        rounds = 60 if os.environ.get("OCI_RT_SLOW") else 15
        whole = 0
        for number in range(rounds):
            bundle = self.bundle("sleep", "1000")
            id = f"cut{number}"
            process = self.rt.popen("run", "-d", "--monitor", "--bundle", bundle.path, id)
            time.sleep(number * 0.15 / rounds)
            process.kill()
            harness.wait_for(process)
            settled = lambda: not any(self.is_monitor(pid) and not self.has_record(id) for pid in host.children())
            self.assertTrue(host.until(settled, 10), "a monitor that does not come to an end")
            host.until(lambda: not self.directory(id).exists() or self.rt("state", id).code == 0, 5)
            time.sleep(0.1)
            if self.directory(id).exists():
                whole += 1
                self.assertEqual(self.state(id)["status"], "running", f"round {number}")
                self.assertTrue((self.directory(id) / "mon.sock").exists())
                self.ok("delete", "--force", id)
            self.assert_clean(f"in round {number}")
        self.assertLess(whole, rounds)

    def has_record(self, id):
        return (self.directory(id) / "monitor").exists()

    def is_monitor(self, pid):
        try:
            return pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "oci-rt-monitor"
        except OSError:
            return False
