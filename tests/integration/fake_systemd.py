# SPDX-License-Identifier: Apache-2.0
"""A systemd that is none: speaks D-Bus on a socket, makes cgroups for transient units below a folder of the
test's, and remembers what it was asked for. Enough for a runtime, and for tests to say how it fails."""

import os
import pathlib
import select
import socket
import struct
import threading

import host

SIZES = {"y": (1, "B"), "b": (4, "I"), "n": (2, "h"), "q": (2, "H"), "i": (4, "i"), "u": (4, "I"),
         "x": (8, "q"), "t": (8, "Q"), "d": (8, "d")}
ERROR = "org.freedesktop.systemd1."


def split_type(signature):
    """The first complete type of a signature, and what follows."""
    if signature[0] == "a":
        inner, rest = split_type(signature[1:])
        return "a" + inner, rest
    if signature[0] in "({":
        depth = 0
        for at, letter in enumerate(signature):
            depth += (letter in "({") - (letter in ")}")
            if depth == 0:
                return signature[:at + 1], signature[at + 1:]
    return signature[0], signature[1:]


def types_of(signature):
    while signature:
        one, signature = split_type(signature)
        yield one


def boundary(kind):
    return 8 if kind[0] in "({" else 4 if kind[0] in "aso" else 1 if kind[0] in "gv" else SIZES[kind][0]


class Reader:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def align(self, size):
        self.at += -self.at % size

    def take(self, kind):
        self.align(boundary(kind))
        if kind[0] in SIZES:
            size, code = SIZES[kind]
            (value,) = struct.unpack_from("<" + code, self.data, self.at)
            self.at += size
            return bool(value) if kind == "b" else value
        if kind[0] in "sog":
            size = self.take("y" if kind == "g" else "u")
            text = self.data[self.at:self.at + size].decode()
            self.at += size + 1
            return text
        if kind == "v":
            return self.take(self.take("g"))
        if kind[0] == "a":
            size = self.take("u")
            self.align(boundary(kind[1:]))
            end, items = self.at + size, []
            while self.at < end:
                items.append(self.take(kind[1:]))
            return items
        return tuple(self.take(one) for one in types_of(kind[1:-1]))


class Writer:
    def __init__(self):
        self.data = bytearray()

    def align(self, size):
        self.data += bytes(-len(self.data) % size)

    def put(self, kind, value):
        self.align(boundary(kind))
        if kind[0] in SIZES:
            self.data += struct.pack("<" + SIZES[kind][1], value)
        elif kind[0] in "sog":
            text = value.encode()
            self.put("y" if kind == "g" else "u", len(text))
            self.data += text + b"\0"
        elif kind == "v":
            self.put("g", value[0])
            self.put(value[0], value[1])
        elif kind[0] == "a":
            inner = Writer()
            self.put("u", 0)
            at = len(self.data) - 4
            self.align(boundary(kind[1:]))
            inner.data = bytearray(len(self.data) % 8)
            before = len(inner.data)
            for item in value:
                inner.put(kind[1:], item)
            struct.pack_into("<I", self.data, at, len(inner.data) - before)
            self.data += inner.data[before:]
        else:
            for one, item in zip(types_of(kind[1:-1]), value):
                self.put(one, item)


def message(kind, serial, fields, signature="", body=()):
    content = Writer()
    for one, value in zip(types_of(signature), body):
        content.put(one, value)
    if signature:
        fields = [*fields, (8, ("g", signature))]
    whole = Writer()
    whole.data += struct.pack("<cBBBII", b"l", kind, 0, 1, len(content.data), serial)
    whole.put("a(yv)", fields)
    whole.align(8)
    return bytes(whole.data + content.data)


class FakeSystemd:
    """version, and faults: {"StartTransientUnit": (name, text)} answers with an error, {"job": "failed"} ends jobs
    so, {"silent": True} never ends them. calls: (member, arguments) in their order."""

    def __init__(self, path, group, version="252.22-1~deb12u1", owner=0, bus=True):
        self.group, self.version, self.owner, self.bus = pathlib.Path(group), version, owner, bus
        self.calls, self.faults, self.units, self.failed, self.peers = [], {}, {}, set(), []
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(path))
        os.chmod(path, 0o666)
        self.listener.listen(8)
        self._wake, self._woken = os.pipe()
        self._thread = threading.Thread(target=self._loop, daemon=True)
        self._thread.start()

    def close(self):
        if self.listener.fileno() < 0:
            return
        os.close(self._woken)
        self._thread.join(5)
        os.close(self._wake)
        self.listener.close()

    def asked(self, member):
        return [arguments for name, arguments in self.calls if name == member]

    def properties(self, unit):
        """As the runtime gave them, at the last start."""
        return next(dict(args[2]) for args in reversed(self.asked("StartTransientUnit")) if args[0] == unit)

    def _loop(self):
        """One thread, as systemd has: what an older connection has said comes first."""
        talks = {}  # in the order of their connections
        while True:
            ready, _, _ = select.select([self._wake, *talks, self.listener], [], [])
            if self._wake in ready:
                break
            for connection in [one for one in talks if one in ready]:
                try:
                    data = connection.recv(65536)
                    if data:
                        talks[connection].send(data)
                        continue
                except (OSError, StopIteration, AssertionError, KeyError, struct.error):
                    pass
                talks.pop(connection).close()
                connection.close()
            if self.listener in ready:
                connection, _ = self.listener.accept()
                talks[connection] = self._talk(connection)
                next(talks[connection])
        for connection in talks:
            connection.close()

    def _talk(self, connection):
        """A generator that is sent bytes as they come."""
        data = b""
        self.peers.append(struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)))
        data = yield from self._expect(data, b"\0AUTH EXTERNAL\r\n")
        if self.bus:
            connection.sendall(b"DATA\r\n")
            data = yield from self._expect(data, b"DATA\r\n")
        connection.sendall(b"OK 0123456789abcdef0123456789abcdef\r\n")
        data = yield from self._expect(data, b"BEGIN\r\n")
        while True:
            while len(data) < 16:
                data += yield
            body, _, fields = struct.unpack_from("<4xIII", data)
            size = 16 + (fields + 7 & ~7) + body
            while len(data) < size:
                data += yield
            self._answer(connection, data[:size], fields)
            data = data[size:]

    def _expect(self, data, text):
        while len(data) < len(text):
            data += yield
        assert data.startswith(text)
        return data[len(text):]

    def _answer(self, connection, data, length):
        reader = Reader(data, 12)
        fields = dict(reader.take("a(yv)"))
        reader.align(8)
        arguments = [reader.take(one) for one in types_of(fields.get(8, ""))]
        (serial,) = struct.unpack_from("<I", data, 8)
        member, sender = fields[3], [(7, ("s", ":1.1"))] if self.bus else []
        if member in ("Hello", "AddMatch") and not self.bus:
            return connection.sendall(message(3, 1, [(5, ("u", serial)), (4, ("s", "no.bus"))]))
        self.calls.append((member, arguments))
        job = None
        try:
            fault = self.faults.get(member)
            if fault:
                self.faults.pop(member)
                raise LookupError(*fault)
            signature, body, job = getattr(self, f"on_{member}")(*arguments)
        except LookupError as error:
            name, text = error.args
            return connection.sendall(message(3, 1, [(5, ("u", serial)), (4, ("s", name)), *sender], "s", [text]))
        connection.sendall(message(2, 1, [(5, ("u", serial)), *sender], signature, body))
        if job and not self.faults.get("silent"):
            signal = [(1, ("o", "/org/freedesktop/systemd1")), (2, ("s", "org.freedesktop.systemd1.Manager")),
                      (3, ("s", "JobRemoved")), *sender]
            for path, result in (("/other", "failed"), (job[0], job[2])):  # somebody else's ends first
                connection.sendall(message(4, 2, signal, "uoss", [1, path, job[1], result]))

    # What a bus and a manager answer: signature, body, job

    def on_Hello(self):
        return "s", [":1.7"], None

    def on_AddMatch(self, rule):
        return "", [], None

    def on_Subscribe(self):
        raise LookupError(ERROR + "AlreadySubscribed", "Client is already subscribed.")

    def on_Get(self, interface, name):
        root = "/" + str(self.group.relative_to(host.CGROUPS))
        return "v", [("s", {"Version": self.version, "ControlGroup": root}.get(name, "failed"))], None

    def on_GetUnit(self, unit):
        if unit not in self.units and unit not in self.failed:
            raise LookupError(ERROR + "NoSuchUnit", f"Unit {unit} not loaded.")
        return "o", ["/unit"], None

    def on_StartTransientUnit(self, unit, mode, properties, auxiliary):
        if unit in self.units or unit in self.failed:
            raise LookupError(ERROR + "UnitExists", f"Unit {unit} was already loaded.")
        properties = dict(properties)
        path = self.group / self._place(properties.get("Slice", ""), unit)
        self._make(path)
        try:
            for pid in properties.get("PIDs", []):
                (path / "cgroup.procs").write_text(str(pid))
        except ProcessLookupError:  # killed in the meantime: the unit has nobody, and is gone
            self._drop(path)
            raise LookupError("org.freedesktop.DBus.Error.UnixProcessIdUnknown", f"No process {pid}.") from None
        self.units[unit] = path
        return "o", ["/job/1"], ("/job/1", unit, self.faults.get("job", "done"))

    def on_StopUnit(self, unit, mode):
        if unit not in self.units:
            raise LookupError(ERROR + "NoSuchUnit", f"Unit {unit} not loaded.")
        self._drop(self.units.pop(unit))
        return "o", ["/job/2"], ("/job/2", unit, "done")

    def on_ResetFailedUnit(self, unit):
        self.failed.discard(unit)
        return "", [], None

    def on_AttachProcessesToUnit(self, unit, sub, pids):
        for pid in pids:
            (self.units[unit] / sub.lstrip("/") / "cgroup.procs").write_text(str(pid))
        return "", [], None

    def on_SetUnitProperties(self, unit, runtime, properties):
        return "", [], None

    def _place(self, parent, unit):
        levels = []
        for name in [parent] if not unit.endswith(".slice") else [unit]:
            parts = name.removesuffix(".slice").split("-")
            levels += ["-".join(parts[:n]) + ".slice" for n in range(1, len(parts) + 1)]
        return pathlib.Path(*levels, *([] if unit.endswith(".slice") else [unit]))

    def _drop(self, path):
        host.remove_cgroup(path)
        while path.parent != self.group and not host.cgroup_tree(path.parent):
            path = path.parent
            path.rmdir()

    def _make(self, path):
        path.mkdir(parents=True, exist_ok=True)
        for folder in [path, *path.parents]:
            if folder == self.group.parent:
                break
            if folder != path:
                for controller in (folder / "cgroup.controllers").read_text().split():
                    (folder / "cgroup.subtree_control").write_text(f"+{controller}")
            if self.owner:
                for place in (folder, *folder.iterdir()):
                    os.chown(place, self.owner, self.owner)
