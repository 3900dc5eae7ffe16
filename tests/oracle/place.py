# SPDX-License-Identifier: Apache-2.0
"""Where the others run: a Debian tree as their root, which stays as it is, and one folder that they share with us."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request

import host

INSIDE = "/mnt"


class Place:
    """In a private mount namespace. Without a tree, skopeo, umoci and docker-registry are this machine's own."""

    def __init__(self, root, disk):
        host.LIBC.unshare(host.CLONE_NEWNS)
        host.mount("none", "/", None, host.MS_REC | host.MS_PRIVATE)
        self.root = pathlib.Path(root) if root else None
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="oci-rt-oracle-", dir=disk))
        if disk is None:
            host.mount("tmpfs", self.work, "tmpfs", 0, "mode=755")
        if self.root:
            host.mount(self.work, self.root / "mnt", None, host.MS_BIND)
            for folder in ("tmp", "var/tmp", "run", "root"):
                host.mount("tmpfs", self.root / folder, "tmpfs", 0, "mode=755")
            for folder in ("dev", "proc"):
                host.mount(f"/{folder}", self.root / folder, None, host.MS_BIND | host.MS_REC)
        self.registry = None
        self.on_disk = disk is not None

    def close(self):
        if self.registry:
            self.registry.kill()
            self.registry.wait()
        if not self.on_disk:
            host.unmount(self.work)
            self.work.rmdir()
            return
        shutil.rmtree(self.work)

    def theirs(self, *words):
        """A command of the others; a path in the folder becomes what they see of it."""
        seen = INSIDE if self.root else str(self.work)
        command = [str(word).replace(str(self.work), seen) for word in words]
        return ["chroot", str(self.root), *command] if self.root else command

    def start_registry(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        seen = INSIDE if self.root else str(self.work)
        (self.work / "registry.yml").write_text(f"""version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {seen}/registry}}}}
http: {{addr: "{self.address}"}}
""")
        self.registry = subprocess.Popen(self.theirs("docker-registry", "serve", self.work / "registry.yml"),
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                return urllib.request.urlopen(f"http://{self.address}/v2/").close()
            except OSError:
                time.sleep(0.05)
        raise TimeoutError("docker-registry does not answer")

    def _send(self, method, path, content, kind, size=None):
        url = path if path.startswith("http") else f"http://{self.address}{path}"
        headers = {"Content-Type": kind, "Content-Length": str(len(content) if size is None else size)}
        with urllib.request.urlopen(urllib.request.Request(url, content, headers, method=method)) as answer:
            return answer.headers

    def push(self, image, name):
        """image: made.Image"""
        for digest, path in image.blobs.items():
            upload = self._send("POST", f"/v2/{name}/blobs/uploads/", b"", "application/octet-stream")["Location"]
            with open(path, "rb") as content:
                self._send("PUT", f"{upload}{'&' if '?' in upload else '?'}digest={digest}", content,
                           "application/octet-stream", path.stat().st_size)
        manifest = json.dumps(image.manifest).encode()
        self._send("PUT", f"/v2/{name}/manifests/1", manifest, image.manifest["mediaType"])

    def run(self, command):
        """{wall: seconds, cpu: seconds, memory: KiB} of a command that succeeds."""
        report = self.work / "time"
        # Of a program that time(1) has started; of one that we start, the memory that this process has would count.
        finished = subprocess.run(["/usr/bin/time", "-q", "-o", report, "-f", "%e %U %S %M", *command],
                                  capture_output=True, stdin=subprocess.DEVNULL,
                                  env={"PATH": os.environ["PATH"], "HOME": "/root"})
        if finished.returncode != 0:
            raise RuntimeError(f"{command}: {finished.stderr.decode()}")
        wall, user, system, memory = report.read_text().split()
        return {"wall": float(wall), "cpu": float(user) + float(system), "memory": int(memory)}
