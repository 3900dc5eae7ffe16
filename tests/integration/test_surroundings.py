# SPDX-License-Identifier: Apache-2.0
"""What is around a call of an engine: an outer sandbox, other runtimes' directories, hardly any environment."""

import errno
import json
import os
import struct

import harness
import host


def forbid_keys():
    """As the filter of an outer container does it: keyctl answers EPERM."""
    number = {"x86_64": 250, "aarch64": 219}[os.uname().machine]
    code = struct.pack("=HBBIHBBIHBBIHBBI", 0x20, 0, 0, 0, 0x15, 0, 1, number, 6, 0, 0, 0x50000 | errno.EPERM, 6, 0, 0,
                       0x7FFF0000)
    held = host.ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", 4, host.ctypes.addressof(held))
    host.LIBC.prctl(22, 2, host.ctypes.create_string_buffer(program, len(program)), 0, 0)


class Nested(harness.Case):
    def test_keys_that_are_forbidden_are_no_trouble(self):
        self.run_in(self.bundle("true"), preexec_fn=forbid_keys)


class Neighbours(harness.Case):
    """Docker gives all its runtimes one root."""

    def setUp(self):
        super().setUp()
        self.ours_only()
        self.files = {"runc": "state.json", "crun": "status", "youki": "youki_config.json"}
        for name, file in self.files.items():
            (self.rt.root / name / "inner").mkdir(parents=True, mode=0o700)
            (self.rt.root / name / file).write_text('{"id":"x","init_process_pid":1}')
        (self.rt.root / "a file").write_text("")
        self.rt.root.chmod(0o700)

    def leftovers(self):
        return {kind: what for kind, what in super().leftovers().items() if kind != "state"}

    def test_are_not_seen_and_not_touched(self):
        id = self.started(self.bundle("sleep", "100"))
        before = sorted(str(path) for name in self.files for path in (self.rt.root / name).rglob("*"))
        result = self.ok("list", "--format", "json")
        self.assertEqual(([one["id"] for one in result.json()], result.err), ([id], ""))
        self.ok("state", id)
        for name in self.files:
            for verb in (["state"], ["start"], ["kill"], ["delete"], ["pause"], ["ps", "--format", "json"]):
                self.bad(*verb, name, text="container does not exist")
            self.assertEqual(self.ok("delete", "--force", name).out, "")
            self.bad("create", "--bundle", self.bundle("true").path, name, text="already exists")
        self.assertEqual(sorted(str(path) for name in self.files for path in (self.rt.root / name).rglob("*")), before)


class Environment(harness.Case):
    def test_of_nothing_at_all(self):
        """Podman's kill and delete have XDG_RUNTIME_DIR alone, others have not even that."""
        id = self.create(self.bundle("sleep", "100"), env={})
        for env in ({}, {"XDG_RUNTIME_DIR": ""}, {"XDG_RUNTIME_DIR": "/run/user/0"}):
            self.ok("state", id, env=env)
            self.ok("list", "-q", env=env)
        self.ok("start", id, env={})
        self.ok("exec", id, "/bin/payload", "true", env={})
        self.ok("kill", id, "9", env={})
        self.wait_for(id, "stopped")
        self.ok("delete", id, env={})
        self.ok("delete", "--force", id, env={"XDG_RUNTIME_DIR": "/nowhere"})

    def test_the_root_of_the_machine_does_not_look_at_it(self):
        host.mount("tmpfs", "/run", "tmpfs")
        self.addCleanup(host.unmount, "/run")
        self._before = (host.mounts(), self._before[1])
        call = lambda *words, **env: self.rt(argv=[harness.binary(), *map(str, words)], env=env)
        self.assertEqual(call("create", "--bundle", self.bundle("true").path, "box", XDG_RUNTIME_DIR="/tmp",
                              USER="nobody", HOME="/nonexistent").code, 0)
        self.assertTrue(os.path.isdir("/run/oci-rt/box"))
        self.assertEqual(json.loads(call("state", "box", XDG_RUNTIME_DIR="").out)["status"], "created")
        self.assertEqual(call("delete", "--force", "box").code, 0)
        self.assertEqual([name for name in os.listdir("/run/oci-rt") if not name.startswith(".")], [])
