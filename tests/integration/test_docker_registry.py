# SPDX-License-Identifier: Apache-2.0
"""The client of registries against Debian's docker-registry, which OCI_RT_DOCKER_REGISTRY names, or PATH has, or apt
can fetch; else these tests are skipped."""

import base64
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request

from fake_registry import CONFIG, INDEX, LAYER, MANIFEST, TokenServer, descriptor, digest_of
from registry_case import Case, noise

AMD64 = {"os": "linux", "architecture": "amd64"}


def find_registry(folder):
    """The program, fetched into a folder if need be; or None."""
    known = os.environ.get("OCI_RT_DOCKER_REGISTRY") or shutil.which("docker-registry")
    if known:
        return known
    try:
        subprocess.run(["apt-get", "download", "docker-registry"], cwd=folder, check=True, capture_output=True, timeout=60)
        package = next(folder.glob("docker-registry_*.deb"))
        subprocess.run(["dpkg", "-x", package, folder], check=True, capture_output=True)
    except (OSError, subprocess.SubprocessError, StopIteration):
        return None
    return folder / "usr" / "bin" / "docker-registry"


class DockerRegistry(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program_folder = pathlib.Path(tempfile.mkdtemp(prefix="oci-rt-docker-registry-"))
        cls.addClassCleanup(shutil.rmtree, cls.program_folder)
        cls.program = find_registry(cls.program_folder)
        if cls.program is None:
            raise unittest.SkipTest("docker-registry is not to be had")

    def begin(self, auth=""):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.place = f"127.0.0.1:{free.getsockname()[1]}"
        settings = self.folder / f"registry-{len(auth)}.yml"
        settings.write_text(f"""version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {self.folder}/storage}}}}
http: {{addr: "{self.place}"}}
{auth}""")
        process = subprocess.Popen([self.program, "serve", settings], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                return urllib.request.urlopen(f"http://{self.place}/v2/").close()
            except urllib.error.HTTPError:
                return None
            except OSError:
                time.sleep(0.05)
        raise TimeoutError("docker-registry does not answer")

    def send(self, method, path, content=b"", kind="application/octet-stream"):
        url = path if path.startswith("http") else f"http://{self.place}{path}"
        request = urllib.request.Request(url, content, {"Content-Type": kind}, method=method)
        with urllib.request.urlopen(request) as answer:
            return answer.headers

    def blob(self, content, kind):
        upload = self.send("POST", "/v2/team/app/blobs/uploads/")["Location"]
        self.send("PUT", f"{upload}{'&' if '?' in upload else '?'}digest={digest_of(content)}", content)
        return descriptor(kind, content)

    def manifest(self, document, tag, kind=MANIFEST):
        content = json.dumps(document).encode()
        self.send("PUT", f"/v2/team/app/manifests/{tag}", content, kind)
        return descriptor(kind, content)

    def image(self, *layers, tag="latest"):
        config = {**AMD64, "rootfs": {"type": "layers", "diff_ids": [digest_of(layer) for layer in layers]}}
        return self.manifest({"schemaVersion": 2, "mediaType": MANIFEST,
                              "config": self.blob(json.dumps(config).encode(), CONFIG),
                              "layers": [self.blob(layer, LAYER) for layer in layers]}, tag)

    def name(self, rest=":latest"):
        return f"{self.place}/team/app{rest}"

    def test_images_come_by_tag_by_digest_and_by_platform(self):
        self.begin()
        layers = [noise(400_000, 1), noise(700_000, 2)]
        made = self.image(*layers, tag="plain")
        self.pull(*layers, name=self.name(":plain"))
        self.pull(*layers, name=self.name("@" + made["digest"]))
        self.manifest({"schemaVersion": 2, "mediaType": INDEX, "manifests": [{**made, "platform": AMD64}]}, "latest",
                      INDEX)
        self.assertEqual(len(self.pull(*layers, name=self.name())["documents"]), 2)
        self.refused("image-not-found", self.name(":nosuch"), text="MANIFEST_UNKNOWN")

    def test_a_part_is_gone_on_with(self):
        self.begin()
        layer = noise(500_000)
        self.image(layer)
        (self.folder / "out" / digest_of(layer)[7:]).write_bytes(layer[:200_000])
        self.assertEqual(self.pull(layer, name=self.name())["layers"][0]["restarts"], 0)

    def test_a_token_signed_by_its_server_opens_it(self):
        self.begin()
        layer = noise(10_000)
        self.image(layer)
        signer = self.start(Signer)
        signer.folder = self.folder
        signer.make_key()
        self.begin(f"""auth:
  token: {{realm: "http://{signer.address}/token", service: "registry", issuer: "us", rootcertbundle: "{self.folder}/token.crt"}}
""")
        self.log_in(self.place)
        self.pull(layer, name=self.name())
        self.assertEqual(len(signer.seen), 1)
        signer.access = []
        self.refused("registry-unauthorized", self.name())


class Signer(TokenServer):
    """JSON web tokens, signed by openssl, as distribution's jwt.md wants them."""

    access = [{"type": "repository", "name": "team/app", "actions": ["pull"]}]

    def make_key(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "token.key", "-out",
                        "token.crt", "-subj", "/CN=tokens", "-days", "2"], cwd=self.folder, check=True,
                       capture_output=True)

    def serve_content(self, request):
        encode = lambda content: base64.urlsafe_b64encode(content).rstrip(b"=")
        der = subprocess.run(["openssl", "x509", "-in", "token.crt", "-outform", "DER"], cwd=self.folder, check=True,
                             capture_output=True).stdout
        now = int(time.time())
        header = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(der).decode()]}
        claims = {"iss": "us", "aud": "registry", "sub": "me", "nbf": now - 10, "iat": now, "exp": now + 300,
                  "jti": str(now), "access": self.access}
        text = b".".join(encode(json.dumps(part).encode()) for part in (header, claims))
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", "token.key"], cwd=self.folder, check=True,
                                   input=text, capture_output=True).stdout
        return request.answer(200, {"token": (text + b"." + encode(signature)).decode(), "expires_in": 300})


if __name__ == "__main__":
    unittest.main()
