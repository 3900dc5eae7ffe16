# SPDX-License-Identifier: Apache-2.0
"""Images made by hand: layers, OCI layouts, Docker archives."""

import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import pathlib
import subprocess
import tarfile

MACHINE = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
INDEX = "application/vnd.oci.image.index.v1+json"
PACK = {"": lambda data: data, "gzip": lambda data: gzip.compress(data, 1, mtime=0), "xz": lambda data: lzma.compress(data, preset=0),
        "bzip2": bz2.compress}
# Layers of these need zstd(1).
LAYER_PACK = {**PACK, "zstd": lambda data: zstd(data),
              "gzip in members": lambda data: b"".join(map(PACK["gzip"], pieces(data))),
              "zstd in frames": lambda data: b"\x50\x2a\x4d\x18\x03\0\0\0abc".join(map(zstd, pieces(data)))}


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True, check=True).stdout


def pieces(data):
    size = len(data) // 3 + 1
    return [data[at:at + size] for at in range(0, len(data), size)]


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def tar(files):
    """files: {name: text, bytes, None (a directory), pathlib.Path (a program) or ("link", target)}"""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.mtime = 1_700_000_000
            if content is None:
                member.type, member.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(member)
                continue
            if isinstance(content, tuple):
                member.type, member.linkname = tarfile.SYMTYPE, content[1]
                archive.addfile(member)
                continue
            member.mode = 0o755 if isinstance(content, pathlib.Path) else 0o644
            data = content.read_bytes() if isinstance(content, pathlib.Path) else content
            data = data.encode() if isinstance(data, str) else data
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


class Image:
    """Blobs of one image; layers are tar streams, the lowest first."""

    def __init__(self, layers, execution=None, packed="gzip", architecture=MACHINE, **config):
        self.layers = layers
        self.packed = [LAYER_PACK[packed](layer) for layer in layers]
        self.config = json.dumps({
            "architecture": architecture, "os": "linux", "config": execution or {},
            "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in layers]}, **config}).encode()
        kind = LAYER + (f"+{packed.split()[0]}" if packed else "")
        describe = lambda kind, data: {"mediaType": kind, "digest": digest(data), "size": len(data)}
        self.manifest = json.dumps({
            "schemaVersion": 2, "mediaType": MANIFEST, "config": describe(CONFIG, self.config),
            "layers": [describe(kind, data) for data in self.packed]}).encode()
        self.descriptor = {**describe(MANIFEST, self.manifest),
                           "platform": {"os": "linux", "architecture": architecture}}

    def blobs(self):
        return [self.manifest, self.config, *self.packed]


def layout(*named):
    """{path: bytes} of a layout; named: (image, annotations)"""
    files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}
    entries = []
    for image, annotations in named:
        entries.append({**image.descriptor, "annotations": annotations})
        for data in image.blobs():
            files["blobs/sha256/" + digest(data).split(":")[1]] = data
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": entries}).encode()
    return files


def docker_archive(*named, link_to_first=False):
    """{path: bytes} as `docker save` writes it; named: (image, [tag])"""
    files, entries = {}, []
    for image, tags in named:
        names = []
        for position, layer in enumerate(image.layers):
            place = hashlib.sha256(f"{digest(layer)} {position}".encode()).hexdigest()
            name = digest(layer).split(":")[1] + ".tar"
            files[name] = layer
            if link_to_first:
                files[f"{place}/layer.tar"] = ("link", f"../{name}")
                name = f"{place}/layer.tar"
            names.append(name)
        config = digest(image.config).split(":")[1] + ".json"
        files[config] = image.config
        entries.append({"Config": config, "RepoTags": tags, "Layers": names})
    files["manifest.json"] = json.dumps(entries).encode()
    return files


def write(folder, files):
    for name, data in files.items():
        path = pathlib.Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
