# SPDX-License-Identifier: Apache-2.0
"""The page of `oci-rt serve`: who gets it, whose requests it may make, and who is told the token."""

import base64
import hashlib
import os
import pty
import re
import select
import signal
import socket
import time
import unittest

import host
import service
from service import read_reply
from test_serve import free_port
from test_serve_containers import Case as Plain


class Case(Plain):
    seconds = 180

    def serve(self, *options, **more):
        self.port = free_port()
        self.one = super().serve("--port", self.port, *options, **more)
        self.token = (self.folder / "served" / "serve.token").read_text().strip()
        self.address = f"http://127.0.0.1:{self.port}/"
        return self.one

    def ask(self, method="GET", path="/", body=b"", host_field=None, token=True, **fields):
        """Over TCP, as a browser would."""
        fields = {"Host": host_field or f"127.0.0.1:{self.port}", **fields}
        if token:
            fields["Authorization"] = f"Bearer {self.token}"
        if body:
            fields.update(Content_Type="application/json", Content_Length=str(len(body)))
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
        with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
            connection.sendall(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
            reply = read_reply(connection, method=method)[0]
        service.judge(method, path, reply)
        return reply


class Document(Case):
    """Without a browser."""

    def test_everybody_gets_the_page_and_nothing_else(self):
        self.serve()
        reply = self.ask(token=False)
        self.assertEqual((reply.status, reply.fields["content-type"]), (200, "text/html; charset=utf-8"))
        self.assertEqual(self.ask("HEAD", token=False).fields["content-length"], str(len(reply.body)))
        for method, path in (("GET", "/containers"), ("GET", "/v1/"), ("GET", "//"), ("PUT", "/"), ("GET", "/events")):
            self.assertIn(self.ask(method, path, token=False).status, (401, 429))
        for _ in range(10):  # who locks others out of the data does not take the page from them
            self.ask(path="/version", token=False)
        self.assertEqual(self.ask(token=False).status, 200)
        self.assert_problem(self.ask(host_field="evil.example", token=False), 421, "wrong-host")
        for site in ("cross-site", "same-site"):
            self.assert_problem(self.ask(token=False, Sec_Fetch_Site=site), 403, "forbidden-origin")
        self.assertEqual(self.one("GET", "/").body, reply.body)

    def test_it_is_fetched_once(self):
        self.serve()
        reply = self.ask(token=False)
        self.assertEqual(reply.fields["cache-control"], "no-cache")
        again = self.ask(token=False, If_None_Match=reply.fields["etag"])
        self.assertEqual((again.status, again.body), (304, b""))
        self.assertNotIn("content-length", again.fields)
        self.assertEqual(self.ask(token=False, If_None_Match='"other"').status, 200)

    def test_nothing_runs_but_what_it_has(self):
        self.serve()
        reply = self.ask(token=False)
        text = reply.body.decode()
        policy = dict(part.split(" ", 1) for part in reply.fields["content-security-policy"].split("; "))
        for kind in ("script", "style"):
            parts = re.findall(rf"<{kind}>(.*?)</{kind}>", text, re.S)
            hashes = ["'sha256-" + base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() + "'" for part in parts]
            self.assertTrue(parts)
            self.assertEqual(policy[f"{kind}-src"].split(), hashes)
        for name in ("default-src", "frame-ancestors", "base-uri", "form-action"):
            self.assertEqual(policy[name], "'none'")
        self.assertEqual((policy["connect-src"], policy["img-src"]), ("'self'", "data:"))
        self.assertNotIn("unsafe", reply.fields["content-security-policy"])
        self.assertEqual((reply.fields["referrer-policy"], reply.fields["x-content-type-options"]), ("no-referrer", "nosniff"))
        self.assertEqual(set(re.findall(r"https?://[^\s'\"]+", text)), {"http://www.w3.org/2000/svg"})
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", " style=", " onclick="):
            self.assertNotIn(word, text)

    def test_no_page_is_wanted(self):
        one = self.serve("--no-ui")
        self.assert_problem(self.ask(), 404, "no-route")
        self.assert_problem(self.ask(token=False), 401, "bad-token")
        self.assert_problem(one("GET", "/"), 404, "no-route")
        own = f"http://127.0.0.1:{self.port}"
        self.assert_problem(self.ask("DELETE", "/containers/a", Origin=own), 403, "forbidden-origin")
        self.assertNotIn("browsers", one.log.read_text())

    def test_only_its_own_origin_is_served(self):
        one = self.serve()
        port = self.port

        def status(origin, host_field=f"127.0.0.1:{port}", **fields):
            reply = self.ask("PUT", "/containers/a/status", b'{"state":"paused"}', host_field, Origin=origin, **fields)
            self.assertFalse([name for name in reply.fields if name.startswith("access-control")])
            return reply.status, reply.json["code"]

        for name in (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"):
            self.assertEqual(status(f"http://{name}", name), (404, "no-such-container"))
        self.assertEqual(status(f"http://127.0.0.1:{port}", Sec_Fetch_Site="same-origin"), (404, "no-such-container"))
        for origin in ("null", "", f"https://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}", "http://127.0.0.1",
                       f"http://localhost:{port}", f"http://[::1]:{port}", f"http://127.0.0.1:{port}0", "http://evil.example",
                       f"http://127.0.0.1:{port}.evil.example", f"http://127.0.0.1.evil.example:{port}",
                       f"http://127.0.0.1:{port}@evil.example", f"http://127.0.0.1:{port}/", f"HTTP://127.0.0.1:{port}",
                       f"http://127.0.0.1:{port} http://evil.example", f"http://evil.example:{port}", "file://"):
            with self.subTest(origin):
                self.assertEqual(status(origin), (403, "forbidden-origin"))
        self.assertEqual(status("http://evil.example", "evil.example"), (403, "forbidden-origin"))
        for site in ("cross-site", "same-site"):
            self.assertEqual(status(f"http://127.0.0.1:{port}", Sec_Fetch_Site=site), (403, "forbidden-origin"))
        own = f"http://127.0.0.1:{port}"
        self.assert_problem(self.ask("OPTIONS", "/containers/a", Origin=own, Access_Control_Request_Method="PUT"), 403)
        # The token is needed all the same, and a Unix socket has no pages of its own.
        self.assert_problem(self.ask("DELETE", "/containers/a", token=False, Origin=own), 401, "bad-token")
        self.assert_problem(one("DELETE", "/containers/a", Host=f"127.0.0.1:{port}", Origin=own), 403, "forbidden-origin")

    def test_the_token_is_shown_to_eyes_and_not_to_logs(self):
        one = self.serve()
        self.assertIn(f"a page for browsers: {self.address} (", one.log.read_text())
        self.assertNotIn(self.token, one.log.read_text())
        one.stop()
        master, slave = pty.openpty()
        pid = os.fork()
        if pid == 0:
            os.dup2(slave, 2)
            os.execve(one.argv[0], one.argv, {**os.environ, "FAKE_RUNTIME": str(self.fake)})
        os.close(slave)
        seen = b""
        end = time.monotonic() + 20
        while b"#token=" not in seen and time.monotonic() < end:
            if select.select([master], [], [], 0.2)[0]:
                seen += os.read(master, 4096)
        os.kill(pid, signal.SIGTERM)
        os.close(master)
        self.assertEqual(host.wait_status(pid), 0)
        self.assertIn(f"{self.address}#token={self.token}".encode(), seen)


if __name__ == "__main__":
    unittest.main()
