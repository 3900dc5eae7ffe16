# SPDX-License-Identifier: Apache-2.0
"""What must be the same in two bundles of one image, and what need not be."""

import hashlib
import os
import stat

DEFAULT_VARIABLES = {"HOME", "TERM", "HOSTNAME"}  # each tool adds those it wants, where the image has none
DEFAULT_MOUNTS = {"/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys", "/sys/fs/cgroup", "/etc/resolv.conf"}


def tree(root):
    """{path: everything about it}; hard links are told by the first of their names."""
    seen, first = {}, {}
    names = ["."]
    for folder, folders, files in os.walk(root):
        names += [os.path.relpath(os.path.join(folder, name), root) for name in folders + files]
    for name in sorted(names):
        path = os.path.join(root, name)
        status = os.lstat(path)
        about = {"mode": oct(status.st_mode), "owner": (status.st_uid, status.st_gid), "time": status.st_mtime_ns,
                 "attributes": {key: os.getxattr(path, key, follow_symlinks=False).hex()
                                for key in sorted(os.listxattr(path, follow_symlinks=False))}}
        if stat.S_ISLNK(status.st_mode):
            about["target"] = os.readlink(path)
        if stat.S_ISREG(status.st_mode):
            with open(path, "rb") as content:
                about["content"] = hashlib.sha256(content.read()).hexdigest()
        if stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode):
            about["device"] = status.st_rdev
        if not stat.S_ISDIR(status.st_mode) and status.st_nlink > 1:
            about["same as"] = first.setdefault((status.st_dev, status.st_ino), name)
        seen[name] = about
    return seen


def differences(ours, theirs):
    """[(path, what, our value, their value)] of two trees."""
    found = []
    for name in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get(name), theirs.get(name)
        if mine is None or other is None:
            found.append((name, "is there", mine is not None, other is not None))
            continue
        found += [(name, what, mine.get(what), other.get(what)) for what in sorted(mine.keys() | other.keys())
                  if mine.get(what) != other.get(what)]
    return found


def reason(difference, begun):
    """Why a difference of two trees is none, or None. begun: when the unpacking began, in nanoseconds."""
    name, what, mine, other = difference
    if what == "time" and mine >= begun and other >= begun:
        return "a folder that no layer names has the time at which it was made"
    if what == "attributes" and {key: value for key, value in mine.items() if value} == other:
        return "Go's reader takes an extended attribute without content for none; tar keeps it, as we do"
    if name == "." and what == "time" and other >= begun:
        return "umoci leaves the root with the time of its last change, where the layer names another"
    return None


def config_reason(key, mine, other):
    """The same for a config.json."""
    if key == "mounts" and not set(mine) - set(other):
        return "umoci mounts a tmpfs on each volume, which hides what the image has there; an engine mounts volumes"
    return None


def of_the_image(config):
    """What a config.json says because the image says it."""
    process = config["process"]
    environment = [line for line in process.get("env", []) if line.split("=")[0] not in DEFAULT_VARIABLES]
    return {"args": process["args"], "cwd": process["cwd"], "env": environment, "user": {
        key: sorted(value) if isinstance(value, list) else value
        for key, value in process["user"].items() if value not in (None, [])},
            # Ports are a set: neither the image nor the specification knows an order of theirs.
        "annotations": {key: sorted(value.split(",")) if key.endswith(".exposedPorts") else value
                        for key, value in config.get("annotations", {}).items() if value},
        "mounts": sorted(one["destination"] for one in config.get("mounts", [])
                         if one["destination"] not in DEFAULT_MOUNTS),
        "root": config["root"]["path"]}
