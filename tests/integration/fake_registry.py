# SPDX-License-Identifier: Apache-2.0
"""A registry on the loopback that misbehaves on demand, and remembers what it was asked.

A rule is a function of the request; what it returns decides: None, and the request goes on as usual, or anything
else, and the rule has answered it.
"""

import collections
import hashlib
import http.server
import json
import re
import socket
import ssl
import threading
import urllib.parse

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"

Seen = collections.namedtuple("Seen", "method path headers body")


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def descriptor(kind, content, **more):
    return {"mediaType": kind, "digest": digest_of(content), "size": len(content), **more}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.owner.serve(self)

    do_HEAD = do_POST = do_GET

    def answer(self, status, body=b"", kind="application/json", **fields):
        """Underscores in the names of fields stand for hyphens."""
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content_Type": kind, "Content_Length": len(body), **fields}.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        return True

    def error(self, status, code="UNKNOWN", message="as you like it", **fields):
        return self.answer(status, {"errors": [{"code": code, "message": message}]}, **fields)

    def cut(self):
        """Ends the connection in the middle of whatever it was."""
        self.wfile.flush()
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        return True


class Server(http.server.ThreadingHTTPServer):
    def process_request(self, *arguments):
        self.owner.connections += 1
        super().process_request(*arguments)


class FakeRegistry:
    living = set()  # addresses

    def __init__(self, certificate=None):
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.server.owner = self
        self.server.handle_error = lambda *_: None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.address = f"127.0.0.1:{self.port}"
        self.living.add(self.address)
        self.blobs, self.manifests, self.rules, self.seen = {}, {}, [], []
        self.lock, self.busy, self.busiest, self.connections = threading.Lock(), 0, 0, 0
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def close(self):
        self.living.discard(self.address)
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    # ---- content

    def blob(self, kind, content):
        self.blobs[digest_of(content)] = content
        return descriptor(kind, content)

    def manifest(self, document, kind=MANIFEST, tag=None):
        content = json.dumps(document).encode()
        for name in (digest_of(content), tag):
            self.manifests[name] = (kind, content)
        return descriptor(kind, content)

    def image(self, *layers, tag="latest", architecture="amd64"):
        config = {"os": "linux", "architecture": architecture,
                  "rootfs": {"type": "layers", "diff_ids": [digest_of(layer) for layer in layers]}}
        return self.manifest({"schemaVersion": 2, "mediaType": MANIFEST,
                              "config": self.blob(CONFIG, json.dumps(config).encode()),
                              "layers": [self.blob(LAYER, layer) for layer in layers]}, tag=tag)

    def index(self, *entries, tag="latest"):
        return self.manifest({"schemaVersion": 2, "mediaType": INDEX, "manifests": list(entries)}, INDEX, tag)

    # ---- behaviour

    def on(self, pattern, rule, times=None):
        """For the first so many requests whose path matches."""
        left = [times]

        def limited(request):
            with self.lock:
                if not re.search(pattern, request.path) or left[0] == 0:
                    return None
                if left[0] is not None:
                    left[0] -= 1
            return rule(request)

        self.rules.append(limited)

    def asked(self, pattern):
        return [seen for seen in self.seen if re.search(pattern, seen.path)]

    def serve(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        with self.lock:
            self.seen.append(Seen(request.command, request.path, dict(request.headers), body.decode()))
            self.busy += 1
            self.busiest = max(self.busiest, self.busy)
        try:
            if any(rule(request) is not None for rule in list(self.rules)):
                return
            self.serve_content(request)
        finally:
            with self.lock:
                self.busy -= 1

    def serve_content(self, request):
        path = urllib.parse.urlsplit(request.path).path
        if path == "/v2/":
            return request.answer(200, {})
        place = re.fullmatch(r"/v2/(.+)/(manifests|blobs)/([^/]+)", path)
        if place and place[2] == "manifests" and place[3] in self.manifests:
            kind, content = self.manifests[place[3]]
            if kind not in request.headers.get("Accept", ""):
                return request.error(404, "MANIFEST_UNKNOWN", "OCI manifest found, but not accepted")
            return request.answer(200, content, kind, Docker_Content_Digest=digest_of(content))
        if place and place[2] == "blobs" and place[3] in self.blobs:
            return send_blob(request, self.blobs[place[3]])
        return request.error(404, "MANIFEST_UNKNOWN", "manifest unknown")


def range_of(request):
    asked = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
    return int(asked[1]) if asked else None


def send_blob(request, content):
    start = range_of(request)
    if start is None:
        return request.answer(200, content, "application/octet-stream")
    if start >= len(content):
        return request.error(416, Content_Range=f"bytes */{len(content)}")
    return request.answer(206, content[start:], "application/octet-stream",
                          Content_Range=f"bytes {start}-{len(content) - 1}/{len(content)}")


def send_part(request, content, count):
    """As if all came, but the connection ends after so many bytes."""
    start = range_of(request) or 0
    request.send_response(206 if start else 200)
    request.send_header("Content-Length", str(len(content) - start))
    if start:
        request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
    request.end_headers()
    try:
        request.wfile.write(content[start:start + count])
    except OSError:
        pass
    return request.cut()


class TokenServer(FakeRegistry):
    """GET or POST /token: t1, t2, …; what it wants to see is in `users` and `refresh`."""

    def __init__(self, **options):
        super().__init__(**options)
        self.count, self.lifetime, self.users, self.refresh = 0, 300, None, None

    def serve_content(self, request):
        if self.users is not None and request.headers.get("Authorization") not in self.users:
            return request.error(401, "UNAUTHORIZED", "wrong password")
        if self.refresh is not None and f"refresh_token={self.refresh}" not in self.seen[-1].body:
            return request.error(401, "UNAUTHORIZED", "wrong token")
        with self.lock:
            self.count += 1
            word = "access_token" if request.command == "POST" else "token"
            body = {word: f"t{self.count}", "expires_in": self.lifetime}
        return request.answer(200, body)

    def guard(self, registry, is_good=None, service="the service"):
        """The registry takes nobody without one of our tokens."""
        realm = f"http://{self.address}/token"

        def rule(request):
            shown = request.headers.get("Authorization", "")
            good = is_good or (lambda token: re.fullmatch(r"t\d+", token))
            if shown.startswith("Bearer ") and good(shown[7:]):
                return None
            error = ',error="invalid_token"' if shown else ""
            return request.error(401, "UNAUTHORIZED", "authentication required", WWW_Authenticate=(
                f'Bearer realm="{realm}",service="{service}",scope="repository:team/app:pull"{error}'))

        registry.on("^/v2/.", rule)
