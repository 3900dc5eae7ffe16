# SPDX-License-Identifier: Apache-2.0
"""`oci-rt serve` as it is watched: events, logs, numbers, programs inside; what it does by itself, and after its own end."""

import json
import os
import signal
import time
import unittest

import host
import service
from test_serve_containers import SLEEP, Case


class Streams(Case):
    def listen(self, one, path="/events", **fields):
        connection = one.connect()
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n{head}\r\n".encode())
        return connection

    def test_events(self):
        one = self.serve()
        with self.listen(one) as connection:
            service.read_until(connection, "listening")
            self.up(one)
            one("DELETE", "/containers/web")
            text = service.read_until(connection, "container.deleted")
        kinds = [line.removeprefix("event: ") for line in text.splitlines() if line.startswith("event: ")]
        for kind in ("created", "fetching", "unpacking", "ready", "creating", "started", "stopping", "stopped", "deleted"):
            self.assertIn(f"container.{kind}", kinds)
        first = json.loads([line for line in text.splitlines() if line.startswith("data: ")][0].removeprefix("data: "))
        self.assertEqual((first["type"], first["action"], first["name"]), ("container", "created", "web:latest"))
        # Gone on with where it broke off.
        with self.listen(one, Last_Event_ID=first["seq"]) as connection:
            again = service.read_until(connection, "container.deleted")
        self.assertNotIn("container.created", again)
        self.assertIn("container.fetching", again)
        with self.listen(one, "/events?since=0&filter=container=other") as connection:
            self.assertNotIn("container.", service.read_until(connection, "never", 1))
        self.assert_problem(one("GET", "/events?since=99999"), 410, "events-lost")
        self.assert_problem(one("GET", "/events?since=x"), 400)
        self.assert_problem(one("GET", "/events?filter=x"), 400)

    def test_status_of_one(self):
        one = self.serve()
        self.up(one)
        with self.listen(one, "/containers/web", Accept="text/event-stream") as connection:
            service.read_until(connection, '"running"')
            self.to(one, "web", "paused")
            self.assertIn("event: status", service.read_until(connection, '"paused"'))
            one("DELETE", "/containers/web")
            self.assertIn("0\r\n\r\n", service.read_until(connection, "0\r\n\r\n"))

    def test_streams_end_with_the_service(self):
        one = self.serve()
        with self.listen(one) as connection:
            service.read_until(connection, "listening")
            one.process.send_signal(signal.SIGTERM)
            self.assertIn("daemon.shutting_down", service.read_until(connection, "never", 5))
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
        self.set("fail-pull", 'it fails\n{"level":"error","msg":"registry.example has no image x","code":"image-not-found"}')
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
        self.assertTrue(host.until(lambda: (reply := one("GET", "/containers/runs")).status == 404
                                   or reply.json["state"] == "running", 10))
        one("DELETE", "/containers/runs?force=1")
        one("DELETE", "/containers/fetches?force=1")
        self.assertEqual(list((self.fake / "containers").iterdir()), [])

    def test_a_damaged_record_harms_nobody_else(self):
        one = self.serve("--keep")
        self.up(one, "a")
        one.stop()
        for name, text in (("x.json", "{"), ("y.json", "{}"), ("z.json", "\0" * 100), (".a.json.77", "{")):
            (self.folder / "served" / "containers" / name).write_text(text)
        one.start()
        self.wait(one, "a", "running")
        self.assertFalse((self.folder / "served" / "containers" / ".a.json.77").exists(), "half written")
        self.assertEqual(one("DELETE", "/containers/a?force=1").status, 204)


if __name__ == "__main__":
    unittest.main()
