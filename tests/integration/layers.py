# SPDX-License-Identifier: Apache-2.0
"""Layers made by hand, honest and hostile ones, and what a directory looks like in full."""

import gzip
import hashlib
import io
import os
import stat
import tarfile

END = b"\0" * 1024


def padded(data):
    return data + b"\0" * (-len(data) % 512)


def block(name, kind=b"0", data=b"", size=None, link="", mode=0o644, uid=0, gid=0, mtime=1000, major=0, minor=0,
          format=tarfile.GNU_FORMAT):
    """A header with its content. `size`: what the header says, whatever the content has."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode, info.uid, info.gid = kind, link, mode, uid, gid
    info.mtime, info.devmajor, info.devminor = mtime, major, minor
    info.size = len(data) if size is None else size
    return info.tobuf(format, errors="surrogateescape") + padded(data)


def file(name, data=b"", **rest):
    return block(name, b"0", data, **rest)


def directory(name, mode=0o755, **rest):
    return block(name, b"5", mode=mode, **rest)


def symlink(name, target, **rest):
    return block(name, b"2", link=target, mode=0o777, **rest)


def hard_link(name, target, **rest):
    return block(name, b"1", link=target, **rest)


def record(key, value):
    body = b" " + key + b"=" + value + b"\n"
    size = len(body) + 1
    while len(str(size)) + len(body) != size:
        size += 1
    return str(size).encode() + body


def pax(*records, kind=b"x"):
    return block("pax", kind, b"".join(record(key, value) for key, value in records), format=tarfile.USTAR_FORMAT)


def patched(header, offset, data):
    """A header with other bytes in it, and the checksum that goes with them."""
    changed = bytearray(header)
    changed[offset:offset + len(data)] = data
    changed[148:156] = b" " * 8
    changed[148:156] = b"%06o\0 " % sum(changed[:512])
    return bytes(changed)


def layer(*parts):
    return b"".join(parts) + END


def zipped(data):
    return gzip.compress(data, 1)


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def snapshot(root, times=True):
    """{path: everything about it}; hard links are told by the first of their names."""
    seen, first = {}, {}
    names = ["."]
    for folder, folders, files in os.walk(root):
        names += [os.path.relpath(os.path.join(folder, name), root) for name in folders + files]
    for name in sorted(names):
        path = os.path.join(root, name)
        status = os.lstat(path)
        kind = stat.S_IFMT(status.st_mode)
        about = [oct(status.st_mode), status.st_uid, status.st_gid]
        if times:
            about.append(status.st_mtime_ns)
        about.append({key: os.getxattr(path, key, follow_symlinks=False).hex()
                      for key in sorted(os.listxattr(path, follow_symlinks=False))})
        if kind == stat.S_IFLNK:
            about.append(os.readlink(path))
        if kind == stat.S_IFREG:
            with open(path, "rb") as content:
                about.append(hashlib.sha256(content.read()).hexdigest())
        if kind in (stat.S_IFCHR, stat.S_IFBLK):
            about.append(status.st_rdev)
        if kind != stat.S_IFDIR and status.st_nlink > 1:
            about.append(first.setdefault((status.st_dev, status.st_ino), name))
        seen[name] = about
    return seen


def stream_of(paths, data_of):
    """A tar as the standard library writes it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in paths:
            info = tarfile.TarInfo(path)
            info.size = len(data_of(path))
            archive.addfile(info, io.BytesIO(data_of(path)))
    return buffer.getvalue()
