# SPDX-License-Identifier: Apache-2.0
"""validate: whatever a configuration holds, there is an answer, and soon."""

import copy
import json
import os
import pathlib
import random
import resource
import sys

import harness
from broken_bundles import hook

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "coverage"))
import everything  # noqa: E402

STRANGE = [None, True, False, 0, -1, 2**63, 2**64, 1.5, "", "x", "/", "../..", "a" * 5000, "\n\x1b[2J", [], {}, [[]],
           {"": {}}, [None], "%s%n", 2**31, "0-4294967295", "@", ":"]


class Hostile(harness.Case):
    seconds = 240

    def setUp(self):
        super().setUp()
        self.ours_only()

    def edited(self, pointer, value):
        return self.minimal().edit(pointer, value)

    def survives(self, bundle, seconds=5, **popen):
        begin = resource.getrusage(resource.RUSAGE_CHILDREN)
        result = self.rt("validate", "--bundle", bundle.path, "--format", "json", timeout=60, **popen)
        self.assertIn(result.code, (0, 1), str(result)[:3000])
        self.assertEqual(result.err, "")
        result.json()
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.assertLess(end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime, seconds)

    def test_mutations_of_everything(self):
        """Whatever is taken away or replaced: an answer, and no other end."""
        chance = random.Random(8)
        bundle = self.minimal()
        for _ in range(300):
            document = everything.document()
            for _ in range(chance.choice((1, 1, 2, 5, 20))):
                self.mutate(chance, document)
            with self.subTest(document=json.dumps(document)):
                self.survives(bundle.write(json.dumps(document)))

    def test_mutations_without_privilege(self):
        chance = random.Random(10)
        program = self.folder / "oci-rt"
        program.write_bytes(pathlib.Path(harness.binary()).read_bytes())
        program.chmod(0o755)
        bundle = self.minimal()
        argv = [str(program), "--root", str(self.folder / "none"), "validate", "--bundle", str(bundle.path), "--format", "json"]
        for _ in range(60):
            document = everything.document()
            for _ in range(chance.choice((0, 1, 5))):
                self.mutate(chance, document)
            with self.subTest(document=json.dumps(document)):
                bundle.write(json.dumps(document))
                self.survives(bundle, argv=argv, user=65534, group=65534, extra_groups=[])

    def mutate(self, chance, document):
        place = document
        while True:
            keys = list(place) if isinstance(place, dict) else range(len(place))
            if not keys:
                return
            key = chance.choice(list(keys))
            if isinstance(place[key], (dict, list)) and chance.random() < 0.8:
                place = place[key]
                continue
            what = chance.random()
            if what < 0.3:
                del place[key]
            elif what < 0.8:
                place[key] = copy.deepcopy(chance.choice(STRANGE))
            elif isinstance(place, list):
                place += [copy.deepcopy(place[key]) for _ in range(chance.choice((1, 400)))]
            else:
                place[chance.choice(("x", "", "\u202e", key + "s"))] = copy.deepcopy(place[key])
            return

    def test_damaged_texts(self):
        chance = random.Random(9)
        text = json.dumps(everything.document()).encode()
        bundle = self.minimal()
        for _ in range(100):
            damaged = bytearray(text)
            for _ in range(chance.choice((1, 3, 30))):
                damaged[chance.randrange(len(damaged))] = chance.choice((0, 34, 44, 91, 123, 125, 92, 255, chance.randrange(256)))
            if chance.random() < 0.3:
                damaged = damaged[:chance.randrange(len(damaged))]
            with self.subTest(damaged=bytes(damaged)):
                self.survives(bundle.write(bytes(damaged)))

    MANY = {
        "/mounts": lambda i: {"destination": f"/{i}"},
        "/process/args": lambda i: i,
        "/process/env": lambda i: "x",
        "/process/rlimits": lambda i: {"type": str(i), "soft": 1, "hard": 0},
        "/process/capabilities/ambient": lambda i: f"CAP_{i}",
        "/process/user/additionalGids": lambda i: 2**32 - 1,
        "/linux/namespaces": lambda i: {"type": "pid", "path": f"/{i}"},
        "/linux/devices": lambda i: {"type": "c", "path": f"/dev/{i}", "major": 1, "minor": 1},
        "/linux/maskedPaths": lambda i: str(i),
        "/linux/resources/blockIO/weightDevice": lambda i: {"major": i, "minor": 1, "leafWeight": 5},
        "/linux/resources/hugepageLimits": lambda i: {"pageSize": f"{i}MB", "limit": 1},
        "/linux/uidMappings": lambda i: {"containerID": i, "hostID": i, "size": 1},
        "/hooks/startContainer": lambda i: {"path": f"/{i}"},
        "/hooks/prestart": lambda i: {"path": f"/{i}"},
        "/unknown": lambda i: {"a": i},
    }
    NAMED = {
        "/linux/netDevices": {},
        "/linux/sysctl": "1",
        "/linux/resources/unified": "1",
        "/linux/resources/rdma": {},
        "/annotations": "",
        "/process/user": 1,
    }

    def test_very_long_lists(self):
        """As long as a configuration may be; what is quadratic would take hours."""
        room = 3_900_000
        for pointer, make in self.MANY.items():
            size = len(json.dumps(make(100000))) + 2
            with self.subTest(pointer):
                self.survives(self.edited(pointer, [make(i) for i in range(room // size)]))
        names = [{"names": [str(i)], "action": "SCMP_ACT_ERRNO"} for i in range(room // 60)]
        self.survives(self.edited("/linux/seccomp", {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": names}))
        for pointer, value in self.NAMED.items():
            size = len(json.dumps({"x100000": value})) + 1
            with self.subTest(pointer):
                self.survives(self.edited(pointer, {f"x{i}": value for i in range(room // size)}))

    def test_a_very_long_profile(self):
        for count in (30, 30000):
            rules = [{"names": ["read", "write"], "action": "SCMP_ACT_ERRNO", "args": [
                {"index": 0, "value": i, "op": "SCMP_CMP_EQ"}]} for i in range(count)]
            self.survives(self.edited("/linux/seccomp", {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules}))

    def test_a_long_path_and_many_mounts(self):
        bundle = self.minimal().args("nothing").edit("/process/env", ["PATH=" + ":" * 100000])
        self.survives(bundle)
        bundle.edit("/process/env", ["PATH=" + ":".join(["/x" * 40] * 1000)])
        bundle.edit("/mounts", [{"destination": f"/m{i}", "type": "tmpfs"} for i in range(20000)])
        self.survives(bundle)

    def test_a_root_full_of_traps(self):
        bundle = self.minimal()
        (bundle.rootfs / "a").symlink_to("/b/x")
        (bundle.rootfs / "b").symlink_to("/a")
        os.mkfifo(bundle.rootfs / "fifo", 0o755)
        for program in ("/a", "/b/c", "/fifo", "/" + "a/" * 2000, "a/../../../b", "/bin/payload/x"):
            self.survives(bundle.args(program))
        os.mkfifo(bundle.path / "ns")
        os.mkfifo(bundle.path / "hook", 0o755)
        bundle.edit("/linux/namespaces/0/path", str(bundle.path / "ns"))
        bundle.edit("/hooks/prestart", hook(str(bundle.path / "hook")))
        self.survives(bundle)
        self.survives(bundle.edit("/root/path", "ns"))

    def test_a_config_that_is_no_file(self):
        bundle = self.minimal()
        (bundle.path / "config.json").unlink()
        os.mkfifo(bundle.path / "config.json")
        self.survives(bundle)
        (bundle.path / "config.json").unlink()
        (bundle.path / "config.json").mkdir()
        self.survives(bundle)
        (bundle.path / "config.json").rmdir()
        (bundle.path / "config.json").symlink_to("/dev/zero")
        self.survives(bundle)
