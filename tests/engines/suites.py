# SPDX-License-Identifier: Apache-2.0
"""The suites by name, and what each needs."""

import dataclasses
from typing import Callable

import buildah
import containerd
import cri
import docker
import load
import podman
import swarm


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
    Suite("cri", "containerd (CRI)", cri.rows),
    Suite("podman", "Podman", podman.rootful),
    Suite("rootless", "Podman, rootless", podman.rootless, user=True),
    Suite("buildah", "Buildah", buildah.rootful),
    Suite("buildah-rootless", "Buildah, rootless", buildah.rootless, user=True),
    Suite("docker", "Docker, cgroupfs", docker.cgroupfs, ("oci-rt", "crun", "runc")),
    Suite("docker-systemd", "Docker, systemd", docker.systemd),
    Suite("remap", "Docker, userns-remap", docker.remap),
    Suite("build", "docker build (BuildKit)", buildah.docker),
    Suite("swarm", "Docker swarm", swarm.rows),
    Suite("load", "Load", load.rows),
]}
