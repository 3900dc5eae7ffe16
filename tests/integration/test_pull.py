# SPDX-License-Identifier: Apache-2.0
"""image pull: from a registry into the store, over broken connections, beside others, killed."""

import json
import os
import pty
import random
import re
import shutil
import signal
import subprocess
import time

import harness
import host
import images
from fake_registry import FakeRegistry, descriptor, send_part
from test_image import ImageCase, helper

SLOW = bool(os.environ.get("OCI_RT_SLOW"))


class Pull(ImageCase):
    def setUp(self):
        super().setUp()
        self.registry = FakeRegistry()
        self.addCleanup(self.registry.close)
        self.name = f"{self.registry.address}/team/app:1"
        self.environment = {"HOME": str(self.folder), "PATH": os.environ["PATH"]}

    def publish(self, image=None, tag="1"):
        image = image or self.made()
        for data in image.blobs()[1:]:
            self.registry.blobs[images.digest(data)] = data
        for name in (tag, images.digest(image.manifest)):
            self.registry.manifests[name] = (images.MANIFEST, image.manifest)
        return image

    def big(self, count=4, size=400_000):
        """Layers that do not compress."""
        noise = random.Random(7)
        return images.Image([images.tar({f"file{i}": noise.randbytes(size)}) for i in range(count)])

    def pull(self, *args, **options):
        return self.image("pull", *(args or (self.name,)), env=self.environment, **options)

    def pulled(self, *args):
        result = self.pull(*args)
        self.assertEqual(result.code, 0, str(result))
        return result

    def refused(self, *args, text):
        result = self.pull(*args)
        self.assertEqual(result.code, 1, str(result))
        self.assertIn(text, result.err)
        self.assertEqual(self.names(), [])
        return result

    def start(self):
        return subprocess.Popen([str(helper()), "--storage", str(self.store), "pull", self.name], env=self.environment,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


class Fetching(Pull):
    def test_what_was_pulled_runs(self):
        image = self.publish()
        result = self.pulled()
        self.assertEqual(result.out, f"{self.name} {images.digest(image.manifest)}\n")
        self.assertEqual(self.names(), [self.name])
        self.assert_sound()
        box = self.folder / "box"
        self.good("unpack", self.name, box)
        config = json.loads((box / "config.json").read_text())
        self.assertEqual(config["process"]["user"]["uid"], 33)
        config["linux"]["cgroupsPath"] = f"/{harness.GROUP.name}/pulled"
        (box / "config.json").write_text(json.dumps(config))
        report = self.ok("run", "--bundle", box, self.new_id()).json()
        self.assertIn("COLOUR=blue", report["env"])

    def test_what_is_there_is_not_fetched_again(self):
        self.publish(self.big())
        self.pulled()
        before = len(self.registry.asked("/blobs/"))
        self.assertIn("there", self.pulled("--progress", "plain", self.name).err)
        self.assertLessEqual(len(self.registry.asked("/blobs/")) - before, 1)  # the configuration

    def test_an_index_is_kept_for_other_platforms(self):
        ours, theirs = self.made(), images.Image(self.layers(), {"Cmd": ["other"]}, architecture="s390x")
        self.publish(ours, "a"), self.publish(theirs, "b")
        entry = self.registry.index(descriptor(images.MANIFEST, b"{}", platform={"os": "unknown", "architecture": "unknown"}),
                                    theirs.descriptor, ours.descriptor, tag="1")
        self.assertIn(entry["digest"], self.pulled().out)
        self.assertIn(images.MACHINE, self.good("inspect", self.name).out)
        self.wrong("inspect", self.name, "--platform", "linux/s390x", text="not in the store")
        self.pulled("--platform", "linux/s390x", self.name)
        for platform in ("s390x", images.MACHINE):
            self.assertIn(platform, self.good("inspect", self.name, "--platform", f"linux/{platform}").out)
        self.good("verify")
        self.good("prune")
        self.good("verify")
        self.refused_platform()

    def refused_platform(self):
        result = self.pull("--platform", "linux/riscv64", self.name)
        self.assertEqual(result.code, 1)
        self.assertIn("there is none for linux/riscv64", result.err)

    def test_an_image_for_another_machine(self):
        self.publish(images.Image(self.layers(), {"Cmd": ["x"]}, architecture="s390x"))
        self.refused("--platform", "linux/riscv64", self.name, text="is for linux/s390x, not for linux/riscv64")
        self.assertIn("which this machine is not", self.pulled().err)

    def test_a_tag_that_moves_takes_its_name_along(self):
        first, second = self.big(1), self.made()
        self.publish(first)
        self.pulled()
        self.publish(second)
        self.assertIn(images.digest(second.manifest), self.pulled("-q", self.name).out)
        self.assertEqual(self.names(), [self.name])
        self.assert_sound()

    def test_all_kinds_of_layers(self):
        for packed in ("", "gzip", "gzip in members", "zstd", "zstd in frames"):
            with self.subTest(packed):
                if packed.startswith("zstd") and not shutil.which("zstd"):
                    continue
                shutil.rmtree(self.store, ignore_errors=True)
                self.publish(self.made(packed=packed))
                self.pulled()
                box = self.folder / f"box {packed}"
                self.good("unpack", self.name, box)
                self.assertEqual((box / "rootfs/srv/page").read_text(), "hello")
                self.assertEqual((box / "rootfs/bin/payload").read_bytes(), open(harness.payload(), "rb").read())

    def test_a_hundred_and_twenty_layers(self):
        """Pulled, unpacked and mounted; each hides what the one before it had."""
        count = 120
        layers = [images.tar({f"layer{number}": str(number), "last": str(number),
                              **({f".wh.layer{number - 1}": ""} if number else {})}) for number in range(count)]
        self.publish(images.Image(layers, {"Cmd": ["x"]}))
        self.pulled()
        self.assert_sound()
        self.good("unpack", self.name, self.folder / "box")
        paths = self.good("unpack", self.name).out.split()
        self.assertEqual(len(paths), count)
        merged = self.folder / "merged"
        merged.mkdir()
        before = os.getcwd()
        os.chdir(os.path.dirname(paths[0]))  # mount(2) takes one page
        try:
            host.mount("overlay", merged, "overlay", 1, "lowerdir=" + ":".join(map(os.path.basename, paths)))
        finally:
            os.chdir(before)
        self.addCleanup(host.unmount, merged)
        for tree in (merged, self.folder / "box/rootfs"):
            self.assertEqual(sorted(os.listdir(tree)), ["last", f"layer{count - 1}"])
            self.assertEqual((tree / "last").read_text(), str(count - 1))

    def test_an_index_in_an_index(self):
        """As signatures and attestations of builders make them: the platform is found, the rest is not."""
        image = self.publish()
        attestation = descriptor(images.MANIFEST, b"{}", platform={"os": "unknown", "architecture": "unknown"},
                                 annotations={"vnd.docker.reference.type": "attestation-manifest"})
        inner = self.registry.index(attestation, image.descriptor, tag="inner")
        self.registry.index(attestation, inner, tag="1")
        self.pulled()
        self.assertEqual(self.good("inspect", self.name, "--raw", "manifest").out.encode(), image.manifest)
        self.good("verify")
        self.good("prune")
        self.good("verify")
        self.good("unpack", self.name, self.folder / "box")

    def test_the_same_layer_twice_is_one(self):
        layer = images.tar({"a": "1"})
        self.publish(images.Image([layer, images.tar({"b": "2"}), layer]))
        self.pulled()
        self.assertEqual(len(self.registry.asked("/blobs/")), 3)
        self.assert_sound()


class Trouble(Pull):
    def test_connections_that_break(self):
        """Ten times, each anywhere: what comes next begins where it broke off."""
        image = self.publish(self.big(10))
        chance, sent = random.Random(3), {}

        def cut(request):
            digest = request.path.split("/")[-1]
            content = self.registry.blobs[digest]
            if digest in sent or len(content) < 100_000:
                return None
            sent[digest] = chance.randrange(1, len(content))
            send_part(request, content, sent[digest])
            return True

        self.registry.on("/blobs/", cut)
        self.pulled()
        ranges = {seen.path.split("/")[-1]: seen.headers["Range"] for seen in self.registry.asked("/blobs/")
                  if "Range" in seen.headers}
        self.assertEqual(len(sent), 10)
        self.assertEqual(ranges, {digest: f"bytes={count}-" for digest, count in sent.items()})
        self.assert_sound()
        self.assertIn(images.digest(image.manifest), self.good("inspect", self.name, "--json").out)

    def test_bytes_that_are_not_the_right_ones(self):
        image = self.publish(self.big(1))
        digest = images.digest(image.packed[0])
        self.registry.blobs[digest] = b"\0" * len(image.packed[0])
        self.refused(self.name, text=digest)
        self.good("prune")
        self.assertEqual(self.blobs(), [])

    def test_what_is_not_there(self):
        self.refused(self.name, text="has no image")
        self.refused("127.0.0.1:1/x", text="127.0.0.1:1")
        self.refused("https://x/y", text="scheme")

    def test_killed_at_any_point(self):
        """What is there is sound, the next one succeeds, and nothing is left over; of every third, if it has to be
        quick."""
        self.publish(self.big(6))
        self.registry.on("/blobs/", lambda _: time.sleep(0.03))
        begun = time.monotonic()
        self.pulled()
        whole = time.monotonic() - begun
        chance, halfway = random.Random(11), 0
        for number in range(30):
            shutil.rmtree(self.store)
            process = self.start()
            time.sleep(chance.uniform(0, whole))
            process.kill()
            process.communicate()
            self.good("verify")
            halfway += not self.names() and len(self.blobs() + os.listdir(self.store / "content/ingest")) > 0
            if SLOW or number % 3 == 0:
                self.pulled()
                self.assert_sound()
            else:
                self.good("prune")
                for folder in ("tmp", "leases", "content/ingest"):
                    self.assertEqual(os.listdir(self.store / folder), [], folder)
        self.assertGreater(halfway, 0, "none was killed while it fetched")

    def test_interrupted_goes_on_later(self):
        self.publish(self.big(1, 5_000_000))

        def slow(request):
            time.sleep(0.3)
            return None

        self.registry.on("/blobs/", slow)
        for number in (signal.SIGINT, signal.SIGTERM):
            before = len(self.registry.asked("/blobs/"))
            process = self.start()
            self.assertTrue(host.until(lambda: len(self.registry.asked("/blobs/")) > before + 1))
            process.send_signal(number)
            _, err = process.communicate(timeout=20)
            self.assertEqual(process.returncode, 1, err)
            self.assertEqual(self.names(), [])
        self.registry.rules.clear()
        self.pulled()
        self.assert_sound()

    def test_several_at_once_share_the_work(self):
        self.publish(self.big(5))
        processes = [self.start() for _ in range(4)]
        for process in processes:
            _, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, err)
        layers = [seen.path for seen in self.registry.asked("/blobs/")]
        config = images.digest(self.big(5).config)
        layers = [path for path in layers if not path.endswith(config)]
        self.assertEqual(len(layers), len(set(layers)), "fetched twice")
        self.assert_sound()


class Progress(Pull):
    def test_as_lines(self):
        self.publish(self.big(2))
        err = self.pulled("--progress", "plain", self.name).err
        self.assertEqual(len(re.findall(r"^sha256:[0-9a-f]{12} done: \S+ kB of \S+ kB$", err, re.M)), 2, err)

    def test_as_json(self):
        image = self.publish(self.big(2))
        lines = [json.loads(line) for line in self.pulled("--progress", "json", self.name).err.splitlines()]
        for packed in image.packed:
            last = [line for line in lines if line["layer"] == images.digest(packed)][-1]
            self.assertEqual(last, {"layer": images.digest(packed), "done": len(packed), "total": len(packed),
                                    "retries": 0, "state": "done"})

    def test_as_bars_on_a_terminal(self):
        self.publish(self.big(2))
        master, slave = pty.openpty()
        result = subprocess.run([str(helper()), "--storage", str(self.store), "pull", self.name], env=self.environment,
                                stdout=subprocess.PIPE, stderr=slave, stdin=subprocess.DEVNULL, timeout=60)
        os.close(slave)
        seen = b""
        try:
            while chunk := os.read(master, 65536):
                seen += chunk
        except OSError:
            pass
        os.close(master)
        self.assertEqual(result.returncode, 0, seen)
        self.assertIn(b"[====", seen)
        self.assertIn(b"/s\r\n", seen)

    def test_none(self):
        self.publish()
        result = self.pulled("-q", self.name)
        self.assertEqual(result.err, "")
        self.assertRegex(result.out, r"^sha256:[0-9a-f]{64}\n$")
        self.assertIn("--progress", self.pull("--progress", "loud", self.name).err)
