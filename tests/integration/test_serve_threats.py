# SPDX-License-Identifier: Apache-2.0
"""What those who mean harm, or are merely at fault, get from `oci-rt serve`: what no other test of it asks."""

import http.client
import os
import pathlib
import subprocess
import threading
import time
import unittest

import host
import service
from service import read_reply
from test_serve import GET, free_port
from test_serve_containers import SLEEP, Case


class Transport(Case):
    seconds = 150

    def test_a_body_that_was_not_announced_is_no_request(self):
        one = self.serve()
        with one.connect() as connection:
            connection.sendall(GET.encode() + b"Content-Length: 0\r\n\r\n{\"evil\": 1}")
            reply, rest = read_reply(connection)
            self.assertEqual(reply.status, 200)
            reply, rest = read_reply(connection, rest)
            self.assertEqual((reply.status, reply.fields["connection"]), (400, "close"))

    def test_http_1_0_is_told_its_version_and_left(self):
        one = self.serve()
        for line in ("GET /healthz HTTP/1.0\r\n\r\n", "GET /healthz HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"):
            with one.connect() as connection:
                connection.sendall(line.encode())
                reply, rest = read_reply(connection)
                self.assertIn(reply.status, (400, 505))
                self.assertEqual((reply.fields["connection"], rest + connection.recv(10)), ("close", b""))

    def test_parameters_ranges_and_tags_in_excess(self):
        one = self.serve()
        self.assert_problem(one.raw("GET /healthz?" + "a=b&" * 100000 + " HTTP/1.1\r\nHost: a\r\n\r\n"), 414)
        self.assertEqual(one("GET", "/openapi.json", Range="bytes=0-9").status, 200)
        self.assertEqual(one("GET", "/openapi.json", Range="bytes=" + "0-," * 1000).status, 200)
        self.assert_problem(one.raw(GET + f"If-None-Match: \"{'a' * 65000}\"\r\n\r\n"), 431)

    def test_no_page_is_told_what_it_might_do(self):
        one = self.serve()
        self.up(one)
        preflight = {"Origin": "https://evil.example", "Access_Control_Request_Method": "DELETE"}
        for path in ("/containers/web", "/containers", "/images/x", "/events"):
            reply = self.assert_problem(one("OPTIONS", path, **preflight), 403, "forbidden-origin")
            self.assertFalse([name for name in reply.fields if "access-control" in name])
        # What a form of a page can send without being asked about it.
        for kind in ("text/plain", "multipart/form-data", "application/x-www-form-urlencoded"):
            self.assert_problem(one("PUT", "/containers/web/status", b'{"state":"stopped"}', Content_Type=kind), 415)
        self.assertEqual(one("GET", "/containers/web").json["state"], "running")

    def test_others_are_served_while_one_takes_all_that_it_may(self):
        one = self.serve("--max-connections", 20, "--max-connections-of-peer", 8, "--allow-uid", 12345)
        one.socket.chmod(0o666)
        self.folder.chmod(0o755)
        held, refused = [], 0
        identity = os.geteuid()
        os.seteuid(12345)
        try:
            for _ in range(12):
                held.append(one.connect())
        finally:
            os.seteuid(identity)
        try:
            for connection in held:
                connection.sendall((GET + "\r\n").encode())
                reply = read_reply(connection)[0]
                refused += reply.status == 503 and "retry-after" in reply.fields
            self.assertEqual(refused, 4)
            slowest = 0
            for _ in range(20):
                begun = time.monotonic()
                self.assertEqual(one("GET", "/healthz").status, 200)
                slowest = max(slowest, time.monotonic() - begun)
            self.assertLess(slowest, 2)
        finally:
            for connection in held:
                connection.close()

    def test_who_comes_when_descriptors_are_out_is_told_so(self):
        one = self.serve("--max-connections-of-peer", 200, prefix=["prlimit", "--nofile=30"])
        held = [one.connect() for _ in range(40)]
        statuses = []
        try:
            for connection in held:
                connection.settimeout(1)
                try:
                    connection.sendall((GET + "\r\n").encode())
                except BrokenPipeError:
                    pass  # it was answered before it asked
                try:
                    reply = read_reply(connection)[0]
                    statuses.append(reply and reply.status)
                except OSError:
                    statuses.append(None)
        finally:
            for connection in held:
                connection.close()
        self.assertIn(200, statuses)
        self.assertIn(503, statuses)
        self.assertTrue(host.until(lambda: one.raw(GET + "\r\n").status == 200, 10))

    def test_wrong_tokens_shut_nobody_out_for_long(self):
        port = free_port()
        self.serve("--port", port)
        token = (self.folder / "served" / "serve.token").read_text().strip()

        def ask(shown):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/healthz", headers={"Authorization": f"Bearer {shown}"})
            status = connection.getresponse().status
            connection.close()
            return status

        over = threading.Event()
        flood = threading.Thread(target=lambda: [ask("x" * 64) for _ in range(2000) if not over.is_set()])
        flood.start()
        try:
            self.assertEqual({ask(token) for _ in range(20)}, {200})
        finally:
            over.set()
            flood.join()

    def test_a_second_service_on_the_same_state_is_refused(self):
        one = self.serve()
        two = subprocess.run([service.program(), "--listen", f"unix://{self.folder}/other.sock", "--state-dir",
                              self.folder / "served"], capture_output=True, text=True, timeout=30)
        self.assertEqual(two.returncode, 3, two.stderr)
        self.assertIn("another service works with it", two.stderr)
        self.assertEqual(one("GET", "/healthz").status, 200)

    def test_what_is_logged_cannot_drive_a_terminal(self):
        one = self.serve("--debug")
        evil = "\x1b[2J\x9b31m"
        one.raw(f"GET /containers/{evil} HTTP/1.1\r\nHost: a\r\n\r\n".encode("latin-1"))
        one.raw("GET /containers/a%1b%5b2J%0aforged HTTP/1.1\r\nHost: a\r\n\r\n")
        one("PUT", "/containers/a", {"labels": {evil: evil}, "hostname": evil, **SLEEP}, Prefer="wait=20")
        text = one.log.read_bytes()
        self.assertIn(b"GET /containers/a%1b", text)
        self.assertFalse(set(text) & {0x1b, 0x9b, 0x07}, text)
        self.assertFalse([line for line in text.splitlines() if line.startswith(b"forged")])


class Requests(Case):
    seconds = 150

    def test_what_would_need_rights_is_not_even_known(self):
        one = self.serve()
        for name, body in {"privileged": True, "capAdd": ["SYS_ADMIN"], "devices": ["/dev/sda"], "hooks": {},
                           "annotations": {"run.oci.keep": "1"}, "pid": "host", "securityOpt": []}.items():
            reply = self.assert_problem(one("PUT", "/containers/a", {name: body}), 400, "invalid-spec")
            self.assertEqual([each["pointer"] for each in reply.json["errors"]], [f"/{name}"])
        self.assertEqual(self.calls("run"), [])

    def test_no_name_gets_anywhere(self):
        one = self.serve()
        before = {path: path.stat().st_mtime_ns for path in self.folder.rglob("*") if "serve.log" not in path.name}
        for name in ("..", ".", "%2e%2e", "%252e%252e", "..%2f..%2fetc", "a%2f..%2f..%2fb", "%c0%ae%c0%ae", "a%00b", "%zz", "a" * 65 + "%ff",
                     "-x", "--root=%2f", "con%e2%80%ae", "%0a", "%20", "a%5c..%5cb"):
            for method, rest in (("PUT", ""), ("GET", "/logs"), ("GET", "/config"), ("DELETE", "")):
                with self.subTest(f"{method} {name}"):
                    self.assertIn(one(method, f"/containers/{name}{rest}").status, (400, 404))
        self.assertEqual({path: path.stat().st_mtime_ns for path in self.folder.rglob("*") if "serve.log" not in path.name}, before)
        self.assertEqual(self.calls(), [])

    def test_no_word_of_a_client_is_an_option(self):
        one = self.serve()
        self.up(one, image="x", args=["sleep", "1000"], env=["--root=/evil"[2:]], hostname="--privileged", user="--uid", cwd="/--x",
                labels={"--a": "--b"})
        words = self.calls("run")[0]
        self.assertIn("--hostname=--privileged", words)
        for method, path, body in (("POST", "/containers/web/exec", {"args": ["--root"], "user": "1 --privileged"}),
                                   ("POST", "/containers/web/signal", {"signal": "--all"})):
            self.assertIn(one(method, path, body).status, (400, 422), path)
        for reference in ("--storage=%2fevil", "-q", "--help"):
            for method in ("GET", "PUT", "DELETE"):
                self.assertIn(one(method, f"/images/{reference}").status, (400, 404), (method, reference))

    def test_a_process_that_cannot_be_killed_is_not_said_to_be_gone(self):
        one = self.serve()
        document = self.up(one)
        self.set("fail-kill", "the container does not hear")
        self.set("fail-delete", "processes of the container do not end")
        self.assert_problem(one("DELETE", "/containers/web?timeout=0", seconds=60), 504, "stop-timeout")
        self.assertEqual(one("GET", "/containers/web").json["pid"], document["pid"])
        self.unset("fail-kill")
        self.unset("fail-delete")
        self.assertEqual(one("DELETE", "/containers/web?timeout=0", seconds=60).status, 204)

    def test_there_is_an_end_to_containers_and_fetches(self):
        self.set("slow-pull", 30)
        one = self.serve()
        replies = [one("PUT", f"/containers/c{number}", {"image": f"x{number}", **SLEEP}, Prefer="respond-async")
                   for number in range(80)]
        self.assertEqual({reply.status for reply in replies}, {202})
        self.assertLessEqual(len(self.calls("pull")), 4, "at a time")
        failed = lambda: [each["error"]["code"] for each in one("GET", "/containers?state=failed").json["items"]]
        self.assertTrue(host.until(lambda: len(failed()) == 80 - 4 - 64, 20), failed())
        self.assertEqual(set(failed()), {"too-many-fetches"})
        self.assert_problem(one("PUT", "/images/one-more", Prefer="wait=5"), 503, "too-many-fetches")
        self.assertEqual(one("GET", "/healthz").status, 200)
        self.assertEqual(one.stop(seconds=60), 0)

    def test_a_flood_of_wishes_is_no_flood_of_processes(self):
        self.set("slow-inspect", 0.2)
        one = self.serve("--max-connections-of-peer", 256)
        for number in range(150):
            self.assertEqual(one("PUT", f"/containers/c{number}", {"image": "x", "pull": "never"}).status, 202)
        children = lambda: len(pathlib.Path(f"/proc/{one.process.pid}/task/{one.process.pid}/children").read_text().split())
        most = 0
        while one("GET", "/containers?state=pending&limit=1").json["items"]:
            most = max(most, children())
        self.assertLessEqual(most, 40)
        failed = lambda: len(one("GET", "/containers?state=failed&limit=1000").json["items"])
        self.assertTrue(host.until(lambda: failed() == 150, 20), failed())

    def test_a_full_state_is_told_and_got_over(self):
        state = self.folder / "served"
        state.mkdir(mode=0o700)
        host.mount("tmpfs", state, "tmpfs", 0, "size=64k,mode=700")
        self.addCleanup(host.unmount, state)
        self._before = (host.mounts(), self._before[1])
        one = self.serve()
        self.up(one)
        filler = state / "filler"
        try:
            filler.write_bytes(b"x" * 100_000)
        except OSError:
            pass
        self.assert_problem(one("PUT", "/containers/other", SLEEP), 507, "no-space")
        self.assertEqual(one("GET", "/containers/web").json["state"], "running")
        self.assert_problem(one("GET", "/containers/other"), 404)
        filler.unlink()
        self.up(one, "other")

    def test_a_log_that_became_something_else_is_not_read(self):
        one = self.serve()
        document = self.up(one, args=["sh", "-c", "echo said; exec sleep 1000"])
        log = self.folder / "logs" / document["id"] / "log"
        self.assertTrue(host.until(lambda: b"said" in one("GET", "/containers/web/logs").body))
        secret = self.folder / "secret"
        secret.write_text("2026-01-01T00:00:00.000000000Z stdout F secret\n")
        log.unlink()
        log.symlink_to(secret)
        self.assertNotIn(b"secret", one("GET", "/containers/web/logs").body)
        log.unlink()
        os.mkfifo(log)
        self.assertIn(one("GET", "/containers/web/logs").status, (200, 409))
        self.assertEqual(one("GET", "/healthz").status, 200)


if __name__ == "__main__":
    unittest.main()
