# SPDX-License-Identifier: Apache-2.0
"""`oci-rt serve` with the real runtime: from a registry to a container that runs, and back to nothing."""

import os
import unittest

import host
import service
from real_service import RealService


@unittest.skipUnless(service.program(), "oci-rt-serve is not built")
class Whole(RealService):
    seconds = 120

    def setUp(self):
        super().setUp()
        self.web = service.container_name()

    def up(self, name, *args):
        reply = self.one("PUT", f"/containers/{name}", {"image": self.image, "args": list(args)}, Prefer="wait=30")
        self.assertEqual(reply.status, 201, reply)
        return reply.json

    def containers(self):
        place = self.store / "containers"
        return sorted(os.listdir(place)) if place.exists() else []

    def state_after(self, wanted):
        reply = self.one("PUT", f"/containers/{self.web}/status", {"state": wanted})
        return reply.json["state"]

    def test_the_life_of_a_container(self):
        document = self.up(self.web, "signals")
        self.assertEqual(document["state"], "running")
        self.assertEqual(self.containers(), [document["id"]])
        self.assertTrue(host.until(lambda: b"ready" in self.one("GET", f"/containers/{self.web}/logs").body))
        self.assertEqual(self.state_after("paused"), "paused")
        self.assertEqual(self.state_after("running"), "running")
        done = self.one("POST", f"/containers/{self.web}/exec", {"args": ["/bin/payload", "cat", "/srv/page"]}).json
        self.assertEqual((done["exitCode"], done["stdout"]), (0, "hello"))
        self.assertEqual(self.one("DELETE", f"/containers/{self.web}?force=1").status, 204)
        self.assertEqual(self.containers(), [])
        self.assertFalse(os.path.exists(f"/proc/{document['pid']}"))

    def test_how_a_container_ended_is_told(self):
        self.up(self.web, "exit", "7")
        ended = lambda: self.one("GET", f"/containers/{self.web}").json
        self.assertTrue(host.until(lambda: ended()["state"] == "stopped", 10), ended())
        self.assertEqual(ended()["exitCode"], 7)
        self.assertEqual(self.one("DELETE", f"/containers/{self.web}").status, 204)
        self.assertEqual(self.containers(), [])

    def test_an_image_that_is_not_there_is_a_failure_of_the_container(self):
        self.image = f"{self.registry.address}/team/app:2"
        self.one("PUT", f"/containers/{self.web}", {"image": self.image}, Prefer="wait=30")
        self.assertEqual(self.one("GET", f"/containers/{self.web}").json["state"], "failed")
        self.assertEqual(self.one("DELETE", f"/containers/{self.web}").status, 204)
        self.assertEqual(self.containers(), [])
