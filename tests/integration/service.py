# SPDX-License-Identifier: Apache-2.0
"""`oci-rt serve` as a test likes it: started, asked, and every answer judged by the document of its interface."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

import harness
import host
from fake_registry import FakeRegistry

# In the booted machine it lies beside the folder of the suites.
PLACES = [pathlib.Path(__file__).resolve().parents[level] / "api" / "openapi.json" for level in (2, 1)]
DOCUMENT = json.loads(next(path for path in PLACES if path.exists()).read_text())


def program():
    """The service beside the runtime that is tested; None where it is not built."""
    folder = os.environ.get("OCI_RT_LIBEXEC") or pathlib.Path(harness.binary()).parent
    path = pathlib.Path(folder) / "oci-rt-serve"
    return str(path) if path.exists() else None


def container_name():
    """One that no other worker uses: cgroups are called as containers, and are the machine's."""
    return f"web{os.getpid()}"


class Mismatch(AssertionError):
    pass


def resolve(node):
    while "$ref" in node:
        found = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def is_kind(value, kind):
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, KINDS[kind])


KNOWN = {"type", "enum", "pattern", "minimum", "maximum", "required", "properties", "additionalProperties", "items",
         "oneOf", "description", "default", "maxLength", "format", "examples"}


def validate(value, schema, place="$"):
    """The part of JSON Schema that the document uses; anything else in it is an error of the document."""
    schema = resolve(schema)
    if unknown := set(schema) - KNOWN:
        raise Mismatch(f"{place}: the document uses {unknown}")
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(is_kind(value, kind) for kind in kinds):
        raise Mismatch(f"{place}: {value!r} is no {kinds}")
    if "enum" in schema and value not in schema["enum"]:
        raise Mismatch(f"{place}: {value!r} is not one of {schema['enum']}")
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        raise Mismatch(f"{place}: {value!r} is not like {schema['pattern']}")
    if is_kind(value, "number") and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        raise Mismatch(f"{place}: {value} is out of range")
    if "oneOf" in schema:
        validate_one_of(value, schema["oneOf"], place)
    if isinstance(value, dict):
        for name in schema.get("required", []):
            if name not in value:
                raise Mismatch(f"{place}: no {name}")
        for name, each in value.items():
            rest = schema.get("additionalProperties", {})
            inner = schema.get("properties", {}).get(name, rest)
            if inner is False:
                raise Mismatch(f"{place}: {name} is not in the document")
            validate(each, inner if isinstance(inner, dict) else {}, f"{place}.{name}")
    if isinstance(value, list):
        for index, each in enumerate(value):
            validate(each, schema.get("items", {}), f"{place}[{index}]")


def validate_one_of(value, schemas, place):
    reasons = []
    for schema in schemas:
        try:
            validate(value, schema, place)
        except Mismatch as reason:
            reasons.append(str(reason))
    if len(schemas) - len(reasons) != 1:
        raise Mismatch(f"{place}: not exactly one of {len(schemas)}: {reasons}")


def operation_of(method, path):
    """The operation of the document for a real path; None for what is not in it."""
    method = "get" if method == "HEAD" else method.lower()
    path = re.sub(r"^/v1(?=/)", "", path.split("?")[0])
    # What is written out comes before what is a name.
    for template in sorted(DOCUMENT["paths"], key=lambda text: text.count("{")):
        if re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), path):
            return DOCUMENT["paths"][template].get(method)
    return None


class Reply:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.fields} {self.body[:600]!r}"


def judge(method, path, reply):
    """The answer is as the document says."""
    operation = operation_of(method, path)
    kind = reply.fields.get("content-type", "").split(";")[0]
    if operation is None:
        if kind != "application/problem+json":
            raise Mismatch(f"{method} {path}: not in the document: {reply}")
        return validate(reply.json, DOCUMENT["components"]["schemas"]["Problem"]) if reply.body else None
    answer = operation["responses"].get(str(reply.status)) or operation["responses"].get("default")
    if answer is None or reply.status < 400 and str(reply.status) not in operation["responses"]:
        raise Mismatch(f"{method} {path}: {reply.status} is not in the document")
    content = resolve(answer).get("content", {})
    if not reply.body:
        return None
    if kind not in content:
        raise Mismatch(f"{method} {path}: {reply.status}: {kind} is not in the document")
    if kind.endswith("json") and kind != "application/x-ndjson":
        validate(reply.json, content[kind]["schema"])
    return None


def read_reply(connection, buffer=b"", method="GET"):
    """One answer, and what came behind it."""
    while b"\r\n\r\n" not in buffer:
        piece = connection.recv(65536)
        if not piece:
            return None, buffer
        buffer += piece
    head, buffer = buffer.split(b"\r\n\r\n", 1)
    lines = head.decode("latin-1").split("\r\n")
    status = int(lines[0].split()[1])
    if status == 100:
        return read_reply(connection, buffer, method)
    fields = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
    if method == "HEAD" or status == 204:
        return Reply(status, fields, b""), buffer
    if fields.get("transfer-encoding") == "chunked":
        body = b""
        while True:
            while b"\r\n" not in buffer:
                if not (piece := connection.recv(65536)):
                    return Reply(status, fields, body), b""
                buffer += piece
            size, buffer = buffer.split(b"\r\n", 1)
            while len(buffer) < int(size, 16) + 2:
                if not (piece := connection.recv(65536)):
                    return Reply(status, fields, body + buffer), b""
                buffer += piece
            body, buffer = body + buffer[:int(size, 16)], buffer[int(size, 16) + 2:]
            if int(size, 16) == 0:
                return Reply(status, fields, body), buffer
    length = int(fields.get("content-length", 0))
    while len(buffer) < length:
        if not (piece := connection.recv(65536)):
            break
        buffer += piece
    return Reply(status, fields, buffer[:length]), buffer[length:]


def read_until(connection, text, seconds=10):
    """What comes, up to a text, the end, or the end of the time."""
    seen = b""
    end = time.monotonic() + seconds
    connection.settimeout(0.2)
    while text.encode() not in seen and time.monotonic() < end:
        try:
            piece = connection.recv(65536)
        except TimeoutError:
            continue
        if not piece:
            break
        seen += piece
    return seen.decode()


class Service:
    """One daemon, with a state and a socket of its own."""

    def __init__(self, folder, *options, runtime=None, environment=None, wait=True, prefix=(), registries=None,
                 who=None):
        """registries: whom it may fetch from although they are not public; None: the fake ones there are."""
        registries = sorted(FakeRegistry.living) if registries is None else registries
        self.folder = pathlib.Path(folder)
        self.socket = self.folder / "serve.sock"
        self.log = self.folder / "serve.log"
        self.argv = [*prefix, program(), "--listen", f"unix://{self.socket}", "--state-dir", str(self.folder / "served"),
                     "--runtime", runtime or harness.binary(), "--root", str(self.folder / "state"),
                     "--log-dir", str(self.folder / "logs"),
                     *(f"--allow-registry={each}" for each in registries), *map(str, options)]
        self.environment, self.who = environment, who or {}
        self.start(wait)

    def start(self, wait=True):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=self.folder, env=self.environment, **self.who)
        host.STARTED.add(self.process.pid)
        if wait and not host.until(self.answers, 10):
            raise AssertionError(f"the service does not answer: {self.log.read_text()}")

    def answers(self):
        try:
            with self.connect():
                return True
        except OSError:
            return self.process.poll() is not None

    def connect(self, seconds=10):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(seconds)
        end = time.monotonic() + seconds
        while True:
            try:
                connection.connect(str(self.socket))
                return connection
            except BlockingIOError:  # as many as may wait do so
                if time.monotonic() > end:
                    connection.close()
                    raise
                time.sleep(0.005)
            except BaseException:
                connection.close()
                raise

    def raw(self, text, seconds=10, method="GET"):
        """Bytes as they are; the first answer to them, None if there is none."""
        with self.connect(seconds) as connection:
            try:
                connection.sendall(text if isinstance(text, bytes) else text.encode())
            except BrokenPipeError:
                pass
            return read_reply(connection, method=method)[0]

    def __call__(self, method, path, body=None, seconds=30, **fields):
        head = {"Host": "localhost", **{name.replace("_", "-"): value for name, value in fields.items()}}
        content = b""
        if body is not None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            head.setdefault("Content-Type", "application/json")
            head["Content-Length"] = str(len(content))
        text = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in head.items())
        reply = self.raw(text.encode() + b"\r\n" + content, seconds, method)
        if reply is None:
            raise AssertionError(f"{method} {path}: no answer: {self.log.read_text()[-2000:]}")
        judge(method, path, reply)
        return reply

    def memory(self, name="VmRSS"):
        """In kB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{name}:\s*(\d+)", status, re.M)[1])

    def stop(self, kind=signal.SIGTERM, seconds=20):
        if self.process.poll() is None:
            self.process.send_signal(kind)
        end = time.monotonic() + seconds
        while (code := self.process.poll()) is None:
            if time.monotonic() > end:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"the service does not end: {self.log.read_text()[-2000:]}")
            time.sleep(0.01)
        host.STARTED.discard(self.process.pid)
        return code
