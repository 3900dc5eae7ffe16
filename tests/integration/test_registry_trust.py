# SPDX-License-Identifier: Apache-2.0
"""Whom the client of registries shows what, whom it asks, and whom it believes."""

import json
import pathlib
import socket
import subprocess
import tempfile
import time
import unittest

import host
from fake_registry import FakeRegistry, TokenServer, digest_of
from registry_case import Case, basic, noise


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

    def test_a_token_server_in_trouble_is_asked_again(self):
        self.tokens.on(".", lambda r: r.error(503), times=2)
        self.tokens.guard(self.registry)
        self.pull(b"layer")
        self.assertEqual(len(self.tokens.seen), 3)

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

    def test_connections_are_kept(self):
        self.secure()
        self.trust()
        layers = [noise(1000, seed) for seed in range(30)]
        self.registry.image(*layers)
        self.pull(*layers)
        # One for what looks for plain HTTP, and six at a time.
        self.assertLessEqual(self.registry.connections, 8)

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
