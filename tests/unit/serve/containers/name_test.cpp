// SPDX-License-Identifier: Apache-2.0
#include "serve/containers/name.hpp"

#include "serve/containers/sha256.hpp"
#include "support/catch.hpp"

using namespace oci::serve;

TEST_CASE("a name is a repository and a tag") {
    CHECK(parse_name("alpine")->text() == "alpine:latest");
    CHECK(parse_name("alpine:3.19")->tag == "3.19");
    CHECK(parse_name("library/alpine")->name == "library/alpine");
    for (const char* good : {"a", "a.b", "a_b", "a__b", "a---b", "0/1:_", "a:B-.c"})
        CHECK(parse_name(good));
    for (const char* bad : {"", "A", "-a", "a-", "a..b", "a___b", "a.-b", "a/", "/a", "a//b", "..",
                            "a:", ":a", "a:.b", "a:b:c", "a@b", "a b", "a\n", "a%2f"})
        CHECK_FALSE(parse_name(bad));
    CHECK_FALSE(parse_name(std::string(256, 'a')));
    CHECK_FALSE(parse_name("a:" + std::string(129, 'a')));
}

TEST_CASE("an id is fit for every runtime, and another one for each name") {
    const std::string id = runtime_id(*parse_name("library/alpine:3.19"));
    CHECK(id.substr(0, id.size() - 8) == "library_alpine_3.19-");
    CHECK(runtime_id(*parse_name("a/b")) != runtime_id(*parse_name("a_b")));
    CHECK(runtime_id(*parse_name("a")) == runtime_id(*parse_name("a:latest")));
    CHECK(runtime_id(*parse_name(std::string(200, 'a'))).size() == 49);
}

TEST_CASE("who names no image means the one that is called like the container") {
    CHECK(image_of(*parse_name("alpine")) == "docker.io/library/alpine:latest");
    CHECK(image_of(*parse_name("grafana/loki:2")) == "docker.io/grafana/loki:2");
    CHECK(image_of(*parse_name("quay.io/a/b:1")) == "quay.io/a/b:1");
    CHECK(image_of(*parse_name("localhost/a")) == "localhost/a:latest");
}

TEST_CASE("a reference can be taken for no option, path or other host") {
    const std::string digest = "@sha256:" + std::string(64, 'a');
    for (const std::string& good :
         {std::string{"a"}, std::string{"a:1"}, "a" + digest, "a:1" + digest,
          std::string{"h.example:5000/a/b:1"}, std::string{"localhost/a"}})
        CHECK(is_image_reference(good));
    for (const char* bad :
         {"", "-a", "--help", "/a", "./a", "../a", "a//b", "A", "http://a/b", "u@h/a", "a:b:c",
          "h.example:port/a", "-h.example/a", "a@sha256:aa", "a b", "a\n", "h..example/a"})
        CHECK_FALSE(is_image_reference(bad));
}

TEST_CASE("SHA-256 is that of FIPS 180") {
    CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(sha256_hex(std::string(1000, 'a')) ==
          "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3");
}
