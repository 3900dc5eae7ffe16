# SPDX-License-Identifier: Apache-2.0
"""`oci-rt serve` and its containers, over a runtime that only looks like one: what is asked, and what follows."""

import concurrent.futures
import json
import os
import pathlib
import signal
import sys
import time
import unittest

import host
import service
from test_serve import Case as Plain

FAKE = pathlib.Path(__file__).resolve().parents[1] / "support" / "fake_runtime.py"
SLEEP = {"args": ["sleep", "1000"]}


@unittest.skipUnless(service.program(), "oci-rt-serve is not built")
class Case(Plain):
    def setUp(self):
        super().setUp()
        self.fake = self.folder / "fake"
        for name in ("images", "containers"):
            (self.fake / name).mkdir(parents=True)
        # This very interpreter, at once: `env` and what stands for python3 somewhere take their time.
        self.runtime = self.folder / "runtime"
        self.runtime.write_text(f"#!{sys.executable} -IS\n{FAKE.read_text()}")
        self.runtime.chmod(0o755)

    def serve(self, *options, **more):
        environment = {**os.environ, "FAKE_RUNTIME": str(self.fake)}
        return super().serve(*options, runtime=str(self.runtime), environment=environment, **more)

    def calls(self, verb=None):
        path = self.fake / "calls"
        all_calls = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        return [words for words in all_calls if verb in (None, words[0], words[1] if words[0] == "image" else None)]

    def set(self, name, text=""):
        (self.fake / name).write_text(str(text))

    def unset(self, name):
        (self.fake / name).unlink()

    def up(self, one, name="web", **body):
        reply = one("PUT", f"/containers/{name}", {**SLEEP, **body}, Prefer="wait=20")
        self.assertEqual(reply.status, 201, reply)
        return reply.json

    def wait(self, one, name, state, seconds=10):
        got = host.until(lambda: one("GET", f"/containers/{name}").json["state"] == state, seconds)
        self.assertTrue(got, one("GET", f"/containers/{name}"))
        return one("GET", f"/containers/{name}").json

    def to(self, one, name, state, **fields):
        return one("PUT", f"/containers/{name}/status", {"state": state, **fields})


class Life(Case):
    def test_the_life_of_a_container(self):
        self.set("slow-pull", 0.05)
        one = self.serve()
        reply = one("PUT", "/containers/alpine:3.19")
        self.assertEqual((reply.status, reply.fields["location"]), (202, "/containers/alpine:3.19"))
        self.assertEqual(reply.json["image"]["reference"], "docker.io/library/alpine:3.19")
        self.assertIn(reply.json["status"], ("creating",))
        seen = []
        self.assertTrue(host.until(lambda: seen.append(one("GET", "/containers/alpine:3.19").json)
                                   or seen[-1]["state"] == "running", 20))
        done = [each["progress"]["bytesDone"] for each in seen]
        self.assertEqual(done, sorted(done))
        self.assertGreater(len(set(done)), 2)
        self.assertIn("fetching", {each["state"] for each in seen})
        last = seen[-1]
        self.assertEqual(last["image"]["digest"], "sha256:" + "ab" * 32)
        self.assertRegex(last["id"], "^alpine_3.19-[0-9a-f]{8}$")
        self.assertGreater(last["pid"], 0)
        self.assertEqual(self.to(one, "alpine:3.19", "paused").json["state"], "paused")
        self.assertEqual(one("GET", "/containers/alpine:3.19/status").json["status"], "paused")
        self.assertEqual(self.to(one, "alpine:3.19", "running").json["state"], "running")
        self.assertEqual(one("DELETE", "/containers/alpine:3.19").status, 204)
        self.assert_problem(one("GET", "/containers/alpine:3.19"), 404, "no-such-container")
        self.assert_problem(one("DELETE", "/containers/alpine:3.19"), 404)
        self.assertEqual(list((self.folder / "served" / "containers").iterdir()), [])
        self.assertTrue(host.until(lambda: not os.path.exists(f"/proc/{last['pid']}/exe"), 5))

    def test_what_the_runtime_is_told(self):
        one = self.serve()
        self.up(one, "app", image="localhost:5000/a/b:1", args=["sleep", "1000"], env=["A=b c", "B=$(x)"], user="1:2",
                cwd="/srv", hostname="box", tmpfs=["/tmp"], readonlyRootfs=True, network={"mode": "host"},
                mounts=[{"source": "/d", "destination": "/e", "options": ["ro"]}, {"source": "v", "destination": "/v"}],
                resources={"memory": {"limit": 1000000}, "cpu": {"quota": 50000, "shares": 7}, "pids": {"limit": 9}})
        words = self.calls("run")[0]
        self.assertEqual(words[:2] + words[3:4], ["run", "--detach", "--monitor"])
        self.assertEqual(words[5:], ["--env=A=b c", "--env=B=$(x)", "--volume=/d:/e:ro", "--volume=v:/v", "--tmpfs=/tmp",
                                     "--user=1:2", "--workdir=/srv", "--hostname=box", "--network=host", "--memory=1000000",
                                     "--cpu-shares=7", "--pids-limit=9", "--cpus=0.5000", "--read-only",
                                     "localhost:5000/a/b:1", "sleep", "1000"])
        self.assertEqual(self.calls("pull"), [["image", "pull", "--progress=json", "localhost:5000/a/b:1"]])

    def test_an_image_that_is_there_is_not_fetched(self):
        one = self.serve()
        self.up(one, "a", image="x")
        self.up(one, "b", image="x")
        self.assertEqual(len(self.calls("pull")), 1)
        self.up(one, "c", image="x", pull="always")
        self.assertEqual(len(self.calls("pull")), 2)
        reply = one("PUT", "/containers/d", {"image": "y", "pull": "never"}, Prefer="wait=9")
        self.assert_problem(reply, 404, "no-such-image")
        self.assertEqual(one("GET", "/containers/d").json["error"]["code"], "no-such-image")

    def test_two_containers_share_a_fetch(self):
        self.set("slow-pull", 0.1)
        one = self.serve()
        for name in ("a", "b", "c"):
            self.assertEqual(one("PUT", f"/containers/{name}", {"image": "x"}).status, 202)
        self.wait(one, "a", "fetching")
        self.assertEqual(one("DELETE", "/containers/a").status, 204)
        for name in ("b", "c"):
            self.wait(one, name, "running")
        self.assertEqual(len(self.calls("pull")), 1)

    def test_a_fetch_that_nobody_waits_for_ends(self):
        self.set("slow-pull", 3)
        one = self.serve()
        one("PUT", "/containers/a", {"image": "x"})
        self.wait(one, "a", "fetching")
        begun = time.monotonic()
        self.assertEqual(one("DELETE", "/containers/a").status, 204)
        self.assertLess(time.monotonic() - begun, 2)
        self.assertTrue(host.until(lambda: not pulling(self.runtime), 3))

    def test_failures_are_told_and_tried_again(self):
        self.set("fail-pull", "registry says no")
        one = self.serve()
        self.assert_problem(one("PUT", "/containers/a", SLEEP, Prefer="wait=9"), 502, "registry-error")
        document = one("GET", "/containers/a").json
        self.assertEqual((document["state"], document["status"], document["error"]["code"]), ("failed", "stopped", "registry-error"))
        self.assertIn("registry says no", document["error"]["runtime"]["stderrTail"])
        self.unset("fail-pull")
        self.set("fail-run", "no way")
        reply = self.assert_problem(one("PUT", "/containers/a", SLEEP, Prefer="wait=9"), 500, "runtime-failed")
        self.assertEqual(reply.json["runtime"]["exitCode"], 1)
        self.unset("fail-run")
        self.assertEqual(one("PUT", "/containers/a", SLEEP, Prefer="wait=9").json["state"], "running")
        self.set("fail-delete", "stuck")
        self.assert_problem(one("DELETE", "/containers/a"), 500, "runtime-failed")
        self.assertEqual(one("GET", "/containers/a").status, 200)
        self.unset("fail-delete")
        self.assertEqual(one("DELETE", "/containers/a").status, 204)

    def test_processes_that_do_not_want_to_stop(self):
        one = self.serve()
        stubborn = ["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"]
        self.up(one, args=stubborn, stopTimeoutSeconds=1)
        begun = time.monotonic()
        self.assertEqual(self.to(one, "web", "stopped").json["exitCode"], 137)
        self.assertGreater(time.monotonic() - begun, 0.9)
        self.assertEqual(self.to(one, "web", "running").json["state"], "running")
        self.assertEqual(one("DELETE", "/containers/web?force=true").status, 204)
        self.up(one)
        self.assertEqual(self.to(one, "web", "stopped", signal="SIGUSR1").json["exitCode"], 128 + signal.SIGUSR1)

    def test_an_end_is_seen(self):
        one = self.serve()
        one("PUT", "/containers/web", {"args": ["sh", "-c", "exit 7"]})
        document = one("GET", "/containers/web?wait=stopped&timeout=10").json
        self.assertEqual((document["state"], document["exitCode"], document["exitReason"], document["pid"]),
                         ("stopped", 7, "exited", 0))
        self.up(one, "dies")
        pid = one("GET", "/containers/dies").json["pid"]
        os.kill(pid, signal.SIGSEGV)
        document = one("GET", "/containers/dies?wait=stopped&timeout=10").json
        self.assertEqual((document["exitCode"], document["exitReason"]), (139, "signaled"))

    def test_created_but_not_started(self):
        one = self.serve()
        self.assertEqual(one("PUT", "/containers/a", {**SLEEP, "start": False}, Prefer="wait=9").json["state"], "created")
        self.assertEqual(self.calls("run"), [])
        self.assert_problem(self.to(one, "a", "paused"), 409, "invalid-transition")
        self.assertEqual(self.to(one, "a", "running").json["state"], "running")
        one("PUT", "/containers/b", {**SLEEP, "start": False}, Prefer="wait=9")
        self.assertEqual(self.to(one, "b", "stopped").json["state"], "stopped")
        self.assertEqual(one("DELETE", "/containers/b").status, 204)

    def test_signals(self):
        one = self.serve()
        self.up(one, args=["sh", "-c", "trap 'exit 5' USR1; while :; do sleep 0.05; done"])
        time.sleep(0.3)
        self.assertEqual(one("POST", "/containers/web/signal", {"signal": "SIGUSR1"}).status, 204)
        self.assertEqual(self.wait(one, "web", "stopped")["exitCode"], 5)
        self.assert_problem(one("POST", "/containers/web/signal", {"signal": "HUP"}), 409, "not-running")
        self.up(one, "b")
        self.assert_problem(one("POST", "/containers/b/signal", {"signal": "SIGNONE"}), 422, "unknown-value")
        self.assert_problem(one("POST", "/containers/b/signal", {}), 400, "invalid-spec")


def pulling(runtime):
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"pull" in words and str(runtime).encode() in words:
            return True
    return False


class Idempotency(Case):
    def test_the_table(self):
        one = self.serve()
        self.up(one)
        self.assertEqual(one("PUT", "/containers/web", SLEEP).status, 200)
        self.assertEqual(one("PUT", "/containers/web:latest", SLEEP).status, 200)
        self.assertEqual(one("PUT", "/containers/web", {**SLEEP, "labels": {}}).status, 200)
        reply = self.assert_problem(one("PUT", "/containers/web", {"args": ["x"]}), 409, "spec-conflict")
        self.assertEqual(reply.json["detail"].count("sha256:"), 2)
        self.assert_problem(one("PUT", "/containers/web", SLEEP, If_None_Match="*"), 412, "precondition-failed")
        self.to(one, "web", "stopped")
        self.assertEqual(one("PUT", "/containers/web", SLEEP).json["state"], "stopped")
        old = one("GET", "/containers/web").json["specDigest"]
        reply = one("PUT", "/containers/web?replace=true", {"args": ["sleep", "999"]})
        self.assertEqual(reply.status, 202)
        self.assertNotEqual(self.wait(one, "web", "running")["specDigest"], old)
        reply = one("PUT", "/containers/web?replace=true", {"args": ["sleep", "998"]}, Prefer="wait=9")
        self.assertEqual((reply.status, reply.json["state"]), (201, "running"))
        self.assertEqual(len(list((self.fake / "containers").iterdir())), 1)
        self.assertEqual(one("PUT", "/containers/other", SLEEP, If_None_Match="*").status, 202)

    def test_put_while_it_is_fetched_and_deleted(self):
        self.set("slow-pull", 0.1)
        one = self.serve()
        one("PUT", "/containers/web", SLEEP)
        self.wait(one, "web", "fetching")
        self.assertEqual(one("PUT", "/containers/web", SLEEP).status, 200)
        for state in ("running", "paused", "stopped"):
            reply = self.assert_problem(self.to(one, "web", state), 409, "not-ready")
            self.assertIn("retry-after", reply.fields)
        self.wait(one, "web", "running")
        self.set("fail-kill", "deaf")
        self.assertEqual(one("DELETE", "/containers/web?timeout=1", Prefer="respond-async").status, 202)
        reply = self.assert_problem(one("PUT", "/containers/web", SLEEP), 409, "deleting")
        self.assertEqual(reply.fields["retry-after"], "1")
        self.assert_problem(self.to(one, "web", "paused"), 409, "deleting")
        self.unset("fail-kill")
        self.assertTrue(host.until(lambda: one("GET", "/containers/web").status == 404, 10))

    def test_many_at_once_make_one(self):
        one = self.serve("--max-connections-of-peer", 100)
        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            replies = list(pool.map(lambda _: one("PUT", "/containers/web", SLEEP, seconds=60).status, range(50)))
        self.assertEqual(sorted(replies), [200] * 49 + [202])
        self.wait(one, "web", "running", 30)
        self.assertEqual(len(self.calls("run")), 1)
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            replies = list(pool.map(lambda _: one("DELETE", "/containers/web", seconds=60).status, range(10)))
        self.assertEqual(sorted(replies), [204] + [404] * 9)

    def test_put_and_delete_at_once(self):
        one = self.serve("--max-connections-of-peer", 100)
        def act(number):
            if number % 2:
                return one("DELETE", "/containers/web?force=1", seconds=60).status
            return one("PUT", "/containers/web", SLEEP, seconds=60, Prefer="wait=30").status
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            replies = set(pool.map(act, range(20)))
        self.assertLessEqual(replies, {200, 201, 202, 204, 404, 409})
        one("DELETE", "/containers/web?force=1")
        self.assertEqual(list((self.fake / "containers").iterdir()), [])


class Requests(Case):
    def test_names(self):
        one = self.serve()
        before = sorted(os.listdir(self.folder))
        for name in ("..", "%2e%2e", "%252e", "a%00", "-x", "a..b", "A", "a:", ":a", "a:b:c%20", "a@sha256:00", "a%2f..%2fb", "a%2f",
                     "%2fa", "a" * 256, "con%e2%80%ae", "a%0a", "a___b", "a:-b", "*"):
            with self.subTest(name):
                for method in ("PUT", "GET", "DELETE"):
                    self.assert_problem(one(method, f"/containers/{name}"), 400, "invalid-name")
        self.assert_problem(one("GET", "/containers/"), 400, "invalid-name")
        self.assertEqual(sorted(os.listdir(self.folder)), before)
        for name in ("a", "a.b", "a__b", "a--b", "a:B_.-", "library%2Falpine:3", "a" * 200):
            self.assert_problem(one("GET", f"/containers/{name}"), 404, "no-such-container")

    def test_bodies(self):
        one = self.serve()
        for body in (b"{", b"[]", b"1", b"nul", b'{"args":["a"],"args":["b"]}', b'{"a":"\\u0000"}', b'{"a":"\xff"}', b"\xef\xbb\xbf{}",
                     b'{"labels":' + b'{"a":' * 33 + b"1" + b"}" * 34):
            with self.subTest(body):
                self.assert_problem(one("PUT", "/containers/a", body), 400, "invalid-json")
        wrong = {"nonsense": 1, "image": "http://x/y", "args": "x", "env": ["A"], "mounts": [{"destination": "relative"}, 7],
                 "resources": {"memory": {"limit": -1}, "gpu": {}}, "restart": {"policy": "never"}, "stopSignal": "SIGX",
                 "network": {"mode": "bridge"}, "stopTimeoutSeconds": 99999, "cwd": "x", "pull": "x"}
        reply = self.assert_problem(one("PUT", "/containers/a", wrong), 400, "invalid-spec")
        pointers = {each["pointer"] for each in reply.json["errors"]}
        self.assertLessEqual({"/nonsense", "/image", "/args", "/env", "/mounts/0/destination", "/mounts/1",
                              "/resources/memory/limit", "/resources/gpu", "/restart/policy", "/stopSignal", "/network/mode",
                              "/cwd", "/pull", "/stopTimeoutSeconds"}, pointers)
        self.assert_problem(one("PUT", "/containers/a", b'{"stopTimeoutSeconds":1e999}'), 400, "invalid-spec")
        self.assertEqual(one("PUT", "/containers/a?strict=false", {**SLEEP, "nonsense": 1}).status, 202)
        self.assert_problem(one("PUT", "/containers/a/status", {}), 400, "invalid-spec")
        self.assert_problem(one("PUT", "/containers/a/status", {"state": "flying"}), 422, "unknown-value")
        self.assert_problem(one("PUT", "/containers/a/status", {"state": "running", "x": 1}), 400, "invalid-spec")
        self.assert_problem(one("PUT", "/containers/nobody/status", {"state": "running"}), 404)

    def test_images_that_cannot_be(self):
        one = self.serve()
        for image in ("http://a/b", "user@host/a", "../x", "a//b", "A", "a" * 500, "sha256:zz", "a\nb", "-x", "a:b:c", "a@sha256:zz",
                      "--help", "/a", "a/", "host:99999/a", "a b", ""):
            with self.subTest(image):
                self.assert_problem(one("PUT", "/containers/a", {"image": image}), 400, "invalid-spec")
        for number, image in enumerate(("a", "a/b", "host:5000/a", "h.example/a/b:1.2", "a@sha256:" + "0" * 64, "localhost/a")):
            self.assertEqual(one("PUT", f"/containers/i{number}", {"image": image}).status, 202, image)

    def test_the_list(self):
        one = self.serve()
        for name in ("c", "a:2", "a:1", "b"):
            self.up(one, name, image="x", labels={"team": name[0]})
        names = lambda query="": [f"{each['name']}:{each['tag']}" for each in one("GET", f"/containers{query}").json["items"]]
        self.assertEqual(names(), ["a:1", "a:2", "b:latest", "c:latest"])
        page = one("GET", "/containers?limit=2").json
        self.assertEqual(page["next"], "a:2")
        page = one("GET", f"/containers?limit=2&after={page['next']}").json
        self.assertEqual((len(page["items"]), page["next"]), (2, None))
        self.assertEqual(names("?label=team=a"), ["a:1", "a:2"])
        self.assertEqual(names("?label=team"), ["a:1", "a:2", "b:latest", "c:latest"])
        self.assertEqual(names("?label=team=a&label=x"), [])
        self.to(one, "b", "paused")
        self.assertEqual(names("?state=paused"), ["b:latest"])
        self.assertEqual(names("?image=y"), [])
        self.assert_problem(one("GET", "/containers?state=x"), 400, "invalid-query")
        self.assert_problem(one("GET", "/containers?limit=x"), 400, "invalid-query")

    def test_conditions(self):
        one = self.serve()
        self.up(one)
        reply = one("GET", "/containers/web")
        tag = reply.fields["etag"]
        self.assertEqual(one("GET", "/containers/web", If_None_Match=tag).status, 304)
        self.assertEqual(one("PUT", "/containers/web/status", {"state": "paused"}, If_Match=tag).status, 200)
        self.assert_problem(one("PUT", "/containers/web/status", {"state": "running"}, If_Match=tag), 412)
        self.assert_problem(one("DELETE", "/containers/web?ifStopped=true"), 409, "still-running")
        self.assert_problem(one("GET", "/containers/web?wait=nothing"), 400, "invalid-query")
        begun = time.monotonic()
        self.assertEqual(one("GET", "/containers/web?wait=stopped&timeout=1").json["state"], "paused")
        self.assertGreater(time.monotonic() - begun, 0.9)

    def test_a_client_that_goes_leaves_its_work(self):
        self.set("slow-pull", 0.05)
        one = self.serve()
        body = json.dumps(SLEEP)
        with one.connect() as connection:
            connection.sendall(f"PUT /containers/web HTTP/1.1\r\nHost: a\r\nPrefer: wait=30\r\nContent-Type: application/json\r\n"
                               f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
            time.sleep(0.2)
        self.wait(one, "web", "running")


class Transitions(Case):
    """PUT …/status in every state that stays long enough."""

    def test_the_table(self):
        one = self.serve()
        self.up(one)
        self.up(one, "failed")
        self.set("fail-run", "no")
        one("PUT", "/containers/broken", SLEEP, Prefer="wait=9")
        self.unset("fail-run")
        steps = [("running", 200, "running"), ("paused", 200, "paused"), ("paused", 200, "paused"), ("running", 200, "running"),
                 ("stopped", 200, "stopped"), ("stopped", 200, "stopped"), ("paused", 409, "stopped"), ("running", 200, "running"),
                 ("paused", 200, "paused"), ("stopped", 200, "stopped")]
        for wish, status, state in steps:
            with self.subTest(f"{wish}: {state}"):
                self.assertEqual(self.to(one, "web", wish).status, status)
                self.assertEqual(one("GET", "/containers/web").json["state"], state)
        for wish, status in (("running", 409), ("paused", 409), ("stopped", 200)):
            self.assertEqual(self.to(one, "broken", wish).status, status)

    def test_while_it_stops(self):
        one = self.serve()
        self.up(one, args=["sh", "-c", "trap 'sleep 1; exit 3' TERM; while :; do sleep 0.05; done"])
        time.sleep(0.3)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            first = pool.submit(self.to, one, "web", "stopped")
            self.wait(one, "web", "stopping")
            second = pool.submit(self.to, one, "web", "stopped")
            for wish in ("running", "paused"):
                self.assert_problem(self.to(one, "web", wish), 409, "invalid-transition")
            self.assertEqual((first.result().json["exitCode"], second.result().json["exitCode"]), (3, 3))


class Streams(Case):
    def lines(self, connection, until, seconds=10):
        seen = b""
        end = time.monotonic() + seconds
        connection.settimeout(0.2)
        while until.encode() not in seen and time.monotonic() < end:
            try:
                piece = connection.recv(65536)
            except TimeoutError:
                continue
            if not piece:
                break
            seen += piece
        return seen.decode()

    def listen(self, one, path="/events", **fields):
        connection = one.connect()
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n{head}\r\n".encode())
        return connection

    def test_events(self):
        one = self.serve()
        with self.listen(one) as connection:
            self.lines(connection, "listening")
            self.up(one)
            one("DELETE", "/containers/web")
            text = self.lines(connection, "container.deleted")
        kinds = [line.removeprefix("event: ") for line in text.splitlines() if line.startswith("event: ")]
        for kind in ("created", "fetching", "unpacking", "ready", "creating", "started", "stopping", "stopped", "deleted"):
            self.assertIn(f"container.{kind}", kinds)
        first = json.loads([line for line in text.splitlines() if line.startswith("data: ")][0].removeprefix("data: "))
        self.assertEqual((first["type"], first["action"], first["name"]), ("container", "created", "web:latest"))
        # Gone on with where it broke off.
        with self.listen(one, Last_Event_ID=first["seq"]) as connection:
            again = self.lines(connection, "container.deleted")
        self.assertNotIn("container.created", again)
        self.assertIn("container.fetching", again)
        with self.listen(one, "/events?since=0&filter=container=other") as connection:
            self.assertNotIn("container.", self.lines(connection, "never", 1))
        self.assert_problem(one("GET", "/events?since=99999"), 410, "events-lost")
        self.assert_problem(one("GET", "/events?since=x"), 400)
        self.assert_problem(one("GET", "/events?filter=x"), 400)

    def test_status_of_one(self):
        one = self.serve()
        self.up(one)
        with self.listen(one, "/containers/web", Accept="text/event-stream") as connection:
            self.lines(connection, '"running"')
            self.to(one, "web", "paused")
            self.assertIn("event: status", self.lines(connection, '"paused"'))
            one("DELETE", "/containers/web")
            self.assertIn("0\r\n\r\n", self.lines(connection, "0\r\n\r\n"))

    def test_streams_end_with_the_service(self):
        one = self.serve()
        with self.listen(one) as connection:
            self.lines(connection, "listening")
            one.process.send_signal(signal.SIGTERM)
            self.assertIn("daemon.shutting_down", self.lines(connection, "never", 5))
        self.assertEqual(one.stop(), 0)


class Looking(Case):
    """Into a container: what it says, does and uses."""

    def test_logs(self):
        one = self.serve()
        one("PUT", "/containers/a", {"args": ["sh", "-c", "for i in 1 2 3 4 5; do echo line $i; done"]}, Prefer="wait=9")
        self.wait(one, "a", "stopped")
        reply = one("GET", "/containers/a/logs")
        self.assertEqual(reply.body.decode(), "".join(f"line {i}\n" for i in range(1, 6)))
        self.assertEqual(one("GET", "/containers/a/logs?tail=2").body, b"line 4\nline 5\n")
        self.assertEqual(one("GET", "/containers/a/logs?tail=0").body, b"")
        self.assertEqual(one("GET", "/containers/a/logs?streams=stderr").body, b"")
        self.assertRegex(one("GET", "/containers/a/logs?timestamps&tail=1").body.decode(), r"^\d{4}-\d\d-\d\dT[\d:.]+Z line 5\n$")
        self.assertEqual(one("GET", "/containers/a/logs?since=2999-01-01T00:00:00Z").body, b"")
        self.assertEqual(one("GET", "/containers/a/logs?until=2000-01-01").body, b"")
        lines = one("GET", "/containers/a/logs", Accept="application/x-ndjson").body.decode().splitlines()
        self.assertEqual([json.loads(line)["text"] for line in lines], [f"line {i}" for i in range(1, 6)])
        self.assertIn("event: stdout\n", one("GET", "/containers/a/logs", Accept="text/event-stream").body.decode())
        for query in ("tail=x", "since=yesterday", "streams=x", "follow=maybe"):
            self.assert_problem(one("GET", f"/containers/a/logs?{query}"), 400, "invalid-query")
        one("PUT", "/containers/b", {**SLEEP, "start": False}, Prefer="wait=9")
        self.assert_problem(one("GET", "/containers/b/logs"), 409, "no-logs")

    def test_logs_are_followed(self):
        one = self.serve()
        one("PUT", "/containers/a", {"args": ["sh", "-c", "for i in 1 2 3; do echo line $i; sleep 0.4; done"]}, Prefer="wait=9")
        begun = time.monotonic()
        reply = one("GET", "/containers/a/logs?follow")
        self.assertEqual(reply.body.decode(), "line 1\nline 2\nline 3\n")
        self.assertGreater(time.monotonic() - begun, 0.3)

    def test_large_logs_are_no_large_service(self):
        one = self.serve()
        one("PUT", "/containers/a", {"args": ["sh", "-c", "yes 0123456789012345678901234567890 | head -c 20000000"]}, Prefer="wait=9")
        self.wait(one, "a", "stopped", 40)
        before = one.memory()
        self.assertEqual(len(one("GET", "/containers/a/logs").body), 20000000)
        with one.connect() as connection:
            connection.sendall(b"GET /containers/a/logs HTTP/1.1\r\nHost: a\r\n\r\n")
            time.sleep(0.5)
            self.assertLess(one.memory() - before, 4000)

    def test_processes_stats_and_config(self):
        one = self.serve()
        pid = self.up(one)["pid"]
        self.assertEqual(one("GET", "/containers/web/processes").json["pids"], [{"pid": pid}])
        self.assertEqual(one("GET", "/containers/web/stats").json["stats"], {"cpu": {"usage": 1}})
        self.assertEqual(one("GET", "/containers/web/config").json["process"]["args"], SLEEP["args"])
        with one.connect() as connection:
            connection.sendall(b"GET /containers/web/stats?stream HTTP/1.1\r\nHost: a\r\nAccept: application/x-ndjson\r\n\r\n")
            seen = b""
            while seen.count(b'"stats"') < 2:
                seen += connection.recv(4096)
        self.to(one, "web", "stopped")
        for what in ("processes", "stats"):
            self.assert_problem(one("GET", f"/containers/web/{what}"), 409, "not-running")

    def test_exec(self):
        one = self.serve()
        self.up(one)
        run = lambda *args, **more: one("POST", "/containers/web/exec", {"args": list(args), **more})
        self.assertEqual(run("sh", "-c", "echo out; echo err >&2; exit 3").json,
                         {"exitCode": 3, "stdout": "out\n", "stderr": "err\n", "truncated": False})
        reply = run("sh", "-c", "yes | head -c 3000000").json
        self.assertEqual((len(reply["stdout"]), reply["truncated"]), (1 << 20, True))
        self.assertIn("\\xff", run("printf", "\\377").json["stdout"])
        begun = time.monotonic()
        self.assert_problem(run("sleep", "100", timeoutSeconds=1), 504, "exec-timeout")
        self.assertLess(time.monotonic() - begun, 5)
        run("true", env=["A=b"], cwd="/x", user="1:2")
        self.assertEqual(self.calls("exec")[-1][3:], ["--env=A=b", "--cwd=/x", "--user=1:2", one("GET", "/containers/web").json["id"], "true"])
        self.assert_problem(run(), 400, "invalid-spec")
        self.assert_problem(run("a", user="root"), 400, "invalid-spec")
        self.to(one, "web", "stopped")
        self.assert_problem(run("true"), 409, "not-running")

    def test_images(self):
        one = self.serve()
        self.assertEqual(one("GET", "/images").json, {"items": []})
        self.assert_problem(one("GET", "/images/a"), 404, "no-such-image")
        self.assertEqual(one("PUT", "/images/a", Prefer="wait=9").json["state"], "done")
        self.assertEqual(one("PUT", "/images/quay.io%2Fb").status, 202)
        self.assertTrue(host.until(lambda: len(one("GET", "/images").json["items"]) == 2, 5))
        self.assertEqual(one("GET", "/images/a").json["name"], "a")
        self.up(one, image="a")
        self.assert_problem(one("DELETE", "/images/a"), 409, "image-in-use")
        one("DELETE", "/containers/web?force")
        self.assertEqual(one("DELETE", "/images/a").status, 204)
        self.assert_problem(one("DELETE", "/images/a"), 404, "no-such-image")
        self.assertEqual(one("POST", "/images/prune").json, {"removed": 0})
        self.assert_problem(one("GET", "/images/--help"), 400, "invalid-name")
        self.set("fail-pull", "registry.example has no image x")
        self.assert_problem(one("PUT", "/images/x", Prefer="wait=9"), 404, "image-not-found")


class Policies(Case):
    def test_no_policy_no_restart(self):
        one = self.serve()
        one("PUT", "/containers/a", {"args": ["true"]}, Prefer="wait=9")
        self.wait(one, "a", "stopped")
        time.sleep(0.5)
        self.assertEqual(one("GET", "/containers/a").json["restartCount"], 0)

    def test_on_failure(self):
        one = self.serve()
        one("PUT", "/containers/bad", {"args": ["false"], "restart": {"policy": "on-failure", "maxRetries": 2}})
        one("PUT", "/containers/good", {"args": ["true"], "restart": {"policy": "on-failure"}})
        self.assertTrue(host.until(lambda: one("GET", "/containers/bad").json["restartCount"] == 2, 20))
        self.wait(one, "bad", "stopped")
        time.sleep(1)
        self.assertEqual(one("GET", "/containers/bad").json["restartCount"], 2)
        self.assertEqual(one("GET", "/containers/good").json["restartCount"], 0)

    def test_always_until_a_client_stops_it(self):
        one = self.serve()
        self.up(one, restart={"policy": "always"})
        for count in (1, 2):
            document = self.wait(one, "web", "running")
            os.kill(document["pid"], signal.SIGKILL)
            self.assertTrue(host.until(lambda: one("GET", "/containers/web").json["restartCount"] == count, 10))
        self.wait(one, "web", "running")
        self.to(one, "web", "stopped")
        time.sleep(1)
        self.assertEqual(one("GET", "/containers/web").json["state"], "stopped")


class Restarts(Case):
    """Of the service itself."""

    def test_sigterm_takes_the_containers_along(self):
        one = self.serve()
        pids = [self.up(one, name)["pid"] for name in ("a", "b")]
        self.assertEqual(one.stop(), 0)
        self.assertEqual([pid for pid in pids if os.path.exists(f"/proc/{pid}/exe")], [])
        one.start()
        self.assertEqual(one("GET", "/containers").json["items"], [])

    def test_kept_containers_are_taken_back(self):
        one = self.serve("--keep")
        document = self.up(one, "a", labels={"x": "y"})
        self.up(one, "p")
        self.to(one, "p", "paused")
        self.up(one, "ends", args=["sh", "-c", "sleep 1; exit 9"])
        one("PUT", "/containers/created", {**SLEEP, "start": False}, Prefer="wait=9")
        self.assertEqual(one.stop(), 0)
        time.sleep(1.2)
        one.start()
        self.assertEqual(self.wait(one, "a", "running")["pid"], document["pid"])
        self.assertEqual(one("GET", "/containers/a").json["labels"], {"x": "y"})
        self.assertEqual(one("GET", "/containers/p").json["state"], "paused")
        self.assertEqual(self.wait(one, "ends", "stopped")["exitCode"], 9)
        self.assertEqual(one("GET", "/containers/created").json["state"], "created")
        self.assertEqual(one("PUT", "/containers/a", {**SLEEP, "labels": {"x": "y"}}).status, 200)
        os.kill(document["pid"], signal.SIGKILL)
        self.assertEqual(self.wait(one, "a", "stopped")["exitCode"], 137)
        for name in ("a", "p", "ends", "created"):
            self.assertEqual(one("DELETE", f"/containers/{name}?force=1").status, 204)

    def test_killed_at_any_time(self):
        self.set("slow-pull", 0.05)
        one = self.serve()
        self.up(one, "runs")
        one("PUT", "/containers/fetches", {**SLEEP, "image": "y"})
        self.wait(one, "fetches", "fetching")
        one.stop(signal.SIGKILL)
        one.start()
        self.wait(one, "runs", "running")
        self.wait(one, "fetches", "running")
        one("DELETE", "/containers/runs?force=1", Prefer="respond-async")
        one.stop(signal.SIGKILL)
        one.start()
        self.assertTrue(host.until(lambda: one("GET", "/containers/runs").status == 404
                                   or one("GET", "/containers/runs").json["state"] == "running", 10))
        one("DELETE", "/containers/runs?force=1")
        one("DELETE", "/containers/fetches?force=1")
        self.assertEqual(list((self.fake / "containers").iterdir()), [])

    def test_a_damaged_record_harms_nobody_else(self):
        one = self.serve("--keep")
        self.up(one, "a")
        one.stop()
        for name, text in (("x.json", "{"), ("y.json", "{}"), ("z.json", "\0" * 100)):
            (self.folder / "served" / "containers" / name).write_text(text)
        one.start()
        self.wait(one, "a", "running")
        self.assertEqual(one("DELETE", "/containers/a?force=1").status, 204)


if __name__ == "__main__":
    unittest.main()
