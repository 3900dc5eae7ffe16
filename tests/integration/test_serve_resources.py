# SPDX-License-Identifier: Apache-2.0
"""`PUT …/resources`: limits of a container that runs."""

import json
import pathlib
import unittest

import service
from real_service import RealService
from test_serve_containers import Case


class Resources(Case):
    def change(self, one, name="web", **body):
        return one("PUT", f"/containers/{name}/resources", body)

    def updates(self):
        path = self.fake / "updates"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def test_what_the_runtime_is_told(self):
        one = self.serve()
        self.up(one)
        reply = self.change(one, memory={"limit": 64 << 20}, pids={"limit": 9})
        self.assertEqual((reply.status, reply.json["state"]), (200, "running"))
        self.assertEqual(self.updates(), [{"memory": {"limit": 64 << 20}, "pids": {"limit": 9}}])
        self.assertEqual(self.calls("update")[0][1:3], ["--resources", "-"])

    def test_they_hold_for_the_next_process_and_the_next_service(self):
        one = self.serve("--keep")
        self.up(one)
        self.change(one, memory={"limit": 64 << 20, "swap": 128 << 20})
        self.change(one, memory={"swap": None}, cpu={"shares": 512})
        one.stop()
        one.start()
        self.wait(one, "web", "running")
        self.to(one, "web", "stopped")
        self.assertEqual(self.to(one, "web", "running").status, 200)
        self.assertEqual(self.updates()[2:], [{"memory": {"limit": 64 << 20}, "cpu": {"shares": 512}}])
        # Another container of that name has its own.
        self.up(one, env=["A=b"]) if one("DELETE", "/containers/web").status == 204 else self.fail()
        self.assertEqual(len(self.updates()), 3)
        self.assertEqual(one("DELETE", "/containers/web").status, 204)

    def test_what_is_refused(self):
        one = self.serve()
        self.assert_problem(self.change(one, memory={}), 404, "no-such-container")
        self.up(one)
        for body, pointer in (({"memory": {"limt": 5}}, "/memory/limt"), ({"devices": []}, "/devices"), ({"x": {}}, "/x")):
            reply = self.assert_problem(self.change(one, **body), 422, "unknown-value")
            self.assertEqual([each["pointer"] for each in reply.json["errors"]], [pointer])
        for body in ({"memory": {"limit": "a"}}, {"cpu": {"shares": -1}}, {"memory": 5}, {"cpu": {"cpus": "x"}}):
            self.assert_problem(self.change(one, **body), 422, "unknown-value")
        self.assertEqual(self.calls("update"), [])
        self.to(one, "web", "stopped")
        self.assert_problem(self.change(one, pids={"limit": 5}), 409, "not-running")

    def test_what_the_runtime_refuses(self):
        one = self.serve()
        self.up(one)
        for code, status, answer in (("invalid-config", 422, "unknown-value"), ("wrong-status", 409, "not-running"),
                                     ("controller-missing", 501, "unsupported"), ("system", 500, "runtime-failed")):
            self.set("fail-update", json.dumps({"level": "error", "msg": "no", "code": code}))
            self.assert_problem(self.change(one, pids={"limit": 5}), status, answer)
        self.unset("fail-update")
        self.to(one, "web", "stopped")
        self.to(one, "web", "running")
        self.assertEqual(self.updates(), [], "what was refused is not kept")


@unittest.skipUnless(service.program(), "oci-rt-serve is not built")
class Real(RealService):
    def test_a_limit_of_a_container_that_is_one(self):
        one, body = self.one, {"image": self.image, "args": ["signals"]}
        document = one("PUT", "/containers/limited", body, Prefer="wait=60").json
        reply = one("PUT", "/containers/limited/resources", {"pids": {"limit": 77}})
        if reply.status == 501:
            self.skipTest(reply.json["detail"])
        self.assertEqual(reply.status, 200, reply)
        self.assertEqual(self.limit(document["pid"]), "77")
        for state in ("stopped", "running"):
            reply = one("PUT", "/containers/limited/status", {"state": state, "timeoutSeconds": 0})
            self.assertEqual(reply.status, 200, reply)
        self.assertEqual(self.limit(reply.json["pid"]), "77")
        self.assertEqual(one("DELETE", "/containers/limited?force=1").status, 204)

    def limit(self, pid):
        """pids.max of either version."""
        for line in pathlib.Path(f"/proc/{pid}/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            for mount in ("/sys/fs/cgroup/pids", "/sys/fs/cgroup"):
                place = pathlib.Path(mount + path) / "pids.max"
                if controllers in ("pids", "") and place.exists():
                    return place.read_text().strip()
        return None


if __name__ == "__main__":
    unittest.main()
