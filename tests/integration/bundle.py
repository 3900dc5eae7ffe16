# SPDX-License-Identifier: Apache-2.0
"""Bundles: a small root filesystem and a config.json, as Docker or as a tutorial would write it."""

import copy
import json
import os
import pathlib
import shutil
import stat

HERE = pathlib.Path(__file__).parent
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
APPLETS = "sh ls cat echo sleep true false id mount ps stty head tail touch readlink env pwd test chmod mkdir rm kill".split()

DOCKER_CAPABILITIES = [
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID",
    "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL",
    "CAP_AUDIT_WRITE",
]
MASKED = ["/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
          "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
          "/sys/devices/virtual/powercap"]
READONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
MOUNTS = [
    {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid", "noexec", "nodev"]},
    {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
     "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
    {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
     "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
    {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"]},
    {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
     "options": ["ro", "nosuid", "noexec", "nodev"]},
    {"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue", "options": ["nosuid", "noexec", "nodev"]},
    {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
     "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=67108864"]},
]
NAMESPACES = ["mount", "network", "uts", "pid", "ipc", "cgroup"]


def minimal_config(*args):
    """The config.json of a tutorial: one process, a proc, and the namespaces that need no thought."""
    return {
        "ociVersion": "1.0.2",
        "process": {"user": {"uid": 0, "gid": 0}, "args": list(args) or ["/bin/payload", "true"], "cwd": "/",
                    "env": [f"PATH={PATH}"]},
        "root": {"path": "rootfs"},
        "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
        "linux": {"namespaces": [{"type": kind} for kind in ("pid", "mount", "ipc", "uts", "network")]},
    }


def docker_config(*args):
    """What Docker writes for `docker run --network none IMAGE args…`."""
    return {
        "ociVersion": os.environ.get("OCI_RT_SPEC_VERSION", "1.2.1"),
        "process": {
            "user": {"uid": 0, "gid": 0, "additionalGids": [0, 10]},
            "args": list(args) or ["/bin/payload", "true"],
            "env": [f"PATH={PATH}", "HOSTNAME=box", "HOME=/root"],
            "cwd": "/",
            "capabilities": {kind: list(DOCKER_CAPABILITIES) for kind in ("bounding", "effective", "permitted")},
            "oomScoreAdj": 0,
        },
        "root": {"path": "rootfs"},
        "hostname": "box",
        "mounts": copy.deepcopy(MOUNTS),
        "linux": {
            "sysctl": {"net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647"},
            "resources": {"devices": [{"allow": False, "access": "rwm"}] + [
                {"allow": True, "type": "c", "major": major, "minor": minor, "access": "rwm"}
                for major, minor in ((1, 5), (1, 3), (1, 9), (1, 8), (5, 0), (5, 1))]},
            "namespaces": [{"type": kind} for kind in NAMESPACES],
            "seccomp": json.loads((HERE / "seccomp_profile.json").read_text()),
            "maskedPaths": list(MASKED),
            "readonlyPaths": list(READONLY),
        },
    }


def with_user_namespace(config, first=100000, count=65536):
    config["linux"]["namespaces"].append({"type": "user"})
    # Its groups are not all mapped.
    config["linux"].get("sysctl", {}).pop("net.ipv4.ping_group_range", None)
    for kind in ("uidMappings", "gidMappings"):
        config["linux"][kind] = [{"containerID": 0, "hostID": first, "size": count}]
    return config


def _place(source, target):
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


class Bundle:
    """A directory with rootfs/ and config.json; `config` is written by write()."""

    def __init__(self, path, config, payload, busybox=None):
        self.path = pathlib.Path(path)
        self.rootfs = self.path / "rootfs"
        self.config = config
        for folder in ("bin", "proc", "sys", "dev", "etc", "tmp", "root", "run", "var"):
            (self.rootfs / folder).mkdir(parents=True, exist_ok=True)
        (self.rootfs / "tmp").chmod(0o1777)
        (self.rootfs / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/tmp:/bin/sh\n")
        _place(payload, self.rootfs / "bin/payload")
        if busybox:
            _place(busybox, self.rootfs / "bin/busybox")
            for applet in APPLETS:
                (self.rootfs / "bin" / applet).symlink_to("busybox")
        self.write()

    def write(self, text=None):
        if text is None:
            text = json.dumps(self.config)
        data = text if isinstance(text, bytes) else text.encode()
        (self.path / "config.json").write_bytes(data)
        return self

    def edit(self, pointer, value):
        """Sets one place, named by a JSON pointer; missing objects on the way are made. None removes it."""
        *folders, last = [int(part) if part.isdigit() else part.replace("~1", "/").replace("~0", "~")
                          for part in pointer.strip("/").split("/")]
        place = self.config
        for folder in folders:
            place = place[folder] if isinstance(place, list) else place.setdefault(folder, {})
        if value is None:
            place.pop(last, None)
        elif isinstance(place, list) and last == len(place):
            place.append(value)
        else:
            place[last] = value
        return self.write()

    def args(self, *args):
        return self.edit("/process/args", list(args))

    def add_mount(self, destination, kind, source, *options):
        mount = {"destination": destination, "type": kind, "source": str(source), "options": list(options)}
        self.config["mounts"].append({k: v for k, v in mount.items() if v not in (None, "", "None")})
        return self.write()

    def without_mount(self, *destinations):
        self.config["mounts"] = [m for m in self.config["mounts"] if m["destination"] not in destinations]
        return self.write()

    def without_namespace(self, kind):
        spaces = self.config["linux"]["namespaces"]
        self.config["linux"]["namespaces"] = [n for n in spaces if n["type"] != kind]
        return self.write()

    def script(self, name, text):
        """A program in the bundle, outside of the rootfs: for hooks."""
        path = self.path / name
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        return str(path)
