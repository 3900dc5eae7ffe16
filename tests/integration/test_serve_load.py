# SPDX-License-Identifier: Apache-2.0
"""bench/serve-load, with little of everything: it works, and nothing falls short."""

import importlib.machinery
import importlib.util
import os
import pathlib
import unittest

import harness
import service
from test_image import helper

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench" / "serve-load"


def load():
    loader = importlib.machinery.SourceFileLoader("serve_load", str(BENCH))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("serve_load", loader))
    loader.exec_module(module)
    return module


@unittest.skipUnless(service.program() and helper() and BENCH.exists(), "oci-rt-serve, oci-rt-image or the bench is not here")
class Load(harness.Case):
    seconds = 200

    def setUp(self):
        super().setUp()
        self.ours_only()
        os.environ["OCI_RT_LIBEXEC"] = str(helper().parent)

    def run_bench(self, *arguments):
        """The names of what it measures, and its options."""
        module = load()
        bench = module.Bench(module.parse(list(arguments[1:])), self.folder)
        try:
            getattr(bench, arguments[0])()
        finally:
            bench.one.stop(seconds=60)
        self.assertEqual(bench.short, [])

    def test_idle_connections(self):
        self.run_bench("idle", "--connections", "1000")

    def test_more_clients_than_are_allowed(self):
        self.run_bench("few", "--clients", "60", "--seconds", "1")

    def test_clients_of_all_kinds(self):
        self.run_bench("mixed", "--clients", "20", "--seconds", "3")

    def test_many_containers_at_once(self):
        self.run_bench("burst", "--containers", "10")


if __name__ == "__main__":
    unittest.main()
