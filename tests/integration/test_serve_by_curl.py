# SPDX-License-Identifier: Apache-2.0
"""docs/serve-by-curl.md is true: each block is run, and each answer is as it is shown there."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import threading
import unittest

import host
import service
from fake_registry import FakeRegistry
from test_run_image import RunCase, publish
from test_serve import free_port

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "serve-by-curl.md"
ANY = "…"


def blocks():
    """(line, kind, text) of what stands between fences."""
    text = PAGE.read_text()
    return [(text.count("\n", 0, found.start()) + 1, found[1], found[2])
            for found in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S)]


def like(value, shown):
    """A mark stands for any value, in a text for any part, and as a name for any other members."""
    if shown == ANY:
        return True
    if isinstance(shown, str) and isinstance(value, str):
        return re.fullmatch(".*".join(map(re.escape, shown.split(ANY))), value, re.S) is not None
    if isinstance(shown, dict) and isinstance(value, dict):
        names = set(shown) - {ANY}
        return (names == set(value) or ANY in shown and names <= set(value)) and all(
            like(value[name], shown[name]) for name in names)
    if isinstance(shown, list) and isinstance(value, list):
        return len(shown) == len(value) and all(map(like, value, shown))
    return type(value) is type(shown) and value == shown


class Shell:
    """One for all blocks, so that what one defines the next ones have."""

    def __init__(self, environment, folder):
        self.process = subprocess.Popen(["bash", "-u"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, env=environment, cwd=folder)
        host.STARTED.add(self.process.pid)

    def run(self, text):
        self.process.stdin.write(f"{text}\nprintf '\\n--- the end of it\\n'\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line == "--- the end of it\n":
                return "".join(lines)[:-1]
            lines.append(line)
        raise AssertionError(f"the shell has ended in: {text}")

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(20)
        host.STARTED.discard(self.process.pid)


@unittest.skipUnless(service.program() and shutil.which("curl"), "oci-rt-serve is not built, or there is no curl")
class Page(RunCase):
    seconds = 240

    def setUp(self):
        super().setUp()
        self.registry = FakeRegistry()
        self.addCleanup(self.registry.close)
        publish(self.registry, self.made(execution=self.execution()))
        self.port = free_port()
        self.one = service.Service(self.folder, "--storage", self.folder / "new", "--port", self.port,
                                   environment={**os.environ, **self.env}, registries=[self.registry.address])
        self.addCleanup(self.one.stop)
        # The page looks while it is fetched.
        self.go = threading.Event()
        self.registry.on("/blobs/", lambda request: None if self.go.wait(60) else request.cut())

    def real(self, text):
        for shown, here in (("/run/oci-rt/serve.sock", str(self.one.socket)), ("localhost:8080", f"localhost:{self.port}"),
                            ("/run/oci-rt/.serve/serve.token", str(self.folder / "served" / "serve.token")),
                            ("registry.example", self.registry.address)):
            text = text.replace(shown, here)
        return re.sub(r"\bweb(?=\b|_latest)", service.container_name(), text)

    def compare(self, kind, shown, got):
        if kind == "json":
            self.assertTrue(like(json.loads(got), json.loads(shown)), got)
        else:
            pattern = ".*".join(map(re.escape, shown.strip().split(ANY)))
            self.assertRegex(got.strip(), f"(?s)^{pattern}$")

    def test_every_block(self):
        shell = Shell({**os.environ, **self.env}, self.folder)
        self.addCleanup(shell.close)
        ran, got = 0, None
        for line, kind, text in blocks():
            with self.subTest(f"{PAGE.name}:{line}"):
                if kind == "sh":
                    self.assertIsNone(got, "a block without an answer")
                    got, ran = shell.run(self.real(text)), ran + 1
                    continue
                self.assertIn(kind, ("json", "text"))
                self.assertIsNotNone(got, "an answer without a block")
                shown, answer, got = self.real(text), got, None
                self.compare(kind, shown, answer)
                if '"state": "fetching"' in text:
                    self.go.set()
        self.assertIsNone(got)
        self.assertGreater(ran, 15)
        self.assertEqual(list((self.folder / "new" / "containers").iterdir()), [])


if __name__ == "__main__":
    unittest.main()
