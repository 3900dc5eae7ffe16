# SPDX-License-Identifier: Apache-2.0
"""Layers that are small and become big: each ends at a limit, and says which."""

import gzip
import os
import shutil
import subprocess

from layers import END, block, file, layer, padded, patched, pax, zipped
from test_unpack import WAYS, UnpackCase


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
