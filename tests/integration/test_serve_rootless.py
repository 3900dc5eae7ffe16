# SPDX-License-Identifier: Apache-2.0
"""`oci-rt serve` of a plain user: the same life, below the user's own ids."""

import os
import pathlib
import stat
import subprocess
import unittest

import harness
import host
import rootless
import service
from fake_registry import FakeRegistry
from test_image import helper
from test_run_image import RunCase, publish
from test_serve import GET
from service import read_reply


class Defaults(service.Service):
    """With nothing said about where things are: XDG_RUNTIME_DIR and HOME say it."""

    def __init__(self, folder, registry, **more):
        self.registry = registry
        super().__init__(folder, **more)

    def start(self, wait=True):
        self.socket = self.folder / "run/oci-rt/serve.sock"
        self.argv = [service.program(), "--runtime", harness.binary(), f"--allow-registry={self.registry.address}"]
        super().start(wait)


@unittest.skipUnless(service.program() and helper(), "oci-rt-serve or oci-rt-image is not built")
class Rootless(RunCase, rootless.Case):
    seconds = 180

    def setUp(self):
        rootless.Case.setUp(self)
        self.home = self.folder / "home"
        for path in (self.home, self.home / "run"):
            path.mkdir(mode=0o700)
            os.chown(path, rootless.UID, rootless.GID)
        self.env = {"HOME": str(self.home), "PATH": os.environ["PATH"], "OCI_RT_LIBEXEC": str(helper().parent),
                    "XDG_RUNTIME_DIR": str(self.home / "run")}
        self.who = {"user": rootless.UID, "group": rootless.GID, "extra_groups": []}
        self.name = service.container_name()
        self.registry = FakeRegistry()
        self.addCleanup(self.registry.close)
        publish(self.registry, self.made(execution=self.execution()))
        self.image = f"{self.registry.address}/team/app:1"

    def serve(self, who=None):
        one = Defaults(self.home, self.registry, environment=self.env, who=who or self.who)
        self.addCleanup(one.stop)
        return one

    def up(self, one, name, *args, **more):
        reply = one("PUT", f"/containers/{name}", {"image": self.image, "args": list(args), **more}, Prefer="wait=60", seconds=90)
        self.assertEqual(reply.status, 201, reply)
        return reply.json

    def live(self, one):
        """From nothing to nothing; the answer to a pause is yielded."""
        document = self.up(one, self.name, "signals")
        self.assertEqual(document["state"], "running")
        self.assertEqual(os.stat(f"/proc/{document['pid']}").st_uid, rootless.UID)
        self.assertTrue(host.until(lambda: b"ready" in one("GET", f"/containers/{self.name}/logs").body))
        done = one("POST", f"/containers/{self.name}/exec", {"args": ["/bin/payload", "cat", "/srv/page"]}).json
        self.assertEqual((done["exitCode"], done["stdout"]), (0, "hello"))
        paused = one("PUT", f"/containers/{self.name}/status", {"state": "paused"})
        if paused.status == 200:
            self.assertEqual(one("PUT", f"/containers/{self.name}/status", {"state": "running"}).json["state"], "running")
        self.assertEqual(one("GET", f"/containers/{self.name}").json["state"], "running")
        seen = one("GET", f"/containers/{self.name}/processes")
        self.assertEqual(seen.status, 200 if paused.status == 200 else 501, seen)
        self.assertEqual(one("PUT", f"/containers/{self.name}/status", {"state": "stopped", "signal": "KILL"}).json["exitCode"], 137)
        self.assertEqual(one("PUT", f"/containers/{self.name}/status", {"state": "running"}).json["state"], "running")
        self.assertEqual(one("DELETE", f"/containers/{self.name}?force=1").status, 204)
        self.assertFalse(os.path.exists(f"/proc/{document['pid']}"))
        self.assertEqual(list((self.home / ".local/share/oci-rt/containers").iterdir()), [])
        return paused

    def test_the_life_of_a_container(self):
        one = self.serve()
        status = one.socket.stat()
        self.assertEqual((stat.S_IMODE(status.st_mode), status.st_uid), (0o600, rootless.UID))
        self.assertEqual(stat.S_IMODE(one.socket.parent.stat().st_mode), 0o700)
        self.assertFalse(one("GET", "/info").json["isRoot"])
        paused = self.live(one)
        # Nobody has given this user a cgroup.
        self.assertEqual((paused.status, paused.json["code"]), (501, "unsupported"), paused)
        self.assertEqual(one.stop(), 0)
        self.assertFalse((self.home / "run/oci-rt/.serve/containers").is_dir() and
                         list((self.home / "run/oci-rt/.serve/containers").iterdir()))

    def test_a_cgroup_that_is_delegated_can_be_frozen(self):
        around = host.CGROUPS / harness.GROUP.relative_to(host.CGROUPS) / "delegated"
        inner = around / "service"
        inner.mkdir(parents=True)
        self.addCleanup(lambda: [path.rmdir() for path in (*[each for each in around.iterdir() if each.is_dir()], around)])
        for path in (around, inner):
            for file in (path, path / "cgroup.procs", path / "cgroup.subtree_control", path / "cgroup.threads"):
                os.chown(file, rootless.UID, rootless.GID)

        def become():
            (inner / "cgroup.procs").write_text("0")
            os.setgroups([])
            os.setresgid(rootless.GID, rootless.GID, rootless.GID)
            os.setresuid(rootless.UID, rootless.UID, rootless.UID)

        one = self.serve({"preexec_fn": become})
        self.assertEqual(self.live(one).status, 200)
        self.assertEqual(one.stop(), 0)

    def test_one_id_is_enough(self):
        self.grant("")
        one = self.serve()
        self.live(one)

    def test_what_the_user_gets_and_others_do_not(self):
        one = self.serve()
        text = ("import socket; s = socket.socket(socket.AF_UNIX); s.connect('%s'); s.sendall(b'GET /healthz HTTP/1.1\\r\\n"
                "Host: a\\r\\n\\r\\n'); print(s.recv(1000).decode())" % one.socket)
        ask = lambda uid: subprocess.run(["setpriv", f"--reuid={uid}", "--regid=1", "--clear-groups", "python3", "-c", text],
                                         capture_output=True, text=True)
        self.assertIn("200 OK", ask(rootless.UID).stdout)
        self.assertIn("PermissionError", ask(rootless.UID + 1).stderr)
        for path in (self.home, self.home / "run", one.socket.parent, one.socket):
            path.chmod(0o777)
        self.assertIn("403 Forbidden", ask(rootless.UID + 1).stdout)
        with one.connect() as connection:  # root may, whoever the service is of
            connection.sendall((GET + "\r\n").encode())
            self.assertEqual(read_reply(connection)[0].status, 200)

    def test_killed_and_back_again(self):
        one = self.serve()
        document = self.up(one, self.name, "signals")
        one.stop(9)
        two = self.serve()
        self.assertEqual(two("GET", f"/containers/{self.name}").json["pid"], document["pid"])
        self.assertEqual(two("DELETE", f"/containers/{self.name}?force=1").status, 204)


if __name__ == "__main__":
    unittest.main()
