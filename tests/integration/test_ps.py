# SPDX-License-Identifier: Apache-2.0
"""ps: the processes of a container."""

import shutil

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

    def test_table_without_ps_shows_the_pid_inside_and_the_command(self):
        self.ours_only()
        id = self.started(self.bundle("sleep", "777"))
        lines = self.ok("ps", id, env={"PATH": "/nowhere"}).out.splitlines()
        self.assertEqual([line.split() for line in lines],
                         [["PID", "INSIDE", "COMMAND"],
                          [str(self.state(id)["pid"]), "1", "/bin/payload", "sleep", "777"]])

    def test_of_an_unknown_container_is_an_error(self):
        self.bad("ps", "--format", "json", "nobody", text="does not exist")

    def test_refuses_another_format(self):
        self.bad("ps", "--format", "yaml", self.create(self.bundle()))
