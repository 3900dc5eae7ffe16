# SPDX-License-Identifier: Apache-2.0
"""The client of registries against one on the loopback that does all that registries do: images and blobs."""

import json
import random
import signal
import socket
import subprocess
import time

from fake_registry import INDEX, MANIFEST, FakeRegistry, descriptor, digest_of, range_of, send_blob, send_part
from registry_case import Case, basic, noise

AMD64, ARM64 = {"os": "linux", "architecture": "amd64"}, {"os": "linux", "architecture": "arm64"}


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
        self.refused("registry-failure", verb="resolve", text="larger than")

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

    def test_headers_without_end_are_cut_short(self):
        def flood(request):
            request.wfile.write(b"HTTP/1.1 200 OK\r\n")
            try:
                for _ in range(2000):
                    request.wfile.write(b"X: " + b"x" * 1000 + b"\r\n")
            except OSError:
                pass
            return request.cut()

        self.registry.on("manifests", flood)
        self.refused("registry-failure", text="too many headers")

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
