# SPDX-License-Identifier: Apache-2.0
"""/linux/netDevices: devices move into the container, and come back only if it does not come to be."""

import contextlib
import os

import bundle as bundles
import harness
import host
import netlink
from coverage import accepts

CLONE_NEWNET = 0x40000000
MAC = "02:00:00:00:be:ef"


def _namespace(file):
    if host.LIBC.setns(file, CLONE_NEWNET) != 0:
        raise OSError("setns")


@contextlib.contextmanager
def inside(pid):
    """In the network namespace of a process."""
    here, there = (os.open(f"/proc/{name}/ns/net", os.O_RDONLY) for name in ("thread-self", pid))
    try:
        _namespace(there)
        yield
    finally:
        _namespace(here)
        os.close(here)
        os.close(there)


class NetDevices(harness.Case):
    def setUp(self):
        super().setUp()
        # A network of this test alone, in which the runtime runs.
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        self.addCleanup(lambda: (_namespace(home), os.close(home)))
        if host.LIBC.unshare(CLONE_NEWNET) != 0:
            self.skipTest("no network namespaces")
        try:
            netlink.add_link("veth", "oci0", peer="far0", mac=MAC, mtu=1400)
        except OSError as error:
            self.skipTest(f"no veth: {error}")

    def with_devices(self, devices, *args):
        return self.bundle(*(args or ("sleep", "100"))).edit("/linux/netDevices", devices)

    def moved(self, devices):
        """The pid of a container with these devices."""
        return self.state(self.started(self.with_devices(devices)))["pid"]

    @accepts("/linux/netDevices/*/name")
    def test_moves_under_a_new_name_with_all_that_lasts(self):
        netlink.add_address("oci0", "10.1.0.1/24", broadcast="10.1.0.255", label="oci0:a")
        netlink.add_address("oci0", "10.1.0.2/24")
        netlink.add_address("oci0", "10.9.0.1/32", peer="10.9.0.2")
        netlink.add_address("oci0", "fd00::1/64")
        with inside(self.moved({"oci0": {"name": "eth7"}})):
            device = netlink.links()["eth7"]
            addresses = netlink.addresses("eth7")
        self.assertEqual((device["mac"], device["mtu"], device["up"]), (MAC, 1400, True))
        self.assertEqual([a for a in addresses if not a.startswith("fe80")],
                         ["10.1.0.1/24 brd 10.1.0.255 label eth7:a", "10.1.0.2/24",
                          "10.9.0.1 peer 10.9.0.2/32", "fd00::1/64"])
        self.assertNotIn("oci0", netlink.links())
        self.assertIn("far0", netlink.links())

    def test_leaves_behind_what_does_not_last(self):
        netlink.add_address("oci0", "10.1.0.1/24")
        netlink.add_address("oci0", "10.2.0.1/24", seconds=600)
        netlink.add_address("oci0", "fd00::2/64", seconds=600)
        netlink.add_address("oci0", "10.3.0.1/24", scope=253)
        netlink.add_address("oci0", "fe80::77/64", scope=253)
        with inside(self.moved({"oci0": {}})):
            addresses = netlink.addresses("oci0")
        self.assertEqual([a for a in addresses if not a.startswith("fe80")], ["10.1.0.1/24"])
        self.assertNotIn("fe80::77/64 link", addresses)

    def test_is_seen_from_inside(self):
        netlink.add_address("oci0", "10.1.0.1/24")
        out = self.run_in(self.with_devices({"oci0": {"name": "eth0"}}, "cat", "/sys/class/net/eth0/address",
                                            "/sys/class/net/eth0/mtu", "/sys/class/net/lo/flags",
                                            "/proc/net/fib_trie")).out
        for text in (MAC, "1400", "10.1.0.1", "0x9"):
            self.assertIn(text, out)

    def test_is_there_before_the_hooks(self):
        seen = self.folder / "seen"
        script = self.folder / "hook"
        script.write_text(f"#!/bin/sh\ncat >/dev/null\ncat /proc/net/dev >{seen}\n")
        script.chmod(0o755)
        bundle = self.with_devices({"oci0": {"name": "eth0"}})
        bundle.edit("/hooks", {"createRuntime": [{"path": str(script)}]})
        self.create(bundle)
        self.assertNotIn("oci0", seen.read_text())
        self.assertIn("far0", seen.read_text())

    def test_takes_the_next_free_name_of_a_template(self):
        netlink.add_link("veth", "oci1", peer="far1")
        with inside(self.moved({"oci0": {"name": "net%d"}, "oci1": {"name": "net%d"}})):
            self.assertEqual(set(netlink.links()) - {"lo"}, {"net0", "net1"})

    def test_works_into_a_namespace_by_path(self):
        first = self.started(self.bundle("sleep", "100"))
        pid = self.state(first)["pid"]
        bundle = self.with_devices({"oci0": {"name": "eth0"}}).without_namespace("network")
        bundle.config["linux"]["namespaces"].append({"type": "network", "path": f"/proc/{pid}/ns/net"})
        self.create(bundle.write())
        with inside(pid):
            self.assertTrue(netlink.links()["eth0"]["up"])

    def test_takes_another_index_where_its_own_is_taken(self):
        first = self.started(self.bundle("sleep", "100"))
        pid = self.state(first)["pid"]
        index = netlink.links()["oci0"]["index"]
        with inside(pid):
            netlink.add_link("bridge", "busy", index=index)
        bundle = self.with_devices({"oci0": {}}).without_namespace("network")
        bundle.config["linux"]["namespaces"].append({"type": "network", "path": f"/proc/{pid}/ns/net"})
        self.create(bundle.write())
        with inside(pid):
            self.assertNotEqual(netlink.links()["oci0"]["index"], index)

    def test_works_with_a_user_namespace(self):
        netlink.add_address("oci0", "10.1.0.1/24")
        config = bundles.with_user_namespace(bundles.docker_config())
        bundle = self.bundle("sleep", "100", config=config).edit("/linux/netDevices", {"oci0": {"name": "eth0"}})
        for place in (bundle.rootfs, *bundle.rootfs.iterdir()):
            os.chown(place, 100000, 100000)
        with inside(self.state(self.started(bundle))["pid"]):
            self.assertEqual(netlink.addresses("eth0")[0], "10.1.0.1/24")

    def test_sysctls_may_name_a_device_that_moved(self):
        bundle = self.with_devices({"oci0": {"name": "eth0"}}, "cat", "/proc/sys/net/ipv4/conf/eth0/rp_filter")
        bundle.edit("/linux/sysctl", {"net.ipv4.conf.eth0.rp_filter": "2"})
        self.assertEqual(self.run_in(bundle).out.strip(), "2")

    # What is refused

    def test_an_unknown_device_is_refused_by_its_place(self):
        result = self.refused(self.with_devices({"oci0": {}, "nowhere0": {}}), "/linux/netDevices/nowhere0")
        self.assertIn("no such network device", result.err)
        self.assertIn("oci0", netlink.links())

    def test_loopback_is_refused(self):
        self.refused(self.with_devices({"lo": {"name": "lo7"}}), "/linux/netDevices/lo")

    def test_needs_a_network_namespace(self):
        bundle = self.with_devices({"oci0": {}}).without_namespace("network").edit("/linux/sysctl", None)
        self.refused(bundle, "/linux/netDevices")

    def test_the_runtimes_own_namespace_is_no_place_to_move_to(self):
        bundle = self.with_devices({"oci0": {"name": "eth0"}}).without_namespace("network")
        bundle.config["linux"]["namespaces"].append({"type": "network", "path": "/proc/self/ns/net"})
        bundle.edit("/linux/sysctl", None).without_mount("/sys").without_mount("/sys/fs/cgroup")
        self.refused(bundle, "/linux/netDevices")
        self.assertIn("oci0", netlink.links())

    def test_two_names_alike_are_refused(self):
        netlink.add_link("veth", "oci1", peer="far1")
        self.refused(self.with_devices({"oci0": {"name": "eth0"}, "oci1": {"name": "eth0"}}), "given twice")

    def test_others_than_root_are_refused(self):
        config = bundles.with_user_namespace(bundles.docker_config())
        config["linux"]["uidMappings"] = [{"containerID": 0, "hostID": 12345, "size": 1}]
        config["linux"]["gidMappings"] = [{"containerID": 0, "hostID": 12345, "size": 1}]
        bundle = self.bundle(config=config, cgroup=False).edit("/linux/netDevices", {"oci0": {}})
        self.rt.root.mkdir()
        os.chown(self.rt.root, 12345, 12345)
        result = self.rt("create", "--bundle", bundle.path, self.new_id(), user=12345, group=12345, extra_groups=[])
        self.assertEqual(result.code, 1, str(result))
        self.assertIn("/linux/netDevices: only root", result.err)
        self.assertIn("oci0", netlink.links())

    # Nothing is lost

    def prepared_host(self):
        """A device with all that can be lost; what it looks like."""
        netlink.add_link("bridge", "bridge0")
        netlink.add_address("oci0", "10.1.0.1/24", broadcast="10.1.0.255", label="oci0:a")
        netlink.add_address("oci0", "10.2.0.1/24", seconds=600)
        netlink.add_address("oci0", "fd00::1/64")
        netlink.change_link("oci0", up=True)
        netlink.change_link("oci0", master=netlink.links()["bridge0"]["index"])
        netlink.change_link("far0", up=True)
        return self.look()

    def look(self):
        addresses = [a for a in netlink.addresses("oci0") if not a.startswith("fe80")]
        return netlink.links()["oci0"], addresses

    def test_a_create_that_fails_gives_everything_back(self):
        before = self.prepared_host()
        for pointer, value in (("/hooks", {"createRuntime": [{"path": "/bin/false"}]}),
                               ("/process/args", ["/no/such"]), ("/linux/sysctl", {"net.ipv4.no_such": "1"})):
            with self.subTest(pointer):
                self.refused(self.with_devices({"oci0": {"name": "eth0"}}).edit(pointer, value))
                self.assertEqual(self.look(), before)

    def test_a_name_that_is_taken_gives_everything_back(self):
        before = self.prepared_host()
        first = self.started(self.bundle("sleep", "100"))
        pid = self.state(first)["pid"]
        with inside(pid):
            netlink.add_link("bridge", "eth0")
        for devices in ({"oci0": {"name": "eth0"}}, {"far0": {"name": "ok0"}, "oci0": {"name": "eth0"}}):
            with self.subTest(devices):
                bundle = self.with_devices(devices).without_namespace("network")
                bundle.config["linux"]["namespaces"].append({"type": "network", "path": f"/proc/{pid}/ns/net"})
                bad = self.rt("create", "--bundle", bundle.write().path, "taken")
                self.assertEqual(bad.code, 1, str(bad))
                self.assertIn('/linux/netDevices/oci0/name: "eth0" is taken', bad.err)
                self.assertEqual(self.look(), before)
                self.assertIn("far0", netlink.links())
                with inside(pid):
                    self.assertEqual(set(netlink.links()), {"lo", "eth0"})

    def test_delete_does_not_move_back(self):
        id = self.started(self.with_devices({"oci0": {}}))
        self.ok("delete", "--force", id)
        self.assertTrue(host.until(lambda: "far0" not in netlink.links()), "the pair goes with the namespace")

    def test_leaks_no_descriptor_into_the_container(self):
        bundle = self.with_devices({"oci0": {}})
        self.assertEqual(sorted(self.report(bundle)["fds"]), ["0", "1", "2"])
