# SPDX-License-Identifier: Apache-2.0
"""A service with the real runtime, and a registry that has one image for it: what its tests begin with."""

import os

import service
from fake_registry import FakeRegistry
from test_run_image import RunCase, publish


class RealService(RunCase):
    def setUp(self):
        super().setUp()
        self.registry = FakeRegistry()
        self.addCleanup(self.registry.close)
        publish(self.registry, self.made(execution=self.execution()))
        self.store, self.image = self.folder / "new", f"{self.registry.address}/team/app:1"
        self.one = service.Service(self.folder, "--storage", self.store, environment={**os.environ, **self.env})
        self.addCleanup(self.one.stop)
