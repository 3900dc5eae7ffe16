# SPDX-License-Identifier: Apache-2.0
"""run IMAGE with --network=bridge and -p: an address of its own, published ports, and nothing left."""

import os
import pathlib
import signal

import harness
import host
import rootless
from network_case import HOST, NetworkCase, get, inside, program
from test_image import NAME
from test_run_image import RunCase


class Bridge(RunCase, NetworkCase):
    def setUp(self):
        if program() is None:
            self.skipTest("oci-rt-network is not built")
        NetworkCase.setUp(self)
        self.parent = ["--cgroup-parent", f"/{harness.GROUP.name}"]
        self.store = self.folder / "store"
        self.who = {}
        self.env = {"HOME": str(self.folder), "PATH": os.environ["PATH"], "OCI_RT_LIBEXEC": str(program().parent),
                    "OCI_RT_NETWORK_STATE": str(self.net)}
        self.stored()

    def files(self):
        return {**super().files(), "srv": None, "srv/page": "of the image"}

    def serving(self, name, *options):
        process = self.rt.popen(*self.words("--name", name, *options, NAME, "serve-http", "80", "/srv"), **self.options({}))
        self.addCleanup(lambda: (process.kill(), harness.wait_for(process)))
        out = pathlib.Path(f"{process.stem}.out")
        self.assertTrue(host.until(lambda: "ready" in out.read_text(), 20), pathlib.Path(f"{process.stem}.err").read_text())
        self.forget(name)
        return process

    def test_published_ports_make_it_a_bridge(self):
        self.need_nft()
        self.serving("web", "-p", "8080:80", "--hostname", "kiste")
        web = self.found("web")
        for address, port in ((HOST, 8080), ("127.0.0.1", 8080), (web["address"], 80), (web["address6"], 80)):
            self.assertEqual(get(address, port), "hello")
        with inside(self.outside):
            self.assertEqual(get(HOST, 8080), "hello")
        hosts = self.ok("exec", "web", "/bin/payload", "cat", "/etc/hosts").out
        self.assertIn(f"{web['address']}\tkiste", hosts)
        self.assertNotIn("127.0.0.1\tlocalhost kiste", hosts)
        self.ok("delete", "--force", "web")
        self.assertEqual((self.leases(), self.devices()), ([], ["ocirt0"]))
        self.net_ok("reconcile")
        self.assert_nothing_left()

    def test_detached_with_any_port(self):
        self.need_nft()
        result = self.rt(*self.words("-d", "-p", "80", NAME, "serve-http", "80", "/srv"), **self.options({}))
        self.assertEqual(result.code, 0, str(result))
        name = result.out.strip()
        port = int(self.found(name)["ports"][0].split(":")[0])
        self.assertTrue(host.until(lambda: self.answers("127.0.0.1", port) == "hello", 10))
        self.ok("kill", name, "KILL")
        # Without a name it is deleted when it ends; its network goes with it.
        self.assertTrue(host.until(lambda: not self.leases() and not self.containers(), 20))
        self.assertEqual(self.devices(), ["ocirt0"])

    def test_name_servers_are_those_that_can_be_reached(self):
        resolv = self.folder / "resolv.conf"
        place = pathlib.Path("/etc/resolv.conf")
        if not place.exists():
            self.skipTest("this host has no /etc/resolv.conf")
        resolv.write_text("nameserver 127.0.0.1\nnameserver 192.0.2.53\nsearch example.org\n")
        host.mount(resolv, place, None, host.MS_BIND)
        self.addCleanup(host.unmount, place)
        self.assertEqual(self.inside("--network=bridge", command=["cat", "/etc/resolv.conf"]), "nameserver 192.0.2.53\nsearch example.org\n")

    def test_which_address_and_which_network(self):
        out = self.inside("--network-name", "mine", "--network-ip", "10.66.0.1/24", "--container-ip", "10.66.0.9",
                          command=["cat", "/proc/net/route", "/proc/net/fib_trie"])
        self.assertIn("0100420A", out)
        self.assertIn("10.66.0.9", out)
        self.assertEqual(self.devices(), [])
        self.assertEqual(self.leases(), [])

    def test_what_cannot_be_is_said_before_anything_is_made(self):
        self.need_nft()
        self.serving("web", "-p", "8080:80")
        for words, text in ((["-p", "8080:81"], "is published by container web"), (["-p", "x"], "is no port"),
                            (["-p", "80:80", "--network=none"], "--publish: goes with --network=bridge"),
                            (["--container-ip", "10.0.0.1", "--network=host"], "--container-ip: goes with"),
                            (["--network=bridge", "--network-name=up0"], "no bridge"), (["--network=bridges"], "none, bridge, host")):
            with self.subTest(words=words):
                result = self.rt(*self.words(*words, NAME, "true"), **self.options({}))
                self.assertEqual(result.code, 125, str(result))
                self.assertIn(text, result.err)
        self.assertEqual(self.containers(), ["web"])
        self.assertEqual(len(self.leases()), 1)

    def test_killed_the_next_command_leaves_nothing(self):
        self.need_nft()
        for id in ("one", "two"):
            process = self.serving(id, "-p", ":80")
            process.kill()
            harness.wait_for(process)
            os.kill(self.state(id)["pid"], signal.SIGKILL)
        self.wait_for("one", "stopped")
        self.delete("one")
        self.assertIsNone(self.found("one"))
        self.wait_for("two", "stopped")
        self.assertTrue(host.until(lambda: self.devices() == ["ocirt0"]))
        self.net_ok("reconcile")
        self.assert_nothing_left()
        self.delete("two")

    def test_the_verb_is_the_programs(self):
        self.need_nft()
        self.serving("web", "-p", "8080:80")
        listed = self.rt("network", "--state", self.net, "list", **self.options({})).json()
        self.assertEqual([each["id"] for each in listed[0]["containers"]], ["web"])
        self.assertEqual(listed[0]["containers"][0]["ports"], ["8080:80/tcp"])

    def test_a_user_is_told(self):
        self.who = {"user": rootless.UID, "group": rootless.GID} 
        os.chmod(self.folder, 0o777)
        result = self.rt("--root", self.folder / "theirs", *self.words("--network=bridge", "--storage", self.folder / "other", NAME, "true"), **self.options({}))
        self.assertEqual(result.code, 125, str(result))
        self.assertRegex(result.err, "only root can make one|user namespace|subuid|newuidmap")
