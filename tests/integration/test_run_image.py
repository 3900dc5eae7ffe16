# SPDX-License-Identifier: Apache-2.0
"""run IMAGE: a container straight from an image, each option by what it does inside, and nothing left."""

import io
import json
import os
import pathlib
import signal
import subprocess
import tarfile
import time

import bundle as bundles
import harness
import host
import images
import rootless
from fake_registry import FakeRegistry
from test_image import NAME, ImageCase, helper

FULL = {"org.opencontainers.image.ref.name": NAME}
PAYLOAD = "/bin/payload"


def publish(registry, image):
    for data in image.blobs()[1:]:
        registry.blobs[images.digest(data)] = data
    for name in ("1", images.digest(image.manifest)):
        registry.manifests[name] = (images.MANIFEST, image.manifest)


def helpers():
    """Processes of oci-rt-image that are left to this worker; one that ends holds its locks until it is reaped."""
    host.reap()
    found = []
    for pid in host.children():
        try:
            if "oci-rt-image" in pathlib.Path(f"/proc/{pid}/comm").read_text():
                found.append(pid)
        except OSError:
            pass
    return found


class RunCase(ImageCase):
    """`self.run_image("-e", "A=b", NAME, "report")`; the payload is the entrypoint."""

    def setUp(self):
        super().setUp()
        self.env = {"HOME": str(self.folder), "PATH": os.environ["PATH"], "OCI_RT_LIBEXEC": str(helper().parent)}
        self.who = {}
        self.parent = ["--cgroup-parent", f"/{harness.GROUP.name}"]

    def execution(self):
        return {"Entrypoint": [PAYLOAD], "Cmd": ["report"], "WorkingDir": "/srv/new", "Env": ["COLOUR=blue"]}

    def files(self):
        return {"bin": None, "etc": None, "tmp": None, "data": None, "data/seed": "of the image",
                "etc/passwd": "root:x:0:0::/root:/bin/sh\nweb:x:33:34::/srv:/bin/sh\n", "etc/group": "www:x:34:\nextra:x:50:web\n",
                "bin/payload": pathlib.Path(harness.payload()), "gone": "soon", "low": "lower"}

    def layers(self):
        return [images.tar(self.files()), images.tar({".wh.gone": "", "srv": None, "srv/page": "hello"})]

    def stored(self, image=None):
        result = super().stored(image or self.made(execution=self.execution()))
        if self.who:
            subprocess.run(["chown", "-R", f"{rootless.UID}:{rootless.GID}", self.store], check=True)
        return result

    def options(self, extra):
        env = {**self.env, **extra.pop("env", {})}
        return {**self.who, **extra, "env": env}

    def words(self, *args):
        return ["run", "--storage", self.store, *self.parent, *args]

    def run_image(self, *args, code=0, **options):
        result = self.rt(*self.words(*args), **self.options(options))
        self.assertEqual(result.code, code, str(result))
        return result

    def report(self, *args, **options):
        return self.run_image(*args, NAME, **options).json()

    def says(self, *args, text, code=0, **options):
        result = self.run_image(*args, code=code, **options)
        self.assertIn(text, result.out + result.err)
        return result

    def inside(self, *args, command, **options):
        """What a payload verb prints."""
        return self.run_image(*args, NAME, *command, **options).out

    def wrong(self, *args, text, **options):
        result = self.says(*args, text=text, code=125, **options)
        self.assert_released()
        return result

    def containers(self):
        place = self.store / "containers"
        return sorted(path.name for path in place.iterdir()) if place.exists() else []

    def assert_released(self):
        """No directory, nothing half-made, no lease, no state."""
        self.assertEqual(self.containers(), [])
        self.assertEqual([path.name for path in (self.store / "tmp").iterdir()] if (self.store / "tmp").exists() else [], [])
        leases = self.store / "leases"
        self.assertEqual([path.name for path in leases.iterdir()] if leases.exists() else [], [])
        self.assert_clean()

    def delete(self, id):
        return self.ok("delete", "--force", id, **self.options({}))

    def kill_while_it_fetches(self, registry):
        """The helper ends with the command, in a user namespace as well; what is left, prune takes."""
        publish(registry, self.made(execution=self.execution()))
        registry.on("/blobs/", lambda request: time.sleep(3))
        process = self.rt.popen(*self.words("--name", "box", f"{registry.address}/team/app:1"), **self.options({}))
        self.assertTrue(host.until(lambda: registry.asked("/blobs/")))
        process.kill()
        harness.wait_for(process)
        self.assertTrue(host.until(lambda: not helpers(), 2), helpers())
        self.assertEqual(self.prune().code, 0)
        self.assert_released()

    def prune(self):
        return self.rt(argv=[str(helper()), "--storage", str(self.store), "prune"], **self.options({}))


class Root(RunCase):
    def setUp(self):
        super().setUp()
        self.stored()

    def test_an_image_runs_and_leaves_nothing(self):
        report = self.report()
        self.assertIn("COLOUR=blue", report["env"])
        self.assertEqual(report["cwd"], "/srv/new")
        self.assert_released()

    def test_the_layers_are_one_tree_that_can_be_written_to(self):
        self.assertEqual(self.inside(command=["cat", "/srv/page"]).strip(), "hello")
        self.assertEqual(self.inside(command=["cat", "/low"]).strip(), "lower")
        self.assertNotIn("gone", self.inside(command=["ls", "/"]))
        self.run_image(NAME, "write", "/low", "upper")
        self.assertEqual(self.inside(command=["cat", "/low"]).strip(), "lower")

    def test_the_status_is_that_of_the_program(self):
        self.run_image(NAME, "exit", "7", code=7)
        self.assert_released()

    def test_a_program_that_is_missing_or_none_has_its_own_status(self):
        self.says("--entrypoint", "/no/such", NAME, text="/no/such", code=127)
        self.says("--entrypoint", "/etc/passwd", NAME, text="/etc/passwd", code=126)
        self.wrong("--no-such-option", NAME, text="unknown option")
        self.assert_released()

    def test_nothing_is_mounted_on_the_host(self):
        before = host.mounts()
        process = self.rt.popen(*self.words("--name", "box", NAME, "signals"), **self.options({}))
        out = pathlib.Path(f"{process.stem}.out")
        self.assertTrue(host.until(lambda: "ready" in out.read_text()))
        self.assertEqual(host.mounts(), before)
        self.assertIn("overlay", pathlib.Path(f"/proc/{self.state('box')['pid']}/mountinfo").read_text())
        process.send_signal(signal.SIGTERM)
        self.assertEqual(harness.wait_for(process), 0)
        self.assertEqual(self.containers(), ["box"])
        self.delete("box")
        self.assert_released()

    def test_a_layer_of_many(self):
        layers = [images.tar(self.files())] + [images.tar({f"file{i}": str(i)}) for i in range(119)]
        super().stored(images.Image(layers, self.execution()))
        self.assertEqual(self.inside(command=["cat", "/file0", "/file118"]), "0118")

    def test_an_image_without_layers_has_the_root_alone(self):
        super().stored(images.Image([], self.execution()))
        folder = self.folder / "bin"
        folder.mkdir()
        subprocess.run(["cp", harness.payload(), folder], check=True)
        self.assertIn("bin", self.inside("-v", f"{folder}:/bin", command=["ls", "/"]).split())

    def test_a_copy_where_there_shall_be_no_overlay(self):
        report = self.report("--rootfs-mode", "copy")
        self.assertNotIn(" - overlay ", "\n".join(report["mountinfo"]))
        self.assertEqual(self.inside("--rootfs-mode=copy", command=["cat", "/srv/page"]).strip(), "hello")
        self.assert_released()


class Words(RunCase):
    """Bundle or image: the words alone say it."""

    def setUp(self):
        super().setUp()
        self.stored()
        self.env["HOME"] = str(self.folder)

    def run_words(self, *args, **options):
        return self.rt("run", *args, **self.options(options))

    def test_a_bare_word_is_the_bundle_here_if_there_is_one(self):
        made = self.bundle("echo", "bundle")
        self.assertEqual(self.run_words("app", cwd=made.path).out, "bundle\n")
        result = self.run_words("app", cwd=self.folder, env={"HOME": "/no/such"})
        self.assertEqual(result.code, 125, str(result))
        self.assertIn("oci-rt-image", result.err)

    def test_what_only_bundles_have_makes_it_one(self):
        made = self.bundle("echo", "bundle")
        for words in (["--bundle", made.path, "box"], ["box", "--bundle", made.path], ["--pid-file", self.folder / "pid", "-b", made.path, "box"]):
            self.assertEqual(self.run_words(*words).out, "bundle\n", words)

    def test_a_reference_or_a_command_or_an_option_makes_it_an_image(self):
        made = self.bundle("echo", "bundle")
        for words in ([NAME, "echo", "x"], ["--rm", NAME, "echo", "x"]):
            self.assertEqual(self.run_words("--storage", self.store, *self.parent, *words, cwd=made.path).out, "x\n")
        self.assertEqual(self.run_words("app", "echo", cwd=made.path).code, 125)

    def test_help_tells_of_both(self):
        self.assertIn("--bundle", self.ok("run", "--help").out)
        self.assertIn("--entrypoint", self.ok("run", "-it", "--help").out)

    def test_without_the_helper_it_says_so(self):
        result = self.run_words(NAME, "true", env={"OCI_RT_LIBEXEC": str(self.folder)})
        self.assertEqual(result.code, 125)
        self.assertIn("oci-rt-image", result.err)


class Pulling(RunCase):
    def setUp(self):
        super().setUp()
        self.registry = FakeRegistry()
        self.addCleanup(self.registry.close)
        self.name = f"{self.registry.address}/team/app:1"
        self.publish()

    def publish(self, image=None):
        publish(self.registry, image or self.made(execution=self.execution()))

    def test_it_is_fetched_once(self):
        self.assertEqual(self.run_image("--progress", "json", self.name, "echo", "x").out, "x\n")
        before = len(self.registry.asked("/"))
        self.assertEqual(self.run_image(self.name, "echo", "y").out, "y\n")
        self.assertEqual(len(self.registry.asked("/")), before)
        self.assert_released()

    def test_progress_is_for_standard_error(self):
        result = self.run_image("--progress", "json", self.name, "echo", "x")
        states = [json.loads(line)["state"] for line in result.err.splitlines() if line.startswith("{")]
        self.assertIn("done", states)

    def test_the_policy(self):
        self.wrong("--pull", "never", self.name, text="--pull")
        self.run_image(self.name, "true")
        self.publish(images.Image([*self.layers(), images.tar({"newer": "yes"})], self.execution()))
        self.assertNotIn("newer", self.run_image("--pull=missing", self.name, "ls", "/").out)
        self.assertIn("newer", self.run_image("--pull=always", self.name, "ls", "/").out)
        self.wrong("--pull=sometimes", self.name, text="--pull")

    def test_killed_while_it_fetches(self):
        self.kill_while_it_fetches(self.registry)

    def test_an_image_that_is_not_there(self):
        self.wrong(f"{self.registry.address}/team/app:none", text="none")
        self.wrong("Bad/Reference", text="Bad/Reference")
        self.wrong("--platform", "plan9/mips", self.name, text="plan9")


class Killed(RunCase):
    seconds = 120

    def setUp(self):
        super().setUp()
        self.stored()

    def test_at_any_moment_nothing_stays_that_is_not_found(self):
        for delay in (0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2):
            with self.subTest(delay=delay):
                process = self.rt.popen(*self.words("--name", "box", NAME, "signals"), **self.options({}))
                time.sleep(delay)
                process.kill()
                harness.wait_for(process)
                self.assertTrue(host.until(lambda: not helpers(), 5))
                self.delete("box")
                self.assertEqual(self.prune().code, 0)
                self.assert_released()
        self.report()

    def test_a_container_outlives_its_command_and_prune(self):
        process = self.rt.popen(*self.words("--name", "box", NAME, "signals"), **self.options({}))
        out = pathlib.Path(f"{process.stem}.out")
        self.assertTrue(host.until(lambda: "ready" in out.read_text()))
        process.kill()
        harness.wait_for(process)
        self.good("rm", NAME)
        self.assertEqual(self.prune().code, 0)
        self.assertEqual(self.containers(), ["box"])
        self.assertEqual(self.ok("exec", "box", PAYLOAD, "cat", "/srv/page").out, "hello")
        self.delete("box")
        self.assertEqual(self.prune().code, 0)
        self.assert_released()
        self.assertEqual([path.name for path in (self.store / "layers").iterdir()], [])

    def test_a_failing_step_leaves_nothing(self):
        for words in (["-u", "nobody-there"], ["--entrypoint", "/no/such"], ["-v", "/no/such:/x"], ["--annotation", "=x"],
                      ["--security-opt", "apparmor=no-such-profile-here"] if os.path.exists("/sys/kernel/security/apparmor") else ["-w", "x"]):
            with self.subTest(words=words):
                result = self.rt(*self.words(*words, NAME), **self.options({}))
                self.assertIn(result.code, (125, 126, 127), str(result))
                self.assert_released()


class Overlay(RunCase):
    """`create --rootfs-overlay`: what a daemon uses."""

    def overlay(self, **changes):
        for name in ("low", "up", "work"):
            (self.folder / name).mkdir(exist_ok=True)
        (self.folder / "low/file").write_text("of below")
        (self.folder / "low/bin").mkdir(exist_ok=True)
        subprocess.run(["cp", harness.payload(), self.folder / "low/bin/payload"], check=True)
        file = self.folder / "overlay.json"
        file.write_text(json.dumps({"directory": str(self.folder), "lower": ["low"], "upper": "up", "work": "work", **changes}))
        return file

    def test_it_is_the_root(self):
        made = self.bundle("cat", "/file")
        self.assertEqual(self.ok("run", "--bundle", made.path, "--rootfs-overlay", self.overlay(), "box").out, "of below")
        made.args(PAYLOAD, "write", "/file", "OF ABOVE").write()
        self.ok("run", "--bundle", made.path, "--rootfs-overlay", self.overlay(volatile=True), "box")
        self.assertEqual((self.folder / "up/file").read_text(), "OF ABOVE")
        self.assertEqual((self.folder / "low/file").read_text(), "of below")

    def test_owners_are_mapped_for_a_user_namespace_of_roots_making(self):
        config = bundles.with_user_namespace(bundles.docker_config())
        made = self.bundle("stat", "/file", config=config)
        file = self.overlay()
        os.chown(self.folder / "up", 100000, 100000)
        result = self.rt("run", "--bundle", made.path, "--rootfs-overlay", file, "box")
        if "Linux 6.15" in result.err:
            self.skipTest("this kernel cannot map the owners of layers")
        self.assertEqual(result.code, 0, str(result))
        self.assertIn("uid 0 gid 0", result.out)
        made.args(PAYLOAD, "write", "/file", "mine").write()
        self.ok("run", "--bundle", made.path, "--rootfs-overlay", file, "box")
        self.assertEqual((self.folder / "up/file").stat().st_uid, 100000)
        self.assertEqual((self.folder / "low/file").read_text(), "of below")

    def test_what_is_wrong_with_it_is_said(self):
        made = self.bundle("true")
        for changes, text in (({"lower": []}, "layers"), ({"upper": "../up"}, "../up"), ({"work": "/work"}, "/work"), ({"lower": ["a:b"]}, "a:b"),
                              ({"strange": 1}, "/strange"), ({"directory": "here"}, "here"), ({"lower": ["none"]}, "no such file")):
            with self.subTest(changes=changes):
                self.bad("run", "--bundle", made.path, "--rootfs-overlay", self.overlay(**changes), "box", text=text)
                self.assert_clean()
        self.bad("create", "--bundle", made.path, "--rootfs-overlay", "/no/such", "box", text="--rootfs-overlay")


class User(RunCase, rootless.Case):
    """A plain user, in one command."""

    def setUp(self):
        rootless.Case.setUp(self)
        if helper() is None:
            self.skipTest("oci-rt-image is not built")
        self.store = self.folder / "store"
        self.env = {"HOME": str(self.folder), "PATH": os.environ["PATH"], "OCI_RT_LIBEXEC": str(helper().parent)}
        self.who = {"user": rootless.UID, "group": rootless.GID, "extra_groups": []}
        self.parent = []
        self.stored()

    def test_it_runs_with_all_ids(self):
        report = self.report("-u", "web")
        self.assertEqual(report["uids"][0], 33)
        self.assertIn(str(rootless.FIRST), report["uid_map"])
        self.assertEqual(self.inside(command=["cat", "/srv/page"]), "hello")
        self.assert_released()

    def test_files_of_other_ids_are_removed_as_well(self):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as archive:
            place = tarfile.TarInfo("webs")
            place.type, place.mode, place.uid, place.gid = tarfile.DIRTYPE, 0o700, 33, 34
            archive.addfile(place)
        self.store = self.folder / "other"
        self.stored(images.Image([*self.layers(), out.getvalue()], {**self.execution(), "Volumes": {"/webs": {}}}))
        self.run_image("--name", "box", "-u", "web", NAME, "write", "/webs/mine", "x")
        mine = self.store / "containers/box/volumes/0/mine"
        self.assertEqual(mine.stat().st_uid, rootless.FIRST + 32)
        self.run_image("--name", "box2", "-u", "web", "--tmpfs", "/other", "--rootfs-mode=copy", NAME, "write", "/webs/mine", "x")
        self.delete("box"), self.delete("box2")
        self.assert_released()

    def test_from_a_registry_in_one_command(self):
        registry = FakeRegistry()
        self.addCleanup(registry.close)
        publish(registry, self.made(execution=self.execution()))
        self.store = self.folder / "new"
        self.assertEqual(self.run_image(f"{registry.address}/team/app:1", "cat", "/srv/page").out, "hello")
        self.assertEqual(self.store.stat().st_uid, rootless.UID)
        self.assert_released()

    def test_killed_while_it_fetches(self):
        registry = FakeRegistry()
        self.addCleanup(registry.close)
        self.kill_while_it_fetches(registry)

    def test_detached(self):
        self.run_image("-d", "--name", "back", NAME, "signals")
        log = self.store / "containers/back/log"
        self.assertTrue(host.until(lambda: log.read_text().endswith(" stdout F ready\n")))
        self.delete("back")
        self.assert_released()

    def test_without_subordinate_ids_there_is_one(self):
        self.grant("")
        self.good_again()
        report = self.report()
        self.assertEqual(report["uid_map"].split(), ["0", str(rootless.UID), "1"])
        self.assert_released()

    def good_again(self):
        """Layers of another map are another store."""
        self.store = self.folder / "other"
        self.stored()

    def test_options(self):
        folder = self.folder / "shared"
        folder.mkdir(mode=0o777)
        os.chown(folder, rootless.UID, rootless.GID)
        self.run_image("-v", f"{folder}:/mnt", "--read-only", NAME, "write", "/mnt/new", "x")
        self.assertEqual((folder / "new").stat().st_uid, rootless.UID)
        report = self.report("--network=host", "-e", "A=b", "--cap-drop=all")
        self.assertEqual(report["namespaces"]["net"], os.readlink("/proc/self/ns/net"))
        self.assertEqual(report["status"]["CapBnd"].strip("0"), "")
        self.assertIn("rdev 1:7", self.inside("--device", "/dev/full:/dev/mine", command=["stat", "/dev/mine"]))
        self.assertEqual(self.inside("--rootfs-mode=copy", command=["cat", "/srv/page"]), "hello")
        privileged = self.report("--privileged", "--tmpfs", "/scratch", "--ulimit", "nofile=64:64")
        self.assertEqual((privileged["status"]["Seccomp"], privileged["rlimits"]["RLIMIT_NOFILE"]), ("0", [64, 64]))
        self.assertTrue(int(privileged["status"]["CapEff"], 16) >> 21 & 1)
        self.assert_released()
