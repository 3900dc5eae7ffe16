# SPDX-License-Identifier: Apache-2.0
"""What `runc spec` writes (crun's differs in words only), without its terminal."""

CAPABILITIES = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
PLAIN = ["nosuid", "noexec", "nodev"]


def mount(destination, kind, source, options=None):
    entry = {"destination": destination, "type": kind, "source": source}
    if options:
        entry["options"] = options
    return entry


def mounts():
    pts = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]
    return [
        mount("/proc", "proc", "proc"),
        mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
        mount("/dev/pts", "devpts", "devpts", pts),
        mount("/dev/shm", "tmpfs", "shm", PLAIN + ["mode=1777", "size=65536k"]),
        mount("/dev/mqueue", "mqueue", "mqueue", PLAIN),
        mount("/sys", "sysfs", "sysfs", PLAIN + ["ro"]),
        mount("/sys/fs/cgroup", "cgroup", "cgroup", PLAIN + ["relatime", "ro"]),
    ]


def spec_config(rootfs, arguments):
    """rootfs: absolute path."""
    masked = "acpi asound kcore keys latency_stats timer_list timer_stats sched_debug scsi"
    return {
        "ociVersion": "1.2.1",
        "process": {
            "terminal": False,
            "user": {"uid": 0, "gid": 0},
            "args": list(arguments),
            "env": [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "TERM=xterm",
            ],
            "cwd": "/",
            "capabilities": {
                kind: list(CAPABILITIES) for kind in ("bounding", "effective", "permitted")
            },
            "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}],
            "noNewPrivileges": True,
        },
        "root": {"path": rootfs, "readonly": True},
        "hostname": "bench",
        "mounts": mounts(),
        "linux": {
            "resources": {"devices": [{"allow": False, "access": "rwm"}]},
            "namespaces": [
                {"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount", "cgroup")
            ],
            "maskedPaths": [f"/proc/{name}" for name in masked.split()] + ["/sys/firmware"],
            "readonlyPaths": [
                f"/proc/{name}" for name in ("bus", "fs", "irq", "sys", "sysrq-trigger")
            ],
        },
    }
