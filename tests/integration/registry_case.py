# SPDX-License-Identifier: Apache-2.0
"""What a test of the client of registries needs: a registry, and the program that drives the client."""

import base64
import json
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import unittest

from fake_registry import FakeRegistry, digest_of

TOOL = pathlib.Path(os.environ.get("OCI_RT_REGISTRY_TOOL") or
                    pathlib.Path(os.environ.get("OCI_RT_PAYLOAD", "")).parent / "registry-tool")


def noise(size, seed=1):
    return random.Random(seed).randbytes(size)


def basic(user):
    return "Basic " + base64.b64encode(user.encode()).decode()


@unittest.skipUnless(TOOL.is_file(), "the client of registries is not built")
class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="oci-rt-registry-"))
        self.addCleanup(subprocess.run, ["rm", "-rf", self.folder])
        (self.folder / "out").mkdir()
        self.registry = self.start(FakeRegistry)
        signal.signal(signal.SIGALRM, self.too_slow)
        signal.alarm(60)
        self.addCleanup(signal.alarm, 0)

    def too_slow(self, *_):
        raise TimeoutError("the test took too long")

    def start(self, kind, **options):
        server = kind(**options)
        self.addCleanup(server.close)
        return server

    def command(self, verb, name, *options):
        name = name if "/" in name else f"{self.registry.address}/team/app{name}"
        return [TOOL, "--home", self.folder, "--certs", self.folder / "certs.d", "--out", self.folder / "out",
                "--first-delay", "20", "--platform", "linux/amd64", *options, verb, name]

    def run_tool(self, verb, name, *options, code=0, env=None):
        environment = {**{k: v for k, v in os.environ.items() if "proxy" not in k.lower()}, **(env or {})}
        done = subprocess.run([str(word) for word in self.command(verb, name, *options)], capture_output=True,
                              text=True, timeout=50, env=environment)
        self.assertEqual(done.returncode, code, f"{done.stdout}\n{done.stderr}")
        return json.loads(done.stdout)

    def resolve(self, name=":latest", *options, **how):
        return self.run_tool("resolve", name, *options, **how)

    def pull(self, *layers, options=(), name=":latest"):
        result = self.run_tool("pull", name, *options)
        for layer in layers:
            self.assertEqual((self.folder / "out" / digest_of(layer)[7:]).read_bytes(), layer)
        return result

    def refused(self, code, name=":latest", *options, verb="pull", text=None):
        error = self.run_tool(verb, name, *options, code=1)["error"]
        self.assertEqual(error["code"], code, error)
        if text is not None:
            self.assertIn(text, error["message"] + "; " + error["hint"])
        for secret in ("secret", base64.b64encode(b"me:secret").decode()):
            self.assertNotIn(secret, json.dumps(error))
        return error

    def log_in(self, place, user="me:secret", **more):
        entry = {"auth": base64.b64encode(user.encode()).decode(), **more}
        path = self.folder / ".config" / "containers" / "auth.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"auths": {place: entry}}))

    def configure(self, *registries):
        path = self.folder / "registries.json"
        path.write_text(json.dumps({"registries": registries}))
        return ("--config", path)
