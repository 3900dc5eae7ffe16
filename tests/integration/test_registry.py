# SPDX-License-Identifier: Apache-2.0
"""The client of registries against one on the loopback that does all that registries do."""

import base64
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import host
from fake_registry import (CONFIG, INDEX, LAYER, MANIFEST, FakeRegistry, TokenServer, digest_of, descriptor, range_of,
                           send_blob, send_part)

TOOL = pathlib.Path(os.environ.get("OCI_RT_REGISTRY_TOOL") or
                    pathlib.Path(os.environ.get("OCI_RT_PAYLOAD", "")).parent / "registry-tool")
AMD64, ARM64 = {"os": "linux", "architecture": "amd64"}, {"os": "linux", "architecture": "arm64"}


def noise(size, seed=1):
    return random.Random(seed).randbytes(size)


def basic(user):
    return "Basic " + base64.b64encode(user.encode()).decode()


@unittest.skipUnless(TOOL.is_file(), "the client of registries is not built")
class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="oci-rt-registry-"))
        self.addCleanup(subprocess.run, ["rm", "-rf", self.folder])
        (self.folder / "out").mkdir()
        self.registry = self.start(FakeRegistry)
        signal.signal(signal.SIGALRM, self.too_slow)
        signal.alarm(60)
        self.addCleanup(signal.alarm, 0)

    def too_slow(self, *_):
        raise TimeoutError("the test took too long")

    def start(self, kind, **options):
        server = kind(**options)
        self.addCleanup(server.close)
        return server

    def command(self, verb, name, *options):
        name = name if "/" in name else f"{self.registry.address}/team/app{name}"
        return [TOOL, "--home", self.folder, "--certs", self.folder / "certs.d", "--out", self.folder / "out",
                "--first-delay", "20", "--platform", "linux/amd64", *options, verb, name]

    def run_tool(self, verb, name, *options, code=0, env=None):
        environment = {**{k: v for k, v in os.environ.items() if "proxy" not in k.lower()}, **(env or {})}
        done = subprocess.run([str(word) for word in self.command(verb, name, *options)], capture_output=True,
                              text=True, timeout=50, env=environment)
        self.assertEqual(done.returncode, code, f"{done.stdout}\n{done.stderr}")
        return json.loads(done.stdout)

    def resolve(self, name=":latest", *options, **how):
        return self.run_tool("resolve", name, *options, **how)

    def pull(self, *layers, options=(), name=":latest"):
        result = self.run_tool("pull", name, *options)
        for layer in layers:
            self.assertEqual((self.folder / "out" / digest_of(layer)[7:]).read_bytes(), layer)
        return result

    def refused(self, code, name=":latest", *options, verb="pull", text=None):
        error = self.run_tool(verb, name, *options, code=1)["error"]
        self.assertEqual(error["code"], code, error)
        if text is not None:
            self.assertIn(text, error["message"] + "; " + error["hint"])
        for secret in ("secret", base64.b64encode(b"me:secret").decode()):
            self.assertNotIn(secret, json.dumps(error))
        return error

    def log_in(self, place, user="me:secret", **more):
        entry = {"auth": base64.b64encode(user.encode()).decode(), **more}
        path = self.folder / ".config" / "containers" / "auth.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"auths": {place: entry}}))

    def configure(self, *registries):
        path = self.folder / "registries.json"
        path.write_text(json.dumps({"registries": registries}))
        return ("--config", path)


class Images(Case):
    def test_an_image_is_a_manifest_a_configuration_and_layers(self):
        layers = [noise(300_000, 1), noise(5, 2), b""]
        made = self.registry.image(*layers)
        result = self.pull(*layers)
        self.assertEqual([one["digest"] for one in result["documents"]], [made["digest"]])
        self.assertEqual(result["platform"], "linux/amd64")
        accept = self.registry.asked("manifests")[0].headers["Accept"]
        for word in ("oci.image.index", "oci.image.manifest", "docker.distribution.manifest.list", "manifest.v2"):
            self.assertIn(word, accept)

    def test_an_index_leads_to_the_platform_asked_for(self):
        ours = self.registry.image(b"amd", tag="a")
        theirs = self.registry.image(b"arm", tag="b", architecture="arm64")
        attestation = descriptor(MANIFEST, b"{}", platform={"os": "unknown", "architecture": "unknown"})
        self.registry.index(attestation, {**theirs, "platform": ARM64}, {**ours, "platform": AMD64})
        self.pull(b"amd")
        result = self.resolve(":latest", "--platform", "linux/arm64")
        self.assertEqual([one["digest"] for one in result["documents"]][1], theirs["digest"])
        self.assertEqual(result["platform"], "linux/arm64/v8" if "v8" in result["platform"] else "linux/arm64")
        error = self.run_tool("resolve", ":latest", "--platform", "linux/s390x", code=1)["error"]
        self.assertIn("linux/amd64", error["message"])

    def test_indexes_are_nested_two_deep_and_no_more(self):
        entry = {**self.registry.image(b"x", tag="a"), "platform": AMD64}
        inner = self.registry.index(entry, tag="b")
        outer = self.registry.index(inner)
        self.assertEqual(len(self.resolve()["documents"]), 3)
        self.registry.index(outer)
        self.assertIn("nested", self.run_tool("resolve", ":latest", code=1)["error"]["message"])

    def test_an_image_by_digest_is_that(self):
        made = self.registry.image(b"x", tag="t")
        self.resolve("@" + made["digest"])
        kind, content = self.registry.manifests[made["digest"]]
        self.registry.manifests[made["digest"]] = (kind, content + b" ")
        self.refused("content-mismatch", "@" + made["digest"], verb="resolve")

    def test_what_could_be_two_things_is_refused(self):
        entry = self.registry.image(b"x")
        kind, content = self.registry.manifests["latest"]
        both = {**json.loads(content), "manifests": [entry]}
        self.registry.manifest(both, MANIFEST, "latest")
        self.refused("", verb="resolve", text="/manifests")
        self.registry.manifests["latest"] = (INDEX, content)
        self.refused("", verb="resolve", text="/mediaType")

    def test_a_huge_manifest_is_not_read_to_its_end(self):
        def flood(request):
            request.send_response(200)
            request.send_header("Content-Type", MANIFEST)
            request.send_header("Transfer-Encoding", "chunked")
            request.end_headers()
            try:
                for _ in range(200):
                    request.wfile.write(b"100000\r\n" + b" " * 0x100000 + b"\r\n")
            except OSError:
                pass
            return request.cut()

        self.registry.on("manifests", flood)
        self.refused("", verb="resolve", text="larger than")

    def test_a_hundred_and_twenty_layers_come_six_at_a_time(self):
        layers = [noise(2000, seed) for seed in range(120)]
        self.registry.image(*layers)
        self.registry.on("blobs", lambda request: time.sleep(0.02))
        self.pull(*layers)
        self.assertLessEqual(self.registry.busiest, 6)
        self.assertGreaterEqual(self.registry.busiest, 4)


class Errors(Case):
    def test_what_is_not_there_is_not_found(self):
        error = self.refused("image-not-found", ":nosuch", text="MANIFEST_UNKNOWN: manifest unknown")
        self.assertIn("team/app:nosuch", error["message"])

    def test_a_registry_that_is_not_there_is_known_at_once(self):
        begin = time.monotonic()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.refused("registry-unreachable", f"127.0.0.1:{free.getsockname()[1]}/x")
        self.refused("registry-unreachable", "registry.invalid/x")
        self.assertLess(time.monotonic() - begin, 20)

    def test_who_is_asked_too_much_says_when_to_come_back(self):
        self.registry.image(b"x")
        self.registry.on("manifests", lambda r: r.error(429, "TOOMANYREQUESTS", Retry_After=1), times=1)
        begin = time.monotonic()
        self.pull(b"x")
        self.assertGreater(time.monotonic() - begin, 1)

    def test_five_tries_are_enough(self):
        self.registry.image(b"x")
        self.registry.on("manifests", lambda r: r.error(429, "TOOMANYREQUESTS", "slow \x1b[31mdown"))
        error = self.refused("registry-busy", text="TOOMANYREQUESTS")
        self.assertEqual(len(self.registry.asked("manifests")), 5)
        self.assertNotIn("\x1b", error["message"])

    def test_a_server_in_trouble_is_asked_again(self):
        self.registry.image(b"x")
        self.registry.on("manifests", lambda r: r.error(503), times=3)
        self.registry.on("blobs", lambda r: r.error(500), times=3)
        self.registry.on("blobs", lambda r: r.cut(), times=1)
        self.pull(b"x")

    def test_an_error_without_end_is_cut_short(self):
        def flood(request):
            request.send_response(404)
            request.end_headers()
            try:
                for _ in range(100):
                    request.wfile.write(b"x" * 0x100000)
            except OSError:
                pass
            return request.cut()

        self.registry.on("manifests", flood)
        self.refused("image-not-found")


class Blobs(Case):
    def setUp(self):
        super().setUp()
        self.layer = noise(3_000_000)
        self.registry.image(self.layer)
        self.path = digest_of(self.layer)
        self.part = self.folder / "out" / self.path[7:]

    def test_ten_cuts_cost_nothing_twice(self):
        # Cut at rising places, so that each try brings something.
        places = sorted(random.Random(7).sample(range(1, len(self.layer)), 10))
        cuts = [after - before for before, after in zip([0, *places], places)]
        self.registry.on(self.path, lambda r: send_part(r, self.layer, cuts.pop(0)) if cuts else None)
        result = self.pull(self.layer)
        self.assertGreaterEqual(result["layers"][0]["retries"], 10)
        starts = [int(seen.headers["Range"][6:-1]) for seen in self.registry.asked(self.path)[1:]]
        self.assertEqual(starts, places)
        self.assertEqual(result["layers"][0]["restarts"], 0)

    def test_what_an_earlier_pull_left_is_gone_on_with(self):
        self.part.write_bytes(self.layer[:1_000_000])
        self.pull(self.layer)
        self.assertEqual(self.registry.asked(self.path)[0].headers["Range"], "bytes=1000000-")

    def test_what_is_there_in_whole_is_not_asked_for(self):
        self.part.write_bytes(self.layer)
        self.pull(self.layer)
        self.assertEqual(self.registry.asked(self.path), [])

    def test_a_part_that_was_wrong_is_fetched_anew(self):
        self.part.write_bytes(b"x" * 1000)
        result = self.pull(self.layer)
        self.assertEqual(result["layers"][0]["restarts"], 1)

    def test_a_part_that_is_too_long_is_fetched_anew(self):
        self.part.write_bytes(self.layer + b"x")
        self.pull(self.layer)

    def test_who_knows_no_ranges_sends_all(self):
        self.part.write_bytes(b"x" * 1000)
        self.registry.on(self.path, lambda r: r.answer(200, self.layer))
        self.pull(self.layer)

    def test_a_registry_may_lie_about_ranges(self):
        for said in ("bytes 0-2999999/3000000", "bytes 999-2999999/3000000", "bytes 1000-1999/3000000",
                     "bytes 1000-2999999/4000000", "nonsense", None):
            with self.subTest(said):
                self.part.write_bytes(self.layer[:1000])
                self.registry.rules.clear()
                self.registry.on(self.path, lambda r: r.answer(206, self.layer[1000:], Content_Range=said)
                                 if range_of(r) else None)
                self.assertEqual(self.pull(self.layer)["layers"][0]["restarts"], 1)

    def test_a_range_that_cannot_be_had_is_not_asked_for_again(self):
        self.part.write_bytes(self.layer[:1000])
        self.registry.on(self.path, lambda r: r.error(416) if range_of(r) else None)
        self.pull(self.layer)

    def test_a_range_nobody_asked_for_is_refused(self):
        self.registry.on(self.path, lambda r: r.answer(206, self.layer, Content_Range="bytes 0-2999999/3000000"))
        self.refused("content-mismatch")

    def test_wrong_bytes_are_refused(self):
        wrong = noise(len(self.layer), 2)
        self.registry.on(self.path, lambda r: send_blob(r, wrong))
        self.refused("content-mismatch")
        self.assertEqual(len(self.registry.asked(self.path)), 2)

    def test_more_and_fewer_bytes_are_refused(self):
        for wrong in (self.layer + b"x", self.layer[:-1], b""):
            with self.subTest(size=len(wrong)):
                self.registry.rules.clear()
                self.registry.on(self.path, lambda r: send_blob(r, wrong))
                self.refused("content-mismatch")

    def test_more_bytes_without_a_length_are_refused(self):
        def flood(request):
            request.send_response(200)
            request.send_header("Connection", "close")
            request.end_headers()
            try:
                for _ in range(100):
                    request.wfile.write(self.layer)
            except OSError:
                pass
            return request.cut()

        self.registry.on(self.path, flood)
        self.refused("content-mismatch")
        self.assertLessEqual(self.part.stat().st_size, len(self.layer))

    def test_who_trickles_is_left(self):
        def trickle(request):
            request.send_response(200)
            request.send_header("Content-Length", str(len(self.layer)))
            request.end_headers()
            try:
                for byte in self.layer[:100]:
                    request.wfile.write(bytes([byte]))
                    time.sleep(0.1)
            except OSError:
                pass
            return request.cut()

        self.registry.on(self.path, trickle, times=1)
        result = self.pull(self.layer, options=("--stalled", "1"))
        self.assertEqual(result["layers"][0]["retries"], 1)

    def test_an_interrupt_ends_it_and_keeps_what_came(self):
        def stall(request):
            send = self.layer[:1_000_000]
            request.send_response(200)
            request.send_header("Content-Length", str(len(self.layer)))
            request.end_headers()
            request.wfile.write(send)
            time.sleep(3)
            return request.cut()

        self.registry.on(self.path, stall, times=1)
        words = [str(word) for word in self.command("pull", ":latest")]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
            end = time.monotonic() + 10
            while time.monotonic() < end and not (self.part.exists() and self.part.stat().st_size == 1_000_000):
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            begin = time.monotonic()
            output = process.communicate(timeout=10)[0]
        self.assertLess(time.monotonic() - begin, 2)
        self.assertEqual(json.loads(output)["error"]["code"], "cancelled")
        self.pull(self.layer)
        self.assertEqual(self.registry.asked(self.path)[-1].headers["Range"], "bytes=1000000-")


class Redirects(Case):
    def setUp(self):
        super().setUp()
        self.registry.image(b"layer")
        self.other = self.start(FakeRegistry)
        self.other.blobs = self.registry.blobs

    def to(self, place):
        self.registry.on("blobs", lambda r: r.answer(307, Location=place(r)))

    def test_what_is_shown_to_the_registry_is_not_shown_elsewhere(self):
        self.log_in(self.registry.address)
        self.registry.on("^/v2/.", lambda r: None if r.headers.get("Authorization") == basic("me:secret") else
                         r.error(401, WWW_Authenticate='Basic realm="x"'))
        self.to(lambda r: f"http://{self.other.address}{r.path}?signature=1")
        self.pull(b"layer")
        self.assertEqual(len(self.other.asked("signature=1")), 2)
        for seen in self.other.seen:
            self.assertNotIn("Authorization", seen.headers)
            self.assertNotIn("Cookie", seen.headers)

    def test_on_the_same_host_it_is_shown_on(self):
        self.registry.on("^/v2/team/app/blobs", lambda r: r.answer(302, Location=r.path.replace("team/app", "else")))
        self.registry.on("/v2/.", lambda r: None if r.headers.get("Authorization") else
                         r.error(401, WWW_Authenticate='Basic realm="x"'))
        self.pull(b"layer", options=("--user", "me:secret"))

    def test_a_redirect_goes_on_with_the_range(self):
        layer = noise(100_000)
        self.registry.image(layer)
        (self.folder / "out" / digest_of(layer)[7:]).write_bytes(layer[:70_000])
        self.to(lambda r: f"http://{self.other.address}{r.path}")
        self.pull(layer)
        self.assertEqual(self.other.asked(digest_of(layer))[0].headers["Range"], "bytes=70000-")

    def test_nobody_logs_in_to_where_a_redirect_leads(self):
        self.log_in(self.registry.address)
        self.other.on(".", lambda r: r.error(401, WWW_Authenticate='Basic realm="x"'))
        self.to(lambda r: f"http://{self.other.address}{r.path}")
        self.refused("registry-failure")
        self.assertTrue(all("Authorization" not in seen.headers for seen in self.other.seen))

    def test_five_redirects_are_followed(self):
        def count(most):
            def place(request):
                hop = int(request.path.partition("?")[2] or 0) + 1
                return request.path.partition("?")[0] + f"?{hop}" if hop <= most else \
                    f"http://{self.other.address}{request.path.partition('?')[0]}"
            return place

        self.to(count(4))
        self.pull(b"layer")
        self.registry.rules.clear()
        self.to(count(5))
        self.refused("registry-failure", text="more than 5")

    def test_a_redirect_leads_to_http_and_nowhere_else(self):
        for place in ("file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1:1/", "http://me:secret@127.0.0.1/",
                      "//", "http://[::1"):
            with self.subTest(place):
                self.registry.rules.clear()
                self.to(lambda r: place)
                self.refused("registry-failure")
        self.registry.rules.clear()
        self.registry.on("blobs", lambda r: r.answer(307))
        self.refused("registry-failure", text="nowhere")

    def test_plain_http_beyond_the_loopback_must_be_allowed(self):
        self.to(lambda r: f"http://192.0.2.1{r.path}")
        self.refused("registry-tls")


class Tokens(Case):
    def setUp(self):
        super().setUp()
        self.registry.image(b"layer")
        self.tokens = self.start(TokenServer)

    def test_a_token_is_fetched_for_what_is_wanted(self):
        self.tokens.guard(self.registry)
        self.pull(b"layer")
        self.assertEqual(len(self.tokens.seen), 1)
        self.assertEqual(self.tokens.seen[0].path,
                         "/token?service=the%20service&scope=repository%3Ateam%2Fapp%3Apull")
        self.assertNotIn("Authorization", self.tokens.seen[0].headers)

    def test_who_is_logged_in_says_so_to_the_token_server_alone(self):
        self.log_in(self.registry.address + "/team")
        self.tokens.users = {basic("me:secret")}
        self.tokens.guard(self.registry)
        self.pull(b"layer")
        self.assertTrue(all(seen.headers.get("Authorization", "Bearer").startswith("Bearer")
                            for seen in self.registry.seen))

    def test_a_wrong_password_is_said_and_not_shown(self):
        self.log_in(self.registry.address, "me:secret")
        self.tokens.users = {basic("me:other")}
        self.tokens.guard(self.registry)
        error = self.refused("registry-unauthorized", text="podman login")
        self.assertIn("auth.json", error["message"])
        self.assertEqual(len(self.tokens.seen), 1)

    def test_a_token_that_does_not_help_is_not_fetched_for_ever(self):
        self.tokens.guard(self.registry, is_good=lambda token: False)
        self.refused("registry-unauthorized")
        self.assertLessEqual(len(self.tokens.seen), 2)

    def test_a_token_that_ran_out_is_fetched_again(self):
        layers = [noise(1000, seed) for seed in range(12)]
        self.registry.image(*layers)
        used = {}

        def is_fresh(token):
            used[token] = used.get(token, 0) + 1
            return used[token] <= 5

        self.tokens.guard(self.registry, is_good=is_fresh)
        self.pull(*layers)
        self.assertGreater(self.tokens.count, 1)

    def test_a_token_is_not_used_beyond_its_time(self):
        self.tokens.lifetime = 1
        self.tokens.guard(self.registry)
        self.registry.on("blobs", lambda r: time.sleep(1.2), times=1)
        self.pull(b"layer")
        self.assertEqual(self.tokens.count, 2)
        self.assertEqual(self.registry.asked("blobs")[-1].headers["Authorization"], "Bearer t2")

    def test_an_identity_token_is_exchanged(self):
        self.log_in(self.registry.address, ":", identitytoken="refresh")
        self.tokens.refresh = "refresh"
        self.tokens.guard(self.registry)
        self.pull(b"layer")
        self.assertEqual(self.tokens.seen[0].method, "POST")
        self.assertIn("grant_type=refresh_token", self.tokens.seen[0].body)
        self.assertIn("scope=repository%3Ateam%2Fapp%3Apull", self.tokens.seen[0].body)

    def test_a_helper_knows_the_password(self):
        helper = self.folder / "docker-credential-test"
        helper.write_text("#!/bin/sh\nread server\necho \"{\\\"Username\\\": \\\"$server\\\", \\\"Secret\\\": \\\"p\\\"}\"\n")
        helper.chmod(0o755)
        docker = self.folder / ".docker" / "config.json"
        docker.parent.mkdir()
        docker.write_text(json.dumps({"credHelpers": {self.registry.address: "test"}}))
        self.tokens.users = {basic(f"{self.registry.address}:p")}
        self.tokens.guard(self.registry)
        self.pull(b"layer", options=("--path", f"{self.folder}:/usr/bin:/bin"))

    def test_a_token_server_may_say_nonsense(self):
        for body in (b"secret", b'{"token": "a\\r\\nX: secret"}', b"{}", b"[" * 1000, b"x" * 3_000_000):
            with self.subTest(body[:20]):
                self.tokens.rules.clear()
                self.tokens.on(".", lambda r: r.answer(200, body))
                self.registry.rules.clear()
                self.tokens.guard(self.registry)
                error = self.run_tool("pull", ":latest", code=1)["error"]
                self.assertNotIn("secret", error["message"])

    def test_a_challenge_may_be_nonsense(self):
        for said in ("", "Bearer", "Bearer realm=", 'Bearer realm="file:///etc/passwd"', 'Bearer realm="\x01"',
                     "Digest realm=x", 'Bearer realm="http://192.0.2.1/token"'):
            with self.subTest(said):
                self.registry.rules.clear()
                self.registry.on("manifests", lambda r: r.error(401, WWW_Authenticate=said))
                error = self.run_tool("pull", ":latest", code=1)["error"]
                self.assertIn(error["code"], ("registry-unauthorized", "registry-failure", "registry-tls"))


class Names(Case):
    """With names of our own for the loopback."""

    def setUp(self):
        super().setUp()
        names = self.folder / "hosts"
        names.write_text("127.0.0.1 localhost registry.one.test auth.one.test auth.other.test mirror.test\n")
        host.mount(names, "/etc/hosts", None, host.MS_BIND)
        self.addCleanup(host.unmount, "/etc/hosts")
        self.registry.image(b"layer")
        self.name = f"registry.one.test:{self.registry.port}"

    def insecure(self, *servers):
        return [word for server in servers for word in ("--insecure", server)]

    def hijack(self, realm_host):
        tokens = self.start(TokenServer)
        tokens.address = f"{realm_host}:{tokens.port}"
        tokens.guard(self.registry)
        return tokens, self.insecure(self.name, tokens.address)

    def test_plain_http_is_for_the_loopback_or_those_marked(self):
        self.refused("registry-tls", f"{self.name}/team/app", verb="resolve")
        self.pull(b"layer", name=f"{self.name}/team/app", options=self.insecure(self.name))

    def test_credentials_are_not_shown_to_another_domain(self):
        self.log_in(self.name)
        tokens, options = self.hijack("auth.other.test")
        self.refused("registry-unauthorized", f"{self.name}/team/app", *options, text="auth.other.test")
        self.assertEqual(tokens.seen, [])

    def test_credentials_are_shown_to_the_own_domain_or_one_that_is_named(self):
        self.log_in(self.name)
        tokens, options = self.hijack("auth.one.test")
        self.pull(b"layer", name=f"{self.name}/team/app", options=options)
        self.assertEqual(tokens.seen[0].headers["Authorization"], basic("me:secret"))
        self.registry.rules.clear()
        tokens, options = self.hijack("auth.other.test")
        named = self.configure({"prefix": self.name, "tokenHosts": [tokens.address]})
        self.pull(b"layer", name=f"{self.name}/team/app", options=[*options, *named])

    def test_without_credentials_a_token_comes_from_anywhere(self):
        tokens, options = self.hijack("auth.other.test")
        self.pull(b"layer", name=f"{self.name}/team/app", options=options)
        self.assertNotIn("Authorization", tokens.seen[0].headers)

    def test_only_the_public_is_reached_where_that_is_wanted(self):
        public = ("--reach", "public", *self.insecure(self.name))
        self.refused("registry-forbidden", f"{self.name}/team/app", *public)
        self.refused("registry-forbidden", ":latest", "--reach", "public")
        self.assertEqual(self.registry.seen, [])
        allowed = (*public, "--allow", self.name)
        self.pull(b"layer", name=f"{self.name}/team/app", options=allowed)
        (self.folder / "out" / digest_of(b"layer")[7:]).unlink()
        other = self.start(FakeRegistry)
        other.blobs = self.registry.blobs
        self.registry.on("blobs", lambda r: r.answer(307, Location=f"http://{other.address}{r.path}"))
        self.refused("registry-forbidden", f"{self.name}/team/app", *allowed)
        self.assertEqual(other.seen, [])

    def test_a_proxy_does_not_lead_around_that(self):
        done = self.run_tool("pull", f"{self.name}/team/app", "--reach", "public", *self.insecure(self.name), code=1,
                             env={"http_proxy": f"http://{self.registry.address}", "all_proxy": self.registry.address})
        self.assertEqual(done["error"]["code"], "registry-forbidden")
        self.assertEqual(self.registry.seen, [])

    def test_a_proxy_of_the_environment_is_used(self):
        options = self.insecure("elsewhere.test")
        self.registry.on("^http://", lambda r: setattr(r, "path", r.path.removeprefix("http://elsewhere.test")))
        self.run_tool("pull", "elsewhere.test/team/app", *options,
                      env={"http_proxy": f"http://{self.registry.address}", "https_proxy": "http://127.0.0.1:1"})


class Mirrors(Case):
    def setUp(self):
        super().setUp()
        self.mirror = self.start(FakeRegistry)
        self.registry.image(b"layer")
        self.mirror.image(b"layer")

    def mirrored(self, **more):
        return self.configure({"prefix": self.registry.address,
                               "mirrors": [{"location": f"{self.mirror.address}/copy", **more}]})

    def test_a_mirror_is_asked_first(self):
        self.pull(b"layer", options=self.mirrored())
        self.assertEqual(self.registry.seen, [])
        self.assertTrue(self.mirror.asked("^/v2/copy/team/app/manifests/latest$"))

    def test_what_a_mirror_has_not_the_registry_has(self):
        self.mirror.blobs.clear()
        self.mirror.on("manifests", lambda r: r.error(500))
        self.pull(b"layer", options=self.mirrored())
        self.assertTrue(self.registry.asked("blobs"))

    def test_a_mirror_that_is_down_is_passed_over(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            location = f"127.0.0.1:{free.getsockname()[1]}"
            self.pull(b"layer", options=self.configure({"prefix": self.registry.address,
                                                        "mirrors": [{"location": location}]}))

    def test_wrong_bytes_of_a_mirror_do_no_harm(self):
        self.mirror.on(digest_of(b"layer"), lambda r: r.answer(200, b"LAYER"))
        self.pull(b"layer", options=self.mirrored())

    def test_a_mirror_for_digests_is_not_asked_for_tags(self):
        self.pull(b"layer", options=self.mirrored(pullFromMirror="digest-only"))
        self.assertTrue(self.registry.asked("manifests/latest"))
        self.assertEqual(self.mirror.asked("manifests/latest"), [])
        self.assertTrue(self.mirror.asked("blobs"))

    def test_a_mirror_sees_no_credentials_of_the_registry(self):
        self.log_in(self.registry.address)
        self.mirror.on("^/v2/.", lambda r: r.error(401, WWW_Authenticate='Basic realm="x"'))
        for options in ((), ("--user", "me:secret")):
            self.pull(b"layer", options=(*self.mirrored(), *options))
        self.assertTrue(self.mirror.seen)
        self.assertTrue(all("Authorization" not in seen.headers for seen in self.mirror.seen))

    def test_the_last_error_tells_of_those_before(self):
        self.mirror.manifests.clear()
        self.registry.manifests.clear()
        error = self.refused("image-not-found", ":latest", *self.mirrored())
        self.assertIn(self.mirror.address, error["message"])
        self.assertIn(self.registry.address, error["message"])

    def test_what_is_blocked_is_not_asked(self):
        self.refused("registry-forbidden", ":latest",
                     *self.configure({"prefix": f"{self.registry.address}/team", "blocked": True}))
        self.assertEqual(self.registry.seen, [])


class Certificates(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keys = pathlib.Path(tempfile.mkdtemp(prefix="oci-rt-registry-keys-"))
        cls.addClassCleanup(subprocess.run, ["rm", "-rf", cls.keys])
        openssl = lambda *words: subprocess.run(["openssl", *words], cwd=cls.keys, check=True, capture_output=True)
        try:
            openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt",
                    "-subj", "/CN=our own authority", "-days", "2")
        except FileNotFoundError:
            raise unittest.SkipTest("there is no openssl") from None
        for name, subject in (("good", "IP:127.0.0.1"), ("other", "DNS:other.test")):
            (cls.keys / f"{name}.ext").write_text(f"subjectAltName={subject}\n")
            openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
                    "-subj", "/CN=registry")
            openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
                    "-out", f"{name}.crt", "-days", "2", "-extfile", f"{name}.ext")

    def secure(self, name="good"):
        self.registry = self.start(FakeRegistry, certificate=(self.keys / f"{name}.crt", self.keys / f"{name}.key"))
        self.registry.image(b"layer")
        return self.registry

    def trust(self):
        place = self.folder / "certs.d" / self.registry.address
        place.mkdir(parents=True)
        (place / "ca.crt").write_bytes((self.keys / "ca.crt").read_bytes())

    def test_an_unknown_authority_is_not_trusted(self):
        self.secure()
        self.refused("registry-tls", text="certs.d/" + self.registry.address)
        self.assertEqual(self.registry.seen, [])

    def test_an_authority_in_the_directory_of_the_host_is(self):
        self.secure()
        self.trust()
        self.pull(b"layer")

    def test_an_authority_in_the_configuration_is(self):
        self.secure()
        self.pull(b"layer", options=self.configure({"prefix": self.registry.address,
                                                    "caFile": str(self.keys / "ca.crt")}))
        self.refused("", ":latest", *self.configure({"prefix": self.registry.address, "caFile": "/nonexistent"}),
                     text="/nonexistent")

    def test_a_certificate_of_another_name_is_not(self):
        self.secure("other")
        self.trust()
        self.refused("registry-tls")

    def test_an_insecure_registry_is_not_asked_who_it_is(self):
        self.secure("other")
        self.pull(b"layer", options=("--insecure", self.registry.address))

    def test_nothing_leads_from_https_to_http(self):
        plain = self.registry
        plain.image(b"layer")
        self.secure()
        self.trust()
        self.registry.on("blobs", lambda r: r.answer(307, Location=f"http://{plain.address}{r.path}"))
        self.refused("registry-failure", text="leaves https")
        self.assertEqual(plain.seen, [])


if __name__ == "__main__":
    unittest.main()
