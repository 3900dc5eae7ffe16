# SPDX-License-Identifier: Apache-2.0
"""A systemd that is none: speaks D-Bus on a socket, makes cgroups for transient units below a folder of the
test's, and remembers what it was asked for. Enough for a runtime, and for tests to say how it fails."""

import os
import pathlib
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
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self):
        if self.listener.fileno() < 0:
            return
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self._threads:
            thread.join(5)

    def asked(self, member):
        return [arguments for name, arguments in self.calls if name == member]

    def properties(self, unit):
        """As the runtime gave them, at the last start."""
        return next(dict(args[2]) for args in reversed(self.asked("StartTransientUnit")) if args[0] == unit)

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._serve, args=(connection,), daemon=True))
            self._threads[-1].start()

    def _serve(self, connection):
        with connection:
            try:
                self._authenticate(connection)
                stream = connection.makefile("rb")
                while head := stream.read(16):
                    body, _, fields = struct.unpack("<4xIII", head)
                    rest = stream.read((fields + 7 & ~7) + body)
                    self._answer(connection, head + rest, fields)
                stream.close()
            except (OSError, struct.error):
                pass

    def _authenticate(self, connection):
        lines = connection.makefile("rwb", buffering=0)
        self.peers.append(struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)))
        assert lines.readline() == b"\0AUTH EXTERNAL\r\n"
        if self.bus:
            lines.write(b"DATA\r\n")
            assert lines.readline() == b"DATA\r\n"
        lines.write(b"OK 0123456789abcdef0123456789abcdef\r\n")
        assert lines.readline() == b"BEGIN\r\n"
        lines.close()

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
        for pid in properties.get("PIDs", []):
            (path / "cgroup.procs").write_text(str(pid))
        self.units[unit] = path
        return "o", ["/job/1"], ("/job/1", unit, self.faults.get("job", "done"))

    def on_StopUnit(self, unit, mode):
        if unit not in self.units:
            raise LookupError(ERROR + "NoSuchUnit", f"Unit {unit} not loaded.")
        path = self.units.pop(unit)
        host.remove_cgroup(path)
        while path.parent != self.group and not host.cgroup_tree(path.parent):
            path = path.parent
            path.rmdir()
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
