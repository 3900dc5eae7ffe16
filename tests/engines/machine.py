# SPDX-License-Identifier: Apache-2.0
"""What the machine needs before an engine runs in it: modules, an image, the files that register oci-rt."""

import json
import os
import pathlib
import shutil
import subprocess
import time

from bench import shell

OURS = shutil.which("oci-rt") or "/usr/local/bin/oci-rt"
FILES = pathlib.Path(OURS).parent.parent / "share/oci-rt/engines"
PATHS = {"oci-rt": OURS, "crun": "/usr/bin/crun", "runc": "/usr/sbin/runc"}
MODULES = "overlay fuse tun veth bridge br_netfilter dummy vxlan ip_vs ip_vs_rr ip_tables nf_nat loop"
ARCHIVE = "/opt/bb.tar"  # as `podman save` writes it, for everybody


def must(command, seconds=120):
    code, output = shell(command, seconds)
    if code != 0:
        raise SystemExit(f"cannot make the machine ready: {command}: exit code {code}\n{output}")
    return output


PACKAGES = "docker.io docker-buildx containerd podman conmon buildah crun runc systemd"


def versions():
    """One line of the packages and the kernel."""
    found = shell(f"dpkg-query -W -f '${{Package}} ${{Version}}\n' {PACKAGES}")[1].split("\n")
    return ", ".join([*filter(None, found), f"Linux {os.uname().release}"]) + "."


def prepare():
    for module in MODULES.split():
        subprocess.run(["modprobe", "-q", module], check=False)
    for file in ("/etc/subuid", "/etc/subgid"):  # one line for a user: two of the same cannot be mapped
        lines = dict.fromkeys(pathlib.Path(file).read_text().splitlines())
        pathlib.Path(file).write_text("".join(line + "\n" for line in lines))
    write("/etc/containers/containers.conf.d/90-lab.conf", LAB)
    write("/root/seccomp.json", json.dumps(SECCOMP))
    must("ip link add lab0 type dummy; ip addr add 10.99.0.1/24 dev lab0; ip link set lab0 up; ip link set lo up")
    build_image()


# This kernel has no IPv4 tables: bridges go without a firewall. The journal is slow on one CPU.
LAB = """[network]
firewall_driver = "none"
[containers]
log_driver = "k8s-file"
[engine]
events_logger = "file"
"""
SECCOMP = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
           "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]}


def write(path, text):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def build_image():
    """bb: busybox and two users; made without a registry."""
    must("""mkdir -p /opt/bb && cd /opt/bb && mkdir -p bin etc proc sys dev run root && mkdir -m 1777 tmp
    cp /usr/bin/busybox bin/ && for a in $(busybox --list); do [ -e bin/$a ] || ln -s busybox bin/$a; done
    printf 'root:x:0:0::/root:/bin/sh\\nu1000:x:1000:1000::/tmp:/bin/sh\\n' >etc/passwd
    printf 'root:x:0:\\nu1000:x:1000:\\n' >etc/group
    tar -C . -cf /opt/plain.tar . && podman import -c 'ENV PATH=/usr/bin:/bin' /opt/plain.tar docker.io/library/bb:latest
    podman save -q --format docker-archive -o /opt/bb.tar docker.io/library/bb:latest && chmod a+r /opt/bb.tar""")


def register_podman(runtime, folder="/etc/containers/containers.conf.d"):
    """oci-rt by the file that is shipped, another by its name alone."""
    target = pathlib.Path(folder, "50-oci-rt.conf")
    target.parent.mkdir(parents=True, exist_ok=True)
    if runtime == "oci-rt":
        shutil.copy(FILES / "50-oci-rt.containers.conf", target)
    else:
        target.write_text(f'[engine]\nruntime = "{runtime}"\n')


def register_containerd():
    write("/etc/containerd/conf.d/oci-rt.toml", (FILES / "containerd-2.toml").read_text())
    main = pathlib.Path("/etc/containerd/config.toml")
    text = main.read_text()
    if "conf.d" not in text:
        main.write_text('imports = ["/etc/containerd/conf.d/*.toml"]\n' + text)


def start_containerd():
    register_containerd()
    must("systemctl restart containerd")


def stop_docker():
    shell("systemctl stop docker.socket docker; systemctl reset-failed docker docker.socket; true", 60)


def start_docker(runtime, driver, **more):
    """The shipped daemon.json with what the machine and the test need on top; another runtime in its place."""
    stop_docker()
    daemon = json.loads((FILES / "daemon.json").read_text())
    if runtime == "crun":
        daemon = {"runtimes": {"crun": {"path": PATHS["crun"]}}, "default-runtime": "crun"}
    elif runtime == "runc":
        daemon = {}
    daemon |= {"exec-opts": [f"native.cgroupdriver={driver}"], "iptables": False, "ip6tables": False} | more
    write("/etc/docker/daemon.json", json.dumps(daemon))
    write("/etc/systemd/system/docker.service.d/lab.conf",
          f"[Service]\nEnvironment=DOCKER_BUILDKIT_RUNC_COMMAND={PATHS[runtime]}\n")
    must("systemctl daemon-reload; systemctl start containerd docker")
    for _ in range(60):
        if shell("docker info >/dev/null 2>&1")[0] == 0:
            break
        time.sleep(1)
    must(f"docker image inspect bb >/dev/null 2>&1 || docker load -i {ARCHIVE}")


def as_user(command, seconds):
    """A command in the session of the user `user`; what it prints appears here."""
    call = ["systemd-run", "--user", "-M", "user@.host", "--pipe", "--wait", "--quiet", "-p", "Delegate=yes",
            *(f"--setenv={name}={os.environ.get(name, '')}" for name in ("FULL", "REFERENCES")),
            "--working-directory=/home/user", *command]
    try:
        return subprocess.run(call, stdin=subprocess.DEVNULL, timeout=seconds, check=False).returncode
    except subprocess.TimeoutExpired:
        return 124
