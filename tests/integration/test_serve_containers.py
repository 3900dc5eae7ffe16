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
        self.assertEqual((words[:2], words[3]), (["run", "--detach"], "--pull=never"))
        self.assertEqual(words[5:], ["--env=A=b c", "--env=B=$(x)", "--volume=/d:/e:ro", "--volume=v:/v", "--tmpfs=/tmp",
                                     "--user=1:2", "--workdir=/srv", "--hostname=box", "--network=host", "--memory=1000000",
                                     "--cpu-shares=7", "--pids-limit=9", "--cpus=0.5000", "--read-only",
                                     "localhost:5000/a/b:1", "sleep", "1000"])
        self.assertEqual(self.calls("pull"), [["image", "pull", "--progress=json", "--public-only", "localhost:5000/a/b:1"]])

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
        self.assert_problem(one("PUT", "/containers/a", b'{"stopTimeoutSeconds":1e999}'), 400, "invalid-json")
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

if __name__ == "__main__":
    unittest.main()
