# SPDX-License-Identifier: Apache-2.0
"""Published ports of oci-rt-network: from wherever somebody may ask, and who may not have them."""

import socket
import struct

import host
import netlink
from network_case import GATEWAY, HOST, HOST6, OUTSIDE, NetworkCase, echo, get, inside


class Ports(NetworkCase):
    def setUp(self):
        super().setUp()
        self.need_nft()

    def test_a_server_answers_from_everywhere(self):
        web = self.box("web", "--publish", "8080:80")
        other = self.box("other")
        places = {"host": None, "another container": other["pid"], "the container itself": web["pid"], "outside": self.outside}
        v6_gateway = self.net_ok("list").json()[0]["address6"].split("/")[0]
        for name, place in places.items():
            targets = [(web["address"], 80), (web["address6"], 80), (HOST, 8080), (HOST6, 8080)]
            if name == "host":
                targets += [("127.0.0.1", 8080), (GATEWAY, 8080), ("localhost", 8080)]
            elif name != "outside":
                targets += [(GATEWAY, 8080), (v6_gateway, 8080)]
            for address, port in targets:
                with self.subTest(place=name, address=address, port=port):
                    if place is None:
                        self.assertEqual(get(address, port), "of web")
                    else:
                        with inside(place):
                            self.assertEqual(get(address, port), "of web")
        self.ok("delete", "--force", "web")
        with self.assertRaises(OSError):
            get(HOST, 8080, timeout=1)

    def test_udp(self):
        box = self.box("box", "-p", "5353:53/udp", act=("serve-echo", 53))
        for place, address in ((None, "127.0.0.1"), (None, HOST), (self.outside, HOST), (self.outside, HOST6), (None, box["address"])):
            port = 53 if address == box["address"] else 5353
            with self.subTest(address=address):
                ask = lambda: echo(address, port)
                self.assertTrue(host.until(lambda: self.quiet(ask, place)), address)

    def quiet(self, ask, place):
        """The server may not be there yet."""
        try:
            if place is None:
                return ask()
            with inside(place):
                return ask()
        except OSError:
            return None

    def test_ranges_and_ports_of_no_number(self):
        box = self.box("box", "-p", "9000-9002:79-81", "-p", ":80", "-p", "80")
        self.assertEqual(box["ports"][0], "9000-9002:79-81/tcp")
        self.assertEqual(get(HOST, 9001), "of box")
        free = [int(text.split(":")[0]) for text in box["ports"][1:]]
        self.assertEqual(len(set(free)), 2)
        for port in free:
            self.assertEqual(get("127.0.0.1", port), "of box")

    def test_one_address_alone(self):
        self.box("inner", "-p", "127.0.0.1:8080:80")
        self.box("outer", "-p", f"{HOST}:8080:80", "-p", f"[{HOST6}]:8080:80")
        self.assertEqual(get("127.0.0.1", 8080), "of inner")
        self.assertEqual(get(HOST, 8080), "of outer")
        self.assertEqual(get(HOST6, 8080), "of outer")
        self.net_wrong("check", "--id", "x", "-p", "8080:80", text="is published by container")
        self.net_wrong("check", "--id", "x", "-p", "192.0.2.77:81:80", text="has no address 192.0.2.77")

    def test_who_comes_second_is_told_who_was_first(self):
        self.box("first", "-p", "8000-8010:80-90")
        made = self.hooked("second", "-p", "8005:80")
        result = self.bad("create", "--bundle", made.path, "second", text="first")
        self.assertIn("8000-8010:80-90/tcp", result.err)
        self.assertIsNone(self.found("second"))
        self.box("third", "-p", "8005:80/udp")
        with socket.create_server(("127.0.0.1", 7777)):
            self.net_wrong("check", "--id", "x", "-p", "7777:80", text="7777/tcp of the host is taken by a program")
        self.net_wrong("check", "--id", "x", "-p", "81:80", "-p", "80-82:80-82", text="published twice")

    def test_what_is_no_port(self):
        for text in ("", "0:80", "80:0", "65536:1", "1-3:1-2", "3-1:3-1", "a:b", "1:2/sctp", "[::1:80:80", "1.2.3:80:80", "80:80:80:80"):
            with self.subTest(text=text):
                self.net_wrong("check", "--id", "x", "-p", text, text="-p: ")

    def test_a_container_reaches_nothing_that_is_bound_to_the_hosts_loopback(self):
        """127.0.0.0/8 is routed on the bridge, for answers to the host; what a container forges is dropped."""
        box = self.box("box", "-p", "8080:80")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as secret:
            secret.bind(("127.0.0.1", 7000))
            secret.settimeout(0.5)
            bridge = bytes.fromhex(netlink.links()["ocirt0"]["mac"].replace(":", ""))
            own = socket.inet_aton(box["address"])
            forge = lambda: self.forge(box["pid"], bridge, own)
            forge()
            with self.assertRaises(socket.timeout):
                secret.recv(100)
            self.nft("flush chain inet oci_rt forged")
            forge()
            self.assertEqual(secret.recv(100), b"forged")  # so the rule is what keeps it out

    def forge(self, pid, bridge, own):
        datagram = struct.pack("!HHHH", 999, 7000, 14, 0) + b"forged"
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 34, 1, 0, 64, 17, 0, own, socket.inet_aton("127.0.0.1"))
        total = sum(struct.unpack("!10H", head))
        total = (total & 0xFFFF) + (total >> 16)
        head = head[:10] + struct.pack("!H", ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF) + head[12:]
        with inside(pid), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
            wire.bind(("eth0", 0))
            wire.send(bridge + bytes.fromhex("026f") + own + b"\x08\x00" + head + datagram)

    def test_published_on_loopback_is_not_for_the_neighbours(self):
        self.box("box", "-p", "127.0.0.1:8080:80")
        with inside(self.outside):
            with self.assertRaises(OSError):
                get(HOST, 8080, timeout=1)
        self.assertEqual(get("127.0.0.1", 8080), "of box")

    def test_rules_that_somebody_flushed_come_back(self):
        self.box("box", "-p", "8080:80")
        self.nft("flush ruleset")
        with self.assertRaises(OSError):
            get(HOST, 8080, timeout=1)
        self.net_ok("reconcile")
        self.assertEqual(get(HOST, 8080), "of box")
        self.nft("flush ruleset")
        self.box("other", "-p", "8081:80")
        self.assertEqual((get(HOST, 8080), get(HOST, 8081)), ("of box", "of other"))

    def test_who_is_asked_sees_the_host_and_who_asks_is_seen(self):
        """Out by the host's address; in, an outside client keeps its own."""
        box = self.box("box", "-p", "8080:80")
        with inside(self.outside):
            listener = socket.create_server((OUTSIDE, 7001))
        self.addCleanup(listener.close)
        with inside(box["pid"]):
            client = socket.create_connection((OUTSIDE, 7001), timeout=5)
        self.addCleanup(client.close)
        connection, peer = listener.accept()
        connection.close()
        self.assertEqual(peer[0], HOST)
        with inside(self.outside):
            client = socket.create_connection((HOST, 8080), timeout=5)
        self.addCleanup(client.close)
        with open(f"/proc/{box['pid']}/net/tcp6") as table:
            peers = {line.split()[2].split(":")[0] for line in table}
        self.assertIn("0000000000000000FFFF0000" + socket.inet_aton(OUTSIDE)[::-1].hex().upper(), peers)
