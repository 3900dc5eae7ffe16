# SPDX-License-Identifier: Apache-2.0
"""The images: one with all that layers can say, in each compression, and a big one out of this machine's /usr."""

import gzip
import hashlib
import io
import json
import os
import pathlib
import struct
import subprocess
import tarfile

KIND = "application/vnd.oci.image."
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
EXECUTION = {
    "User": "web", "WorkingDir": "/srv/app", "Entrypoint": ["/usr/bin/tool", "--serve"], "Cmd": ["all", "of it"],
    "Env": ["PATH=/opt/bin:/usr/bin", "COLOUR=blue=green", "EMPTY="], "StopSignal": "SIGINT",
    "ExposedPorts": {"80/tcp": {}, "53/udp": {}}, "Volumes": {"/srv/data": {}},
    "Labels": {"org.example.a": "1", "org.opencontainers.image.author": "the label"},
}


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Image:
    """blobs: {digest: path}. Layers are files with tar streams, the lowest first."""

    def __init__(self, folder, layers, packed, execution=None):
        self.blobs, descriptors, ids = {}, [], []
        folder.mkdir()
        for layer in layers:
            target = folder / (layer.name + ".packed")
            with open(layer, "rb") as source, open(target, "wb") as out:
                subprocess.run([*PACKERS[packed]], stdin=source, stdout=out, check=True)
            ids.append(self._digest(layer))
            descriptors.append(self._add(KIND + "layer.v1.tar" + (f"+{packed}" if packed else ""), target))
        config = {"architecture": ARCHITECTURE, "os": "linux", "author": "somebody", "created": "2024-05-06T07:08:09Z",
                  "config": execution or {}, "rootfs": {"type": "layers", "diff_ids": ids},
                  "history": [{"created_by": "by hand"} for _ in ids]}
        (folder / "config").write_text(json.dumps(config))
        self.manifest = {"schemaVersion": 2, "mediaType": KIND + "manifest.v1+json",
                         "config": self._add(KIND + "config.v1+json", folder / "config"), "layers": descriptors}
        self.packed_bytes = sum(one["size"] for one in descriptors)
        self.bytes = sum(layer.stat().st_size for layer in layers)

    @staticmethod
    def _digest(path):
        with open(path, "rb") as content:
            whole = hashlib.sha256()
            while piece := content.read(1 << 20):
                whole.update(piece)
        return "sha256:" + whole.hexdigest()

    def _add(self, kind, path):
        digest = self._digest(path)
        self.blobs[digest] = path
        return {"mediaType": kind, "digest": digest, "size": path.stat().st_size}


PACKERS = {"": ["cat"], "gzip": ["gzip", "-4", "-n"], "zstd": ["zstd", "-q", "-3", "-c"]}


class Layer:
    def __init__(self):
        self.buffer = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.buffer, mode="w", format=tarfile.PAX_FORMAT)
        self.clock = 1_600_000_000.25

    def add(self, name, kind=tarfile.REGTYPE, data=b"", mode=0o644, uid=0, gid=0, link="", attributes=()):
        info = tarfile.TarInfo(name)
        info.type, info.mode, info.uid, info.gid, info.linkname = kind, mode, uid, gid, link
        self.clock += 1000.125
        info.mtime, info.size = self.clock, len(data)
        info.pax_headers = {f"SCHILY.xattr.{key}": value for key, value in attributes}
        self.tar.addfile(info, io.BytesIO(data))

    def folder(self, name, mode=0o755, **rest):
        self.add(name, tarfile.DIRTYPE, mode=mode, **rest)

    def link(self, name, target):
        self.add(name, tarfile.SYMTYPE, link=target, mode=0o777)

    def same(self, name, target, **rest):
        self.add(name, tarfile.LNKTYPE, link=target, **rest)

    def written(self, path):
        self.tar.close()
        path.write_bytes(self.buffer.getvalue())
        return path


def base():
    layer = Layer()
    layer.folder("./", mode=0o755)
    for name in ("etc", "usr", "usr/bin", "usr/lib", "srv", "srv/app", "opaque", "opaque/sub", "tmp", "again", "turns"):
        layer.folder(name, mode=0o1777 if name == "tmp" else 0o755)
    layer.add("etc/passwd", data=b"root:x:0:0::/root:/bin/sh\nweb:x:33:34::/srv:/bin/sh\n")
    layer.add("etc/group", data=b"root:x:0:\nwww:x:34:\nextra:x:50:web\nmore:x:51:web\n")
    layer.add("usr/bin/tool", data=os.urandom(200_000), mode=0o755)
    layer.add("usr/bin/su", data=b"set uid", mode=0o4755)
    layer.add("usr/bin/wall", data=b"set gid", mode=0o2755, gid=5)
    # CAP_NET_RAW. As text it has no byte above 0x7f, so that the standard library can write it.
    capability = struct.pack("<5I", 0x02000001, 1 << 5, 0, 0, 0).decode()
    layer.add("usr/bin/ping", data=b"capable", mode=0o755, attributes=[("security.capability", capability)])
    layer.same("usr/bin/sudo", "usr/bin/su", mode=0o4755)
    layer.link("bin", "usr/bin")
    layer.link("dangling", "/nowhere/at/all")
    layer.add("pipe", tarfile.FIFOTYPE, mode=0o640, uid=7, gid=8)
    for name in ("old", "sub/old", "sub/older"):
        layer.add(f"opaque/{name}", data=name.encode())
    for name in ("again/a", "again/b", "turns/x", "gone", "stays", "etc/file"):
        layer.add(name, data=name.encode(), uid=1000, gid=1000)
    layer.add("usr/lib/shared", data=b"s" * 5000, attributes=[("user.colour", "red"), ("user.empty", "")])
    return layer


def middle():
    layer = Layer()
    for name in (".wh.gone", "opaque/.wh..wh..opq", ".wh.again", "usr/lib/.wh.nothing"):
        layer.add(name)
    layer.folder("opaque")
    layer.add("opaque/new", data=b"new")
    layer.folder("again", mode=0o700, uid=3)
    layer.add("again/c", data=b"c")
    layer.add(".wh.turns")
    layer.add("turns", data=b"a file now")
    layer.same("usr/lib/linked", "usr/lib/shared")  # of the layer below
    layer.add("implicit/deep/file", data=b"no parents")
    layer.add("n" * 255, data=b"a long name")
    deep = "/".join(["component" * 3] * 20)
    layer.add(f"long/{deep}", data=b"a long path")
    layer.link("longlink", "target/" * 60)
    layer.same("long/same", f"long/{deep}")
    return layer


def upper():
    layer = Layer()
    layer.add("usr/lib/added", data=b"into a folder that no entry names")
    layer.add("bin/through", data=b"through a symlink")
    layer.add("etc/.wh.file")
    layer.folder("stays", mode=0o750)
    layer.add("stays/inside", data=b"a folder where a file was")
    layer.add("usr/bin/tool", data=b"#!/bin/sh\n", mode=0o755, uid=70000, gid=70000)
    for name in ("\u00e9", "e\u0301", "a b", "new\nline", "*"):
        layer.add(f"names/{name}", data=name.encode())
    return layer


def top():
    layer = Layer()
    layer.add("implicit/deep/.wh.file")
    layer.folder("srv/data", uid=33, gid=34)
    layer.add("srv/data/seed", data=b"seed", uid=33, gid=34)
    layer.add("dangling", data=b"a file where a symlink was")
    layer.add("zeros", data=b"\0" * 3_000_000)
    return layer


def small(folder):
    """All that layers can say, in five layers, of which one is empty."""
    empty = Layer()
    return [one.written(folder / f"layer{number}") for number, one in
            enumerate((base(), middle(), upper(), empty, top()))]


def big(folder, megabytes, source="/usr"):
    """Four layers of what a machine has, each of so much."""
    paths, layers, size, seen = [], [], 0, set()
    for path in files_below(source):
        status = path.lstat()
        paths.append(path)
        size += status.st_size if path.is_file() and status.st_ino not in seen else 0
        seen.add(status.st_ino)
        if size >= megabytes << 20:
            layers.append(pack(folder / f"big{len(layers)}", paths))
            paths, size, seen = [], 0, set()
        if len(layers) == 4:
            return layers
    return layers + [pack(folder / f"big{len(layers)}", paths)]


def files_below(folder):
    for place, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = pathlib.Path(place, name)
            if path.lstat().st_size < 32 << 20:  # a layer is of many files
                yield path


def pack(target, paths):
    names = b"\0".join(os.fsencode(path.relative_to("/")) for path in paths)
    parents = sorted({parent for path in paths for parent in path.relative_to("/").parents})
    subprocess.run(["tar", "--format=pax", "--pax-option=delete=atime,delete=ctime", "--no-recursion", "--null", "-C",
                    "/", "-cf", target, "-T", "-"], check=True,
                   input=b"\0".join(os.fsencode(parent) for parent in parents) + b"\0" + names)
    return target
