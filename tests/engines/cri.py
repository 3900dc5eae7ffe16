# SPDX-License-Identifier: Apache-2.0
"""Pods as the kubelet makes them: containerd's CRI plugin, asked directly. Field numbers are those of CRI's api.proto."""

import json
import time

import grpc
import machine
from bench import shell

POD, CONTAINER, NODE = 0, 1, 2
IMAGE = "docker.io/library/bb:latest"
MAPPED = {1: POD, 2: {1: 200000, 2: 0, 3: 65536}, 3: {1: 200000, 2: 0, 3: 65536}}
LAB = """version = 3
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "docker.io/library/pause:latest"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.{name}]
  runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.{name}.options]
    BinaryName = "{path}"
    SystemdCgroup = true
"""
NETWORK = {"cniVersion": "1.0.0", "name": "lab", "plugins": [
    {"type": "bridge", "bridge": "cni0", "isGateway": True, "ipMasq": False,
     "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.98.0.0/16"}]]}}]}


def prepare(b):
    machine.write("/etc/cni/net.d/10-lab.conflist", json.dumps(NETWORK))
    lab = LAB.format(name=b.name, path=b.path)
    # oci-rt is registered by the file that is shipped.
    machine.write("/etc/containerd/conf.d/lab.toml", lab.split("[plugins.\"io.containerd.cri.v1.runtime\"")[0] if b.ours else lab)
    machine.must("podman import -c 'ENV PATH=/bin' -c 'CMD [\"sleep\",\"1000000\"]' /opt/plain.tar docker.io/library/pause:latest; "
                 "rm -f /tmp/pause.tar; podman save -q --format docker-archive -o /tmp/pause.tar docker.io/library/pause:latest")
    machine.start_containerd()
    machine.must(f"ctr -n k8s.io image import /tmp/pause.tar; ctr -n k8s.io image import {machine.ARCHIVE}")


class Pod:
    """A sandbox and the containers in it."""

    def __init__(self, b, name, namespaces=None, privileged=0, sysctls=None):
        self.b, self.name, self.containers = b, name, []
        self.namespaces = namespaces or {}
        self.privileged = privileged
        linux = {1: f"/kubepods.slice/kubepods-pod{name}.slice",
                 2: {1: self.namespaces, 6: privileged, 9: {1: 1}}, 3: [{1: k, 2: v} for k, v in (sysctls or {}).items()]}
        self.config = {1: {1: name, 2: f"uid-{name}", 3: "default", 4: 0}, 2: name if self.namespaces.get(1) != NODE else "",
                       3: f"/var/log/pods/{name}", 4: {}, 8: linux}
        self.id = grpc.call("RunPodSandbox", {1: self.config, 2: b.name})[1][0].decode()

    def start(self, name, *command, mounts=(), resources=None, context=None, image=IMAGE):
        security = {2: self.privileged, 3: self.namespaces, 15: {1: 1}} | (context or {})
        config = {1: {1: name}, 2: {1: image}, 3: list(command), 7: list(mounts), 11: f"{name}.log",
                  15: {1: resources or {3: 512}, 2: security}}
        id = grpc.call("CreateContainer", {1: self.id, 2: config, 3: self.config})[1][0].decode()
        self.containers.append(id)
        grpc.call("StartContainer", {1: id})
        return id

    def end(self):
        for id in self.containers:
            grpc.call("StopContainer", {1: id, 2: 1})
            grpc.call("RemoveContainer", {1: id})
        grpc.call("StopPodSandbox", {1: self.id})
        grpc.call("RemovePodSandbox", {1: self.id})


def execute(id, *command):
    """(exit code, stdout and stderr) of ExecSync, as a probe does it."""
    answer = grpc.call("ExecSync", {1: id, 2: list(command), 3: 20})
    return answer.get(3, [0])[0], b"".join(answer.get(1, []) + answer.get(2, [])).decode()


def row(b, what, expected, act):
    """act gives None, or what is wrong."""
    try:
        wrong = act()
    except (grpc.Refused, KeyError, OSError) as error:
        wrong = f"{type(error).__name__}: {error}"[:400]
    said = shell("journalctl -u containerd -o cat --no-pager | grep -v level=info | tail -n 8 | cut -c1-300")[1] if wrong else ""
    b.check(what, expected, wrong or "", said)


def features(b):
    """The gate: what Status says of the handler. 1: recursive read-only mounts, 2: user namespaces."""
    for handler in map(decode_handler, grpc.call("Status", {2: 1}).get(3, [])):
        if handler[0] == b.name:
            return None if handler[1:] == (1, 1) else f"{handler}"
    return "no such handler"


def decode_handler(data):
    handler = grpc.decode(data)
    flags = grpc.decode(handler.get(2, [b""])[0])
    return handler.get(1, [b""])[0].decode(), flags.get(1, [0])[0], flags.get(2, [0])[0]


def says(id, text, *command, code=0):
    got, output = execute(id, *command)
    return None if got == code and text in output else f"exit code {got}: {output}"


def ordinary(b):
    pod = Pod(b, "one", sysctls={"net.core.somaxconn": "1024"})
    mounts = [{1: "/ro", 2: "/opt", 3: 1, 8: 1}, {1: "/rw", 2: "/mnt"}]
    id = pod.start("c", "sleep", "1000", mounts=mounts, resources={1: 100000, 2: 50000, 4: 64 << 20})
    row(b, "ExecSync", "its output", lambda: says(id, "hi", "echo", "hi"))
    row(b, "ExecSync sh -c 'exit 5'", "exit code 5", lambda: says(id, "", "sh", "-c", "exit 5", code=5))
    row(b, "ExecSync nosuch", "refused", lambda: refused(lambda: execute(id, "nosuch"), "not found"))
    row(b, "hostname", "that of the pod", lambda: says(id, "one", "hostname"))
    row(b, "sysctls", "those of the pod", lambda: says(id, "1024", "cat", "/proc/sys/net/core/somaxconn"))
    row(b, "memory limit", "64 MiB", lambda: says(id, str(64 << 20), "cat", "/sys/fs/cgroup/memory.max"))
    row(b, "cpu limit", "half a CPU", lambda: says(id, "50000 100000", "cat", "/sys/fs/cgroup/cpu.max"))
    row(b, "a recursively read-only mount", "cannot be written", lambda: says(id, "Read-only", "touch", "/ro/x", code=1))
    row(b, "eth0 of CNI", "an address", lambda: says(id, "10.98.", "ip", "addr"))
    row(b, "UpdateContainerResources", "80 MiB", lambda: update(id))
    row(b, "ContainerStats", "an answer", lambda: grpc.call("ContainerStats", {1: id}) and None)
    second = pod.start("d", "sleep", "1000", context={7: 1, 5: {1: 1000}})
    row(b, "a second container of the pod", "uid 1000, its own processes", lambda: says(second, "1000", "id", "-u"))
    row(b, "cgroup", "below the pod's slice", lambda: under_slice("kubepods-podone.slice"))
    row(b, "StartContainer nosuch", "refused", lambda: refused(lambda: pod.start("e", "nosuch"), "not found in $PATH"))
    pod.containers.append(grpc_last(pod))
    row(b, "Stop and remove", "nothing is left", lambda: (pod.end(), left([pod.id, *pod.containers]))[1])


def grpc_last(pod):
    """The container that was created and could not be started."""
    answer = grpc.call("ListContainers", {1: {3: pod.id}})
    ids = [grpc.decode(container)[1][0].decode() for container in answer.get(1, [])]
    return next((id for id in ids if id not in pod.containers), pod.containers[-1])


def update(id):
    grpc.call("UpdateContainerResources", {1: id, 2: {4: 80 << 20, 2: 70000, 1: 100000}})
    return says(id, "70000 100000", "cat", "/sys/fs/cgroup/cpu.max") or says(id, str(80 << 20), "cat", "/sys/fs/cgroup/memory.max")


def under_slice(name):
    output = shell(f"find /sys/fs/cgroup -path '*{name}/cri-containerd-*.scope' -maxdepth 4 | wc -l")[1]
    return None if int(output) >= 2 else output


def refused(act, text):
    try:
        return f"was not refused: {act()}"
    except grpc.Refused as error:
        return None if text in str(error) else str(error)


def left(ids):
    time.sleep(1)
    output = shell("ls /run/containerd/runc/k8s.io; find /sys/fs/cgroup -name 'cri-containerd-*'")[1]
    return "\n".join(line for line in output.splitlines() if any(id in line for id in ids))


VARIANTS = [  # name, namespaces, privileged, what to ask in it, the answer
    ("hostpid", {2: NODE, 3: NODE}, 0, ["cat", "/proc/1/comm"], "systemd"),
    ("hostnetwork", {1: NODE}, 0, ["ip", "link"], "lab0"),
    ("sharepid", {2: POD}, 0, ["ps"], "sleep 1000000"),
    ("hostusers-false", {5: MAPPED, 2: CONTAINER}, 0, ["cat", "/proc/self/uid_map"], "200000      65536"),
    ("privileged", {2: CONTAINER}, 1, ["sh", "-c", "grep CapEff /proc/self/status; ls /dev | wc -l"], "ffff"),
]


def variant(b, name, namespaces, privileged, command, answer):
    pod = Pod(b, name, namespaces, privileged)
    mounts = [{1: "/v", 2: "/mnt", 6: MAPPED[2], 7: MAPPED[3]}] if 5 in namespaces else []
    id = pod.start("c", "sleep", "1000", mounts=mounts)
    wrong = says(id, answer, *command)
    if 5 in namespaces and not wrong:
        wrong = says(id, "0", "sh", "-c", "touch /v/x && stat -c %u /v/x /proc/1 && rm /v/x")
    pod.end()
    return wrong or left([pod.id, *pod.containers])


def rows(b):
    prepare(b)
    b.row("ctr plugins inspect-runtime --runtime io.containerd.runc.v2 --runc-binary $RUNTIME", out=["ociVersionMax|OciVersionMax", "rro", "idmap|MountExtensions"])
    row(b, "Status", "recursive read-only mounts and user namespaces are granted to the handler", lambda: features(b))
    try:
        ordinary(b)
    except (grpc.Refused, KeyError) as error:
        b.check("a pod", "runs", f"{error}")
    for name, namespaces, privileged, command, answer in VARIANTS:
        row(b, f"pod: {name}", answer, lambda: variant(b, name, namespaces, privileged, command, answer))
    tidy()
    machine.must("rm -f /etc/containerd/conf.d/lab.toml; systemctl restart containerd")


def tidy():
    for sandbox in grpc.call("ListPodSandbox", {}).get(1, []):
        id = grpc.decode(sandbox)[1][0].decode()
        grpc.call("StopPodSandbox", {1: id})
        grpc.call("RemovePodSandbox", {1: id})
