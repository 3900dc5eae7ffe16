# SPDX-License-Identifier: Apache-2.0
"""/linux/namespaces: new, joined by path, or the host's."""

import os

import harness
import host
from coverage import accepts, rejects

FILES = {"mount": "mnt", "network": "net", "uts": "uts", "pid": "pid", "ipc": "ipc", "cgroup": "cgroup",
         "user": "user", "time": "time"}


class Namespaces(harness.Case):
    @accepts("/linux/namespaces/*/type")
    def test_those_listed_are_new(self):
        inside = self.report(self.bundle())["namespaces"]
        for kind in ("mount", "network", "uts", "pid", "ipc", "cgroup"):
            with self.subTest(kind):
                self.assertNotEqual(inside[FILES[kind]], os.readlink(f"/proc/self/ns/{FILES[kind]}"))

    def test_those_not_listed_are_the_hosts(self):
        inside = self.report(self.bundle())["namespaces"]
        for kind in ("user", "time"):
            self.assertEqual(inside[kind], os.readlink(f"/proc/self/ns/{kind}"))

    def test_each_may_be_left_out(self):
        for kind in ("network", "ipc", "cgroup", "pid"):
            with self.subTest(kind):
                bundle = self.bundle().without_namespace(kind)
                if kind == "network":
                    bundle.edit("/linux/sysctl", None).without_mount("/sys")
                    bundle.without_mount("/sys/fs/cgroup")
                inside = self.report(bundle.without_mount("/dev/mqueue") if kind == "ipc" else bundle)
                self.assertEqual(inside["namespaces"][FILES[kind]], os.readlink(f"/proc/self/ns/{FILES[kind]}"))

    @accepts("/linux/namespaces/*/{type,path}")
    def test_each_may_be_joined_by_path(self):
        first = self.started(self.bundle("sleep", "100"))
        pid = self.state(first)["pid"]
        for kind in ("network", "uts", "ipc", "pid", "cgroup"):
            with self.subTest(kind):
                bundle = self.bundle().without_namespace(kind)
                bundle.edit("/hostname", None if kind == "uts" else "box")
                path = f"/proc/{pid}/ns/{FILES[kind]}"
                bundle.config["linux"]["namespaces"].append({"type": kind, "path": path})
                inside = self.report(bundle.write())
                self.assertEqual(inside["namespaces"][FILES[kind]], os.readlink(path))

    def test_a_joined_pid_namespace_has_its_processes(self):
        first = self.started(self.bundle("sleep", "100"))
        bundle = self.bundle().without_namespace("pid")
        bundle.config["linux"]["namespaces"].append(
            {"type": "pid", "path": f"/proc/{self.state(first)['pid']}/ns/pid"})
        inside = self.report(bundle.write())
        self.assertGreater(inside["pid"], 1)

    def test_a_joined_init_is_still_the_subreapers_child(self):
        first = self.started(self.bundle("sleep", "100"))
        bundle = self.bundle("exit", "21").without_namespace("pid")
        bundle.config["linux"]["namespaces"].append(
            {"type": "pid", "path": f"/proc/{self.state(first)['pid']}/ns/pid"})
        second = self.create(bundle.write())
        pid = self.state(second)["pid"]
        self.ok("start", second)
        self.assertEqual(os.waitstatus_to_exitcode(host.wait_status(pid)), 21)

    @rejects("/linux/namespaces/*/path")
    def test_the_wrong_kind_of_file_is_refused(self):
        for kind, file in (("network", "uts"), ("ipc", "net"), ("uts", "ipc"), ("pid", "net")):
            with self.subTest(kind):
                bundle = self.bundle().without_namespace(kind).edit("/hostname", None)
                bundle.config["linux"]["namespaces"].append({"type": kind, "path": f"/proc/self/ns/{file}"})
                self.refused(bundle.write())

    @rejects("/linux/namespaces/*/path")
    def test_a_missing_path_is_refused(self):
        bundle = self.bundle().without_namespace("ipc")
        bundle.config["linux"]["namespaces"].append({"type": "ipc", "path": "/no/such/namespace"})
        self.refused(bundle.write(), "/no/such/namespace")

    def test_a_relative_path_is_refused(self):
        self.ours_only()
        bundle = self.bundle().without_namespace("ipc")
        bundle.config["linux"]["namespaces"].append({"type": "ipc", "path": "some/path"})
        self.refused(bundle.write(), "/linux/namespaces")

    @rejects("/linux/namespaces/*/type")
    def test_an_unknown_kind_is_refused(self):
        bundle = self.bundle()
        bundle.config["linux"]["namespaces"].append({"type": "color"})
        self.refused(bundle.write(), "color")

    def test_a_kind_may_be_listed_only_once(self):
        bundle = self.bundle()
        bundle.config["linux"]["namespaces"].append({"type": "uts"})
        self.refused(bundle.write())

    @accepts("/{hostname,domainname}")
    def test_hostname_and_domainname_are_set(self):
        inside = self.report(self.bundle().edit("/hostname", "my-box").edit("/domainname", "example"))
        self.assertEqual((inside["hostname"], inside["domainname"]), ("my-box", "example"))

    def test_the_hosts_name_stays(self):
        before = os.uname().nodename
        self.run_in(self.bundle().edit("/hostname", "my-box"))
        self.assertEqual(os.uname().nodename, before)

    @rejects("/{hostname,domainname}")
    def test_hostname_needs_a_namespace_of_its_own(self):
        self.refused(self.bundle().without_namespace("uts"), "hostname")
        bundle = self.bundle().without_namespace("uts").edit("/hostname", None).edit("/domainname", "x")
        self.refused(bundle, "domainname")

    def test_loopback_is_up_in_a_new_network(self):
        self.assertIn("127.0.0.1", self.run_in(self.bundle("cat", "/proc/net/fib_trie")).out)

    def test_a_cgroup_namespace_begins_at_the_containers_cgroup(self):
        self.assertEqual(harness.cgroup_of(self.report(self.bundle())["cgroup"]), "/")

    def test_without_a_cgroup_namespace_the_path_shows(self):
        bundle = self.bundle().without_namespace("cgroup")
        self.assertEqual(harness.cgroup_of(self.report(bundle)["cgroup"]),
                         f"/{harness.GROUP.name}/{bundle.path.name}")


class TimeNamespace(harness.Case):
    @accepts("/linux/timeOffsets/*/{secs,nanosecs}")
    def test_offsets_are_written(self):
        bundle = self.bundle()
        bundle.config["linux"]["namespaces"].append({"type": "time"})
        bundle.edit("/linux/timeOffsets", {"monotonic": {"secs": 1000, "nanosecs": 5}, "boottime": {"secs": 2000}})
        inside = self.report(bundle)
        self.assertEqual(inside["timens_offsets"].split(), ["monotonic", "1000", "5", "boottime", "2000", "0"])
        self.assertNotEqual(inside["namespaces"]["time"], os.readlink("/proc/self/ns/time"))

    @rejects("/linux/timeOffsets")
    def test_offsets_need_a_new_time_namespace(self):
        self.refused(self.bundle().edit("/linux/timeOffsets", {"monotonic": {"secs": 1}}))

    def test_exec_joins_it(self):
        bundle = self.bundle("sleep", "100")
        bundle.config["linux"]["namespaces"].append({"type": "time"})
        id = self.started(bundle.write())
        pid = self.state(id)["pid"]
        self.assertEqual(self.exec_report(id)["namespaces"]["time"], os.readlink(f"/proc/{pid}/ns/time"))
