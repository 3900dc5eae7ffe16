# SPDX-License-Identifier: Apache-2.0
"""The suites by name, and what each needs."""

import dataclasses
from typing import Callable

import containerd
import podman


@dataclasses.dataclass
class Suite:
    name: str
    engine: str
    run: Callable
    runtimes: tuple = ("oci-rt", "crun")
    user: bool = False  # runs as the user `user`, in the user's session
    seconds: int = 900


ALL = {suite.name: suite for suite in [
    Suite("containerd", "containerd (ctr)", containerd.rows, ("oci-rt", "crun", "runc")),
    Suite("podman", "Podman", podman.rootful),
    Suite("rootless", "Podman, rootless", podman.rootless, user=True),
]}
