// SPDX-License-Identifier: Apache-2.0
#include "image/reference.hpp"

#include "support/catch.hpp"

using namespace oci;
using image::parse_reference;

namespace {

const std::string digest = "sha256:" + std::string(64, 'a');

std::string full(const std::string& text) {
    const auto reference = parse_reference(text);
    return reference ? image::text_of(reference.value()) : "refused: " + reference.error().message;
}

}  // namespace

TEST_CASE("short names are of docker.io", "[image]") {
    CHECK(full("debian") == "docker.io/library/debian:latest");
    CHECK(full("debian:12") == "docker.io/library/debian:12");
    CHECK(full("team/app") == "docker.io/team/app:latest");
    CHECK(image::host_of(parse_reference("debian").value()) == "registry-1.docker.io");
}

TEST_CASE("what has a dot, a port or is localhost is a host", "[image]") {
    CHECK(full("registry.example/app") == "registry.example/app:latest");
    CHECK(full("localhost/app:1") == "localhost/app:1");
    CHECK(full("localhost:5000/a/b/c:1.2-x") == "localhost:5000/a/b/c:1.2-x");
    CHECK(full("[::1]:5000/app") == "[::1]:5000/app:latest");
    CHECK(full("[fd00::1]/app") == "[fd00::1]/app:latest");
    CHECK(image::host_of(parse_reference("localhost:5000/app").value()) == "localhost:5000");
}

TEST_CASE("a digest stands for itself, a tag beside it is kept", "[image]") {
    CHECK(full("debian@" + digest) == "docker.io/library/debian@" + digest);
    CHECK(full("debian:12@" + digest) == "docker.io/library/debian:12@" + digest);
}

TEST_CASE("a reference in full reads as itself", "[image]") {
    for (const std::string_view text : {"debian", "localhost:5000/a:b", "[::1]:5000/app"})
        CHECK(full(full(std::string{text})) == full(std::string{text}));
}

TEST_CASE("what is no reference is refused", "[image]") {
    for (const std::string& text : {std::string{},
                                    std::string{"Debian"},
                                    std::string{"https://registry.example/app"},
                                    std::string{"user@registry.example/app"},
                                    std::string{"registry.example/"},
                                    std::string{"/app"},
                                    std::string{"a//b"},
                                    std::string{"../etc"},
                                    std::string{"a/../b"},
                                    std::string{"app:"},
                                    std::string{"app:-x"},
                                    std::string{"app:a b"},
                                    std::string{"app@"},
                                    std::string{"app@sha256:00"},
                                    std::string{"a___b"},
                                    std::string{"a..b/c"},
                                    std::string{"-a.example/app"},
                                    std::string{"host:0/app"},
                                    std::string{"host:99999/app"},
                                    std::string{"host:x/app"},
                                    std::string{"[::1/app"},
                                    std::string{"\xc3\xa4/app"},
                                    std::string{"app\n"},
                                    std::string{"a/b_"},
                                    "x.y/" + std::string(255, 'a'),
                                    std::string(238, 'a'),
                                    "a/" + std::string(244, 'a'),
                                    "app:" + std::string(129, 'a')})
        CHECK(full(text).starts_with("refused"));
}

TEST_CASE("what a name is in full is a reference, however long it may be", "[image]") {
    for (const std::string& text : {std::string(237, 'a'), "a/" + std::string(243, 'a'),
                                    "x.y/" + std::string(251, 'a') + ':' + std::string(128, 't')}) {
        const std::string once = full(text);
        CHECK_FALSE(once.starts_with("refused"));
        CHECK(full(once) == once);
    }
}
