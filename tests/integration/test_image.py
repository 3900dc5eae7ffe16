# SPDX-License-Identifier: Apache-2.0
"""image: what oci-rt-image takes in, keeps, gives out and throws away."""

import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time

import bundle as bundles
import harness
import images
import layers
import rootless

NAME = "registry.example/app:1"
FULL = {"org.opencontainers.image.ref.name": NAME}


def helper():
    folder = os.environ.get("OCI_RT_LIBEXEC", os.path.dirname(os.path.realpath(harness.binary())))
    path = pathlib.Path(folder) / "oci-rt-image"
    return path if path.exists() else None


class ImageCase(harness.Case):
    seconds = 200  # where it is busy: many processes

    def setUp(self):
        if helper() is None:
            self.skipTest("oci-rt-image is not built")
        super().setUp()
        self.store = self.folder / "store"

    def image(self, *args, **options):
        return self.rt(argv=[str(helper()), "--storage", str(self.store), *map(str, args)], **options)

    def good(self, *args, **options):
        result = self.image(*args, **options)
        self.assertEqual(result.code, 0, str(result))
        return result

    def wrong(self, *args, text):
        result = self.image(*args)
        self.assertEqual(result.code, 1, str(result))
        self.assertIn(text, result.out + result.err)
        return result

    def layers(self):
        lower = images.tar({"bin": None, "etc": None, "etc/passwd": "root:x:0:0::/root:/bin/sh\nweb:x:33:34::/srv:/bin/sh\n",
                            "etc/group": "www:x:34:\nextra:x:50:web\n", "bin/payload": pathlib.Path(harness.payload()),
                            "gone": "soon"})
        upper = images.tar({".wh.gone": "", "srv": None, "srv/page": "hello"})
        return [lower, upper]

    def made(self, **options):
        execution = options.pop("execution", {"Entrypoint": ["/bin/payload"], "Cmd": ["report"], "WorkingDir": "/srv/new",
                                              "Env": ["COLOUR=blue"], "User": "web"})
        return images.Image(self.layers(), execution, **options)

    def stored(self, image=None):
        place = images.write(self.folder / "layout", images.layout((image or self.made(), FULL)))
        self.good("import", place)
        return place

    def names(self):
        return self.good("ls", "-q").out.split()

    def blobs(self):
        return sorted(path for path in (self.store / "content/blobs").rglob("*") if path.is_file())

    def assert_sound(self):
        """The store verifies, and after prune there is exactly what its images need."""
        self.good("verify")
        self.good("prune")
        needed = set()
        for name in self.names():
            seen = self.good("inspect", name, "--json").json()
            needed |= {seen["digest"], seen["manifest"]["config"]["digest"]}
            needed |= {layer["digest"] for layer in seen["manifest"]["layers"]}
        self.assertEqual({"sha256:" + path.name for path in self.blobs()}, needed)
        for folder in ("tmp", "leases", "content/ingest"):
            self.assertEqual(os.listdir(self.store / folder), [], folder)


class Import(ImageCase):
    def test_options_before_the_verb_are_its_own(self):
        self.stored()
        listed = self.rt("image", "--storage", self.store, "ls", env={**os.environ, "OCI_RT_LIBEXEC": str(helper().parent)})
        self.assertEqual((listed.code, NAME in listed.out), (0, True), str(listed))

    def test_takes_a_layout(self):
        self.stored()
        self.assertEqual(self.names(), [NAME])
        self.assert_sound()

    def test_takes_a_layout_in_a_tar(self):
        archive = self.folder / "image.tar"
        archive.write_bytes(images.tar(images.layout((self.made(), FULL))))
        self.good("import", archive)
        self.assertEqual(self.names(), [NAME])
        self.assert_sound()

    def test_takes_a_docker_archive(self):
        for links in (False, True):
            with self.subTest(links=links):
                shutil.rmtree(self.store, ignore_errors=True)
                archive = self.folder / "saved.tar"
                archive.write_bytes(images.tar(images.docker_archive((self.made(), ["one:1", "two/three:4"]),
                                                                     link_to_first=links)))
                self.good("import", archive)
                self.assertEqual(self.names(), ["docker.io/library/one:1", "docker.io/two/three:4"])
                self.assert_sound()

    def test_takes_the_tar_of_a_root_file_system(self):
        for packed, pack in images.PACK.items():
            with self.subTest(packed=packed):
                archive = self.folder / "root.tar"
                archive.write_bytes(pack(self.layers()[0]))
                self.wrong("import", archive, text="name")
                self.good("import", archive, "--name", f"root:{packed or 'plain'}")
        self.assertEqual(len(self.names()), len(images.PACK))
        # What is stored unpacked is one image.
        digests = {self.good("inspect", f"root:{name}", "--json").json()["digest"] for name in ("plain", "xz", "bzip2")}
        self.assertEqual(len(digests), 1)
        self.assert_sound()

    def test_chooses_the_platform(self):
        other = images.Image(self.layers(), {"Cmd": ["other"]}, architecture="s390x")
        place = images.write(self.folder / "layout", images.layout((other, FULL), (self.made(), FULL)))
        self.good("import", place)
        self.assertIn(images.MACHINE, self.good("inspect", NAME).out)
        self.good("import", place, "--platform", "linux/s390x", "--name", "other")
        self.assertIn("s390x", self.good("inspect", "other").out)
        self.wrong("import", place, "--platform", "linux/riscv64", text="there is none for")

    def test_refuses_what_is_not_what_it_says(self):
        image = self.made()
        for blob in range(4):
            with self.subTest(blob=blob):
                shutil.rmtree(self.store, ignore_errors=True)
                files = images.layout((image, FULL))
                name = "blobs/sha256/" + images.digest(image.blobs()[blob]).split(":")[1]
                files[name] = files[name][:-1] + b"!"
                place = self.folder / f"bad{blob}"
                self.wrong("import", images.write(place, files), text="digest" if blob else "another one")
                self.assertEqual(self.names(), [])
                self.assert_sound()

    def test_refuses_layers_that_the_configuration_does_not_name(self):
        files = images.docker_archive((self.made(), ["one:1"]))
        layer = next(name for name in files if name.endswith(".tar"))
        files[layer] = images.tar({"evil": "other"})
        archive = self.folder / "saved.tar"
        archive.write_bytes(images.tar(files))
        self.wrong("import", archive, text="diff_ids")
        self.assertEqual(self.names(), [])

    def test_refuses_links_that_lead_nowhere(self):
        for target in ("../../../../etc/passwd", "layer.tar"):
            files = images.docker_archive((self.made(), ["one:1"]), link_to_first=True)
            link = next(name for name in files if name.endswith("/layer.tar"))
            files[link] = ("link", target)
            archive = self.folder / "saved.tar"
            archive.write_bytes(images.tar(files))
            self.wrong("import", archive, text="layer.tar")

    def test_refuses_what_is_no_image(self):
        (self.folder / "text").write_text("hello")
        self.wrong("import", self.folder / "text", "--name", "x", text="archive")
        self.wrong("import", self.folder / "missing", text="no such file")
        self.wrong("import", self.folder, text="oci-layout")
        os.mkfifo(self.folder / "pipe")
        self.wrong("import", self.folder / "pipe", text="neither a file nor a directory")

    def test_two_at_once_share_the_work(self):
        place = images.write(self.folder / "layout", images.layout((self.made(), FULL)))
        command = [str(helper()), "--storage", str(self.store), "import", str(place)]
        running = [self.rt.popen(argv=command) for _ in range(4)]
        self.assertEqual([harness.wait_for(process) for process in running], [0] * 4)
        self.assertEqual(self.names(), [NAME])
        self.assert_sound()


class Keep(ImageCase):
    def test_lists_and_inspects(self):
        self.stored()
        self.assertEqual([row["name"] for row in self.good("ls", "--json").json()], [NAME])
        self.assertIn(NAME, self.good("ls").out)
        image = self.made()
        seen = self.good("inspect", NAME, "--json").json()
        self.assertEqual(seen["digest"], images.digest(image.manifest))
        self.assertEqual(seen["config"]["config"]["User"], "web")
        self.assertEqual(self.good("inspect", NAME, "--raw", "manifest").out.encode(), image.manifest)
        self.assertEqual(self.good("inspect", NAME, "--raw", "config").out.encode(), image.config)
        self.good("inspect", images.digest(image.manifest))
        self.wrong("inspect", "nobody", text="no image")

    def test_forgets_a_name_and_then_its_content(self):
        self.stored()
        self.good("rm", NAME)
        self.assertEqual(self.names(), [])
        self.assertEqual(len(self.blobs()), 4)
        self.assertEqual(self.good("prune", "--json").json()["blobs"], 4)
        self.assertEqual(self.blobs(), [])
        self.wrong("rm", NAME, text="no image")

    def test_keeps_what_another_image_needs(self):
        self.stored()
        other = images.Image(self.layers(), {"Cmd": ["other"]})
        self.good("import", images.write(self.folder / "other", images.layout((other, {}))), "--name", "other")
        self.good("rm", NAME)
        self.good("prune")
        self.assertEqual(len(self.blobs()), 4)
        self.assert_sound()

    def test_is_a_layout_for_others(self):
        self.stored()
        self.assertEqual(json.loads((self.store / "content/oci-layout").read_text())["imageLayoutVersion"], "1.0.0")
        self.good("--storage", self.folder / "second", "import", self.store / "content")

    def test_finds_what_is_damaged_and_never_uses_it(self):
        self.stored()
        for path in self.blobs():
            with self.subTest(path=path.name):
                data = path.read_bytes()
                path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
                self.wrong("verify", text=path.name)
                self.wrong("verify", NAME, text=path.name)
                self.wrong("unpack", NAME, self.folder / "bundle", text="")
                self.assertFalse((self.folder / "bundle/config.json").exists())
                self.assertFalse((self.folder / "bundle/rootfs").exists())
                self.wrong("verify", "--remove-damaged", text=path.name)
                self.assertFalse(path.exists())
                self.good("import", self.folder / "layout")
                self.good("verify")

    def test_is_closed_to_others(self):
        self.stored()
        self.assertEqual(self.store.stat().st_mode & 0o777, 0o700)
        self.store.chmod(0o777)
        self.wrong("ls", text="must belong to the caller")

    def test_may_be_killed_at_any_time(self):
        layer = images.tar({"bin": None, "bin/noise": random.Random(1).randbytes(3_000_000)})
        files = images.layout((images.Image([layer, *self.layers()], {"Cmd": ["x"]}, packed=""), FULL))
        place = images.write(self.folder / "layout", files)
        command = [str(helper()), "--storage", str(self.store), "import", str(place)]
        begun = time.monotonic()
        self.good("import", place)
        whole = time.monotonic() - begun
        chance = random.Random(2)
        for _ in range(30):
            shutil.rmtree(self.store)
            process = self.rt.popen(argv=command)
            time.sleep(chance.uniform(0, whole))
            process.send_signal(signal.SIGKILL)
            harness.wait_for(process)
            self.assert_sound()
            self.good("import", place)
            self.assertEqual(self.names(), [NAME])
            self.assert_sound()


class Unpack(ImageCase):
    def unpacked(self, *options):
        bundle = self.folder / "bundle"
        self.good("unpack", NAME, bundle, *options)
        return bundle, json.loads((bundle / "config.json").read_text())

    def test_makes_a_bundle_that_runs(self):
        self.stored()
        bundle, config = self.unpacked("--flat")
        self.assertFalse((bundle / "rootfs/gone").exists())
        self.assertFalse((bundle / "rootfs/.wh.gone").exists())
        self.assertEqual((bundle / "rootfs/srv/page").read_text(), "hello")
        self.assertEqual(config["process"]["args"], ["/bin/payload", "report"])
        self.assertEqual(config["process"]["user"], {"uid": 33, "gid": 34, "additionalGids": [50]})
        config["linux"]["cgroupsPath"] = f"/{harness.GROUP.name}/image"
        (bundle / "config.json").write_text(json.dumps(config))
        seen = self.ok("run", "--bundle", bundle, "box").json()
        self.assertEqual(seen["cwd"], "/srv/new")
        self.assertIn("COLOUR=blue", json.dumps(seen).replace('": "', "="))

    def test_does_not_write_over_anything(self):
        self.stored()
        (self.folder / "bundle").mkdir()
        (self.folder / "bundle/mine").write_text("mine")
        self.wrong("unpack", NAME, self.folder / "bundle", text="not empty")
        self.assertEqual(os.listdir(self.folder / "bundle"), ["mine"])

    def test_labels_speak_to_nobody_here(self):
        self.stored(self.made(execution={"Cmd": ["x"], "StopSignal": "SIGINT", "Labels": {
            "oci-rt.rootfs.overlay": "/", "org.systemd.property.ExecStart": "evil", "run.oci.handler": "x",
            "org.criu.config": "/x", "org.opencontainers.image.author": "me", "a=b/c~d": "kept"}}, author="other"))
        result = self.image("unpack", NAME, self.folder / "bundle")
        self.assertIn("oci-rt.rootfs.overlay", result.err)
        config = json.loads((self.folder / "bundle/config.json").read_text())
        self.assertEqual(config["annotations"]["a=b/c~d"], "kept")
        self.assertEqual(config["annotations"]["org.opencontainers.image.author"], "me")
        self.assertEqual(config["annotations"]["org.opencontainers.image.stopSignal"], "SIGINT")
        self.assertFalse([key for key in config["annotations"] if not key.startswith(("org.opencontainers.", "a="))])

    def test_keeps_layers_once(self):
        self.stored()
        first = self.good("unpack", NAME).out.split()
        self.assertEqual(len(first), 2)
        self.assertEqual(self.good("unpack", NAME).out.split(), first)
        self.assertTrue(all(len(os.path.basename(path)) == 8 for path in first))
        self.assertTrue(os.path.exists(f"{first[1]}/bin/payload"))
        self.assertEqual(os.stat(f"{first[0]}/gone").st_rdev, 0)
        self.good("prune")
        self.assertTrue(os.path.exists(first[0]))
        self.good("rm", NAME)
        self.assertEqual(self.good("prune", "--json").json()["layers"], 2)
        for folder in ("layers", "l", "tmp"):
            self.assertEqual(os.listdir(self.store / folder), [], folder)

    def test_may_be_killed_while_it_unpacks(self):
        noise = random.Random(1).randbytes(2000)
        layer = images.tar({f"noise{number}": noise for number in range(1500)})
        self.stored(images.Image([layer, *self.layers()], {"Cmd": ["x"]}))
        command = [str(helper()), "--storage", str(self.store), "unpack", NAME]
        for _ in range(10):
            process = self.rt.popen(argv=command)
            time.sleep(random.uniform(0, 0.3))
            process.send_signal(signal.SIGKILL)
            harness.wait_for(process)
            for place in self.store.glob("layers/*"):
                self.assertTrue((place / "meta.json").exists())
            self.good("prune")
            self.assertEqual(os.listdir(self.store / "tmp"), [])
            shutil.rmtree(self.store / "layers")
            (self.store / "layers").mkdir()
        running = [self.rt.popen(argv=command) for _ in range(3)]
        self.assertEqual([harness.wait_for(process) for process in running], [0] * 3)
        self.assertEqual(len(os.listdir(self.store / "layers")), 3)


class Rootless(ImageCase):
    def test_a_user_makes_a_bundle_that_runs(self):
        home = self.folder / "home"
        home.mkdir()
        os.chown(home, 1234, 1234)
        self.store = home / "store"
        user = {"user": 1234, "group": 1234, "extra_groups": [], "cwd": home}
        place = self.folder / "layout"
        images.write(place, images.layout((self.made(execution={"Cmd": ["/bin/payload", "report"]}), FULL)))
        self.good("import", place, **user)
        result = self.good("unpack", NAME, home / "bundle", **user)
        self.assertIn("--add-subuids", result.err)
        config = json.loads((home / "bundle/config.json").read_text())
        self.assertEqual(config["linux"]["uidMappings"], [{"containerID": 0, "hostID": 1234, "size": 1}])
        self.assertEqual((home / "bundle/rootfs/srv/page").stat().st_uid, 1234)
        layers = self.good("unpack", NAME, **user).out.split()
        self.assertEqual(len(layers), 2)
        ran = self.rt(argv=[harness.binary(), "--root", str(home / "state"), "--cgroup-manager", "disabled", "run",
                            "--bundle", str(home / "bundle"), "box"], **user)
        self.assertEqual(ran.json()["pid"], 1, str(ran))
        self.good("rm", NAME, **user)
        self.good("prune", **user)
        self.assertEqual(os.listdir(self.store / "layers"), [])


class RootlessWithRange(ImageCase, rootless.Case):
    """A user to whom /etc/subuid grants ids."""

    def as_user(self):
        home = self.folder / "home"
        home.mkdir()
        os.chown(home, rootless.UID, rootless.GID)
        self.store = home / "store"
        return home, {**self.user(HOME=str(home)), "cwd": home}

    def unpacked_layers(self, user, *data):
        place = images.write(self.folder / "layout", images.layout((images.Image(list(data), {"Cmd": ["/bin/payload", "report"]}), FULL)))
        self.good("import", place, **user)
        return self.image("unpack", NAME, self.store.parent / "bundle", **user)

    def test_files_have_their_owners_in_a_bundle_that_runs(self):
        if not shutil.which("newuidmap"):
            self.skipTest("no newuidmap")
        home, user = self.as_user()
        result = self.unpacked_layers(user, *self.layers(), layers.layer(
            layers.file("srv/mine", b"x", uid=0), layers.file("srv/theirs", b"x", uid=33, gid=34, mode=0o640),
            layers.file("srv/last", b"x", uid=rootless.COUNT, gid=rootless.COUNT)))
        self.assertEqual((result.code, result.err), (0, ""))
        owners = {name: (home / "bundle/rootfs/srv" / name).stat().st_uid for name in ("mine", "theirs", "last")}
        self.assertEqual(owners, {"mine": rootless.UID, "theirs": rootless.FIRST + 32,
                                  "last": rootless.FIRST + rootless.COUNT - 1})
        config = json.loads((home / "bundle/config.json").read_text())
        self.assertEqual(config["linux"]["uidMappings"], rootless.mappings(rootless.WHOLE))
        ran = self.rt(argv=[harness.binary(), "--root", str(home / "state"), "--cgroup-manager", "disabled", "run",
                            "--bundle", str(home / "bundle"), "box"], **user)
        self.assertEqual(ran.json()["pid"], 1, str(ran))
        self.assertEqual(len(self.good("unpack", NAME, **user).out.split()), 3)
        self.good("rm", NAME, **user)
        self.good("prune", **user)
        self.assertEqual(os.listdir(self.store / "layers"), [])

    def test_owners_beyond_the_range_are_told(self):
        if not shutil.which("newuidmap"):
            self.skipTest("no newuidmap")
        _, user = self.as_user()
        result = self.unpacked_layers(user, layers.layer(layers.file("far", uid=rootless.COUNT + 1)))
        self.assertEqual(result.code, 1)
        self.assertIn("far", result.err)
        self.assertIn("chown", result.err)


class Doorway(ImageCase):
    def test_oci_rt_image_is_the_helper(self):
        environment = {**os.environ, "OCI_RT_LIBEXEC": str(helper().parent)}
        result = self.ok("image", "ls", "--json", "--storage", self.store, env=environment)
        self.assertEqual(result.json(), [])

    def test_says_so_where_it_is_not_installed(self):
        self.bad("image", "ls", text="oci-rt-image", env={**os.environ, "OCI_RT_LIBEXEC": str(self.folder)})

    def test_refuses_what_it_does_not_know(self):
        for words in (["bogus"], ["ls", "--bogus"], ["rm"], ["inspect", "a", "b"], []):
            self.assertEqual(self.image(*words).code, 1)
        self.assertIn("unpack", self.good("--help").out)


class Reports(ImageCase):
    """What is amiss, for people and for programs."""

    def lines(self, *words, **options):
        return [json.loads(line) for line in self.image("--log-format", "json", *words, **options).err.splitlines()]

    def test_errors_have_codes(self):
        self.stored()
        place = self.folder / "hostile"
        evil = images.Image([layers.layer(layers.file("../evil"))], {"Cmd": ["x"]})
        self.good("import", images.write(place, images.layout((evil, {}))), "--name", "evil")
        for words, code in ((["inspect", "nobody"], "image-missing"), (["unpack", "nobody", "x"], "image-missing"),
                            (["unpack", "evil", self.folder / "out"], "image-invalid"),
                            (["pull", "127.0.0.1:1/x"], "registry-unreachable"),
                            (["import", self.folder / "missing"], "system"),
                            (["unpack", NAME, self.folder], "already-exists")):
            with self.subTest(words=words):
                line, = self.lines(*words)
                self.assertEqual((line["level"], line["code"], line["phase"]), ("error", code, words[0]))
        self.assertIn("Incorrect usage", self.image("bogus", "--log-format", "json").err)

    def test_people_get_a_sentence(self):
        self.assertRegex(self.image("inspect", "nobody").err, r'^oci-rt-image: there is no image "nobody" in the store\n$')

    def test_warnings_are_lines_of_the_log(self):
        self.stored(self.made(execution={"Cmd": ["x"], "Labels": {"oci-rt.x": "y"}}))
        line, = self.lines("unpack", NAME, self.folder / "one")
        self.assertEqual(line["level"], "warning")
        self.assertIn("oci-rt.x", line["msg"])
        self.assertIn("level=warning", self.image("unpack", NAME, self.folder / "two").err)


class Others(ImageCase):
    """skopeo and umoci, where they are, see the same."""

    def test_skopeo_and_umoci_make_the_same_tree(self):
        if not shutil.which("skopeo") or not shutil.which("umoci"):
            self.skipTest("no skopeo, or no umoci")
        self.stored()
        run = lambda *words: subprocess.run(words, check=True, cwd=self.folder, capture_output=True)
        run("skopeo", "copy", f"oci:{self.store}/content:{NAME}", "oci:theirs:1")
        run("umoci", "unpack", "--image", "theirs:1", "umoci")
        self.good("unpack", NAME, self.folder / "bundle")
        shutil.rmtree(self.folder / "bundle/rootfs/srv/new")
        listing = lambda root: sorted((str(path.relative_to(root)), path.lstat().st_mode, path.lstat().st_uid,
                                       int(path.lstat().st_mtime)) for path in root.rglob("*") if path.is_file())
        self.assertEqual(listing(self.folder / "bundle/rootfs"), listing(self.folder / "umoci/rootfs"))
        ours, theirs = (json.loads((self.folder / place / "config.json").read_text()) for place in ("bundle", "umoci"))
        for key in ("args", "cwd", "user"):
            self.assertEqual(ours["process"][key], theirs["process"][key])
