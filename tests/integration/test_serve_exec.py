# SPDX-License-Identifier: Apache-2.0
"""Programs in containers whose client listens while they run, over events and over the connection itself; attach."""

import base64
import json
import os
import signal
import socket
import struct
import time
import unittest

import host
import service
from fake_registry import FakeRegistry
from test_run_image import RunCase, publish
from test_serve_containers import Case


class Line:
    """A connection that was upgraded."""

    def __init__(self, one, method, path, body=None, also=b"", seconds=20, connection=None):
        content = b"" if body is None else json.dumps(body).encode()
        self.socket = connection or one.connect(seconds)
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: tcp\r\n"
        if body is not None:
            head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        self.socket.sendall(head.encode() + b"\r\n" + content + also)
        self.rest = b""
        while b"\r\n\r\n" not in self.rest:
            piece = self.socket.recv(65536)
            if not piece:
                break
            self.rest += piece
        text, _, self.rest = self.rest.partition(b"\r\n\r\n")
        self.status = int(text.split()[1])
        self.fields = {name.lower(): value.strip() for name, value in
                       (line.split(":", 1) for line in text.decode().split("\r\n")[1:])}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def end(self):
        self.socket.shutdown(socket.SHUT_WR)

    def until(self, text):
        while text not in self.rest:
            piece = self.socket.recv(65536)
            if not piece:
                raise AssertionError(f"{text!r} did not come: {self.rest[-300:]!r}")
            self.rest += piece
        return self.rest

    def all(self):
        while piece := self.socket.recv(65536):
            self.rest += piece
        return self.rest

    def frames(self):
        """{1: output, 2: errors} of what came."""
        said, data = {1: b"", 2: b""}, self.all()
        while data:
            stream, zeros, size = struct.unpack(">B3sI", data[:8])
            assert zeros == b"\0\0\0" and len(data) >= 8 + size, data[:20]
            said[stream] += data[8:8 + size]
            data = data[8 + size:]
        return said


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


class Streamed(Case):
    """Without tests."""

    def setUp(self):
        super().setUp()
        self.one = self.serve()
        self.up(self.one)

    def exec(self, *args, also=b"", **body):
        return Line(self.one, "POST", "/containers/web/exec", {"args": list(args), **body}, also)

    def shell(self, text, **more):
        return self.exec("sh", "-c", text, **more)

    def state(self, line):
        return self.one("GET", line.fields["location"]).json

    def streams(self):
        return [line for line in self.one("GET", "/metrics").body.decode().splitlines() if line.startswith("oci_rt_http_streams ")]


class Upgraded(Streamed):
    def test_output_errors_and_how_it_ended(self):
        with self.shell("echo out; echo err >&2; exit 3") as line:
            self.assertEqual((line.status, line.fields["upgrade"], line.fields["connection"]), (101, "tcp", "Upgrade"))
            self.assertEqual(line.fields["content-type"], "application/vnd.docker.multiplexed-stream")
            self.assertEqual(line.frames(), {1: b"out\n", 2: b"err\n"})
            state = self.state(line)
            self.assertEqual((state["running"], state["exitCode"], state["timedOut"]), (False, 3, False))
            self.assertEqual(state["args"][0], "sh")

    def test_input_ends_where_the_client_ends_its_side(self):
        # What comes right behind the head belongs to the program.
        with self.exec("cat", also=b"first\n") as line:
            line.until(b"first\n")
            line.send(b"second\n")
            line.until(b"second\n")
            line.end()
            self.assertEqual(line.frames(), {1: b"first\nsecond\n", 2: b""})
        self.assertTrue(host.until(lambda: self.state(line)["exitCode"] == 0, 10))

    def test_all_bytes_there_and_back(self):
        data = bytes(range(256)) * 8192
        with self.exec("cat") as line:
            received = b""
            line.socket.setblocking(False)
            sent = 0
            end = time.monotonic() + 60
            while time.monotonic() < end:
                try:
                    if sent < len(data):
                        sent += line.socket.send(data[sent:sent + 65536])
                        if sent == len(data):
                            line.end()
                except BlockingIOError:
                    pass
                try:
                    piece = line.socket.recv(65536)
                    if not piece:
                        break
                    received += piece
                except BlockingIOError:
                    time.sleep(0.001)
            line.rest += received
            line.socket.setblocking(True)
            self.assertEqual(line.frames()[1], data)

    def test_a_terminal_is_bare_and_has_a_size(self):
        with self.exec("sh", "-c", "stty size; read a; echo got $a; stty size; read b; echo end", tty=True, rows=40, cols=100) as line:
            self.assertEqual(line.fields["content-type"], "application/vnd.docker.raw-stream")
            line.until(b"40 100")
            place = line.fields["location"]
            self.assertEqual(self.one("PUT", f"{place}/size", {"rows": 50, "cols": 120}).status, 204)
            line.send(b"x\n")
            line.until(b"got x\r\n50 120")
            line.end()
            self.assertIn(b"end\r\n", line.all())
            self.assert_problem(self.one("PUT", f"{place}/size", {"rows": 50, "cols": 120}), 409, "not-running")

    def test_who_goes_takes_the_program_along(self):
        for tty in (False, True):
            with self.subTest(tty=tty):
                with self.shell("echo $$; exec sleep 1000", tty=tty) as line:
                    pid = int(line.until(b"\n")[0 if tty else 8:])
                    self.assertTrue(alive(pid))
                    self.assertTrue(self.state(line)["running"])
                self.assertTrue(host.until(lambda: not alive(pid), 10))
                self.assertTrue(host.until(lambda: not self.state(line)["running"], 10))
        self.assertTrue(host.until(lambda: self.streams() == ["oci_rt_http_streams 0"], 10))
        self.assertEqual([each for each in os.listdir(self.folder / "served") if each.startswith("exec-")], [])

    def test_what_does_not_hear_sighup_is_killed(self):
        with self.shell("trap '' HUP PIPE; echo $$; while :; do sleep 0.1; done") as line:
            pid = int(line.until(b"\n")[8:])
        time.sleep(0.5)
        self.assertTrue(alive(pid))
        self.assertTrue(host.until(lambda: not alive(pid), 30))

    def test_who_does_not_read_holds_up_nobody_else(self):
        with self.shell("yes 0123456789012345678901234567890123456789012345678901234567890 | head -c 30000000") as line:
            line.until(b"yes"[:0] + b"0123")
            self.assertTrue(host.until(lambda: self.state(line)["running"], 5))
            before = self.one.memory()
            time.sleep(1)
            self.assertEqual(self.one("GET", "/healthz").status, 200)
            self.assertLess(self.one.memory() - before, 2000)
            self.assertTrue(self.state(line)["running"], "it waits")
            self.assertEqual(len(line.frames()[1]), 30000000)
        self.assertEqual(self.state(line)["exitCode"], 0)

    def test_who_does_not_hear_is_not_told_more(self):
        with self.exec("sleep", "1000") as line:
            line.socket.settimeout(1)
            sent = 0
            with self.assertRaises(TimeoutError):
                while sent < 50_000_000:
                    sent += line.socket.send(b"x" * 65536)
            self.assertLess(sent, 5_000_000)
            self.assertEqual(self.one("GET", "/healthz").status, 200)
            self.assertLess(self.one.memory(), 40000)

    def test_patience_ends(self):
        with self.exec("sleep", "1000", timeoutSeconds=1) as line:
            self.assertEqual(line.frames(), {1: b"", 2: b""})
            state = self.state(line)
            self.assertEqual((state["timedOut"], state["exitCode"]), (True, 137))

    def test_what_a_program_leaves_behind_holds_no_stream(self):
        with self.shell("sleep 5 & echo done") as line:
            begun = time.monotonic()
            self.assertEqual(line.frames()[1], b"done\n")
            self.assertLess(time.monotonic() - begun, 4.5)

    def test_streams_end_with_the_service(self):
        with self.exec("sleep", "1000") as line:
            self.one.process.send_signal(signal.SIGTERM)
            self.assertEqual(line.frames(), {1: b"", 2: b""})
        self.assertEqual(self.one.stop(), 0)

    def test_a_program_that_is_not_there_says_so(self):
        with self.exec("/not/there") as line:
            self.assertIn(b"no such program", line.frames()[2])
            self.assertEqual(self.state(line)["exitCode"], 127)

    def test_streams_are_counted(self):
        lines = [self.exec("sleep", "1000") for _ in range(30)]
        self.assertEqual({line.status for line in lines}, {101})
        self.assertEqual(self.streams(), ["oci_rt_http_streams 30"])
        for line in lines:
            line.socket.close()
        self.assertTrue(host.until(lambda: self.streams() == ["oci_rt_http_streams 0"], 20))

    def test_who_is_let_in(self):
        from test_serve import free_port
        port = free_port()
        self.one.stop()
        self.one.argv += ["--port", str(port), "--keep"]
        self.one.start()
        self.up(self.one)
        token = (self.folder / "served" / "serve.token").read_text().strip()

        def over_tcp(*fields):
            with socket.create_connection(("127.0.0.1", port), 10) as connection:
                head = ["POST /containers/web/exec HTTP/1.1", "Connection: Upgrade", "Upgrade: tcp", "Content-Length: 21",
                        "Content-Type: application/json", *fields]
                connection.sendall("\r\n".join(head).encode() + b'\r\n\r\n{"args":["echo","a"]}')
                return service.read_reply(connection)[0].status

        mine, here = f"Authorization: Bearer {token}", f"Host: localhost:{port}"
        self.assertEqual(over_tcp(mine, here), 101)
        self.assertEqual(over_tcp(here), 401)
        self.assertEqual(over_tcp(mine, "Host: elsewhere"), 421)
        self.assertEqual(over_tcp(mine, here, "Origin: http://page"), 403)
        self.one("DELETE", "/containers/web")

    def test_what_is_refused(self):
        with Line(self.one, "POST", "/containers/none/exec", {"args": ["a"]}) as line:
            self.assertEqual(line.status, 404)
        for body in ({}, {"args": ["a"], "stdin": ""}, {"args": ["a"], "rows": 5}, {"args": ["a"], "x": 1}):
            with Line(self.one, "POST", "/containers/web/exec", body) as line:
                self.assertEqual(line.status, 400)
        self.assert_problem(self.one("POST", "/containers/web/exec", {"args": ["a"], "tty": True}), 400, "invalid-spec")
        self.assert_problem(self.one("GET", "/containers/web/exec/0123"), 404, "no-such-exec")
        self.assert_problem(self.one("PUT", "/containers/web/exec/0123/size", {"rows": 1, "cols": 1}), 404, "no-such-exec")
        with self.exec("cat") as line:
            place = line.fields["location"]
            self.assert_problem(self.one("PUT", f"{place}/size", {"rows": 0, "cols": 1}), 400, "invalid-spec")
            self.assert_problem(self.one("PUT", f"{place}/size", {"rows": 1, "cols": 1}), 409, "not-running")
            self.up(self.one, "other")
            self.assert_problem(self.one("GET", place.replace("/web/", "/other/")), 404, "no-such-exec")
        self.to(self.one, "web", "stopped")
        with self.exec("cat") as line:
            self.assertEqual(line.status, 409)


class AsEvents(Streamed):
    def events(self, *args, **body):
        reply = self.one("POST", "/containers/web/exec", {"args": list(args), **body}, Accept="text/event-stream")
        self.assertEqual((reply.status, reply.fields["content-type"]), (200, "text/event-stream"))
        found = []
        for block in reply.body.decode().split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
            if lines:
                found.append((lines["event"], json.loads(lines["data"])))
        return found

    def test_what_it_says_while_it_runs(self):
        found = self.events("sh", "-c", "echo out; echo err >&2; sleep 0.1; printf '\\377'; exit 4")
        self.assertEqual(found[0][0], "started")
        said = lambda kind: b"".join(each["text"].encode() if "text" in each else base64.b64decode(each["base64"])
                                     for event, each in found if event == kind)
        self.assertEqual((said("stdout"), said("stderr")), (b"out\n\377", b"err\n"))
        self.assertEqual((found[-1][0], found[-1][1]["exitCode"], found[-1][1]["id"]), ("exit", 4, found[0][1]["id"]))

    def test_input_patience_and_a_terminal(self):
        data = base64.b64encode(b"hello\n" * 5000).decode()
        self.assertEqual(self.events("wc", "-c", stdin=data)[1], ("stdout", {"text": "30000\n"}))
        found = self.events("sleep", "1000", timeoutSeconds=1)
        self.assertEqual([each["timedOut"] for event, each in found if event == "exit"], [True])
        self.assertEqual(self.events("sh", "-c", "stty size", tty=True, rows=9, cols=8)[1], ("stdout", {"text": "9 8\r\n"}))

    def test_input_of_one_that_is_told_at_the_end(self):
        reply = self.one("POST", "/containers/web/exec", {"args": ["cat"], "stdin": base64.b64encode(b"abc").decode()})
        self.assertEqual(reply.json["stdout"], "abc")
        for wrong in ("!", base64.b64encode(b"x" * 70000).decode()):
            reply = self.one("POST", "/containers/web/exec", {"args": ["cat"], "stdin": wrong})
            self.assert_problem(reply, 400, "invalid-spec")

    def test_attach_needs_an_upgrade_and_a_monitor(self):
        reply = self.assert_problem(self.one("GET", "/containers/web/attach"), 426, "upgrade-required")
        self.assertEqual(reply.fields["upgrade"], "tcp")
        with Line(self.one, "GET", "/containers/web/attach") as line:
            self.assertEqual(line.status, 409)
        self.assert_problem(self.one("GET", "/containers/none/attach"), 404, "no-such-container")


@unittest.skipUnless(service.program(), "oci-rt-serve is not built")
class Real(RunCase):
    seconds = 120

    def setUp(self):
        super().setUp()
        registry = FakeRegistry()
        self.addCleanup(registry.close)
        publish(registry, self.made(execution=self.execution()))
        self.image = f"{registry.address}/team/app:1"
        self.one = service.Service(self.folder, "--storage", self.folder / "new", environment={**os.environ, **self.env})
        self.addCleanup(self.one.stop)

    def up(self, *args, **body):
        reply = self.one("PUT", "/containers/web", {"image": self.image, "args": list(args), **body}, Prefer="wait=60", seconds=70)
        self.assertEqual(reply.status, 201, reply)

    def down(self):
        self.assertEqual(self.one("DELETE", "/containers/web?force=1").status, 204)

    def exec(self, *args, **body):
        return Line(self.one, "POST", "/containers/web/exec", {"args": ["/bin/payload", *args], **body}, seconds=60)

    def test_programs_in_a_container(self):
        self.up("signals")
        with self.exec("cat", "/srv/page") as line:
            self.assertEqual((line.status, line.frames()[1]), (101, b"hello"))
        with self.exec("cat", "/dev/stdin") as line:
            line.send(b"typed")
            line.end()
            self.assertEqual(line.frames()[1], b"typed")
        with self.exec("exit", "9", tty=True) as line:
            line.all()
            self.assertTrue(host.until(lambda: self.one("GET", line.fields["location"]).json["exitCode"] == 9, 10))
        with self.exec("cat", "/srv/page", tty=True, rows=5, cols=6) as line:
            self.assertEqual(line.all(), b"hello")
        with self.exec("signals") as line:
            line.until(b"ready")
            pids = lambda: len(self.one("GET", "/containers/web/processes").json["pids"])
            self.assertEqual(pids(), 2)
        self.assertTrue(host.until(lambda: pids() == 1, 30))
        self.down()

    def test_the_streams_of_a_container(self):
        self.up("cat", "/dev/stdin", stdin=True)
        with Line(self.one, "GET", "/containers/web/attach", seconds=60) as watcher:
            with Line(self.one, "GET", "/containers/web/attach", seconds=60, also=b"one ") as line:
                self.assertEqual((line.status, line.fields["content-type"]),
                                 (101, "application/vnd.docker.multiplexed-stream"))
                line.send(b"two")
                line.end()
                self.assertEqual(line.frames()[1], b"one two")
            self.assertEqual(watcher.frames()[1], b"one two")
        self.assertTrue(host.until(lambda: self.one("GET", "/containers/web").json["state"] == "stopped", 20))
        self.down()

    def test_who_leaves_lets_it_go_on(self):
        self.up("signals", stdin=True)
        with Line(self.one, "GET", "/containers/web/attach", seconds=60) as line:
            self.assertEqual(line.status, 101)
        time.sleep(0.3)
        self.assertEqual(self.one("GET", "/containers/web").json["state"], "running")
        self.down()


if __name__ == "__main__":
    unittest.main()
