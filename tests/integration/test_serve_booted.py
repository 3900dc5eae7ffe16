# SPDX-License-Identifier: Apache-2.0
"""`oci-rt serve` where cgroups have controllers: a container that wants more memory than it may have."""

import os
import unittest

import harness
import host
import service
from test_image import NAME
from test_run_image import RunCase

MEGABYTE = 1 << 20


def has_memory():
    return "memory" in (harness.GROUP / "cgroup.controllers").read_text().split()


@unittest.skipUnless(service.program(), "oci-rt-serve is not built")
class Memory(RunCase):
    seconds = 120

    def setUp(self):
        super().setUp()
        if not has_memory():
            self.skipTest("no memory controller")
        started = self.image("--version")
        if started.code != 0:  # a small machine has no libcurl
            self.skipTest(f"oci-rt-image does not start in this machine: {started.err.strip()}")
        self.stored()
        self.one = service.Service(self.folder, "--storage", self.store, environment={**os.environ, **self.env})
        self.addCleanup(self.one.stop)

    def put(self, name, *args, **more):
        body = {"image": NAME, "pull": "never", "args": list(map(str, args)), **more}
        reply = self.one("PUT", f"/containers/{name}", body, seconds=60, Prefer="wait=50")
        self.assertEqual(reply.status, 201, reply)

    def events(self, until, since=0, seconds=20):
        """What was told since then, up to a text."""
        with self.one.connect() as connection:
            connection.sendall(f"GET /events?since={since} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            return service.read_until(connection, until, seconds)

    def ended(self, name):
        get = lambda: self.one("GET", f"/containers/{name}").json
        self.assertTrue(host.until(lambda: get()["state"] == "stopped", 30), get())
        return get()

    def test_a_container_that_is_killed_for_want_of_memory(self):
        limit = {"resources": {"memory": {"limit": 16 * MEGABYTE}}}
        self.put("greedy", "hold", 64, 0, **limit)
        document = self.ended("greedy")
        self.assertEqual((document["oomKilled"], document["exitCode"], document["exitReason"]), (True, 137, "signaled"), document)
        told = self.events("container.stopped")
        self.assertIn("event: container.oom", told)
        self.put("modest", "hold", 4, 0, **limit)
        document = self.ended("modest")
        self.assertEqual((document["oomKilled"], document["exitCode"]), (False, 0), document)
        for name in ("greedy", "modest"):
            self.assertEqual(self.one("DELETE", f"/containers/{name}").status, 204)
        self.one.stop()
        self.assert_released()

    def test_a_monitor_that_was_replaced_sees_it_too(self):
        self.put("greedy", "hold-later", 64, 2, resources={"memory": {"limit": 16 * MEGABYTE}})
        id = self.one("GET", "/containers/greedy").json["id"]
        record = self.rt.root / id / "monitor"
        before = record.read_text()
        host.kill(int(before.split('"pid":')[1].split(",")[0]))
        self.assertTrue(host.until(lambda: record.read_text() != before, 10), self.one.log.read_text())
        document = self.ended("greedy")
        self.assertEqual((document["oomKilled"], document["exitCode"]), (True, 137), document)
        self.assertEqual(self.one("DELETE", "/containers/greedy").status, 204)


if __name__ == "__main__":
    unittest.main()
