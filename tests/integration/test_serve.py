# SPDX-License-Identifier: Apache-2.0
"""`oci-rt serve` to its clients: who is let in, what is taken for a request, and what nobody may use up."""

import os
import pathlib
import signal
import socket
import stat
import subprocess
import time
import unittest

import harness
import host
import service
from service import read_reply

GET = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@unittest.skipUnless(service.program(), "oci-rt-serve is not built")
class Case(harness.Case):
    def serve(self, *options, **more):
        one = service.Service(self.folder, *options, **more)
        self.addCleanup(one.stop)
        return one

    def refused(self, *options, code=2, text=""):
        one = service.Service(self.folder, *options, wait=False)
        self.assertEqual(one.process.wait(10), code, one.log.read_text())
        host.STARTED.discard(one.process.pid)
        self.assertIn(text, one.log.read_text())

    def assert_problem(self, reply, status, code=None):
        self.assertIsNotNone(reply)
        self.assertEqual(reply.status, status, reply)
        self.assertEqual(reply.fields["content-type"], "application/problem+json")
        if code:
            self.assertEqual(reply.json["code"], code)
        return reply


class System(Case):
    def test_health_versions_and_the_document(self):
        one = self.serve()
        self.assertEqual(one("GET", "/healthz").json, {"status": "ok"})
        self.assertEqual(one("GET", "/readyz").json["checks"], {"runtime": True, "state": True, "ending": False})
        self.assertEqual(one("GET", "/version").json["apiVersion"], "v1")
        self.assertEqual(one("GET", "/v1/version").json, one("GET", "/version").json)
        self.assertEqual(one("GET", "/openapi.json").json, service.DOCUMENT)
        self.assertIn("kernel", one("GET", "/info").json["host"])
        head = one("HEAD", "/version")
        self.assertEqual(head.status, 200)
        self.assertEqual(int(head.fields["content-length"]), len(one("GET", "/version").body))

    def test_document_and_router_know_the_same_routes(self):
        table = subprocess.run([service.program(), "--routes"], capture_output=True, text=True, check=True).stdout
        routed = set(table.splitlines())
        written = {f"{method.upper()} {path}" for path, item in service.DOCUMENT["paths"].items() for method in item}
        self.assertEqual(routed, written)

    def test_the_runtime_becomes_the_service(self):
        text = subprocess.run([harness.binary(), "serve", "--version"], capture_output=True, text=True,
                              env={**os.environ, "OCI_RT_LIBEXEC": str(pathlib.Path(service.program()).parent)})
        self.assertRegex(text.stdout, "^oci-rt-serve ")

    def test_answers_are_not_for_browsers_and_caches(self):
        fields = self.serve()("GET", "/healthz").fields
        self.assertEqual((fields["x-content-type-options"], fields["cache-control"]), ("nosniff", "no-store"))
        self.assertNotIn("access-control-allow-origin", fields)
        self.assertIn("date", fields)

    def test_a_second_service_is_refused(self):
        one = self.serve()
        self.refused(code=3, text="another service")
        self.assertEqual(one("GET", "/healthz").status, 200)

    def test_a_socket_left_behind_is_replaced_and_others_are_not(self):
        one = self.serve()
        one.stop(signal.SIGKILL)
        self.assertTrue(one.socket.exists())
        one.start()
        self.assertEqual(one("GET", "/healthz").status, 200)
        self.assertEqual(one.stop(), 0)
        one.socket.unlink(missing_ok=True)
        one.socket.symlink_to("/etc/passwd")
        self.refused(text="no socket")
        one.socket.unlink()
        other = socket.socket(socket.AF_UNIX)
        other.bind(str(one.socket))
        other.listen()
        self.refused(code=3, text="somebody listens")
        other.close()

    def test_the_socket_is_private_unless_a_group_is_named(self):
        one = self.serve()
        self.assertEqual(stat.S_IMODE(one.socket.stat().st_mode), 0o600)
        one.stop()
        two = self.serve("--socket-group", "daemon")
        status = two.socket.stat()
        self.assertEqual((stat.S_IMODE(status.st_mode), status.st_gid), (0o660, 1))
        two.stop()
        self.refused("--socket-group", "nobody-knows-it", text="no group")

    def test_sigterm_lets_a_request_end(self):
        one = self.serve()
        with one.connect() as idle, one.connect() as busy:
            busy.sendall(b"PUT /healthz HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{")
            time.sleep(0.1)
            one.process.send_signal(signal.SIGTERM)
            self.assertEqual(idle.recv(1), b"")
            time.sleep(0.1)
            self.assertIsNone(one.process.poll())
            busy.sendall(b"}")
            self.assertEqual(read_reply(busy)[0].status, 405)
        self.assertEqual(one.stop(), 0)


class Strictness(Case):
    """Whatever could be read in two ways is refused, and the connection with it."""

    BAD = {
        "length and chunks": (GET + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        "two lengths": (GET + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400),
        "the same length twice": (GET + "Content-Length: 0\r\nContent-Length: 0\r\n\r\n", 400),
        "a signed length": (GET + "Content-Length: +5\r\n\r\nabcde", 400),
        "a negative length": (GET + "Content-Length: -1\r\n\r\n", 400),
        "a length with a space": (GET + "Content-Length: 1 1\r\n\r\n", 400),
        "a space before the colon": ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        "bare line feeds": ("GET / HTTP/1.1\nHost: a\n\n", 400),
        "one bare line feed": ("GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400),
        "a bare carriage return": ("GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n", 400),
        "a folded field": ("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n", 400),
        "NUL in a field": ("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", 400),
        "no host": ("GET / HTTP/1.1\r\nX: y\r\n\r\n", 400),
        "two hosts": ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        "gzip": (GET + "Transfer-Encoding: gzip\r\n\r\n", 501),
        "gzip, chunked": (GET + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
        "two encodings": (GET + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        "HTTP/1.0": ("GET / HTTP/1.0\r\nHost: a\r\n\r\n", 505),
        "HTTP/2": ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        "HTTP/0.9": ("GET /\r\n\r\n", 400),
        "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        "noise": (bytes(range(128, 256)), 400),
        "an absolute target": ("GET http://localhost/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        "a long line": (f"GET /{'a' * 9000} HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        "a long target": (f"GET /{'a' * 5000} HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        "a long header": (GET + f"X: {'a' * 17000}\r\n\r\n", 431),
        "many fields": (GET + "".join(f"X{i}: y\r\n" for i in range(65)) + "\r\n", 431),
        "a large body": (GET + "Content-Type: application/json\r\nContent-Length: 1048577\r\n\r\n", 413),
        "a chunk with no size": (GET + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400),
        "a negative chunk": (GET + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", 400),
        "TRACE": ("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        "CONNECT": ("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        "a method nobody knows": ("BREW /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        "an escape that is none": ("GET /containers/%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        "half an escape": ("GET /containers/%1 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        "NUL in the path": ("GET /containers/a%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        "bad UTF-8 in the path": ("GET /containers/%c0%ae HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        "many parameters": ("GET /healthz?" + "a&" * 100 + " HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    }

    def test_what_is_refused(self):
        one = self.serve()
        for name, (text, status) in self.BAD.items():
            with self.subTest(name):
                reply = one.raw(text)
                self.assert_problem(reply, status)
                service.validate(reply.json, service.DOCUMENT["components"]["schemas"]["Problem"])
        self.assertEqual(one("GET", "/healthz").status, 200)

    def test_a_refusal_closes_the_connection(self):
        with self.serve().connect() as connection:
            connection.sendall(("GET / HTTP/1.1\nHost: a\n\n" + GET + "\r\n").encode())
            reply, rest = read_reply(connection)
            self.assertEqual((reply.status, reply.fields["connection"]), (400, "close"))
            self.assertEqual(rest + connection.recv(100), b"")

    def test_paths_and_methods_that_are_not_there(self):
        one = self.serve()
        self.assert_problem(one("GET", "/nothing"), 404, "no-route")
        self.assert_problem(one("GET", "/healthz/"), 404, "no-route")
        self.assert_problem(one("GET", "/v1"), 404, "no-route")
        self.assert_problem(one("GET", "/v1/v1/healthz"), 404, "no-route")
        reply = self.assert_problem(one("DELETE", "/healthz"), 405, "method-not-allowed")
        self.assertEqual(reply.fields["allow"], "GET, HEAD")
        self.assertEqual(reply.json["instance"], "/healthz")

    def test_requests_come_in_pieces_and_in_a_row(self):
        one = self.serve()
        with one.connect() as connection:
            for byte in (GET + "\r\n").encode():
                connection.sendall(bytes([byte]))
            self.assertEqual(read_reply(connection)[0].status, 200)
            connection.sendall((GET + "\r\n").encode() * 50 + b"GET /version HTTP/1.1\r\nHost: a\r\n\r\n")
            rest = b""
            for _ in range(50):
                reply, rest = read_reply(connection, rest)
                self.assertEqual(reply.json, {"status": "ok"})
            self.assertIn("version", read_reply(connection, rest)[0].json)

    def test_chunked_bodies_and_continue(self):
        one = self.serve()
        head = "PUT /healthz HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        self.assert_problem(one.raw(head + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1;x=y\r\n}\r\n0\r\nA: b\r\n\r\n"), 405)
        with one.connect() as connection:
            connection.sendall((head + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n").encode())
            self.assertEqual(connection.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
            connection.sendall(b"{}")
            self.assertEqual(read_reply(connection)[0].status, 405)
        # Over the limit by chunks, none of which says so.
        with one.connect() as connection:
            connection.sendall((head + "Transfer-Encoding: chunked\r\n\r\n").encode())
            try:
                for _ in range(20):
                    connection.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
            except OSError:
                pass
            self.assert_problem(read_reply(connection)[0], 413)

    def test_bodies_are_json(self):
        one = self.serve()
        self.assert_problem(one("PUT", "/healthz", b"{}", Content_Type="text/plain"), 415)
        self.assert_problem(one("PUT", "/healthz", b"{}", Content_Type="application/x-www-form-urlencoded"), 415)
        self.assert_problem(one("PUT", "/healthz", b"{}", Content_Type="application/json; charset=utf-8"), 405)


class Limits(Case):
    def test_slow_clients_are_cut_off(self):
        one = self.serve("--header-timeout", 1, "--body-timeout", 1, "--idle-timeout", 1)
        self.assert_problem(one.raw("GET /healthz HTTP/1.1\r\nHost:"), 408, "request-timeout")
        self.assert_problem(one.raw("PUT /healthz HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                                    "Content-Length: 5\r\n\r\n{"), 408)
        with one.connect() as idle:
            begun = time.monotonic()
            self.assertEqual(idle.recv(1), b"")
            self.assertLess(abs(time.monotonic() - begun - 1), 0.5)

    def test_who_sends_and_never_reads_is_cut_off(self):
        one = self.serve("--write-timeout", 1)
        with one.connect() as connection:
            request = b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 1000
            connection.settimeout(8)
            with self.assertRaises(OSError) as caught:
                for _ in range(100):
                    connection.sendall(request)
            self.assertNotIsInstance(caught.exception, TimeoutError)
        self.assertLess(one.memory(), 20000)

    def test_connections_have_an_end(self):
        one = self.serve("--max-connections", 10, "--max-connections-of-peer", 5)
        time.sleep(0.1)  # the connection that has found it there
        held = [one.connect() for _ in range(5)]
        try:
            for connection in held:
                connection.sendall((GET + "\r\n").encode())
                self.assertEqual(read_reply(connection)[0].status, 200)
            refused = self.assert_problem(one.raw(GET + "\r\n"), 503, "overloaded")
            self.assertIn("retry-after", refused.fields)
            held[0].sendall((GET + "\r\n").encode())
            self.assertEqual(read_reply(held[0])[0].status, 200)
        finally:
            for connection in held:
                connection.close()
        self.assertTrue(host.until(lambda: one.raw(GET + "\r\n").status == 200, 5))

    def test_no_more_descriptors(self):
        one = self.serve(prefix=["prlimit", "--nofile=30"])
        held = [one.connect() for _ in range(40)]
        try:
            time.sleep(0.3)
            before = sum(map(int, pathlib.Path(f"/proc/{one.process.pid}/stat").read_text().split()[13:15]))
            time.sleep(1)
            after = sum(map(int, pathlib.Path(f"/proc/{one.process.pid}/stat").read_text().split()[13:15]))
            self.assertLess(after - before, 20, "it spins")
        finally:
            for connection in held:
                connection.close()
        self.assertTrue(host.until(lambda: one.raw(GET + "\r\n").status == 200, 5))

    def test_a_thousand_idle_connections(self):
        one = self.serve("--max-connections", 1100, "--max-connections-of-peer", 1100)
        empty = one.memory()
        held = []
        try:
            for _ in range(1000):
                held.append(one.connect())
            for connection in held:
                connection.sendall((GET + "\r\n").encode())
            for connection in held:
                self.assertEqual(read_reply(connection)[0].status, 200)
            full = one.memory()
            print(f"resident: {empty} kB, with 1000 idle connections {full} kB")
            self.assertLess(full, 8000)
        finally:
            for connection in held:
                connection.close()
            del held, connection

    def test_no_more_memory(self):
        one = self.serve("--max-connections", 250, "--max-connections-of-peer", 250)
        size = one.memory("VmSize")
        subprocess.run(["prlimit", f"--pid={one.process.pid}", f"--as={(size + 12000) * 1024}"], check=True)
        head = (b"PUT /healthz HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                b"Content-Length: 1000000\r\n\r\n")
        held, seen = [], set()
        try:
            for _ in range(60):
                connection = one.connect()
                held.append(connection)
                try:
                    connection.sendall(head + b" " * 999_000)
                except OSError:
                    pass
            self.assertIsNone(one.process.poll(), one.log.read_text())
            for connection in held:
                connection.settimeout(0.2)
                try:
                    reply = read_reply(connection)[0]
                    seen.add(reply and reply.status)
                except OSError:
                    pass
        finally:
            for connection in held:
                connection.close()
        self.assertIn(503, seen)
        self.assertLessEqual(seen, {503, None})
        self.assertEqual(one("GET", "/version").status, 200)


class Access(Case):
    def test_tcp_wants_a_token_and_the_right_host(self):
        port = free_port()
        one = self.serve("--port", port)
        token_file = self.folder / "served" / "serve.token"
        self.assertEqual(stat.S_IMODE(token_file.stat().st_mode), 0o600)
        token = token_file.read_text().strip()
        self.assertEqual(len(token), 64)

        def ask(host_field=f"localhost:{port}", **fields):
            with socket.create_connection(("127.0.0.1", port), 5) as connection:
                lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
                connection.sendall(f"GET /healthz HTTP/1.1\r\nHost: {host_field}\r\n{lines}\r\n".encode())
                return read_reply(connection)[0]

        good = {"Authorization": f"Bearer {token}"}
        self.assertEqual(ask(**good).status, 200)
        for name in (f"127.0.0.1:{port}", f"[::1]:{port}", f"LOCALHOST:{port}"):
            self.assertEqual(ask(name, **good).status, 200, name)
        for name in ("evil.example", f"evil.example:{port}", "localhost", f"localhost:{port + 1}", f"localhost:{port}."):
            self.assert_problem(ask(name, **good), 421, "wrong-host")
        reply = self.assert_problem(ask(), 401, "bad-token")
        self.assertEqual(reply.fields["www-authenticate"], "Bearer")
        time.sleep(1.1)
        for wrong in ("Bearer x", f"Basic {token}", f"Bearer {token}x", f"Bearer {token[:-1]}", "Bearer "):
            self.assertIn(ask(Authorization=wrong).status, (401, 429))
        statuses = {ask(Authorization="Bearer wrong").status for _ in range(20)}
        self.assertIn(429, statuses)
        time.sleep(1.1)
        self.assertEqual(ask(**good).status, 200)
        self.assertEqual(one("GET", "/healthz").status, 200)  # the Unix socket needs none

    def test_a_token_comes_before_the_body(self):
        port = free_port()
        self.serve("--port", port)
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.sendall(f"PUT /x HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\n"
                               "Content-Length: 1000000\r\n\r\n".encode())
            self.assert_problem(read_reply(connection)[0], 401)

    def test_pages_of_a_browser_are_refused(self):
        one = self.serve()
        for fields in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"},
                       {"Sec_Fetch_Site": "same-site"}, {"Access_Control_Request_Method": "PUT"}):
            for method in ("GET", "OPTIONS"):
                reply = self.assert_problem(one(method, "/healthz", **fields), 403, "forbidden-origin")
                self.assertFalse([name for name in reply.fields if name.startswith("access-control")])

    def test_tcp_stays_on_this_machine(self):
        self.refused("--listen", f"tcp://0.0.0.0:{free_port()}", text="not a loopback")
        self.refused("--listen", f"tcp://[::]:{free_port()}", text="not a loopback")
        for wrong in ("tcp://", "tcp://127.0.0.1", "tcp://127.0.0.1:0", "tcp://127.0.0.1:99999", "http://a:1", "", "relative"):
            self.refused("--listen", wrong)
        port = free_port()
        one = self.serve("--listen", f"tcp://0.0.0.0:{port}", "--insecure-listen")
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.sendall((GET + "\r\n").encode())
            self.assertEqual(read_reply(connection)[0].status, 421)
        self.assertEqual(one("GET", "/healthz").status, 200)

    def test_token_files_that_others_can_read_or_guess(self):
        path = self.folder / "token"
        options = ("--port", free_port(), "--token-file", path)
        path.write_text("a" * 40)
        path.chmod(0o644)
        self.refused(*options, text="0600")
        path.chmod(0o600)
        path.write_text("short")
        self.refused(*options, text="less than")
        path.write_text("a" * 40)
        os.chown(path, 65534, 65534)
        self.refused(*options, text="ours")
        path.unlink()
        (self.folder / "real").write_text("a" * 40)
        path.symlink_to(self.folder / "real")
        self.refused(*options, text="regular")

    def ask_as(self, one, uid, prefix=()):
        text = ("import socket; s = socket.socket(socket.AF_UNIX); s.connect('%s'); "
                "s.sendall(b'GET /healthz HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'); print(s.recv(1000).decode())" % one.socket)
        done = subprocess.run([*prefix, "setpriv", f"--reuid={uid}", "--regid=1", "--clear-groups", "python3", "-c", text],
                              capture_output=True, text=True)
        return done.stdout + done.stderr

    def test_users_that_are_not_allowed(self):
        one = self.serve()
        self.assertIn("PermissionError", self.ask_as(one, 12345))
        one.socket.chmod(0o666)  # the mode is not all
        self.assertIn("403 Forbidden", self.ask_as(one, 12345))
        self.assertIn("200 OK", self.ask_as(one, 0))
        one.stop()
        two = self.serve("--allow-uid", 12345)
        two.socket.chmod(0o666)
        self.assertIn("200 OK", self.ask_as(two, 12345))
        two.stop()
        three = self.serve("--socket-group", 1)
        self.assertIn("200 OK", self.ask_as(three, 12345))

    def test_processes_of_containers_are_refused(self):
        one = self.serve()
        self.assertIn("403 Forbidden", self.ask_as(one, 0, ("unshare", "--pid", "--fork")))

    def test_sockets_of_systemd(self):
        path, port = self.folder / "handed.sock", free_port()
        unix = socket.socket(socket.AF_UNIX)
        unix.bind(str(path))
        unix.listen()
        tcp = socket.create_server(("127.0.0.1", port))
        code = ("import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); "
                "os.environ.update(LISTEN_FDS='2', LISTEN_PID=str(os.getpid())); os.execv(sys.argv[3], sys.argv[3:])")
        numbers = [os.dup2(each.fileno(), 40 + index) for index, each in enumerate((unix, tcp))]
        log = open(self.folder / "log", "wb")
        process = subprocess.Popen(["python3", "-c", code, *map(str, numbers), service.program(), "--state-dir",
                                    str(self.folder / "handed"), "--runtime", harness.binary(), "--root", str(self.folder / "s")],
                                   pass_fds=numbers, stdout=log, stderr=log)
        host.STARTED.add(process.pid)
        for number in range(40, 42):
            os.close(number)
        tcp.close()
        unix.close()
        log.close()
        try:
            def answers():
                with socket.socket(socket.AF_UNIX) as connection:
                    connection.settimeout(5)
                    connection.connect(str(path))
                    connection.sendall((GET + "\r\n").encode())
                    reply = read_reply(connection)[0]
                    return reply and reply.status == 200
            self.assertTrue(host.until(answers, 10))
            with socket.create_connection(("127.0.0.1", port), 5) as connection:
                connection.sendall(f"GET /healthz HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
                self.assertEqual(read_reply(connection)[0].status, 401)
        finally:
            process.terminate()
            self.assertEqual(process.wait(10), 0)
            host.STARTED.discard(process.pid)


if __name__ == "__main__":
    unittest.main()
