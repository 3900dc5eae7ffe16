# SPDX-License-Identifier: Apache-2.0
"""What BPF programs the kernel has: those of one cgroup, and all of them."""

import ctypes
import errno
import os

import host

SYS_BPF = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
BPF_PROG_GET_NEXT_ID, BPF_PROG_QUERY = 11, 16
BPF_CGROUP_DEVICE = 6


class _NextId(ctypes.Structure):
    _fields_ = [("start_id", ctypes.c_uint32), ("next_id", ctypes.c_uint32), ("open_flags", ctypes.c_uint32)]


class _Query(ctypes.Structure):
    _fields_ = [("target_fd", ctypes.c_uint32), ("attach_type", ctypes.c_uint32), ("query_flags", ctypes.c_uint32),
                ("attach_flags", ctypes.c_uint32), ("prog_ids", ctypes.c_uint64), ("prog_cnt", ctypes.c_uint32),
                ("padding", ctypes.c_uint32)]


def _bpf(command, attributes):
    if host.LIBC.syscall(SYS_BPF, command, ctypes.byref(attributes), ctypes.sizeof(attributes)) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"bpf({command}): {os.strerror(code)}")


def device_programs(cgroup):
    """The ids of the programs that filter the devices of a cgroup."""
    ids = (ctypes.c_uint32 * 64)()
    folder = os.open(cgroup, os.O_RDONLY | os.O_DIRECTORY)
    try:
        query = _Query(target_fd=folder, attach_type=BPF_CGROUP_DEVICE, prog_ids=ctypes.addressof(ids), prog_cnt=64)
        _bpf(BPF_PROG_QUERY, query)
    finally:
        os.close(folder)
    return list(ids[:query.prog_cnt])


def programs():
    """The ids of all programs of the machine."""
    ids, place = [], _NextId()
    while True:
        try:
            _bpf(BPF_PROG_GET_NEXT_ID, place)
        except OSError as error:
            if error.errno == errno.ENOENT:
                return ids
            raise
        ids.append(place.next_id)
        place = _NextId(start_id=place.next_id)
