# SPDX-License-Identifier: Apache-2.0
"""What engines write into config.json: zeros that mean nothing, ordered rules, dummy maps, empty words."""

import json
import os

import bundle as bundles
import harness
import host

CLONE_NEWNET = 0x40000000
PR_CAPBSET_DROP = 24


class Docker(harness.Case):
    def test_a_time_namespace_without_offsets(self):
        """Since Docker 29.5."""
        bundle = self.bundle("sleep", "100")
        bundle.config["linux"]["namespaces"].append({"type": "time"})
        id = self.started(bundle.write())
        inside = self.exec_report(id)["namespaces"]["time"]
        self.assertNotEqual(inside, os.readlink("/proc/self/ns/time"))
        self.assertEqual(inside, os.readlink(f"/proc/{self.state(id)['pid']}/ns/time"))

    def test_the_hook_that_makes_the_network(self):
        """libnetwork-setkey: it takes the pid from its standard input and keeps the network of that process."""
        kept = self.folder / "netns"
        kept.touch()
        bundle = self.bundle("report")
        hook = bundle.script("setkey", "#!/usr/bin/python3\nimport json, os, sys\n"
                             "assert sys.argv[1:] == ['-exec-root=/run/docker', 'CID', 'CTRL'], sys.argv\n"
                             "state = json.load(sys.stdin)\n"
                             f"open({str(kept)!r}, 'w').write(os.readlink(f\"/proc/{{state['pid']}}/ns/net\"))\n"
                             "assert state['status'] == 'creating' and state['bundle'] and state['id']\n")
        bundle.edit("/hooks/prestart", [{"path": hook, "args": ["libnetwork-setkey", "-exec-root=/run/docker", "CID",
                                                                "CTRL"]}])
        inside = self.run_in(bundle).json()
        self.assertEqual(kept.read_text(), inside["namespaces"]["net"])

    def test_zeros_say_nothing(self):
        bundle = self.bundle("true")
        bundle.edit("/linux/resources", {
            "devices": bundle.config["linux"]["resources"]["devices"],
            "cpu": {"shares": 0, "quota": 0, "period": 0, "realtimeRuntime": 0, "realtimePeriod": 0, "cpus": "",
                    "mems": ""},
            "memory": {"limit": 0, "swap": 0, "reservation": 0, "disableOOMKiller": False}, "blockIO": {"weight": 0},
            "pids": {"limit": 0}} if "pids" in host.controllers() else {
            "cpu": {"shares": 0, "quota": 0, "period": 0, "realtimeRuntime": 0, "realtimePeriod": 0, "cpus": "",
                    "mems": ""}, "memory": {"disableOOMKiller": False}, "blockIO": {"weight": 0}})
        result = self.run_in(bundle)
        self.assertEqual(result.err, "")

    def control(self):
        """A device that opens, if it may be, and then does not know what a read is."""
        minor = next((line.split()[0] for line in open("/proc/misc") if line.split()[1] == "loop-control"), None)
        if minor is None:
            self.skipTest("no loop-control in this kernel")
        bundle = self.bundle("cat", "/dev/control")
        return bundle.edit("/linux/devices", [{"path": "/dev/control", "type": "c", "major": 10, "minor": int(minor)}])

    def test_device_rules_count_in_their_order(self):
        bundle = self.control()
        rules = bundle.config["linux"]["resources"]["devices"]
        deny = {"allow": False, "type": "c", "major": 10, "minor": 237, "access": "rwm"}
        for added, denied in (([deny], True), ([deny, {**deny, "allow": True}], False),
                              ([{**deny, "allow": True}, deny], True)):
            bundle.edit("/linux/resources/devices", rules + added)
            result = self.run_in(bundle, code=None)
            with self.subTest(added):
                self.assertEqual("not permitted" in result.err.lower(), denied, str(result))

    def test_all_of_them_for_the_privileged(self):
        bundle = self.control().edit("/linux/resources/devices", [{"allow": True, "access": "rwm"}])
        self.assertNotIn("not permitted", self.run_in(bundle, code=None).err.lower())

    def test_capabilities_that_the_caller_has_not_are_left_out(self):
        """A privileged container in a machine that holds fewer than all."""
        every = self.ok("features").json()["linux"]["capabilities"]
        bundle = self.bundle("report")
        for kind in ("bounding", "effective", "permitted", "inheritable", "ambient"):
            bundle.edit(f"/process/capabilities/{kind}", every)
        lacks = lambda: host.LIBC.prctl(PR_CAPBSET_DROP, 25, 0, 0, 0)  # CAP_SYS_TIME
        result = self.run_in(bundle, preexec_fn=lacks)
        held = int(result.json()["status"]["CapBnd"], 16)
        self.assertFalse(held & (1 << 25))
        self.assertTrue(held & (1 << 21))
        self.assertIn("CAP_SYS_TIME cannot be granted here", result.err)
        log = self.folder / "log"
        said = self.rt("--log", log, "--log-format", "json", "run", "--bundle", bundle.path, "x", preexec_fn=lacks).err
        self.assertEqual((said, log.read_text()), ("", ""))

    def test_rro_wherever_it_says_ro(self):
        volume = self.folder / "volume"
        (volume / "below").mkdir(parents=True)
        host.mount("tmpfs", volume / "below", "tmpfs")
        self.addCleanup(host.unmount, volume / "below")
        self._before = (host.mounts(), self._before[1])
        file = self.folder / "resolv.conf"
        file.touch()
        bundle = self.bundle("report")
        bundle.add_mount("/etc/resolv.conf", "bind", file, "rbind", "rprivate", "rro")
        bundle.add_mount("/data", "bind", volume, "rbind", "rprivate", "rro")
        places = {line.split()[4]: line.split()[5].split(",") for line in self.run_in(bundle).json()["mountinfo"]}
        for place in ("/etc/resolv.conf", "/data", "/data/below"):
            self.assertIn("ro", places[place])

    def test_missing_masked_paths_are_no_trouble(self):
        self.run_in(self.bundle("true").edit("/linux/maskedPaths", [
            f"/sys/devices/system/cpu/cpu{n}/thermal_throttle" for n in range(256)]))


class Podman(harness.Case):
    def test_a_container_for_systemd(self):
        bundle = self.bundle("report")
        for place in ("/run", "/run/lock", "/tmp", "/var/log/journal"):
            bundle.add_mount(place, "tmpfs", "tmpfs", "rw", "rprivate", "nosuid", "nodev", "tmpcopyup", "")
        bundle.without_mount("/sys/fs/cgroup")
        bundle.add_mount("/sys/fs/cgroup", "cgroup", "cgroup", "private", "rw")
        places = {line.split()[4]: line for line in self.run_in(bundle).json()["mountinfo"]}
        self.assertIn("tmpfs", places["/run/lock"])
        self.assertTrue(places["/sys/fs/cgroup"].split()[5].startswith("rw"))

    def test_annotations_for_others_do_no_harm(self):
        self.run_in(self.bundle("true").edit("/annotations", {
            "io.container.manager": "libpod", "io.podman.annotations.autoremove": "FALSE",
            "org.opencontainers.image.stopSignal": "15", "org.systemd.property.KillSignal": "15",
            "org.systemd.property.TimeoutStopUSec": "uint64 10000000", "org.criu.config": "/etc/criu/x.conf",
            "run.oci.keep_original_groups": "1", "run.oci.mount_context_type": "rootcontext"}))
        self.refused(self.bundle("true").edit("/annotations", {"run.oci.mount_context_type": "nonsense"}),
                     "run.oci.mount_context_type")

    def test_groups_of_the_caller_are_kept_where_asked_for(self):
        secret = self.folder / "secret"
        secret.write_text("for the group")
        os.chown(secret, 0, 7777)
        secret.chmod(0o640)
        bundle = self.bundle("cat", "/secret").add_mount("/secret", "bind", secret, "bind", "ro")
        bundle.edit("/process/user", {"uid": 1000, "gid": 1000, "additionalGids": [10]})
        for value, code in (("1", 0), ("0", 1), (None, 1)):
            bundle.edit("/annotations/run.oci.keep_original_groups", value)
            with self.subTest(value):
                self.assertEqual(self.run_in(bundle, code=None, extra_groups=[7777]).code != 0, code != 0)

    def test_a_pidfd_for_whom_the_annotation_names(self):
        for place in ("annotated", "given"):
            receiver = harness.ConsoleSocket(self.folder / place)
            self.addCleanup(receiver.close)
        bundle = self.bundle("sleep", "100").edit("/annotations", {"run.oci.pidfd_receiver": f"{self.folder}/annotated"})
        id = self.create(bundle, "--pidfd-socket", self.folder / "given")
        with open(f"/proc/self/fdinfo/{receiver.receive()}") as info:
            self.assertIn(f"Pid:\t{self.state(id)['pid']}\n", info.read())

    def test_a_pidfd_for_nobody(self):
        self.refused(self.bundle("true").edit("/annotations", {"run.oci.pidfd_receiver": "/no/such"}), "/no/such")

    def test_a_seccomp_agent_that_an_annotation_names(self):
        agent = harness.ConsoleSocket(self.folder / "agent")
        self.addCleanup(agent.close)
        bundle = self.bundle("true")
        bundle.edit("/linux/seccomp", {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
            {"names": ["sethostname"], "action": "SCMP_ACT_NOTIFY"}]})
        self.started(bundle.edit("/annotations", {"run.oci.seccomp.receiver": agent.path}))
        agent.receive()
        self.assertEqual(agent.count, 1)
        self.assertEqual(json.loads(agent.data)["fds"], ["seccompFd"])

    def test_a_seccomp_agent_that_cannot_be_named_so(self):
        bundle = self.bundle("true").edit("/annotations", {"run.oci.seccomp.receiver": "relative"})
        self.run_in(bundle)  # no rule asks one
        bundle.edit("/linux/seccomp", {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
            {"names": ["sethostname"], "action": "SCMP_ACT_NOTIFY"}]})
        self.refused(bundle, "run.oci.seccomp.receiver")

    def test_a_profile_whose_every_rule_shall_count(self):
        bundle = self.bundle("true")
        bundle.config["linux"]["seccomp"]["syscalls"].append({"names": ["no_such_call"], "action": "SCMP_ACT_ERRNO"})
        self.run_in(bundle.edit("/annotations", {"run.oci.seccomp_fail_unknown_syscall": "0"}))
        self.refused(bundle.edit("/annotations", {"run.oci.seccomp_fail_unknown_syscall": "1"}), "no_such_call")

    def test_exec_keeps_them_too(self):
        bundle = self.bundle("sleep", "100").edit("/annotations", {"run.oci.keep_original_groups": "1"})
        id = self.started(bundle)
        self.assertEqual(self.exec_report(id, extra_groups=[7777])["groups"], [7777])

    def test_members_of_a_pod_have_a_dummy_map(self):
        infra = self.bundle("sleep", "100", config=bundles.with_user_namespace(bundles.docker_config()))
        member = self.bundle("report")
        for made in (infra, member):
            for folder in (made.rootfs, *made.rootfs.iterdir()):
                os.chown(folder, 100000, 100000)
        pid = self.state(self.started(infra))["pid"]
        spaces = {"user": "user", "network": "net", "ipc": "ipc", "uts": "uts"}
        member.config["linux"]["namespaces"] = [{"type": "mount"}, {"type": "pid"}, {"type": "cgroup"}] + [
            {"type": kind, "path": f"/proc/{pid}/ns/{file}"} for kind, file in spaces.items()]
        member.config["linux"].pop("sysctl")
        member.config.pop("hostname")
        for side in ("uidMappings", "gidMappings"):
            member.edit(f"/linux/{side}", [{"containerID": 0, "hostID": 0, "size": 1}])
        inside = self.run_in(member).json()
        self.assertEqual(inside["uid_map"].split(), ["0", "100000", "65536"])
        self.assertEqual((inside["uids"], inside["groups"]), ([0] * 3, [0, 10]))


class Kubernetes(harness.Case):
    """containerd's CRI plugin: a sandbox, and a workload in its namespaces."""

    def test_a_pod(self):
        sandbox = self.bundle("sleep", "100").edit("/root/readonly", True).edit("/process/oomScoreAdj", 998)
        sandbox.edit("/annotations", {"io.kubernetes.cri.container-type": "sandbox"})
        pid = self.state(self.started(sandbox))["pid"]
        workload = self.bundle("report").without_mount("/sys/fs/cgroup")
        workload.config["linux"]["namespaces"] = [{"type": "pid"}, {"type": "mount"}] + [
            {"type": kind, "path": f"/proc/{pid}/ns/{file}"}
            for kind, file in (("network", "net"), ("ipc", "ipc"), ("uts", "uts"))]
        workload.config.pop("hostname")
        workload.config["linux"].pop("sysctl")
        workload.add_mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro",
                           "nsdelegate", "memory_recursiveprot")
        for place in ("hosts", "hostname"):
            (self.folder / place).touch()
            workload.add_mount(f"/etc/{place}", None, self.folder / place, "rbind", "rprivate", "rw")
        before = [line for line in host.mounts() if " cgroup2 " in line]
        workload.edit("/linux/maskedPaths", []).edit("/linux/readonlyPaths", [])
        inside = self.run_in(workload).json()
        self.assertEqual(inside["namespaces"]["net"], os.readlink(f"/proc/{pid}/ns/net"))
        self.assertNotEqual(inside["namespaces"]["pid"], os.readlink(f"/proc/{pid}/ns/pid"))
        self.assertEqual([line for line in host.mounts() if " cgroup2 " in line], before)
