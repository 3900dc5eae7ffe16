# SPDX-License-Identifier: Apache-2.0
"""A create that fails, at whatever stage, leaves nothing: no state, cgroup, mount or process."""

import json
import os
import resource

import harness

# One entry for each stage of a create, from reading to the last step of init.
EDITS = {
    "ociVersion": ("/ociVersion", 7),
    "process": ("/process/args", [1]),
    "root": ("/root/path", "nowhere"),
    "namespace path": ("/linux/namespaces", [{"type": "mount"}, {"type": "network", "path": "/no/such"}]),
    "namespace kind": ("/linux/namespaces", [{"type": "mount"}, {"type": "ipc", "path": "/proc/self/ns/net"}]),
    "mount source": ("/mounts", [{"destination": "/x", "source": "/no/such", "options": ["bind"]}]),
    "mount type": ("/mounts", [{"destination": "/x", "type": "nosuchfs", "source": "x"}]),
    "sysctl": ("/linux/sysctl", {"net.ipv4.no_such": "1"}),
    "device": ("/linux/devices", [{"path": "/dev/x", "type": "q", "major": 1, "minor": 3}]),
    "seccomp": ("/linux/seccomp/defaultAction", "SCMP_ACT_NONE"),
    "rlimit": ("/process/rlimits", [{"type": "RLIMIT_NONE", "soft": 1, "hard": 1}]),
    "hook": ("/hooks", {"createRuntime": [{"path": "/bin/false"}]}),
    "hook in container": ("/hooks", {"createContainer": [{"path": "/bin/false"}]}),
    "cwd": ("/process/cwd", "/etc/passwd"),
    "args": ("/process/args", ["/no/such"]),
    "apparmor": ("/process/apparmorProfile", "no-such-profile"),
}
BROKEN = ["", "{", "null", "[]", "42", '{"ociVersion": "1.0.2"', '{"ociVersion": "1.0.2"} x', "\ufeff{}", "[" * 100000,
          '{"a":' * 500 + "1" + "}" * 500]


class Rollback(harness.Case):
    def test_of_every_stage(self):
        for name, (pointer, value) in EDITS.items():
            if name == "apparmor" and os.path.exists("/sys/kernel/security/apparmor"):
                continue
            with self.subTest(name):
                self.refused(self.bundle().edit(pointer, value))

    def test_of_an_unreadable_config(self):
        for text in BROKEN:
            with self.subTest(text[:40]):
                bundle = self.bundle()
                bundle.write(text)
                self.refused(bundle)

    def test_of_a_config_that_is_no_file(self):
        for kind in ("directory", "fifo", "huge"):
            with self.subTest(kind):
                bundle = self.bundle()
                config = bundle.path / "config.json"
                config.unlink()
                if kind == "directory":
                    config.mkdir()
                elif kind == "fifo":
                    self.ours_only()
                    os.mkfifo(config)
                else:
                    with open(config, "wb") as file:
                        file.truncate(1 << 30)
                self.refused(bundle)

    def test_of_run_too(self):
        for name in ("mount source", "hook", "args"):
            with self.subTest(name):
                bundle = self.bundle().edit(*EDITS[name])
                self.assertGreater(self.rt("run", "--bundle", bundle.path, self.new_id()).code, 0)
                self.assert_clean()

    def test_of_a_pid_file_that_cannot_be_written(self):
        self.bad("create", "--bundle", self.bundle().path, "--pid-file", "/no/such/pid", self.new_id())
        self.assert_clean()

    def test_with_few_descriptors(self):
        for limit in (5, 8, 12, 20):
            with self.subTest(limit):
                self.limited(resource.RLIMIT_NOFILE, limit)

    def test_with_little_memory(self):
        for limit in (30_000_000, 60_000_000, 200_000_000):
            with self.subTest(limit):
                self.limited(resource.RLIMIT_AS, limit)

    def test_with_small_files(self):
        for limit in (0, 1):
            with self.subTest(limit):
                self.limited(resource.RLIMIT_FSIZE, limit)

    def limited(self, what, value):
        self.ours_only()
        id = self.new_id()
        result = self.rt("create", "--bundle", self.bundle().path, id,
                         preexec_fn=lambda: resource.setrlimit(what, (value, value)))
        if result.code == 0:
            self.ok("delete", "--force", id)
        self.assertGreaterEqual(result.code, 0, f"died by a signal: {result}")
        self.rt("delete", "--force", id)
        self.assert_clean(f"with {value}: {result}")

    def test_the_id_is_free_again(self):
        bundle = self.bundle().edit("/process/args", ["/no/such"])
        self.bad("create", "--bundle", bundle.path, "again")
        bundle.args("/bin/payload", "true")
        self.create(bundle, id="again")

    def test_a_state_directory_that_cannot_be_made(self):
        self.rt.root.write_text("a file is in the way")
        self.bad("create", "--bundle", self.bundle().path, self.new_id())
        self.rt.root.unlink()
        self.assertEqual(json.loads("{}"), {})
