# SPDX-License-Identifier: Apache-2.0
"""list: every container below the root."""

import harness


class List(harness.Case):
    def setUp(self):
        super().setUp()
        self.first = self.create(self.bundle())
        self.second = self.started(self.bundle("sleep", "100"))

    def test_is_a_table(self):
        lines = self.ok("list").out.splitlines()
        self.assertEqual(lines[0].split()[:4], ["ID", "PID", "STATUS", "BUNDLE"])
        self.assertEqual({line.split()[0] for line in lines[1:]}, {self.first, self.second})

    def test_quiet_gives_ids_alone(self):
        self.assertEqual(sorted(self.ok("list", "--quiet").out.split()), [self.first, self.second])
        self.assertEqual(sorted(self.ok("list", "-q").out.split()), [self.first, self.second])

    def test_json_gives_states(self):
        states = {s["id"]: s for s in self.ok("list", "--format", "json").json()}
        self.assertEqual({id: s["status"] for id, s in states.items()},
                         {self.first: "created", self.second: "running"})
        self.assertEqual(states[self.second]["pid"], self.state(self.second)["pid"])

    def test_refuses_another_format(self):
        self.bad("list", "--format", "yaml")

    def test_skips_what_it_cannot_read(self):
        (self.rt.root / "foreign").mkdir()
        (self.rt.root / "foreign/state.json").write_text("{")
        (self.rt.root / "file").write_text("x")
        ids = self.ok("list", "--quiet").out.split()
        self.assertLessEqual({self.first, self.second}, set(ids))
        (self.rt.root / "foreign/state.json").unlink()
        (self.rt.root / "foreign").rmdir()
        (self.rt.root / "file").unlink()


class EmptyList(harness.Case):
    def test_of_nothing_is_empty_json(self):
        self.rt.root.mkdir()
        self.assertIn(self.ok("list", "--format", "json").out.strip(), ("[]", "null"))

    def test_of_a_root_that_is_not_there_is_empty(self):
        self.ours_only()
        self.assertEqual(self.ok("list", "--quiet").out, "")
