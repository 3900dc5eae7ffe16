# SPDX-License-Identifier: Apache-2.0
"""What tests of oci-rt-network need: a machine of their own in a network namespace, and one outside of it."""

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess

import harness
import host
import netlink

CLONE_NEWNET = 0x40000000
HOST, OUTSIDE = "198.51.100.1", "198.51.100.2"
HOST6, OUTSIDE6 = "2001:db8::1", "2001:db8::2"
GATEWAY = "172.19.0.1"


def program():
    folder = os.environ.get("OCI_RT_LIBEXEC", os.path.dirname(os.path.realpath(harness.binary())))
    path = pathlib.Path(folder) / "oci-rt-network"
    return path if path.exists() else None


def enter(file):
    if host.LIBC.setns(file, CLONE_NEWNET) != 0:
        raise OSError("setns")


@contextlib.contextmanager
def inside(there):
    """In the network namespace of a process, or behind a descriptor."""
    here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    file = there.file if hasattr(there, "file") else os.open(f"/proc/{there}/ns/net", os.O_RDONLY)
    try:
        enter(file)
        yield
    finally:
        enter(here)
        os.close(here)
        if not hasattr(there, "file"):
            os.close(file)


class Namespace:
    """An empty one; its lo is up."""

    def __init__(self):
        here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        if host.LIBC.unshare(CLONE_NEWNET) != 0:
            raise OSError("unshare")
        self.file = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        netlink.change_link("lo", up=True)
        enter(here)
        os.close(here)


def get(address, port, path="/page", timeout=5):
    """The body of a page; raises OSError."""
    with socket.create_connection((address, port), timeout=timeout) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        data = b""
        while part := connection.recv(4096):
            data += part
    return data.partition(b"\r\n\r\n")[2].decode()


def echo(address, port, text=b"hello", timeout=5):
    kind = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(kind, socket.SOCK_DGRAM) as client:
        client.settimeout(timeout)
        client.sendto(text, (address, port))
        return client.recv(100)


class NetworkCase(harness.Case):
    seconds = 120

    def setUp(self):
        if program() is None:
            self.skipTest("oci-rt-network is not built")
        super().setUp()
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        self.addCleanup(lambda: (enter(home), os.close(home)))
        if host.LIBC.unshare(CLONE_NEWNET) != 0:
            self.skipTest("no network namespaces")
        netlink.change_link("lo", up=True)
        try:
            netlink.add_link("veth", "up0", peer="far0")
        except OSError as error:
            self.skipTest(f"no veth: {error}")
        self.net = self.folder / "net"
        self.pairs()

    def need_nft(self):
        if shutil.which("nft") is None and not os.path.exists("/usr/sbin/nft"):
            self.skipTest("nftables is not installed")
        if self.nft("list ruleset").returncode != 0:
            self.skipTest("the kernel has no nftables")

    def pairs(self):
        """Somebody outside, whose way to everything is this machine."""
        self.outside = Namespace()
        self.addCleanup(lambda: os.close(self.outside.file))
        netlink.change_link("far0", netns=self.outside.file)
        for place, name, addresses, router in ((None, "up0", (HOST, HOST6), ()),
                                               (self.outside, "far0", (OUTSIDE, OUTSIDE6), (HOST, HOST6))):
            with inside(place) if place else contextlib.nullcontext():
                netlink.change_link(name, up=True)
                netlink.add_address(name, f"{addresses[0]}/24")
                netlink.add_address(name, f"{addresses[1]}/64")
                for each in router:
                    netlink.add_route(each)

    def nft(self, *words, text=None):
        path = shutil.which("nft") or "/usr/sbin/nft"
        return subprocess.run([path, *(" ".join(words).split())], input=text, text=True, capture_output=True)

    def network(self, *args, **options):
        return self.rt(argv=[str(program()), "--state", str(self.net), *map(str, args)], **options)

    def net_ok(self, *args, **options):
        result = self.network(*args, **options)
        self.assertEqual(result.code, 0, str(result))
        return result

    def net_wrong(self, *args, text):
        result = self.network(*args)
        self.assertEqual(result.code, 1, str(result))
        self.assertIn(text, result.err)
        return result

    def space(self, id):
        """A pid in a network namespace, known to the runtime as a container would be."""
        (self.rt.root / id).mkdir(parents=True)
        self.addCleanup(shutil.rmtree, self.rt.root / id, True)
        process = subprocess.Popen(["unshare", "-n", "sleep", "1000"])
        host.STARTED.add(process.pid)
        here = os.readlink("/proc/self/ns/net")
        self.addCleanup(lambda: (process.kill(), process.wait(), host.STARTED.discard(process.pid)))
        self.assertTrue(host.until(lambda: os.readlink(f"/proc/{process.pid}/ns/net") != here))
        return process

    def attach(self, id, *options, pid):
        return self.net_ok("attach", "--json", "--root", self.rt.root, "--id", id, "--pid", pid, *options).json()

    def hooked(self, id, *options, act=("serve-http", 80, "/srv")):
        """A bundle whose hooks are ours."""
        made = self.bundle(*act)
        (made.path / "rootfs/srv").mkdir(exist_ok=True)
        (made.path / "rootfs/srv/page").write_text(f"of {id}")
        words = ["--state", str(self.net), "--root", str(self.rt.root), "--id", id, *map(str, options)]
        hook = lambda verb, *more: [{"path": str(program()), "args": ["oci-rt-network", verb, *more]}]
        made.edit("/hooks", {"createRuntime": hook("attach", *words), "poststop": hook("detach", *words[:6])})
        return made

    def box(self, id, *options, **more):
        """A started container that serves; what it has got."""
        made = self.hooked(id, *options, **more)
        self.create(made, id=id)
        self.ok("start", id)
        state = self.found(id)
        with inside(self.state(id)["pid"]):
            if "act" not in more:
                self.assertTrue(host.until(lambda: self.answers("127.0.0.1", 80), 10))
        return {**state, "pid": self.state(id)["pid"]}

    def answers(self, address, port):
        try:
            return get(address, port)
        except OSError:
            return None

    def found(self, id):
        for network in self.net_ok("list").json():
            for each in network["containers"]:
                if each["id"] == id:
                    return {**each, "network": network["network"]}
        return None

    def leases(self):
        return sorted(str(path.relative_to(self.net)) for path in self.net.rglob("*.*.*.*")) if self.net.exists() else []

    def devices(self):
        return sorted(name for name in netlink.links() if name.startswith("oci"))

    def assert_nothing_left(self):
        """No lease, no device, no rule."""
        self.assertEqual((self.leases(), self.devices()), ([], []))
        self.assertNotIn("oci_rt", self.nft("list ruleset").stdout)
