# SPDX-License-Identifier: Apache-2.0
"""What tests of containers with a monitor need: run --detach --monitor, and a connection to mon.sock."""

import json
import os
import socket

import harness
import host


def libexec():
    return os.environ.get("OCI_RT_LIBEXEC", os.path.dirname(os.path.realpath(harness.binary())))


class Line:
    """A connection to mon.sock."""

    def __init__(self, directory, hello=True):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(10)
        # The path may be longer than an address.
        folder = os.open(directory, os.O_PATH)
        self.socket.connect(f"/proc/self/fd/{folder}/mon.sock")
        os.close(folder)
        if hello:
            self.hello, self.fds = self.receive(8)

    def receive(self, count=0):
        data, fds, _, _ = socket.recv_fds(self.socket, 8192, count)
        return json.loads(data) if data else None, list(fds)

    def send(self, message, *fds):
        data = message if isinstance(message, bytes) else json.dumps(message).encode()
        socket.send_fds(self.socket, [data], fds)

    def ask(self, message, *fds):
        self.send(message, *fds)
        while True:
            answer, _ = self.receive()
            if answer is None or answer["type"] in ("done", "error"):
                return answer

    def until(self, kind):
        while (answer := self.receive()[0]) is not None and answer["type"] != kind:
            pass
        return answer

    def close(self):
        self.socket.close()
        for fd in getattr(self, "fds", []):
            os.close(fd)
        self.fds = []


class Monitored(harness.Case):
    def setUp(self):
        super().setUp()
        self.ours_only()
        os.environ["OCI_RT_LIBEXEC"] = libexec()

    def run_monitored(self, bundle, *options, **popen):
        id = self.forget(self.new_id())
        self.ok("run", "--detach", "--monitor", "--bundle", bundle.path, *options, id, **popen)
        return id

    def directory(self, id):
        return self.rt.root / id

    def record(self, id):
        return json.loads((self.directory(id) / "monitor").read_text())

    def line(self, id, **options):
        line = Line(self.directory(id), **options)
        self.addCleanup(line.close)
        return line

    def ended(self, id, seconds=20):
        self.assertTrue(host.until((self.directory(id) / "exit.json").exists, seconds), "no exit.json")
        return self.state(id)

    def shell(self, script, **options):
        self.need_busybox()
        return self.bundle("/bin/sh", "-c", script, **options)

    def with_terminal(self, bundle):
        return bundle.edit("/process/terminal", True)

    def attach_socket(self, line, frames=True, input="close"):
        ours, theirs = socket.socketpair()
        ours.settimeout(10)
        self.addCleanup(ours.close)
        self.assertEqual(line.ask({"type": "attach", "frames": frames, "input": input}, theirs.fileno()),
                         {"type": "done"})
        theirs.close()
        return ours
