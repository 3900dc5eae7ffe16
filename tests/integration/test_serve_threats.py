# SPDX-License-Identifier: Apache-2.0
"""What those who mean harm, or are merely at fault, get from `oci-rt serve`: what no other test of it asks."""

import hashlib
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time
import unittest

import harness
import host
import images
import service
from fake_registry import MANIFEST, FakeRegistry
from service import read_reply
from test_run_image import RunCase, publish
from test_serve import GET, free_port
from test_serve_containers import SLEEP, Case


class Transport(Case):
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
    def test_what_would_need_rights_is_not_even_known(self):
        one = self.serve()
        for name, body in {"privileged": True, "capAdd": ["SYS_ADMIN"], "devices": ["/dev/sda"], "config": {"linux": {}},
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


@unittest.skipUnless(service.program(), "oci-rt-serve is not built")
class Registries(RunCase):
    """With the real programs, and a registry that misbehaves."""

    seconds = 180

    def setUp(self):
        super().setUp()
        self.registry = FakeRegistry()
        self.addCleanup(self.registry.close)
        self.image = f"{self.registry.address}/team/app:1"
        self.storage = self.folder / "new"

    def serve(self, *options, registries=None, **more):
        self.one = service.Service(self.folder, "--storage", self.storage, *options, environment={**os.environ, **self.env},
                                   registries=[self.registry.address] if registries is None else registries, **more)
        self.addCleanup(self.one.stop)
        return self.one

    def refused(self, image, status, code):
        path = "/images/" + image.replace("/", "%2F").replace("[", "%5B").replace("]", "%5D")
        reply = self.one("PUT", path, Prefer="wait=60", seconds=90)
        self.assertEqual((reply.status, reply.json.get("code")), (status, code), reply)
        return reply

    def test_what_is_not_public_is_not_reached(self):
        self.serve(registries=[])
        port = self.registry.port
        for place in (self.registry.address, f"localhost:{port}", f"127.1:{port}", f"0x7f.1:{port}", f"0.0.0.0:{port}", "10.255.255.1",
                      "169.254.169.254", "192.168.255.255", "100.64.0.1", "224.0.0.1"):
            with self.subTest(place):
                self.refused(f"{place}/x:1", 403, "registry-denied")
        for place in (f"[::ffff:127.0.0.1]:{port}", "[::1]", f"user@127.0.0.1:{port}", f"http://127.0.0.1:{port}"):
            with self.subTest(place):
                self.assertIn(self.one("PUT", f"/containers/a", {"image": f"{place}/x:1"}).status, (400, 403))
        self.assertEqual(self.registry.connections, 0)
        # By way of a container, too, and not by another rule for what is run.
        self.one("PUT", "/containers/web", {"image": self.image, "pull": "always"}, Prefer="wait=60")
        self.assertEqual(self.one("GET", "/containers/web").json["error"]["code"], "registry-denied")
        self.assertEqual(self.registry.connections, 0)

    def test_a_port_that_was_not_named_is_not_reached(self):
        self.serve(registries=[f"127.0.0.1:{self.registry.port + 1}"])
        self.refused(self.image, 403, "registry-denied")
        self.assertEqual(self.registry.connections, 0)

    def test_no_registry_leads_to_what_is_not_public(self):
        self.serve()
        inside = FakeRegistry()
        self.addCleanup(inside.close)
        image = self.made(execution=self.execution())
        publish(self.registry, image)
        publish(inside, image)
        for target in (f"http://{inside.address}", "http://169.254.169.254", "http://[::ffff:169.254.169.254]"):
            self.registry.rules.clear()
            self.registry.on("/blobs/", lambda request: request.answer(307, Location=target + request.path))
            reply = self.one("PUT", "/images/" + self.image.replace("/", "%2F"), Prefer="wait=60", seconds=90)
            self.assertIn((reply.status, reply.json["code"]), ((403, "registry-denied"), (502, "registry-tls")), reply)
        # Nor the place where tokens are said to be had.
        self.registry.rules.clear()
        self.registry.on("/v2/", lambda request: request.error(
            401, WWW_Authenticate=f'Bearer realm="http://{inside.address}/token",service="x"'))
        reply = self.one("PUT", "/images/" + self.image.replace("/", "%2F"), Prefer="wait=60", seconds=90)
        self.assertIn(reply.json["code"], ("registry-denied", "registry-auth", "registry-error"))
        self.assertEqual(inside.connections, 0)

    def test_what_a_registry_answers_has_its_code(self):
        self.serve()
        publish(self.registry, self.made(execution=self.execution()))
        self.refused(f"{self.registry.address}/team/app:none", 404, "image-not-found")
        for status, expected, code in ((401, 502, "registry-auth"), (403, 502, "registry-auth"), (404, 404, "image-not-found")):
            self.registry.rules.clear()
            self.registry.on("/manifests/", lambda request, status=status: request.error(status))
            reply = self.refused(self.image, expected, code)
            self.assertNotIn("www-authenticate", reply.fields, "whose credentials would a client think of?")
        self.registry.rules.clear()
        self.registry.on("/blobs/", lambda request: request.answer(200, b"x" * 100))
        self.refused(self.image, 502, "digest-mismatch")
        self.registry.rules.clear()
        for document in ({"schemaVersion": 2, "mediaType": MANIFEST, "manifests": [], "layers": []},
                         {"schemaVersion": 1, "fsLayers": []}, {"schemaVersion": 2, "mediaType": "text/plain"}):
            self.registry.manifests["odd"] = (MANIFEST, json.dumps(document).encode())
            self.refused(f"{self.registry.address}/team/app:odd", 422, "manifest-unsupported")
        for path in (self.storage / "content/blobs/sha256").iterdir():
            self.assertEqual(hashlib.sha256(path.read_bytes()).hexdigest(), path.name)
        self.assertEqual(self.one("GET", "/images").json["items"], [])

    def test_other_bytes_than_the_digest_says_are_refused(self):
        self.serve()
        image = self.made(execution=self.execution())
        publish(self.registry, image)
        digest = images.digest(image.manifest)
        self.registry.manifests[digest] = (images.MANIFEST, image.manifest + b" ")
        reply = self.refused(f"{self.registry.address}/team/app@{digest}", 502, "digest-mismatch")
        self.assertEqual(reply.json["instance"].count(digest), 1)

    def test_hostile_layers_change_nothing(self):
        self.serve()
        publish(self.registry, images.Image([*self.layers(), images.tar({"../../evil": "x"})], self.execution()))
        reply = self.one("PUT", "/containers/web", {"image": self.image}, Prefer="wait=60", seconds=90)
        self.assertEqual((reply.status, reply.json["code"]), (422, "manifest-unsupported"), reply)
        self.assertEqual(list(self.folder.rglob("evil")), [])
        self.assertEqual(self.one("DELETE", "/containers/web").status, 204)

    def test_users_that_cannot_be(self):
        self.serve()
        for user in ("4294967296", "0x0", "nobody-knows", "-1"):
            with self.subTest(user):
                publish(self.registry, self.made(execution={**self.execution(), "User": user}))
                begun = time.monotonic()
                reply = self.one("PUT", "/containers/web", {"image": self.image, "pull": "always"}, Prefer="wait=60", seconds=90)
                self.assertGreaterEqual(reply.status, 400, reply)
                self.assertNotEqual(self.one("GET", "/containers/web").json["state"], "running")
                self.assertLess(time.monotonic() - begun, 30)
                self.assertEqual(self.one("DELETE", "/containers/web").status, 204)

    def test_a_full_disk_is_told_and_got_over(self):
        self.storage.mkdir()
        host.mount("tmpfs", self.storage, "tmpfs", 0, "size=256k,mode=700")
        self.addCleanup(host.unmount, self.storage)
        self._before = (host.mounts(), self._before[1])
        self.serve()
        publish(self.registry, self.made(execution=self.execution()))
        reply = self.one("PUT", "/containers/web", {"image": self.image}, Prefer="wait=60", seconds=90)
        self.assertEqual((reply.status, reply.json["code"]), (507, "no-space"), reply)
        host.mount("tmpfs", self.storage, "tmpfs", 32, "size=64m,mode=700")
        reply = self.one("PUT", "/containers/web", {"image": self.image, "args": ["signals"]}, Prefer="wait=60", seconds=90)
        self.assertEqual(reply.status, 409 if reply.status == 409 else 201, reply)
        self.one("DELETE", "/containers/web?force=1")
        reply = self.one("PUT", "/containers/web", {"image": self.image, "args": ["signals"]}, Prefer="wait=60", seconds=90)
        self.assertEqual(reply.status, 201, reply)
        self.assertEqual(self.one("DELETE", "/containers/web?force=1").status, 204)

    def test_a_monitor_that_is_killed_takes_nobody_along(self):
        self.serve()
        publish(self.registry, self.made(execution=self.execution()))
        document = self.one("PUT", "/containers/web", {"image": self.image, "args": ["signals"]}, Prefer="wait=60", seconds=90).json
        self.assertEqual(document.get("state"), "running", document)
        status = pathlib.Path(f"/proc/{document['pid']}/status").read_text()
        monitor = int(re.search(r"^PPid:\s*(\d+)", status, re.M)[1])
        self.assertIn("monitor", pathlib.Path(f"/proc/{monitor}/comm").read_text())
        os.kill(monitor, signal.SIGKILL)
        self.assertEqual(self.one("GET", "/containers/web").json["state"], "running")
        os.kill(document["pid"], signal.SIGKILL)
        ended = lambda: self.one("GET", "/containers/web").json
        self.assertTrue(host.until(lambda: ended()["state"] == "stopped", 20), ended())
        self.assertIn(ended()["exitCode"], (137, 255))
        self.assertEqual(self.one("DELETE", "/containers/web").status, 204)


if __name__ == "__main__":
    unittest.main()
