# SPDX-License-Identifier: Apache-2.0
"""ps: the processes of a container."""

import os
import shutil

import bundle as bundles
import harness
import host


class Ps(harness.Case):
    def test_json_is_a_list_of_pids(self):
        bundle = self.bundle("fork-sleep", "3")
        id = self.started(bundle)
        self.assertTrue(host.until(lambda: "forked" in self.created.out))
        pids = self.ok("ps", "--format", "json", id).json()
        self.assertEqual(len(pids), 4)
        self.assertIn(self.state(id)["pid"], pids)
        self.assertEqual(sorted(pids), sorted(map(int, (bundle.cgroup / "cgroup.procs").read_text().split())))

    def test_json_writes_nothing_else(self):
        id = self.create(self.bundle())
        self.assertEqual(self.ok("ps", "--format=json", id).err, "")

    def test_table_shows_the_command(self):
        if not shutil.which("ps"):
            self.skipTest("no ps on this host")
        id = self.started(self.bundle("sleep", "777"))
        self.assertIn(str(self.state(id)["pid"]), self.ok("ps", id).out)

    def test_hands_options_to_ps(self):
        if not shutil.which("ps"):
            self.skipTest("no ps on this host")
        id = self.started(self.bundle("sleep", "777"))
        self.assertIn(str(self.state(id)["pid"]), self.ok("ps", id, "-e", "-o", "pid,comm").out)

    def test_table_without_ps_is_the_wide_one(self):
        self.ours_only()
        id = self.started(self.bundle("sleep", "777"))
        lines = self.ok("ps", id, env={"PATH": "/nowhere"}).out.splitlines()
        self.assertEqual(lines[0].split(), Wide.TITLES)
        self.assertEqual(lines[1].split()[:2], [str(self.state(id)["pid"]), "1"])

    def test_of_an_unknown_container_is_an_error(self):
        self.bad("ps", "--format", "json", "nobody", text="does not exist")

    def test_refuses_another_format(self):
        self.bad("ps", "--format", "yaml", self.create(self.bundle()))

    def test_of_a_stopped_container_is_empty(self):
        id = self.started(self.bundle("true"))
        self.wait_for(id, "stopped")
        self.assertEqual(self.ok("ps", "--format", "json", id).json(), [])

    def test_counts_cgroups_that_the_container_made(self):
        bundle = self.bundle("sleep", "100")
        id = self.started(bundle)
        (bundle.cgroup / "a/b").mkdir(parents=True)
        self.ok("exec", "--detach", "--cgroup", "a/b", id, "/bin/payload", "sleep", "100")
        self.assertEqual(len(self.ok("ps", "--format", "json", id).json()), 2)

    def test_processes_that_end_meanwhile_are_no_error(self):
        id = self.started(self.bundle("reap"))
        for _ in range(20):
            self.ok("exec", "--detach", id, "/bin/payload", "burn", "20")
            self.assertIn(self.state(id)["pid"], self.ok("ps", "--format", "json", id).json())
            if harness.is_ours():
                self.assertGreaterEqual(len(self.ok("ps", "--format", "wide-json", id).json()), 1)


class Wide(harness.Case):
    TITLES = ["PID", "INSIDE", "UID", "STATE", "MEMORY", "TIME", "THREADS", "COMMAND"]

    def setUp(self):
        super().setUp()
        self.ours_only()

    def of(self, id):
        return {process["pidInside"]: process for process in self.ok("ps", "--format", "wide-json", id).json()}

    def test_tells_what_the_kernel_knows(self):
        bundle = self.bundle("hold", "24")
        id = self.started(bundle)
        self.assertTrue(host.until(lambda: "held" in self.created.out))
        told = self.of(id)
        self.assertEqual(list(told), [1])
        init = told[1]
        self.assertEqual(init["pid"], self.state(id)["pid"])
        self.assertEqual((init["uid"], init["gid"]), (0, 0))
        self.assertEqual((init["state"], init["threads"], init["cgroup"]), ("S", 1, ""))
        self.assertEqual((init["name"], init["command"]), ("payload", ["/bin/payload", "hold", "24"]))
        self.assertGreater(init["memory"], 24 << 20)

    def test_counts_processor_time(self):
        id = self.started(self.bundle("sleep", "100"))
        self.ok("exec", "--detach", id, "/bin/payload", "burn", "5000")
        def used():
            return [process for process in self.of(id).values()
                    if process["command"][1] == "burn" and process["cpuTime"] >= 100_000_000]
        self.assertTrue(host.until(used))

    def test_tells_the_cgroup_below_the_container(self):
        bundle = self.bundle("sleep", "100")
        id = self.started(bundle)
        (bundle.cgroup / "sub").mkdir()
        self.ok("exec", "--detach", "--cgroup", "sub", id, "/bin/payload", "sleep", "100")
        self.assertEqual(sorted(process["cgroup"] for process in self.of(id).values()), ["", "/sub"])

    def test_tells_the_user_as_the_container_sees_it(self):
        bundle = self.bundle("sleep", "100", config=bundles.with_user_namespace(bundles.docker_config()))
        os.chown(bundle.rootfs, 100000, 100000)
        id = self.started(bundle)
        self.ok("exec", "--detach", "--user", "5:6", id, "/bin/payload", "sleep", "100")
        self.assertEqual(sorted((process["uid"], process["gid"]) for process in self.of(id).values()),
                         [(0, 0), (5, 6)])

    def test_as_a_table(self):
        id = self.started(self.bundle("sleep", "777"))
        titles, line = self.ok("ps", "--format", "wide", id).out.splitlines()
        self.assertEqual(titles.split(), self.TITLES)
        fields = line.split()
        self.assertEqual(fields[:4], [str(self.state(id)["pid"]), "1", "0", "S"])
        self.assertEqual(fields[7:], ["/bin/payload", "sleep", "777"])
        self.assertRegex(fields[5], r"^0:00\.\d\d$")

    def test_a_command_cannot_drive_the_terminal(self):
        id = self.started(self.bundle("sleep", "777", "\033[2J\nfake"))
        self.assertNotIn("\033", self.ok("ps", "--format", "wide", id).out)
        self.assertEqual(len(self.ok("ps", "--format", "wide", id).out.splitlines()), 2)

    def test_of_a_zombie_shows_its_name(self):
        id = self.started(self.bundle("sleep", "100"))
        self.ok("exec", "--detach", id, "/bin/payload", "fork-sleep", "1")
        # The child of the one that is killed goes to init, which waits for nobody.
        self.assertTrue(host.until(lambda: len(self.of(id)) == 3))
        child = max(self.of(id).values(), key=lambda process: process["pidInside"])
        host.kill(child["pid"])
        self.assertTrue(host.until(lambda: self.of(id).get(child["pidInside"], {"state": "Z"})["state"] == "Z"))

    def test_without_a_cgroup_is_an_error(self):
        bundle = self.bundle("sleep", "100", cgroup=False)
        id = self.forget(self.new_id())
        self.ok("--cgroup-manager", "disabled", "create", "--bundle", bundle.path, id)
        self.bad("ps", "--format", "wide", id, text="no cgroup")
