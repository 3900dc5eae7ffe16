# SPDX-License-Identifier: Apache-2.0
"""`oci-rt serve` and what it fetches: whom it reaches, what a bad registry or image does to it, and what clients hear."""

import hashlib
import json
import os
import pathlib
import re
import signal
import time
import unittest

import host
import images
import service
from fake_registry import MANIFEST, FakeRegistry
from test_run_image import RunCase, publish


@unittest.skipUnless(service.program(), "oci-rt-serve is not built")
class Registries(RunCase):
    """With the real programs."""

    seconds = 180

    def setUp(self):
        super().setUp()
        self.name = service.container_name()
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
                self.assertIn(self.one("PUT", "/containers/a", {"image": f"{place}/x:1"}).status, (400, 403))
        self.assertEqual(self.registry.connections, 0)
        # By way of a container, too, and not by another rule for what is run.
        self.one("PUT", f"/containers/{self.name}", {"image": self.image, "pull": "always"}, Prefer="wait=60")
        self.assertEqual(self.one("GET", f"/containers/{self.name}").json["error"]["code"], "registry-denied")
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
        reply = self.one("PUT", f"/containers/{self.name}", {"image": self.image}, Prefer="wait=60", seconds=90)
        self.assertEqual((reply.status, reply.json["code"]), (422, "manifest-unsupported"), reply)
        self.assertEqual(list(self.folder.rglob("evil")), [])
        self.assertEqual(self.one("DELETE", f"/containers/{self.name}").status, 204)

    def test_configurations_that_cannot_be(self):
        self.serve()
        for odd in ({"User": "4294967296"}, {"User": "0x0"}, {"User": "nobody-knows"}, {"User": "-1"}, {"User": "0:nobody"},
                    {"Entrypoint": ["/bin/pay\0load"]}, {"Env": ["A=" + "x" * 200_000]}, {"WorkingDir": "/\0"}, {"Env": ["\0=x"]}):
            with self.subTest(str(odd)[:40]):
                publish(self.registry, self.made(execution={**self.execution(), **odd}))
                begun = time.monotonic()
                reply = self.one("PUT", f"/containers/{self.name}", {"image": self.image, "pull": "always"}, Prefer="wait=60", seconds=90)
                self.assertEqual(reply.status, 422, reply)
                self.assertNotEqual(self.one("GET", f"/containers/{self.name}").json["state"], "running")
                self.assertLess(time.monotonic() - begun, 30)
                self.assertEqual(self.one("DELETE", f"/containers/{self.name}").status, 204)

    def test_a_full_disk_is_told_and_got_over(self):
        self.storage.mkdir()
        host.mount("tmpfs", self.storage, "tmpfs", 0, "size=256k,mode=700")
        self.addCleanup(host.unmount, self.storage)
        self._before = (host.mounts(), self._before[1])
        self.serve()
        publish(self.registry, self.made(execution=self.execution()))
        reply = self.one("PUT", f"/containers/{self.name}", {"image": self.image}, Prefer="wait=60", seconds=90)
        self.assertEqual((reply.status, reply.json["code"]), (507, "no-space"), reply)
        host.mount("tmpfs", self.storage, "tmpfs", 32, "size=64m,mode=700")
        reply = self.one("PUT", f"/containers/{self.name}", {"image": self.image, "args": ["signals"]}, Prefer="wait=60", seconds=90)
        self.assertEqual(reply.status, 409 if reply.status == 409 else 201, reply)
        self.one("DELETE", f"/containers/{self.name}?force=1")
        reply = self.one("PUT", f"/containers/{self.name}", {"image": self.image, "args": ["signals"]}, Prefer="wait=60", seconds=90)
        self.assertEqual(reply.status, 201, reply)
        self.assertEqual(self.one("DELETE", f"/containers/{self.name}?force=1").status, 204)

    def test_a_monitor_that_is_killed_takes_nobody_along(self):
        self.serve()
        publish(self.registry, self.made(execution=self.execution()))
        document = self.one("PUT", f"/containers/{self.name}", {"image": self.image, "args": ["signals"]}, Prefer="wait=60", seconds=90).json
        self.assertEqual(document.get("state"), "running", document)
        status = pathlib.Path(f"/proc/{document['pid']}/status").read_text()
        monitor = int(re.search(r"^PPid:\s*(\d+)", status, re.M)[1])
        self.assertIn("monitor", pathlib.Path(f"/proc/{monitor}/comm").read_text())
        os.kill(monitor, signal.SIGKILL)
        self.assertEqual(self.one("GET", f"/containers/{self.name}").json["state"], "running")
        os.kill(document["pid"], signal.SIGKILL)
        ended = lambda: self.one("GET", f"/containers/{self.name}").json
        self.assertTrue(host.until(lambda: ended()["state"] == "stopped", 20), ended())
        self.assertIn(ended()["exitCode"], (137, 255))
        self.assertEqual(self.one("DELETE", f"/containers/{self.name}").status, 204)


if __name__ == "__main__":
    unittest.main()
