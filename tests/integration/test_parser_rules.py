# SPDX-License-Identifier: Apache-2.0
"""What config.json may not be: each rule seen at the real binary, and that nothing is made where one is broken."""

import json
import os

import harness


def path_of(length):
    return "/" + "x/" * (length // 2)


class Rules(harness.Case):
    seconds = 150

    def setUp(self):
        super().setUp()
        self.ours_only()
        self.rt.validates = False  # has tables of its own

    def refuse(self, table):
        """{name: {pointer: value}}"""
        for name, edits in table.items():
            with self.subTest(name):
                bundle = self.minimal()
                for pointer, value in edits.items():
                    bundle.edit(pointer, value)
                self.refused(bundle)

    def refuse_texts(self, table):
        for name, text in table.items():
            with self.subTest(name):
                self.refused(self.minimal().write(text))

    def test_of_the_file(self):
        good = json.dumps(self.minimal().config)
        self.refuse_texts({"over 4 MiB": good + " " * (4 << 20)})
        for kind in ("fifo", "directory", "device", "loop"):
            with self.subTest(kind):
                bundle = self.minimal()
                file = bundle.path / "config.json"
                file.unlink()
                {"fifo": os.mkfifo, "directory": os.mkdir, "loop": lambda path: os.symlink("config.json", path),
                 "device": lambda path: os.mknod(path, 0o20666, os.makedev(1, 5))}[kind](file)
                self.refused(bundle)
        bundle = self.minimal("exit", "3")
        (bundle.path / "config.json").rename(bundle.path / "real.json")
        (bundle.path / "config.json").symlink_to("real.json")
        self.run_in(bundle, code=3)

    def test_of_the_text(self):
        good = json.dumps(self.minimal().edit("/hostname", "box").config)
        deep = good[:-1] + ', "annotations": ' + "[" * 70 + "]" * 70 + "}"
        self.refuse_texts({
            "nesting": deep, "a million deep": "[" * 1_000_000, "trailing text": good + "x", "trailing NUL": good + "\0",
            "two": good + good, "mark": "\ufeff" + good, "empty": "", "null": "null", "array": "[]", "text": '"x"',
            "key twice": good[:-1] + ', "ociVersion": "1.0.0"}',
            "key twice below": good.replace('"root": {', '"root": {"path": "x", '),
            "no UTF-8": good.encode().replace(b'"box"', b'"b\xffx"'),
            "overlong UTF-8": good.encode().replace(b'"box"', b'"\xc0\xaf"'),
            "surrogate in UTF-8": good.encode().replace(b'"box"', b'"\xed\xa0\x80"'),
            "lone surrogate": good.replace('"box"', '"\\ud800"'), "half a pair": good.replace('"box"', '"\\ud83dx"'),
            "control byte": good.replace('"box"', '"b\tx"'), "comment": "/* */" + good,
            "NaN": good.replace('"uid": 0', '"uid": NaN'), "hexadecimal": good.replace('"uid": 0', '"uid": 0x1'),
            "zero in front": good.replace('"uid": 0', '"uid": 01')})

    def test_keys_are_compared_exactly(self):
        bundle = self.minimal("exit", "3")
        bundle.config["process"]["Args"] = ["/bin/payload", "exit", "4"]
        bundle.config["Process"] = {"args": ["/bin/payload", "exit", "5"]}
        self.run_in(bundle.write(), code=3)

    def test_no_string_has_a_nul(self):
        self.refuse({place: {place: value} for place, value in {
            "/hostname": "a\0b", "/process/args": ["/bin/payload\0x"], "/process/env": ["A=b\0c"], "/process/cwd": "/tmp\0x",
            "/mounts/0/destination": "/proc\0x", "/mounts/0/source": "proc\0x", "/mounts/0/options": ["ro\0x"],
            "/root/path": "rootfs\0x", "/annotations": {"a": "b\0c"}, "/linux/cgroupsPath": "/a\0b", "/domainname": "a\0b",
            "/linux/maskedPaths": ["/a\0b"], "/hooks/prestart": [{"path": "/bin/true\0x"}], "/ociVersion": "1.0.2\0",
            "/linux/devices": [{"path": "/dev/a\0b", "type": "c", "major": 1, "minor": 3}],
            "/linux/namespaces/1": {"type": "network", "path": "/proc/self/ns/net\0x"}}.items()})

    def test_numbers_are_integers_of_their_range(self):
        for pointer, worst in (("/process/user/uid", 4294967295), ("/process/user/gid", 4294967295),
                               ("/process/user/additionalGids", [4294967295]), ("/process/user/umask", 0o1000)):
            last = worst if isinstance(worst, list) else None
            values = [worst] if last else [worst, 4294967296, -1, 10**20, 1.5, "0", True, [], {}]
            self.refuse({f"{pointer} {value}": {pointer: value} for value in values})
        good = json.dumps(self.minimal().config)
        self.refuse_texts({number: good.replace('"uid": 0', f'"uid": {number}')
                           for number in ("1e3", "1E0", "1.0", "-0.0", "1e400", "18446744073709551616", '"0"', "null0")})
        inside = self.report(self.minimal().edit("/process/user", {"uid": 4294967294, "gid": 4294967294}))
        self.assertEqual((inside["uids"][0], inside["gids"][0]), (4294967294, 4294967294))

    def test_of_destinations(self):
        self.refuse({name: {"/mounts/1": {"destination": value, "type": "tmpfs"}} for name, value in (
            ("empty", ""), ("too long", path_of(5000)), ("a long name", "/" + "x" * 300))})
        for destination in ("relative/here", "/../../../up"):
            with self.subTest(destination):
                bundle = self.minimal("true").add_mount(destination, "tmpfs", "tmpfs")
                self.run_in(bundle)
                self.assertTrue((bundle.rootfs / destination.replace("../", "").strip("/")).is_dir())

    def test_of_the_root_and_the_directory(self):
        self.refuse({"relative cwd": {"/process/cwd": "tmp"}, "empty cwd": {"/process/cwd": ""},
                     "empty root": {"/root/path": ""}, "root too long": {"/root/path": path_of(5000)},
                     "no root": {"/root": None}, "root of nobody": {"/root/path": "nothing"}})

    def test_of_namespaces(self):
        kinds = [{"type": kind} for kind in ("pid", "mount")]
        self.refuse({name: {"/linux/namespaces": [*kinds, *more]} for name, more in (
            ("twice", [{"type": "pid"}]), ("unknown", [{"type": "pids"}]), ("relative", [{"type": "network", "path": "x"}]),
            ("too long", [{"type": "network", "path": path_of(5000)}]),
            ("of another type", [{"type": "network", "path": "/proc/self/ns/uts"}]),
            ("no namespace", [{"type": "network", "path": "/etc/passwd"}]))})

    def test_of_the_environment_and_limits(self):
        self.refuse({
            "no sign": {"/process/env": ["A"]}, "no name": {"/process/env": ["=b"]}, "empty": {"/process/env": [""]},
            "unknown limit": {"/process/rlimits": [{"type": "RLIMIT_X", "soft": 1, "hard": 1}]},
            "limit twice": {"/process/rlimits": [{"type": "RLIMIT_CORE", "soft": 1, "hard": 1}] * 2},
            "soft above hard": {"/process/rlimits": [{"type": "RLIMIT_CORE", "soft": 2, "hard": 1}]},
            "beyond 64 bits": {"/process/rlimits": [{"type": "RLIMIT_CORE", "soft": 1, "hard": 1 << 64}]}})

    def test_arguments_that_are_too_long_are_told(self):
        for name, edits in (("one", {"/process/args": ["/bin/payload", "true", "x" * 131072]}),
                            ("one of env", {"/process/env": ["A=" + "x" * 131071]}),
                            ("all", {"/process/args": ["/bin/payload", "true", *(["x" * 100_000] * 30)]})):
            with self.subTest(name):
                bundle = self.minimal()
                for pointer, value in edits.items():
                    bundle.edit(pointer, value)
                self.bad("run", "--bundle", bundle.path, self.new_id())
                self.assert_clean()
        self.run_in(self.minimal().edit("/process/args", ["/bin/payload", "true", "x" * 131071]))

    def test_unknown_capabilities_are_left_out_with_a_word(self):
        sets = {kind: ["CAP_KILL", "CAP_MAGIC"] for kind in ("bounding", "effective", "permitted")}
        result = self.run_in(self.minimal("report").edit("/process/capabilities", sets))
        self.assertEqual(int(result.json()["status"]["CapEff"], 16), 1 << 5)
        self.assertIn("CAP_MAGIC", result.err)

    def test_of_the_version(self):
        self.refuse({repr(value): {"/ociVersion": value} for value in (
            "", "1", "1.0", "2.0.0", "0.9.0", "x", "1.0.0.0", "v1.0.0", " 1.0.0", "1.0.x", "-1.0.0", 1, None)})
        for version in ("1.0.0", "1.2.1", "1.3.0", "1.1.0-rc.1", "1.0.2-dev", "1.99.0+build"):
            with self.subTest(version):
                self.run_in(self.minimal().edit("/ociVersion", version))

    def test_of_annotations(self):
        self.refuse({"too long": {"/annotations": {"a": "x" * 65537}}, "no name": {"/annotations": {"": "x"}},
                     "a number": {"/annotations": {"a": 1}}, "a list": {"/annotations": []}})
        words = {"org.example/run": "$(touch /tmp/x)", "x" * 200: "y" * 60000, "a\nb": "c\nx"}
        id = self.create(self.minimal().edit("/annotations", words))
        self.assertEqual(self.state(id)["annotations"], words)

    def test_three_thousand_mounts_work(self):
        bundle = self.minimal("true")
        for number in range(3000):
            bundle.config["mounts"].append({"destination": f"/many/{number}", "type": "tmpfs", "source": "tmpfs"})
        self.run_in(bundle.write())
