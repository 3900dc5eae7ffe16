# SPDX-License-Identifier: Apache-2.0
"""Each system call of a command, and of the processes it makes, that names a file: with the names as the kernel gets them.

Up to where the program of the container begins. x86-64 only: the numbers are its own.
"""

import ctypes
import os
import platform
import struct

import faults
import host

CAN_READ = platform.machine() == "x86_64"
GET_SYSCALL_INFO, ENTRY, EXIT = 0x420E, 1, 2
AT_FDCWD, AT_EMPTY_PATH = -100, 0x1000
RESOLVE_BENEATH, RESOLVE_IN_ROOT = 0x08, 0x10

# Number: name, and where its paths are: (place of the directory's descriptor or None, place of the path), …
PATHS = {
    2: ("open", (None, 0)), 4: ("stat", (None, 0)), 6: ("lstat", (None, 0)), 21: ("access", (None, 0)),
    59: ("execve", (None, 0)), 76: ("truncate", (None, 0)), 80: ("chdir", (None, 0)), 82: ("rename", (None, 0), (None, 1)),
    83: ("mkdir", (None, 0)), 84: ("rmdir", (None, 0)), 85: ("creat", (None, 0)), 86: ("link", (None, 0), (None, 1)),
    87: ("unlink", (None, 0)), 88: ("symlink", (None, 1)), 89: ("readlink", (None, 0)), 90: ("chmod", (None, 0)),
    92: ("chown", (None, 0)), 94: ("lchown", (None, 0)), 132: ("utime", (None, 0)), 133: ("mknod", (None, 0)),
    134: ("uselib", (None, 0)), 137: ("statfs", (None, 0)), 155: ("pivot_root", (None, 0), (None, 1)), 161: ("chroot", (None, 0)),
    163: ("acct", (None, 0)), 165: ("mount", (None, 1)), 166: ("umount2", (None, 0)), 167: ("swapon", (None, 0)),
    188: ("setxattr", (None, 0)), 189: ("lsetxattr", (None, 0)), 191: ("getxattr", (None, 0)), 192: ("lgetxattr", (None, 0)),
    194: ("listxattr", (None, 0)), 195: ("llistxattr", (None, 0)), 197: ("removexattr", (None, 0)),
    198: ("lremovexattr", (None, 0)), 235: ("utimes", (None, 0)), 254: ("inotify_add_watch", (None, 1)),
    257: ("openat", (0, 1)), 258: ("mkdirat", (0, 1)), 259: ("mknodat", (0, 1)), 260: ("fchownat", (0, 1)),
    261: ("futimesat", (0, 1)), 262: ("newfstatat", (0, 1)), 263: ("unlinkat", (0, 1)), 264: ("renameat", (0, 1), (2, 3)),
    265: ("linkat", (0, 1), (2, 3)), 266: ("symlinkat", (1, 2)), 267: ("readlinkat", (0, 1)), 268: ("fchmodat", (0, 1)),
    269: ("faccessat", (0, 1)), 280: ("utimensat", (0, 1)), 301: ("fanotify_mark", (3, 4)), 303: ("name_to_handle_at", (0, 1)),
    316: ("renameat2", (0, 1), (2, 3)), 322: ("execveat", (0, 1)), 332: ("statx", (0, 1)), 428: ("open_tree", (0, 1)),
    429: ("move_mount", (0, 1), (2, 3)), 433: ("fspick", (0, 1)), 437: ("openat2", (0, 1)), 439: ("faccessat2", (0, 1)),
    442: ("mount_setattr", (0, 1)), 452: ("fchmodat2", (0, 1)), 463: ("setxattrat", (0, 1)), 467: ("open_tree_attr", (0, 1)),
}
CONNECT, BIND, FSCONFIG = 42, 49, 431
OPENS = {"open": 1, "openat": 2}


class Call:
    """One call: name, [(descriptor or None, what it is, path)], the flags of an open, how an openat2 resolves, its answer.

    is_inside: in a mount namespace that is not ours.
    """

    def __init__(self, pid, name, places, flags=0, resolve=0):
        self.pid, self.name, self.places, self.flags, self.resolve = pid, name, places, flags, resolve
        self.answer, self.is_inside = None, False

    def __str__(self):
        shown = ", ".join(f"{path!r}" if fd is None else f"{fd}<{what}> {path!r}" for fd, what, path in self.places)
        return (f"{self.pid}{' inside' * self.is_inside} {self.name}({shown}, flags {self.flags:#o}, "
                f"resolve {self.resolve:#x}) = {self.answer}")


class Recorder(faults.Trace):
    """A command that goes on as ever while `made` gathers its calls, and those of its children."""

    def __init__(self, argv, **options):
        super().__init__(argv, 0, victim="child", **options)
        self.made, self._open, self._programs = [], {}, set()
        self._home = os.readlink("/proc/self/ns/mnt")

    def _at_call(self, pid):
        info = ctypes.create_string_buffer(88)
        if faults._ptrace(GET_SYSCALL_INFO, pid, 88, ctypes.byref(info)) <= 0 or pid in self._programs:
            return
        if info.raw[0] == ENTRY:
            number, *arguments = struct.unpack_from("<7Q", info.raw, 24)
            if call := self._read(pid, number, arguments):
                call.is_inside = os.readlink(f"/proc/{pid}/ns/mnt") != self._home
                self.made.append(call)
                self._open[pid] = call
        elif info.raw[0] == EXIT and (call := self._open.pop(pid, None)):
            call.answer, = struct.unpack_from("<q", info.raw, 24)
            # An empty path is the runtime that goes on as a copy of itself.
            if call.name.startswith("execve") and call.answer == 0 and call.places[0][2]:
                self._programs.add(pid)

    def _read(self, pid, number, arguments):
        if number in (CONNECT, BIND):
            address = self._bytes(pid, arguments[1], min(arguments[2], 110))
            if address[:2] != b"\1\0" or address[2:3] in (b"", b"\0"):
                return None
            path = address[2:].split(b"\0")[0].decode(errors="replace")
            return Call(pid, "connect" if number == CONNECT else "bind", [(None, "", path)])
        if number == FSCONFIG and arguments[1] in (3, 4):  # FSCONFIG_SET_PATH
            return Call(pid, "fsconfig", [self._place(pid, arguments[4], arguments[3])])
        if number not in PATHS:
            return None
        name, *places = PATHS[number]
        found = [self._place(pid, None if fd is None else arguments[fd], arguments[path]) for fd, path in places]
        flags = arguments[OPENS[name]] if name in OPENS else 0
        resolve = 0
        if name == "openat2":
            flags, _, resolve = struct.unpack("<3Q", self._bytes(pid, arguments[2], 24))
        return Call(pid, name, found, flags, resolve)

    def _place(self, pid, fd, address):
        path = self._bytes(pid, address, 4096).split(b"\0")[0].decode(errors="replace") if address else ""
        if fd is None:
            return None, "", path
        fd = ctypes.c_int(fd & 0xFFFFFFFF).value
        if fd == AT_FDCWD:
            return None, "", path
        try:
            return fd, os.readlink(f"/proc/{pid}/fd/{fd}"), path
        except OSError:
            return fd, "", path

    @staticmethod
    def _bytes(pid, address, size):
        """Up to `size` bytes; fewer where the memory ends."""
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            out = b""
            while len(out) < size:
                step = min(size - len(out), 4096 - (address + len(out)) % 4096)
                try:
                    memory.seek(address + len(out))
                    got = memory.read(step)
                except (OSError, OverflowError, ValueError):
                    break
                out += got
                if not got or b"\0" in got and size == 4096:
                    break
            return out
