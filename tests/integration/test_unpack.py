# SPDX-License-Identifier: Apache-2.0
"""Hostile layers: each is refused, or does what it does inside the directory alone.

By tests/support/unpack_tool.cpp, for overlayfs and flat: as root, in a user namespace of one id, and as a plain user
with the ids of /etc/subuid. What a layer must not touch is writable to all of them.
"""

import gzip
import os
import shutil
import struct
import subprocess
import time

import host
import rootless
from layers import (END, block, directory, file, hard_link, layer, padded, patched, pax, snapshot, symlink, zipped)
from unpack_case import PLACES, WAYS, UnpackCase


class Hostile(UnpackCase):
    def test_u01_dots(self):
        self.refused(layer(file("../../victim/pwn", b"x")), '".."')
        self.refused(layer(directory("a"), file("a/../../victim/pwn", b"x")), '".."')
        self.refused(layer(directory("../victim", mode=0o777)), '".."')

    def test_u02_absolute(self):
        path = self.victim / "pwn"
        self.contained(layer(file(str(path), b"x")), lambda tree: self.assertTrue(self.inside(tree, path).is_file()))

    def test_u03_through_a_symlink(self):
        def check(tree):
            self.assertEqual(self.inside(tree, self.victim / "pwn").read_bytes(), b"x")
            self.assertTrue((tree / "d").is_symlink())
        self.contained(layer(symlink("d", str(self.victim)), file("d/pwn", b"x")), check)

    def test_u04_through_a_relative_symlink(self):
        def check(tree):
            self.assertEqual((tree / "victim/pwn").read_bytes(), b"x")
        self.contained(layer(symlink("d", "../../victim"), file("d/pwn", b"x")), check)

    def test_u05_through_a_symlink_of_another_layer(self):
        for where in PLACES:
            lower, _ = self.unpack(layer(symlink("d", str(self.victim))), where)
            upper, report = self.unpack(layer(file("d/pwn", b"x")), where, "overlay", f"lower={lower}")
            self.assertNotIn("error", report)
            self.assertEqual(self.inside(upper, self.victim / "pwn").read_bytes(), b"x")
            self.assertEqual(os.listdir(lower), ["d"])
            flat, _ = self.unpack(layer(symlink("d", str(self.victim))), where, "flat")
            self.unpack(layer(file("d/pwn", b"x")), where, "flat", into=flat)
            self.assertEqual(self.inside(flat, self.victim / "pwn").read_bytes(), b"x")

    def test_u06_u07_the_root_as_a_symlink(self):
        for name in (".", "/.", "./", "/", "a/.."):
            self.refused(layer(symlink(name, str(self.victim)), file("pwn", b"x")))
            self.refused(layer(file(name, b"x")))

    def test_u08_u09_hard_links_to_outside(self):
        self.refused(layer(hard_link("h", str(self.victim / "file")), file("h", b"x")), "hard link")
        self.refused(layer(hard_link("h", "../victim/file"), file("h", b"x")), '".."')
        self.refused(layer(hard_link("h", "/"), file("h", b"x")), "hard link")

    def test_u10_hard_links_through_symlinks(self):
        self.refused(layer(symlink("d", str(self.victim)), hard_link("h", "d/file"), file("h", b"x")), "hard link")
        self.refused(layer(symlink("d", ".."), hard_link("h", "d/victim/file")), "hard link")

    def test_u11_a_hard_link_to_a_symlink(self):
        def check(tree):
            self.assertTrue((tree / "h").is_symlink())
            self.assertEqual((tree / "h").lstat().st_ino, (tree / "l").lstat().st_ino)
        self.contained(layer(symlink("l", str(self.victim / "file")), hard_link("h", "l", mode=0o4777)), check)

    def test_u12_a_file_over_a_symlink(self):
        def check(tree):
            self.assertFalse((tree / "l").is_symlink())
            self.assertEqual((tree / "l").read_bytes(), b"x")
        self.contained(layer(symlink("l", str(self.victim / "file")), file("l", b"x")), check)

    def test_u13_one_name_three_times(self):
        def check(tree):
            self.assertEqual((tree / "l").read_bytes(), b"two")
        self.contained(layer(file("l", b"one"), symlink("l", str(self.victim / "file")), file("l", b"two")), check)

    def test_u14_a_directory_over_a_symlink(self):
        def check(tree):
            self.assertFalse((tree / "d").is_symlink())
            self.assertEqual((tree / "d").stat().st_mode & 0o7777, 0o777)
            self.assertTrue((tree / "d/pwn").is_file())
        self.contained(layer(symlink("d", str(self.victim)), directory("d", mode=0o777), file("d/pwn", b"x")), check)

    def test_u15_u16_whiteouts_through_a_symlink(self):
        for mark in (".wh.file", ".wh..wh..opq"):
            self.contained(layer(symlink("d", str(self.victim)), file(f"d/{mark}")),
                           lambda tree: self.assertEqual(os.listdir(tree), ["d"]))
        for where in PLACES:
            flat, _ = self.unpack(layer(symlink("d", str(self.victim))), where, "flat")
            self.unpack(layer(file(".wh.d")), where, "flat", into=flat)
            self.assertEqual(os.listdir(flat), [])

    def test_u17_u18_u19_whiteouts_of_no_name(self):
        for name in (".wh...", ".wh..", ".wh.", "a/.wh.", "a/.wh...", ".wh.a/b"):
            self.refused(layer(file(name)), "whiteout")
        self.refused(layer(directory(".wh.a")), "whiteout")

    def test_u20_devices_are_left_out(self):
        data = layer(block("disk", b"4", major=8), block("null", b"3", major=1, minor=3), block("white", b"3"),
                     block("fifo", b"6", mode=0o622))

        def check(tree):
            self.assertEqual(os.listdir(tree), ["fifo"])
            self.assertEqual((tree / "fifo").stat().st_mode, 0o10622)
        self.contained(data, check)
        _, report = self.unpack(data)
        self.assertIn("3 device nodes", report["warnings"][0])
        tree, report = self.unpack(data, "root", "overlay", "devices")
        self.assertIn("0:0", report["error"])
        tree, report = self.unpack(layer(block("null", b"3", major=1, minor=3)), "root", "flat", "devices")
        self.assertEqual(os.stat(tree / "null").st_rdev, os.makedev(1, 3))
        for where in PLACES[1:]:
            _, report = self.unpack(layer(block("null", b"3", major=1, minor=3)), where, "flat", "devices")
            self.assertIn("1 device nodes", report["warnings"][0])

    def test_u21_setuid_is_kept(self):
        self.contained(layer(file("s", b"x", mode=0o6755)),
                       lambda tree: self.assertEqual((tree / "s").stat().st_mode & 0o7777, 0o6755))

    def test_u22_attributes(self):
        names = ("trusted.overlay.opaque", "trusted.x", "user.overlay.opaque", "user.overlay.whiteout",
                 "security.selinux", "security.ima", "user.rootlesscontainers", "user.good")
        capability = struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0)
        records = [(b"SCHILY.xattr." + name.encode(), b"y") for name in names]
        data = layer(pax(*records, (b"SCHILY.xattr.security.capability", capability)), file("f", b"x"),
                     pax(*records), directory("d"))
        for form in ("overlay", "flat"):
            tree, report = self.unpack(data, "root", form)
            self.assertEqual(set(os.listxattr(tree / "f")) - {"user.good"}, {"security.capability"})
            self.assertEqual(os.getxattr(tree / "f", "security.capability"), capability)
            self.assertLessEqual(set(os.listxattr(tree / "d")), {"user.good"})
            self.assertTrue(any("the host's" in line for line in report["warnings"]), report)
            # The kernel writes down to whose root it belongs.
            for where in PLACES[1:]:
                tree, report = self.unpack(data, where, form)
                self.assertLessEqual(set(os.listxattr(tree / "f")), {"user.good", "security.capability"})

    def test_u23_owners_out_of_range(self):
        for number in (4294967295, 4294967296, 1 << 40):
            self.refused(layer(file("f", uid=number)), "owner")
            self.refused(layer(file("f", gid=number)), "owner")
            self.refused(layer(pax((b"uid", b"%d" % number)), file("f")), "owner")
        self.refused(layer(pax((b"gid", b"-1")), file("f")))
        tree, report = self.unpack(layer(file("f", uid=4294967294, gid=3)))
        self.assertEqual(os.stat(tree / "f").st_uid, 4294967294)
        tree, report = self.unpack(layer(file("f", uid=rootless.COUNT, gid=3)), "subordinate ids")
        self.assertEqual((tree / "f").stat().st_uid, rootless.FIRST + rootless.COUNT - 1)
        _, report = self.unpack(layer(file("f", uid=rootless.COUNT + 1)), "subordinate ids")
        self.assertIn("chown", report["error"])

    def test_u24_paths_of_pax(self):
        self.refused(layer(pax((b"path", b"../../victim/pwn")), file("x", b"x")), '".."')
        path = self.victim / "pwn"
        self.contained(layer(pax((b"path", bytes(path))), file("x", b"x")),
                       lambda tree: self.assertTrue(self.inside(tree, path).is_file()))
        self.refused(layer(pax((b"path", b"a")), block("././@LongLink", b"L", b"b\0"), file("x")), "two kinds")
        self.refused(layer(pax((b"path", b"a"), kind=b"g"), file("x")), "not supported")

    def test_u25_nul_in_paths(self):
        self.refused(layer(pax((b"path", b"good\0bad")), file("x")), "path")
        self.refused(layer(pax((b"linkpath", b"good\0bad")), symlink("x", "y")), "linkpath")
        self.refused(layer(block("././@LongLink", b"L", b"good\0bad\0"), file("x")), "NUL")

    def test_u26_deep_paths(self):
        begin = time.monotonic()
        self.refused(layer(pax((b"path", b"d/" * 2000 + b"f")), file("x")), "too deep")
        self.refused(layer(pax((b"path", b"d" * 256)), file("x")), "too long")
        self.refused(layer(pax((b"path", (b"d" * 200 + b"/") * 30)), file("x")), "too")
        self.contained(layer(pax((b"path", b"d/" * 255 + b"f")), file("x", b"x")),
                       lambda tree: self.assertTrue((tree / ("d/" * 255 + "f")).is_file()))
        self.refused(layer(directory("a"), symlink("a/a", "."), symlink("l", "a/" * 100), file("l/f")), "symlinks")
        self.refused(layer(symlink("m", "m"), file("m/f")), "symlinks")
        self.refused(layer(directory("a"), symlink("l", "a/../" * 800), file("l/f")), "too long a way")
        self.assertLess(time.monotonic() - begin, 120)

    def test_u27_two_sizes(self):
        inner = layer(file("smuggled", b"x"))
        self.refused(layer(pax((b"size", b"%d" % len(inner))), file("f", inner, size=512)), "two sizes")
        tree, report = self.unpack(layer(pax((b"size", b"%d" % len(inner))), file("f", inner, size=0)))
        self.assertEqual(os.listdir(tree), ["f"])
        self.assertEqual((tree / "f").read_bytes(), inner)
        self.refused(layer(block("d", b"5", inner)), "content")
        self.refused(layer(file("f"), block("h", b"1", inner, link="f")), "content")
        self.refused(layer(pax((b"size", b"18446744073709551615")), file("f")))
        self.refused(layer(file("f", size=1 << 62)))

    def test_unknown_types(self):
        for kind in (b"Q", b"V", b"M", b"D", b"A", b"X", b"\xff"):
            self.refused(layer(block("f", kind, b"data")), "type")

    def test_broken_archives(self):
        whole = layer(directory("d"), file("d/f", b"x" * 3000))
        self.refused(whole[:700], "ends in the middle")
        self.refused(whole[:2000], "ends in the middle")
        self.refused(pax((b"path", b"a")), "ends in the middle")
        self.refused(file("a") + b"\0" * 512 + file("b"), "zeros in the middle")
        self.refused(b"\1" + whole[1:], "not a tar")
        self.refused(layer(pax((b"path", b"a")), pax((b"path", b"b")), file("x")), "two")
        for text in (b"8 path=a\n", b"x", b"99 path=a\n", b"0 path=a\n", b"10 path=a\n\n", b"8 =abcd\n"):
            self.refused(layer(block("pax", b"x", text), file("x")), "extended header")


class Bombs(UnpackCase):
    def bomb(self, size, claimed=None):
        return file("zeros", b"\0" * size, size=claimed or size)

    def test_u28_gzip(self):
        data = gzip.compress(self.bomb(64 << 20, claimed=(8 << 30) - 1))
        for where, form in WAYS:
            tree, report = self.unpack(data, where, form)
            self.assertIn("200 times", report["error"])
            self.assertLess(os.stat(tree / "zeros").st_size, 40 << 20)

    def test_u28_zstd(self):
        if not shutil.which("zstd"):
            self.skipTest("no zstd")
        zeros = self.bomb(64 << 20)
        for level in ("-1", "--long=27"):
            data = subprocess.run(["zstd", "-q", "-c", level], input=zeros, capture_output=True, check=True).stdout
            _, report = self.unpack(data)
            self.assertIn("200 times", report["error"])

    def test_u28_windows_of_zstd(self):
        frame = b"\x28\xb5\x2f\xfd\x00%c\x01\x00\x00"  # an empty block
        for log, text in ((27, None), (28, "memory"), (31, "memory")):
            _, report = self.unpack(frame % ((log - 10) << 3))
            self.assertIn(text or "entries", report["error"] if text else report)

    def test_u28_bytes(self):
        tree, report = self.unpack(layer(self.bomb(4 << 20)), "root", "overlay", "bytes=1000000")
        self.assertIn("more than 1000000 bytes", report["error"])
        self.assertEqual(report["kind"], 0)

    def test_u28_many_members(self):
        data = layer(file("f", b"x"))
        pieces = b"".join(zipped(data[i:i + 100]) for i in range(0, len(data), 100))
        tree, report = self.unpack(zipped(b"") * 50000 + pieces, "root", "overlay", "gzip")
        self.assertNotIn("error", report)
        self.assertEqual((tree / "f").read_bytes(), b"x")

    def test_u28_what_is_behind(self):
        data = layer(file("f", b"x"))
        self.refused(zipped(data) + b"garbage", "gzip")
        self.refused(zipped(data) + b"\0" * 512, "gzip")
        self.refused(zipped(data)[:-3], "gzip")
        _, report = self.unpack(data + file("smuggled"))
        self.assertIn("behind their end", report["warnings"][0])

    def test_u28_sparse(self):
        huge = 1 << 60
        self.refused(layer(pax((b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"), (b"GNU.sparse.name", b"f"),
                               (b"GNU.sparse.realsize", b"%d" % huge)), file("x", padded(b"0\n"))), "bytes")
        numbers = b"999999999\n" * 1000
        self.refused(layer(pax((b"GNU.sparse.major", b"1"), (b"GNU.sparse.realsize", b"10")),
                           file("x", padded(numbers))), "sparse map")
        self.refused(layer(pax((b"GNU.sparse.realsize", b"10"), (b"GNU.sparse.map", b"5,9,0,1")),
                           file("x", b"0123456789")), "sparse map")
        self.refused(layer(pax((b"GNU.sparse.realsize", b"10"), (b"GNU.sparse.map", b"0,5")),
                           file("x", b"0123456789")), "sparse map")
        header = patched(block("x", b"S", b""), 386, b"%011o\0%011o\0" % (0, 5))
        self.refused(layer(patched(header, 483, b"%011o\0" % 4)), "sparse map")

    def test_u28_entries(self):
        one = file("f")
        _, report = self.unpack(one * 1001 + END, "root", "overlay", "entries=1000")
        self.assertIn("more than 1000 entries", report["error"])

    def test_u28_big_extended_headers(self):
        self.refused(layer(pax((b"comment", b"x" * (2 << 20))), file("f")), "extended header")
        self.refused(layer(pax((b"SCHILY.xattr.user.x", b"x" * 70000)), file("f")), "extended header")


class Honest(UnpackCase):
    """What comes out is what went in."""

    def source(self):
        tree = self.folder / "source"
        (tree / "etc/empty").mkdir(parents=True)
        (tree / "usr/bin").mkdir(parents=True)
        (tree / "usr/bin/tool").write_bytes(os.urandom(300000))
        (tree / "usr/bin/tool").chmod(0o4755)
        os.link(tree / "usr/bin/tool", tree / "usr/bin/same")
        os.symlink("usr/bin", tree / "bin")
        os.symlink("/nowhere/at all", tree / "dangling")
        os.mkfifo(tree / "fifo", 0o640)
        for name in ("e\u0301", "\u00e9", "a b", "new\nline", "n" * 200, "*"):
            (tree / "etc" / name).write_text(name)
        (tree / os.fsdecode(b"\xff\xfe")).write_text("no text")
        (tree / ("long/" * 40)).mkdir(parents=True)
        (tree / ("long/" * 40) / "file").write_text("deep")
        os.setxattr(tree / "etc/a b", "user.color", b"re\0d")
        os.setxattr(tree / "usr/bin/same", "security.capability", struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0))
        os.chown(tree / "etc/*", 1234, 70000)
        os.chmod(tree / "etc/empty", 0o1777)
        with open(tree / "holes", "wb") as holes:
            holes.truncate(5 << 20)
            holes.seek(1 << 20)
            holes.write(b"middle")
        for index, (folder, folders, files) in enumerate(os.walk(tree, topdown=False)):
            for name in folders + files:
                os.utime(os.path.join(folder, name), ns=(0, 10**18 + index * 12345), follow_symlinks=False)
        os.utime(tree, ns=(0, 10**18))
        return tree

    def test_a_tree_as_tar_packs_it(self):
        source = self.source()
        wanted = snapshot(source)
        for format in ("pax", "gnu"):
            for sparse in ([], ["--sparse"], ["--sparse", "--sparse-version=0.1"], ["--sparse", "--sparse-version=0.0"]):
                if format == "gnu" and len(sparse) > 1:
                    continue
                attributes = ["--xattrs", "--xattrs-include=*"] if format == "pax" else []
                data = subprocess.run(["tar", f"--format={format}", *sparse, *attributes, "-C", source, "-c", "."],
                                      capture_output=True, check=True).stdout
                with self.subTest(format=format, sparse=sparse):
                    for form in ("overlay", "flat"):
                        tree, report = self.unpack(data, "root", form)
                        self.assertEqual(report.get("warnings"), [], report)
                        found = snapshot(tree)
                        if format == "gnu":  # has neither attributes nor parts of seconds
                            oracle = self.new_tree()
                            subprocess.run(["tar", "-C", oracle, "-xp"], input=data, check=True)
                            wanted = snapshot(oracle)
                        self.assertEqual(found, wanted)
                        self.assertLess((tree / "holes").stat().st_blocks, 4000 if sparse else 1 << 40)

    def test_compressed_in_each_way(self):
        data = subprocess.run(["tar", "-C", self.source(), "-c", "."], capture_output=True, check=True).stdout
        trees = [self.unpack(data)[0], self.unpack(zipped(data[:5000]) + zipped(data[5000:]), "root", "flat", "gzip")[0]]
        if shutil.which("zstd"):
            frames = [subprocess.run(["zstd", "-q", "-c"], input=part, capture_output=True, check=True).stdout
                      for part in (data[:7000], data[7000:])]
            trees.append(self.unpack(b"\x50\x2a\x4d\x18\x03\0\0\0abc".join(frames), "root", "flat", "zstd")[0])
        first = snapshot(trees[0])
        for tree in trees[1:]:
            self.assertEqual(snapshot(tree), first)

    def layers(self):
        bottom = layer(directory("./", mode=0o711, mtime=50), directory("usr", mode=0o750, uid=3, mtime=60),
                       directory("usr/lib", mtime=61), file("usr/lib/a", b"a"), file("usr/lib/b", b"b"),
                       symlink("lib", "usr/lib"), directory("opaque"), file("opaque/old", b"old"),
                       directory("opaque/sub"), file("opaque/sub/old", b"old"), directory("again"),
                       file("again/old", b"old"), file("file", b"1"), directory("turns", mode=0o700),
                       file("turns/x", b"x"), file("kept/one", b"1", mtime=70))
        middle = layer(file("usr/lib/.wh.a"), file("lib/c", b"through the link"), file("opaque/new", b"new"),
                       file("opaque/sub/new", b"new"), file("opaque/.wh..wh..opq"), file(".wh.again"),
                       directory("again", mode=0o555), file("again/new", b"new"), file("turns", b"a file now"),
                       hard_link("usr/hard", "usr/lib/b"), file(".wh.nothing"), file("never/.wh.x"))
        top = layer(file(".wh.turns"), file("again/.wh.new"), file("file", b"3"), file(".wh.file"),
                    hard_link("kept/two", "usr/hard"), symlink("turns", "again"), file("opaque/sub/.wh..wh..opq"))
        return [bottom, middle, top]

    def test_overlay_and_flat_are_the_same_tree(self):
        flat, stack = self.new_tree(), []
        for data in self.layers():
            _, report = self.unpack(data, "root", "flat", into=flat)
            self.assertNotIn("error", report)
            tree, report = self.unpack(data, "root", "overlay", *[f"lower={one}" for one in stack])
            self.assertNotIn("error", report)
            stack.insert(0, tree)
        merged = self.new_tree()
        host.mount("overlay", merged, "overlay", 1, "lowerdir=" + ":".join(map(str, stack)))
        self.addCleanup(host.unmount, merged)

        # A link that crosses layers is a copy there.
        def content(tree):
            return {name: about[:5] for name, about in snapshot(tree, times=False).items()}
        self.assertEqual(content(merged), content(flat))
        self.assertEqual((merged / "usr/lib/c").read_text(), "through the link")
        self.assertEqual(os.listdir(merged / "again"), [])
        self.assertEqual(os.listdir(merged / "opaque/sub"), [])
        self.assertEqual(sorted(os.listdir(merged / "opaque")), ["new", "sub"])
        self.assertEqual((merged / "kept/two").read_text(), "b")

    def test_parents_that_no_layer_names(self):
        bottom = self.unpack(self.layers()[0])[0]
        upper, _ = self.unpack(layer(file("usr/lib/x", b"x"), file("a/b/c", b"x")), "root", "overlay", f"lower={bottom}")
        found = snapshot(upper)
        self.assertEqual(found["usr"][:4], ["0o40750", 3, 0, 60 * 10**9])
        self.assertEqual(found["usr/lib"][3], 61 * 10**9)
        self.assertEqual(found["a/b"][:3], ["0o40755", 0, 0])
        self.assertEqual(found["."][:4], ["0o40711", 0, 0, 50 * 10**9])
        alone, _ = self.unpack(layer(file("a", b"x")))
        self.assertEqual(snapshot(alone)["."][0], "0o40755")

    def test_no_whiteout_where_nothing_is_hidden(self):
        bottom = self.unpack(self.layers()[0])[0]
        upper, _ = self.unpack(layer(file("opaque/.wh.old"), file("opaque/.wh..wh..opq"), file("opaque/.wh.sub"),
                                     file(".wh.never"), file("opaque/.wh.never"), file("new/.wh.x")),
                               "root", "overlay", f"lower={bottom}")
        self.assertEqual(sorted(snapshot(upper)), [".", "opaque"])
        self.assertEqual(os.getxattr(upper / "opaque", "trusted.overlay.opaque"), b"y")

    def test_in_a_user_namespace_the_mark_is_a_users(self):
        bottom, report = self.unpack(self.layers()[0], "user namespace")
        self.assertNotIn("error", report)
        upper, report = self.unpack(layer(file("opaque/.wh..wh..opq"), file(".wh.file")), "user namespace", "overlay",
                                    f"lower={bottom}")
        self.assertNotIn("error", report)
        self.assertEqual(os.lstat(upper / "file").st_rdev, 0)
        self.assertEqual(os.listxattr(upper / "opaque"), ["user.overlay.opaque"])

    def test_owners_that_are_squashed_are_recorded(self):
        tree, report = self.unpack(layer(file("f", b"x", uid=1000, gid=300), file("g", b"x")), "user namespace",
                                   "overlay", "record")
        self.assertNotIn("error", report)
        self.assertEqual(os.getxattr(tree / "f", "user.rootlesscontainers"), b"\x08\xe8\x07\x10\xac\x02")
        tree, report = self.unpack(layer(file("f", b"x", uid=1000, gid=300), file("g", b"x")), "root", "flat", "record")
        self.assertEqual(os.getxattr(tree / "f", "user.rootlesscontainers"), b"\x08\xe8\x07\x10\xac\x02")
        self.assertEqual(os.stat(tree / "f").st_uid, 0)
        self.assertEqual(os.listxattr(tree / "g"), [])

    def test_files_of_aufs_are_skipped(self):
        tree, report = self.unpack(layer(directory(".wh..wh.plnk"), file(".wh..wh.plnk/1.2", b"x"), file("f", b"x")))
        self.assertEqual(os.listdir(tree), ["f"])
        self.assertIn("aufs", report["warnings"][0])
