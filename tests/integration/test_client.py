# SPDX-License-Identifier: Apache-2.0
"""`oci-rt --connect`: what a service does, asked for by words; and services that lie."""

import json
import os
import pathlib
import re
import socket
import subprocess
import threading
import time
import unittest

import harness
import host
import service
from test_serve import free_port
from test_serve_containers import Case as Served

FOLDER = pathlib.Path(os.environ.get("OCI_RT_LIBEXEC") or pathlib.Path(harness.binary()).parent)


class Asking:
    """`self.ask("list")`: the code and what was said, asked of `self.where`."""

    where, env = "", {}

    def ask(self, *words, code=0, connect=None, seconds=60, **more):
        environment = {**os.environ, "OCI_RT_LIBEXEC": str(FOLDER), **self.env, **more}
        options = ["--connect", connect or self.where] if connect != "" else []
        done = subprocess.run([harness.binary(), *options, *map(str, words)], capture_output=True, text=True,
                              errors="replace", timeout=seconds, env=environment, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, code, (words, done.stdout[-2000:], done.stderr[-2000:]))
        return done


@unittest.skipUnless((FOLDER / "oci-rt-client").exists(), "oci-rt-client is not built")
class Words(Asking, Served):
    seconds = 150

    def setUp(self):
        super().setUp()
        self.one = self.serve()
        self.where = f"unix://{self.one.socket}"

    def state(self, name):
        return json.loads(self.ask("state", name).stdout)["state"]

    def test_the_life_of_a_container(self):
        self.set("slow-pull", 0.05)
        done = self.ask("run", "--image", "quay.io/x/y:1", "--label", "a=b=c", "-e", "A=1", "web", "sleep", "1000")
        self.assertRegex(done.stdout, r"^web_latest-[0-9a-f]{8}\n$")
        self.assertIn("fetching", done.stderr)
        document = json.loads(self.ask("state", "web").stdout)
        self.assertEqual((document["state"], document["labels"]), ("running", {"a": "b=c"}))
        self.assertIn("--env=A=1", self.calls("run")[0])
        self.ask("pause", "web")
        self.assertEqual(self.state("web"), "paused")
        self.assertIn("is paused", self.ask("start", "web", code=1).stderr)
        self.ask("resume", "web")
        self.assertEqual(self.state("web"), "running")
        self.assertIn("still-running", self.ask("delete", "web", code=1).stderr)
        self.ask("stop", "--time", "5", "web")
        self.assertEqual(self.state("web"), "stopped")
        self.assertIn("is stopped", self.ask("resume", "web", code=1).stderr)
        self.assertEqual(self.ask("wait", "web").stdout, f"{128 + 15}\n")
        self.ask("start", "web")
        self.assertEqual(self.state("web"), "running")
        self.ask("delete", "--force", "web")
        self.assertIn("no-such-container", self.ask("state", "web", code=1).stderr)

    def test_lists_are_tables_names_and_json(self):
        for name in ("a", "b:2", "reg.example/c/d:3"):
            self.ask("run", "-q", "--image", "x", name, "sleep", "1000")
        rows = self.ask("list").stdout.splitlines()
        self.assertEqual(rows[0].split(), ["NAME", "PID", "STATUS", "IMAGE", "CREATED", "ID"])
        self.assertEqual([(row.split()[0], row.split()[2]) for row in rows[1:]],
                         [("a", "running"), ("b:2", "running"), ("reg.example/c/d:3", "running")])
        self.assertEqual(self.ask("list", "-q").stdout, "a\nb:2\nreg.example/c/d:3\n")
        self.assertEqual([each["tag"] for each in json.loads(self.ask("list", "-f", "json").stdout)], ["latest", "2", "3"])
        self.assertEqual(self.state("reg.example/c/d:3"), "running")

    def test_a_request_in_a_file(self):
        path = self.folder / "web.json"
        path.write_text(json.dumps({"image": "x", "args": ["sleep", "1000"], "hostname": "box"}))
        self.ask("run", "--file", path, "web")
        self.assertIn("--hostname=box", self.calls("run")[0])
        path.write_text(json.dumps({"imgae": "x"}))
        self.assertIn("/imgae", self.ask("run", "--file", path, "other", code=1).stderr)
        self.assertIn("spec-conflict", self.ask("run", "--image", "y", "web", code=1).stderr)
        self.ask("run", "--replace", "--image", "y", "web", "sleep", "1000")

    def test_logs_exec_and_signals(self):
        self.ask("run", "-q", "--image", "x", "web", "sh", "-c", "echo one; echo two; exec sleep 1000")
        self.assertTrue(host.until(lambda: self.ask("logs", "web").stdout == "one\ntwo\n"))
        self.assertEqual(self.ask("logs", "--tail", "1", "web").stdout, "two\n")
        self.assertRegex(self.ask("logs", "-t", "-n", 1, "web").stdout, r"^\d{4}-\d\d-\d\dT\S+Z two\n$")
        following = subprocess.Popen([harness.binary(), "--connect", self.where, "logs", "-f", "web"],
                                     stdout=subprocess.PIPE, env={**os.environ, "OCI_RT_LIBEXEC": str(FOLDER)})
        host.STARTED.add(following.pid)
        self.assertEqual(following.stdout.readline(), b"one\n")
        self.ask("kill", "web", "KILL")
        self.assertEqual(following.stdout.read(), b"two\n")
        following.communicate(timeout=20)
        self.assertEqual(following.returncode, 0)
        host.STARTED.discard(following.pid)
        self.assertIn("not-running", self.ask("exec", "web", "true", code=255).stderr)
        self.assertIn("unknown-value", self.ask("kill", "web", "NOSUCH", code=1).stderr)

    def test_images(self):
        done = self.ask("pull", "--progress", "json", "quay.io/a/b:1")
        self.assertEqual(done.stdout, f"quay.io/a/b:1 sha256:{'ab' * 32}\n")
        self.assertEqual(json.loads(done.stderr.splitlines()[-1]), {"state": "done", "done": 1000, "total": 1000})
        self.assertEqual(self.ask("pull", "-q", "quay.io/a/b:1").stdout, f"sha256:{'ab' * 32}\n")
        self.set("slow-pull", 0.25)
        told = [json.loads(line) for line in self.ask("pull", "--progress", "json", "c").stderr.splitlines()]
        self.assertGreater(len(told), 1, "how far it is, is told before the end")
        self.assertEqual([each["done"] for each in told], sorted(each["done"] for each in told))
        self.ask("rmi", "c")
        self.assertIn("no-such-image", self.ask("rmi", "c", code=1).stderr)
        self.assertIn("removed", self.ask("prune").stdout)

    def test_events(self):
        waiting = subprocess.Popen([harness.binary(), "--connect", self.where, "events", "web"], stdout=subprocess.PIPE,
                                   env={**os.environ, "OCI_RT_LIBEXEC": str(FOLDER)})
        host.STARTED.add(waiting.pid)
        # It listens when it hears; until then there is something to be heard again and again.
        heard = threading.Event()
        lines = []
        reader = threading.Thread(target=lambda: (lines.append(waiting.stdout.readline()), heard.set()))
        reader.start()
        for _ in range(50):
            self.ask("run", "-q", "--image", "x", "web", "sleep", "1000")
            self.ask("delete", "--force", "web")
            if heard.wait(0.1):
                break
        reader.join(10)
        first = json.loads(lines[0])
        self.assertEqual((first["type"], first["name"]), ("container", "web:latest"))
        self.one.stop()
        waiting.communicate(timeout=20)
        host.STARTED.discard(waiting.pid)
        self.assertEqual(waiting.returncode, 0)

    def test_the_environment_names_a_service_too(self):
        self.env = {"OCI_RT_CONNECT": self.where}
        self.assertIn("NAME", self.ask("list", connect="").stdout)
        self.assertIn("ID", self.ask("--root", self.folder / "none", "list", connect="").stdout)
        self.assertIn("create", self.ask("help", connect="").stdout)
        # A service that is started so does its work itself.
        (self.folder / "two").mkdir()
        two = service.Service(self.folder / "two", environment={**os.environ, **self.env})
        self.addCleanup(two.stop)
        self.assertIsNotNone(two("GET", "/info").json["host"])

    def test_tokens(self):
        self.one.stop()
        port = free_port()
        self.one = self.serve("--port", port)
        self.where = f"http://127.0.0.1:{port}"
        token = self.folder / "served" / "serve.token"
        self.assertIn("bad-token", self.ask("list", code=1, XDG_RUNTIME_DIR="/nowhere").stderr)
        self.assertIn("NAME", self.ask("list", connect=self.where, OCI_RT_TOKEN=token.read_text().strip()).stdout)
        client = [FOLDER / "oci-rt-client", "--connect", self.where, "--token-file", token, "list", "-q"]
        self.assertEqual(subprocess.run(client, capture_output=True).returncode, 0)
        # A token is for those it is for.
        self.assertIn("in clear text", self.ask("list", code=2, connect="http://192.0.2.1:1", OCI_RT_TOKEN="x").stderr)
        self.assertIn("character", self.ask("list", code=2, OCI_RT_TOKEN="x\r\nHost: y").stderr)

    def test_what_cannot_be_asked(self):
        for words in (["create", "x"], ["nonsense"], ["run"], ["exec", "web"], ["list", "--nonsense"], ["pull"]):
            self.ask(*words, code=2)
        for wrong in ("ftp://x", "http://", "http://u:p@h:1", "http://h:0", "http://h/path", "unix://relative", "nonsense",
                      "http://h:1?x", "unix:///" + "x" * 200):
            self.assertIn("--connect", self.ask("list", code=2, connect=wrong).stderr)
        self.assertIn("cannot ask", self.ask("list", code=3, connect=f"unix://{self.folder}/none").stderr)
        self.assertIn("invalid-name", self.ask("state", "..", code=1).stderr)
        self.assertIn("invalid-name", self.ask("state", "a/../../healthz", code=1).stderr)
        self.assertIn("--quiet", self.ask("list", "--help").stdout)


class Liar:
    """Answers what it is told to, to whoever asks."""

    def __init__(self, path, act):
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(path))
        self.server.listen()
        self.act, self.seen = act, b""
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection = self.server.accept()[0]
            except OSError:
                return
            with connection:
                try:
                    while b"\r\n\r\n" not in self.seen:
                        self.seen += connection.recv(65536)
                    self.act(connection)
                    self.seen = b""
                except OSError:
                    pass

    def close(self):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join(5)


def answer(body, status="200 OK", kind="application/json", **fields):
    body = body if isinstance(body, bytes) else body.encode()
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{lines}Connection: close\r\n\r\n"
    return lambda connection: connection.sendall(head.encode() + body)


@unittest.skipUnless((FOLDER / "oci-rt-client").exists(), "oci-rt-client is not built")
class Liars(Asking, harness.Case):
    seconds = 150

    def lie(self, act):
        path = self.folder / "liar.sock"
        path.unlink(missing_ok=True)
        self.liar = Liar(path, act)
        self.addCleanup(self.liar.close)
        self.where = f"unix://{path}"

    def test_answers_that_are_none(self):
        for body in ("", "{", "nonsense", "{\"items\":", "[" * 100000, "\xff\xfe", "{}" * 10):
            self.lie(answer(body.encode("latin-1")))
            self.assertIn("no JSON", self.ask("state", "x", code=1).stderr)
            self.assertIn("no JSON", self.ask("list", code=1).stderr)
        for body in ("[]", "1", "null", "{}", '{"items":1,"next":7}', '{"items":{}}'):
            self.lie(answer(body))
            self.ask("list")
        self.lie(lambda connection: connection.sendall(b"garbage\r\n\r\n"))
        self.assertIn("cannot ask", self.ask("list", code=3).stderr)
        self.lie(lambda connection: None)
        self.assertIn("cannot ask", self.ask("list", code=3).stderr)

    def test_answers_without_end(self):
        def flood(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(1000):
                connection.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
        self.lie(flood)
        self.assertIn("more than", self.ask("list", code=3).stderr)
        self.lie(lambda connection: [connection.sendall(f"X{i}: {'y' * 900}\r\n".encode() if i else b"HTTP/1.1 200 OK\r\n")
                                     for i in range(10000)])
        self.ask("list", code=3)
        # Pages that never come to an end.
        self.lie(answer('{"items":[{"name":"x"}],"next":"x"}'))
        self.assertIn("without end", self.ask("list", code=1).stderr)
        # A line of a log that never ends.
        def line(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(1000):
                connection.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        self.lie(line)
        self.assertIn("line without end", self.ask("logs", "x", code=1).stderr)

    def test_answers_that_trickle(self):
        def trickle(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            for _ in range(600):
                connection.sendall(b" ")
                time.sleep(0.1)
        self.lie(trickle)
        begun = time.monotonic()
        self.assertIn("too long", self.ask("list", code=3).stderr)
        self.assertLess(time.monotonic() - begun, 50)

    def test_nothing_leads_elsewhere(self):
        other = self.folder / "elsewhere.sock"
        self.lie(answer("", "302 Found", Location=f"http://127.0.0.1:{free_port()}/"))
        self.assertIn("302", self.ask("list", code=1).stderr)
        self.assertFalse(other.exists())

    def test_nothing_drives_the_terminal(self):
        evil = "\x1b]0;pwned\x07\x1b[2J\u009b31m"
        document = {"name": evil, "tag": evil, "state": evil, "id": evil, "createdAt": evil, "image": {"reference": evil},
                    "digest": evil, "platform": evil}
        problem = {"code": evil, "detail": evil, "errors": [{"pointer": evil, "detail": evil}],
                   "runtime": {"stderrTail": evil}}
        self.lie(answer(json.dumps({"items": [document]})))
        outputs = [self.ask("list"), self.ask("list", "-q"), self.ask("list", "-f", "json"), self.ask("images"), self.ask("images", "-q")]
        self.lie(answer(json.dumps(problem), "500 Oops", "application/problem+json"))
        outputs += [self.ask("list", code=1), self.ask("pull", "x", code=1), self.ask("exec", "x", "y", code=255)]
        self.lie(answer(evil, "500 Oops", "text/plain"))
        outputs += [self.ask("list", code=1)]
        self.lie(answer(json.dumps({"state": evil})))
        outputs += [self.ask("pull", "x", code=1), self.ask("state", "x"), self.ask("run", "x")]
        self.lie(answer(f"data: {evil}\n\n", kind="text/event-stream"))
        outputs += [self.ask("events")]
        for one in outputs:
            self.assertFalse(set("\x1b\x07\u009b") & set(one.stdout + one.stderr), repr(one))
            self.assertNotIn(b"\x9b", (one.stdout + one.stderr).encode("utf-8", "replace"))

    def test_a_hostile_status_is_no_exit_status_of_ours(self):
        self.lie(answer('{"exitCode":256,"stdout":"a\\u0000b","stderr":"e"}'))
        done = self.ask("exec", "x", "y", code=255)
        self.assertEqual((done.stdout, done.stderr), ("a\ufffdb", "e"))

    def test_names_choose_no_route(self):
        for name, seen in (("..", "%2E%2E"), ("a/b?c#d", "a%2Fb%3Fc%23d"), ("a\r\nX: y", "a%0D%0AX%3A%20y"[:6])):
            asked = []
            self.lie(lambda connection: (asked.append(self.liar.seen), answer("{}")(connection)))
            self.ask("state", name)
            self.assertIn(f"GET /containers/{seen}".encode(), asked[0])
            self.assertEqual(len(re.findall(rb"^X: y", asked[0], re.M)), 0)


if __name__ == "__main__":
    unittest.main()
