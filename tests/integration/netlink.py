# SPDX-License-Identifier: Apache-2.0
"""rtnetlink in few words: what a test needs of ip(8), in whatever network namespace it is called."""

import os
import socket
import struct

NEWLINK, DELLINK, GETLINK, NEWADDR, GETADDR, NEWROUTE = 16, 17, 18, 20, 22, 24
REQUEST, ACK, DUMP, CREATE, EXCL = 1, 4, 0x300, 0x400, 0x200
ADDRESS, IFNAME, MTU, MASTER, LINKINFO, NET_NS_FD = 1, 3, 4, 10, 18, 28
IFA_ADDRESS, IFA_LOCAL, IFA_LABEL, IFA_BROADCAST, IFA_CACHEINFO = 1, 2, 3, 4, 6
UP = 1
FOREVER = 0xFFFFFFFF


def _attribute(kind, value):
    if isinstance(value, str):
        value = value.encode() + b"\0"
    elif isinstance(value, int):
        value = struct.pack("=I", value)
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def _attributes(data):
    found = {}
    while len(data) >= 4:
        size, kind = struct.unpack_from("=HH", data)
        found[kind & 0x3FFF] = data[4:size]
        data = data[(size + 3) & ~3:]
    return found


def _ask(kind, flags, body):
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as kernel:
        kernel.send(struct.pack("=IHHII", 16 + len(body), kind, flags | REQUEST, 1, 0) + body)
        answers = []
        while True:
            data = kernel.recv(1 << 16)
            while len(data) >= 16:
                size, kind, _, _, _ = struct.unpack_from("=IHHII", data)
                payload, data = data[16:size], data[(size + 3) & ~3:]
                if kind == 2 and (code := struct.unpack_from("=i", payload)[0]):
                    raise OSError(-code, os.strerror(-code))
                if kind in (2, 3):
                    return answers
                answers.append(payload)


def _link(index=0, flags=0, change=0):
    return struct.pack("=BxHiII", 0, 0, index, flags, change)


def links():
    """name -> {index, up, mtu, mac, master}"""
    found = {}
    for answer in _ask(GETLINK, DUMP, _link()):
        _, _, index, flags, _ = struct.unpack_from("=BxHiII", answer)
        values = _attributes(answer[16:])
        found[values[IFNAME].rstrip(b"\0").decode()] = {
            "index": index, "up": bool(flags & UP), "mtu": struct.unpack("=I", values[MTU])[0],
            "mac": values.get(ADDRESS, b"").hex(":"),
            "master": struct.unpack("=I", values[MASTER])[0] if MASTER in values else 0}
    return found


def add_link(kind, name, **options):
    """kind: "veth" (peer=NAME), "bridge". mac, mtu, index."""
    info = _attribute(1, kind.encode())
    if "peer" in options:
        peer = _link() + _attribute(IFNAME, options["peer"])
        info += _attribute(2, _attribute(1, peer))
    body = _link(options.get("index", 0)) + _attribute(IFNAME, name) + _attribute(LINKINFO, info)
    if "mac" in options:
        body += _attribute(ADDRESS, bytes.fromhex(options["mac"].replace(":", "")))
    if "mtu" in options:
        body += _attribute(MTU, options["mtu"])
    _ask(NEWLINK, ACK | CREATE | EXCL, body)


def remove_link(name):
    _ask(DELLINK, ACK, _link(links()[name]["index"]))


def change_link(name, up=None, **attributes):
    """master=INDEX, netns=DESCRIPTOR"""
    body = _link(links()[name]["index"], UP if up else 0, 0 if up is None else UP)
    if "master" in attributes:
        body += _attribute(MASTER, attributes["master"])
    if "netns" in attributes:
        body += _attribute(NET_NS_FD, attributes["netns"])
    _ask(NEWLINK, ACK, body)


def add_address(name, address, label=None, broadcast=None, peer=None, seconds=None, scope=0):
    text, prefix = address.split("/")
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    local = socket.inet_pton(family, text)
    other = socket.inet_pton(family, peer) if peer else local
    body = struct.pack("=BBBBI", family, int(prefix), 2 if ":" in text else 0, scope, links()[name]["index"])
    body += _attribute(IFA_LOCAL, local) + _attribute(IFA_ADDRESS, other)
    if label:
        body += _attribute(IFA_LABEL, label)
    if broadcast:
        body += _attribute(IFA_BROADCAST, socket.inet_pton(family, broadcast))
    if seconds:
        body += _attribute(IFA_CACHEINFO, struct.pack("=IIII", seconds, seconds, 0, 0))
    _ask(NEWADDR, ACK | CREATE, body)


def add_route(gateway, to="", prefix=0):
    """By default the one to everywhere."""
    family = socket.AF_INET6 if ":" in gateway else socket.AF_INET
    body = struct.pack("=BBBBBBBBI", family, prefix, 0, 0, 254, 3, 0, 1, 0)
    if to:
        body += _attribute(1, socket.inet_pton(family, to))
    _ask(NEWROUTE, ACK | CREATE, body + _attribute(5, socket.inet_pton(family, gateway)))


def addresses(name):
    """Sorted texts: "10.0.0.1/24 brd 10.0.0.255 label eth0:a", "10.0.0.1 peer 10.0.0.2/32"."""
    index, found = links()[name]["index"], []
    for answer in _ask(GETADDR, DUMP, struct.pack("=BBBBI", 0, 0, 0, 0, 0)):
        family, prefix, _, scope, its = struct.unpack_from("=BBBBI", answer)
        if its != index:
            continue
        values = _attributes(answer[8:])
        plain = lambda kind: socket.inet_ntop(family, values[kind])
        local = plain(IFA_LOCAL) if IFA_LOCAL in values else plain(IFA_ADDRESS)
        text = f"{local}/{prefix}"
        if plain(IFA_ADDRESS) != local:
            text = f"{local} peer {plain(IFA_ADDRESS)}/{prefix}"
        if IFA_BROADCAST in values:
            text += f" brd {plain(IFA_BROADCAST)}"
        label = values.get(IFA_LABEL, b"").rstrip(b"\0").decode()
        if label not in ("", name):
            text += f" label {label}"
        if IFA_CACHEINFO in values and struct.unpack_from("=II", values[IFA_CACHEINFO])[1] != FOREVER:
            text += " dynamic"
        if scope == 253:
            text += " link"
        found.append(text)
    return sorted(found)
