# SPDX-License-Identifier: Apache-2.0
"""/linux/sysctl: only what a namespace of the container's own holds."""

import harness
from coverage import accepts, rejects


def host_value(name):
    try:
        return open("/proc/sys/" + name.replace(".", "/")).read()
    except OSError:
        return None


class Sysctl(harness.Case):
    @accepts("/linux/sysctl/*")
    def test_those_of_the_network_are_set(self):
        bundle = self.bundle("cat", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv4/ip_local_port_range")
        before = host_value("net.ipv4.ip_local_port_range")
        bundle.edit("/linux/sysctl", {"net.ipv4.ip_forward": "1", "net.ipv4.ip_local_port_range": "2000 3000"})
        self.assertEqual(self.run_in(bundle).out.split(), ["1", "2000", "3000"])
        self.assertEqual(host_value("net.ipv4.ip_local_port_range"), before)

    @accepts("/linux/sysctl/*")
    def test_those_of_ipc_are_set(self):
        bundle = self.bundle("cat", "/proc/sys/kernel/shmmni", "/proc/sys/fs/mqueue/msg_max")
        bundle.edit("/linux/sysctl", {"kernel.shmmni": "1234", "fs.mqueue.msg_max": "55"})
        self.assertEqual(self.run_in(bundle).out.split(), ["1234", "55"])

    def test_slashes_may_be_written(self):
        self.ours_only()
        bundle = self.bundle("cat", "/proc/sys/net/ipv4/conf/lo/rp_filter")
        bundle.config["linux"]["sysctl"] = {"net/ipv4/conf/lo/rp_filter": "2"}
        self.assertEqual(self.run_in(bundle.write()).out.strip(), "2")

    def test_what_the_image_has_at_proc_is_not_written_to(self):
        # T04, CVE-2019-16884, CVE-2025-52881: the path below /proc is the image's to shape.
        self.ours_only()
        bundle = self.bundle("true").without_mount("/proc").edit("/linux/maskedPaths", None)
        bundle.edit("/linux/readonlyPaths", None)
        decoy = bundle.rootfs / "proc/sys/net/ipv4/ip_forward"
        decoy.parent.mkdir(parents=True)
        decoy.write_text("decoy")
        bundle.config["linux"]["sysctl"] = {"net.ipv4.ip_forward": "1"}
        self.run_in(bundle.write())
        self.assertEqual(decoy.read_text(), "decoy")

    def test_they_need_their_namespace(self):
        for key, kind in (("net.ipv4.ip_forward", "network"), ("kernel.msgmax", "ipc"), ("fs.mqueue.msg_max", "ipc")):
            with self.subTest(key):
                bundle = self.bundle().without_namespace(kind)
                bundle.config["linux"]["sysctl"] = {key: "1"}
                self.refused(bundle.write(), key)

    @rejects("/linux/sysctl")
    def test_those_of_the_host_are_refused_and_unchanged(self):
        # T14
        for key in ("kernel.core_pattern", "net/../kernel/ctrl-alt-del", "net.ipv4/../../kernel/core_pattern",
                    "fs.mqueue./../..", "kernel.shm_rmid_forced/../ctrl-alt-del", "vm.overcommit_memory",
                    "user.max_user_namespaces", "kernel.hostname", "net.ipv4.../../kernel.core_pattern", "nothing", ""):
            with self.subTest(key):
                watched = [host_value(name) for name in ("kernel.core_pattern", "kernel.ctrl-alt-del",
                                                         "vm.overcommit_memory", "user.max_user_namespaces")]
                bundle = self.bundle()
                bundle.config["linux"]["sysctl"] = {key: "1"}
                self.refused(bundle.write())
                self.assertEqual(watched, [host_value(name) for name in (
                    "kernel.core_pattern", "kernel.ctrl-alt-del", "vm.overcommit_memory",
                    "user.max_user_namespaces")])

    def test_an_unknown_one_is_refused(self):
        bundle = self.bundle()
        bundle.config["linux"]["sysctl"] = {"net.ipv4.no_such_thing": "1"}
        self.refused(bundle.write(), "no_such_thing")

    @rejects("/linux/sysctl/*")
    def test_a_wrong_value_is_refused(self):
        bundle = self.bundle()
        bundle.config["linux"]["sysctl"] = {"net.ipv4.ip_local_port_range": "many"}
        self.refused(bundle.write())
