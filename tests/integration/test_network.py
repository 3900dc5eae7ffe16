# SPDX-License-Identifier: Apache-2.0
"""oci-rt-network: an address for each container, what is refused, and nothing left after crashes."""

import json
import os
import pathlib
import random
import shutil
import signal
import time

import host
import netlink
from network_case import GATEWAY, NetworkCase, get, inside, program


class Attach(NetworkCase):
    def test_a_container_has_an_address_a_way_out_and_a_name(self):
        hosts = self.folder / "hosts"
        hosts.write_text("127.0.0.1\tlocalhost\n")
        box = self.box("box", "--hosts", hosts, "--hostname", "kiste")
        self.assertEqual((box["address"], box["network"]), ("172.19.0.2", "ocirt0"))
        with inside(box["pid"]):
            links, addresses = netlink.links(), netlink.addresses("eth0")
            routes = pathlib.Path("/proc/thread-self/net/route").read_text()
        self.assertTrue(links["lo"]["up"] and links["eth0"]["up"])
        self.assertIn("172.19.0.2/16 brd 172.19.255.255", addresses)
        self.assertIn(f"{box['address6']}/64", addresses)
        self.assertIn("eth0\t00000000\t010013AC", routes)
        self.assertEqual(hosts.read_text(), f"127.0.0.1\tlocalhost\n172.19.0.2\tkiste\t# its own\n{box['address6']}\tkiste\t# its own\n")
        self.assertEqual(get(box["address"], 80), "of box")
        with inside(self.outside):
            self.assertEqual(get(box["address"], 80), "of box")
        self.ok("delete", "--force", "box")
        self.assertEqual((self.leases(), self.devices()), ([], ["ocirt0"]))

    def test_once_more_is_nothing_new_and_detach_is_for_all_times(self):
        first = self.space("one").pid
        one = self.attach("one", pid=first)
        self.assertEqual(self.attach("one", pid=first), one)
        self.assertEqual(len(self.leases()), 1)
        anew = self.space("two").pid  # the container was made anew, in another namespace
        two = self.attach("one", pid=anew)
        self.assertNotEqual(two["address"], one["address"])
        for _ in range(2):
            self.net_ok("detach", "--root", self.rt.root, "--id", "one")
            self.assertEqual(self.leases(), [])

    def test_an_address_is_not_given_again_at_once(self):
        seen = []
        for id in ("a", "b", "c"):
            seen.append(self.attach(id, pid=self.space(id).pid)["address"])
            self.net_ok("detach", "--root", self.rt.root, "--id", id)
        self.assertEqual(seen, ["172.19.0.2", "172.19.0.3", "172.19.0.4"])
        small = ("--network-name", "small", "--network-ip", "10.9.0.1/30")
        for id in ("d", "e"):
            pid = self.space(id).pid
            self.assertEqual(self.attach(id, *small, pid=pid)["address"], "10.9.0.2")
            self.net_ok("detach", "--root", self.rt.root, "--id", id)
        self.attach("f", *small, pid=self.space("f").pid)
        self.net_wrong("check", "--id", "g", *small, text="all addresses of network small are given away")

    def test_an_address_that_was_asked_for(self):
        self.attach("a", "--container-ip", "172.19.7.7/16", pid=self.space("a").pid)
        self.assertEqual(self.leases(), ["ocirt0/172.19.7.7"])
        for address, text in (("172.19.7.7", "container a has"), (GATEWAY, "cannot be had"), ("10.0.0.1", "cannot be had"),
                              ("172.19.255.255", "cannot be had"), ("x", "no address"), ("fd00::1", "not of IPv4")):
            with self.subTest(address=address):
                self.net_wrong("check", "--id", "b", "--container-ip", address, text=text)

    def test_networks_that_are_in_the_way_are_refused(self):
        netlink.add_address("up0", "172.19.3.1/24")
        result = self.net_wrong("check", "--id", "a", text="172.19.0.0/16 overlaps 172.19.3.0/24, which the host reaches by up0")
        self.assertIn("--network-ip", result.err)
        netlink.add_route("198.51.100.2", "10.0.0.0", 8)
        self.net_wrong("check", "--id", "a", "--network-ip", "10.77.0.1/16", text="overlaps 10.0.0.0/8")
        self.net_wrong("check", "--id", "a", "--network-ip", "192.168.7.1/24", "--network-ip6", "2001:db8::77/64", text="overlaps 2001:db8::")
        space = self.space("a")
        self.net_wrong("attach", "--root", self.rt.root, "--id", "a", "--pid", space.pid, text="overlaps")
        self.assertEqual(self.devices(), [])
        made = self.attach("a", "--network-ip", "192.168.7.0/24", "--network-ip6", "fd77::1/64", pid=space.pid)
        self.assertEqual((made["address"], made["address6"]), ("192.168.7.2", "fd77::c0a8:702"))
        self.net_wrong("check", "--id", "b", "--network-ip", "10.88.0.1/16", text="has 192.168.7.1/24 already")

    def test_what_cannot_be_is_refused(self):
        netlink.add_link("bridge", "theirs")
        for words, text in ((["--network-name", "up0"], "no bridge"), (["--network-name", "a/b"], "no name"), (["--network-name", "x" * 16], "no name"),
                            (["--network-ip", "10.1.1.1/31"], "no room"), (["--network-ip", "10.1.1.1"], "no address with"),
                            (["--network-ip", "fd00::1/64"], "--network-ip6"), (["--nothing", "x"], "unknown option"), (["--id"], "wants a value")):
            with self.subTest(words=words):
                self.net_wrong("check", "--id", "a", *words, text=text)
        self.net_wrong("check", text="--id is missing")
        self.net_wrong("check", "--id", "../x", text="no name of a container")
        self.net_wrong("dance", text="unexpected word")
        self.net_wrong("attach", "--id", "a", "--pid", os.getpid(), text="no network of its own")
        self.net_wrong("attach", "--id", "a", text="no state of a container")
        self.assertEqual(self.devices(), [])

    def test_a_bridge_of_somebody_else_stays(self):
        netlink.add_link("bridge", "theirs")
        netlink.change_link("theirs", up=True)
        netlink.add_address("theirs", "10.5.0.1/24")
        self.assertEqual(self.attach("a", "--network-name", "theirs", pid=self.space("a").pid)["address"], "10.5.0.2")
        self.net_ok("detach", "--root", self.rt.root, "--id", "a")
        self.net_ok("reconcile")
        self.assertIn("theirs", netlink.links())

    def test_the_size_of_packets_is_that_of_the_way_out(self):
        netlink.add_link("veth", "tunnel", peer="end", mtu=1380)
        netlink.change_link("tunnel", up=True)
        netlink.change_link("end", up=True)
        netlink.add_address("tunnel", "203.0.113.1/24")
        netlink.add_route("203.0.113.2")
        pid = self.space("a").pid
        self.attach("a", pid=pid)
        with inside(pid):
            self.assertEqual(netlink.links()["eth0"]["mtu"], 1380)

    def test_somebody_elses_rules_that_drop_everything_are_told(self):
        self.need_nft()
        check = lambda: self.net_ok("check", "--id", "a").err
        self.assertEqual(check(), "")
        self.nft("-f -", text="table ip filter { chain FORWARD { type filter hook forward priority filter; policy drop; } ; chain DOCKER-USER { } ; }")
        self.assertIn('run iptables -I DOCKER-USER -i ocirt0 -j ACCEPT && iptables -I DOCKER-USER -o ocirt0 -j ACCEPT', check())
        self.nft("flush ruleset")
        self.nft("-f -", text="table inet firewalld { chain filter_FORWARD { type filter hook forward priority filter; } ; }")
        self.assertIn("firewall-cmd --permanent --zone=trusted --add-interface=ocirt0", check())
        self.nft("flush ruleset")
        self.nft("-f -", text="table inet mine { chain fwd1 { type filter hook forward priority 0; policy drop; } ; }")
        self.assertIn("nft insert rule inet mine fwd1 iifname ocirt0 accept", check())

    def test_only_root_may(self):
        result = self.network("list", user=65534)
        self.assertEqual(result.code, 1)
        self.assertIn("only root", result.err)
        self.assertIn("Usage", self.net_ok("--help").out)
        self.assertIn("oci-rt-network", self.net_ok("--version").out)


class Crash(NetworkCase):
    def test_a_killed_container_leaves_nothing_after_delete_or_reconcile(self):
        self.need_nft()
        for id in ("a", "b"):
            box = self.box(id, "-p", f"{8080 + ord(id)}:80")
            os.kill(box["pid"], signal.SIGKILL)
            self.wait_for(id, "stopped")
        self.ok("delete", "--force", "a")
        self.assertIsNone(self.found("a"))
        self.assertTrue(host.until(lambda: self.devices() == ["ocirt0"]))
        self.net_ok("reconcile")
        self.assert_nothing_left()

    def test_a_container_that_is_gone_gives_its_address_and_ports_to_the_next(self):
        self.need_nft()
        first = self.space("a")
        words = ("--container-ip", "172.19.0.9", "-p", "8080:80")
        self.attach("a", *words, pid=first.pid)
        first.kill()
        first.wait()
        self.assertTrue(host.until(lambda: self.devices() == ["ocirt0"]))
        self.assertEqual(self.attach("b", *words, pid=self.space("b").pid)["address"], "172.19.0.9")
        shutil.rmtree(self.rt.root / "b")  # its runtime forgot it, though its processes live
        self.attach("c", *words, pid=self.space("c").pid)
        self.assertEqual(len(self.leases()), 1)

    def test_attach_may_be_killed_at_any_moment(self):
        self.need_nft()
        pids = {id: self.space(id).pid for id in ("a", "b")}
        self.attach("b", "-p", "9090:80", pid=pids["b"])
        for _ in range(30):
            process = self.rt.popen(argv=[str(program()), "--state", str(self.net), "attach", "--root", str(self.rt.root), "--id", "a",
                                          "--pid", str(pids["a"]), "-p", "8080-8090:80-90"])
            time.sleep(random.uniform(0, 0.02))
            process.kill()
            process.wait()
            host.STARTED.discard(process.pid)
            if random.random() < 0.5:
                self.net_ok("detach", "--root", self.rt.root, "--id", "a")
        self.attach("a", "-p", "8080-8090:80-90", pid=pids["a"])
        self.assertEqual(len(self.leases()), 2)
        for id in pids:
            shutil.rmtree(self.rt.root / id)
        self.net_ok("reconcile")
        self.assert_nothing_left()

    def test_what_is_left_of_nobody_is_found(self):
        self.need_nft()
        pid = self.space("a").pid
        self.attach("a", "-p", "8080:80", pid=pid)
        for path in self.net.glob("*/172.*"):
            path.write_text("half of a le")
        self.net_ok("reconcile")
        self.assert_nothing_left()
        self.attach("a", "-p", "8080:80", pid=pid)
        for path in self.net.glob("*/172.*"):
            path.unlink()
        out = self.net_ok("reconcile").out
        self.assertIn("device oci-ac1300", out)
        self.assert_nothing_left()

    def test_a_bridge_that_somebody_removed_comes_back_with_its_containers(self):
        a, b = self.box("a"), self.space("b")
        netlink.remove_link("ocirt0")
        self.attach("b", pid=b.pid)
        with inside(b.pid):
            self.assertEqual(get(a["address"], 80), "of a")


class Many(NetworkCase):
    def test_many_at_once_have_addresses_of_their_own(self):
        count = 100 if os.environ.get("OCI_RT_SLOW") == "1" else 20
        spaces = {f"box{i}": self.space(f"box{i}").pid for i in range(count)}
        calls = [self.rt.popen(argv=[str(program()), "--state", str(self.net), "attach", "--json", "--root", str(self.rt.root),
                                     "--id", id, "--pid", str(pid)]) for id, pid in spaces.items()]
        for call in calls:
            self.assertEqual(call.wait(), 0, pathlib.Path(f"{call.stem}.err").read_text())
            host.STARTED.discard(call.pid)
        made = [json.loads(pathlib.Path(f"{call.stem}.out").read_text()) for call in calls]
        self.assertEqual(len({each["address"] for each in made}), count)
        self.assertEqual(len({each["address6"] for each in made}), count)
        took = []
        for i in range(10):
            pid = self.space(f"timed{i}").pid
            begin = time.monotonic()
            self.attach(f"timed{i}", pid=pid)
            took.append(time.monotonic() - begin)
        if os.environ.get("OCI_RT_SLOW") == "1":
            print(f"attach beside {count}: {1000 * min(took):.1f} ms at best, {1000 * sorted(took)[5]:.1f} ms usually")
        for id in [*spaces, *(f"timed{i}" for i in range(10))]:
            shutil.rmtree(self.rt.root / id)
        self.net_ok("reconcile")
        self.assertEqual((self.leases(), self.devices()), ([], []))
