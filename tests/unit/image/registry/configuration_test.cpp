// SPDX-License-Identifier: Apache-2.0
#include "image/registry/configuration.hpp"

#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace oci;
using namespace oci::image::registry;

namespace {

Configuration configuration(const std::string& registries) {
    auto read = read_configuration(R"({"registries": [)" + registries + "]}");
    INFO((read ? "" : read.error().message));
    REQUIRE(read);
    return read.value();
}

std::string refusal(const std::string& text) {
    const auto read = read_configuration(text);
    return read ? "" : read.error().message;
}

std::vector<std::string> places(const Configuration& configuration, const std::string& name,
                                bool by_digest = true) {
    const auto endpoints =
        endpoints_of(configuration, image::parse_reference(name).value(), by_digest);
    REQUIRE(endpoints);
    std::vector<std::string> texts;
    for (const Endpoint& endpoint : endpoints.value())
        texts.push_back(endpoint.host + " " + endpoint.repository);
    return texts;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("without a configuration an image is where its name says", "[registry]") {
    CHECK(places({}, "debian") == Texts{"registry-1.docker.io library/debian"});
    CHECK(places({}, "localhost:5000/a/b") == Texts{"localhost:5000 a/b"});
    CHECK(load_configuration("/nonexistent/registries.json"));
}

TEST_CASE("mirrors come first, and stand for the prefix", "[registry]") {
    const auto mirrored = configuration(
        R"({"prefix": "docker.io", "mirrors": [{"location": "m.example:5000/hub"},
            {"location": "n.example", "pullFromMirror": "digest-only"}]},
           {"prefix": "docker.io/team", "mirrors": [{"location": "t.example/x"}]})");
    CHECK(places(mirrored, "debian") == Texts{"m.example:5000 hub/library/debian",
                                              "n.example library/debian",
                                              "registry-1.docker.io library/debian"});
    CHECK(places(mirrored, "debian", false).size() == 2);
    CHECK(places(mirrored, "team/app") ==
          Texts{"t.example x/app", "registry-1.docker.io team/app"});
    CHECK(places(mirrored, "teams/app").front() == "m.example:5000 hub/teams/app");
    CHECK(places(mirrored, "quay.io/x") == Texts{"quay.io x"});
}

TEST_CASE("a registry can be blocked", "[registry]") {
    const auto blocked = configuration(R"({"prefix": "evil.example", "blocked": true})");
    const auto refused =
        endpoints_of(blocked, image::parse_reference("evil.example/x").value(), false);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "registry-forbidden");
}

TEST_CASE("what is not known of a registry is refused with its place", "[registry]") {
    CHECK(refusal(R"({"registry": []})").starts_with("/registry:"));
    CHECK(refusal(R"({"registries": [{"prefix": "a.b", "mirror": []}]})")
              .starts_with("/registries/0/mirror:"));
    CHECK(refusal(R"({"registries": [{}]})").starts_with("/registries/0/prefix:"));
    CHECK(refusal(R"({"registries": [{"prefix": "https://a.b"}]})")
              .starts_with("/registries/0/prefix:"));
    CHECK(refusal(R"({"registries": [{"prefix": "team"}]})").starts_with("/registries/0/prefix:"));
    CHECK(refusal(R"({"registries": [{"prefix": "a.b", "caFile": "x"}]})")
              .starts_with("/registries/0/caFile:"));
    CHECK(refusal(R"({"registries": [{"prefix": "a.b", "mirrors": [{"location": "a.b",
                     "pullFromMirror": "never"}]}]})")
              .starts_with("/registries/0/mirrors/0/pullFromMirror:"));
    CHECK(refusal("[").size() > 0);
}

TEST_CASE("trust is of a host and its port", "[registry]") {
    const auto known = configuration(
        R"({"prefix": "a.example:5000/team", "insecure": true},
           {"prefix": "docker.io", "caFile": "/ca", "mirrors": [{"location": "m.example",
            "insecure": true}]})");
    const auto trust = [&](const char* url) {
        return trust_of(known, {"typed.example"}, {}, parse_url(url).value());
    };
    CHECK(trust("https://a.example:5000/").insecure);
    CHECK(trust("http://a.example:5000/").insecure);
    CHECK_FALSE(trust("https://a.example/").insecure);
    CHECK(trust("http://m.example/").insecure);
    CHECK(trust("https://typed.example/x").insecure);
    CHECK_FALSE(trust("https://typed.example:444/x").insecure);
    CHECK(trust("https://registry-1.docker.io/").authorities == Texts{"/ca"});
    CHECK_FALSE(trust("https://registry-1.docker.io/").insecure);
}

TEST_CASE("a directory of certificates is for one host", "[registry]") {
    const test::TemporaryDirectory directory;
    directory.write("a.example:5000/one.crt", "");
    directory.write("a.example:5000/two.crt", "");
    directory.write("a.example:5000/me.cert", "");
    directory.write("a.example:5000/lonely.cert", "");
    directory.write("a.example:5000/me.key", "");
    const auto trust = [&](const char* url) {
        return trust_of({}, {}, {directory.path()}, parse_url(url).value());
    };
    const Trust found = trust("https://a.example:5000/");
    CHECK(found.authorities.size() == 2);
    CHECK(found.certificate == directory.path("a.example:5000/me.cert"));
    CHECK(found.key == directory.path("a.example:5000/me.key"));
    CHECK(trust("https://a.example/").authorities.empty());
}
