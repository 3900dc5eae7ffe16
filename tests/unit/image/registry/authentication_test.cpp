// SPDX-License-Identifier: Apache-2.0
#include "image/registry/authentication.hpp"

#include "support/catch.hpp"

using namespace oci;
using namespace oci::image::registry;

namespace {

Url url(const std::string& text) { return parse_url(text).value(); }

bool is_taken(const std::string& realm, const std::string& registry) {
    Challenge challenge{.scheme = "bearer", .parameters = {{"realm", realm}}};
    return static_cast<bool>(realm_of(challenge, url(registry)));
}

bool is_shown(const std::string& realm, const std::string& registry) {
    return may_see_credentials(url("https://" + realm), url("https://" + registry),
                               {"named.example"});
}

}  // namespace

TEST_CASE("a token has two names and a lifetime", "[registry]") {
    CHECK(read_token(R"({"token": "a"})").value().text == "a");
    CHECK(read_token(R"({"token": "a"})").value().lifetime.count() == 60);
    const auto other = read_token(R"({"access_token": "b", "expires_in": 300})").value();
    CHECK(other.text == "b");
    CHECK(other.lifetime.count() == 300);
    CHECK(read_token(R"({"token": "a", "expires_in": "7"})").value().lifetime.count() == 60);
}

TEST_CASE("a token is nothing that could be more than one header", "[registry]") {
    for (const char* text :
         {"", "{}", "[]", R"({"token": ""})", R"({"token": 1})", R"({"token": "a\r\nX: y"})",
          R"({"token": "a b"})", R"({"token": "\u00e9"})"}) {
        INFO(text);
        CHECK_FALSE(read_token(text));
    }
    CHECK(read_token("secret").error().message.find("secret") == std::string::npos);
}

TEST_CASE("a token server is with TLS where the registry is", "[registry]") {
    CHECK(is_taken("https://auth.example/token", "https://r.example"));
    CHECK_FALSE(is_taken("http://auth.example/token", "https://r.example"));
    CHECK(is_taken("http://127.0.0.1:1/token", "https://localhost:2"));
    CHECK_FALSE(is_taken("http://127.0.0.1:1/token", "https://r.example"));
    CHECK(is_taken("http://127.0.0.1:1/token", "http://127.0.0.1:2"));
    for (const char* realm : {"", "/token", "ftp://a/", "https://u:p@a/", "file:///etc/passwd"})
        CHECK_FALSE(is_taken(realm, "https://r.example"));
}

TEST_CASE("credentials go to the registry's own domain", "[registry]") {
    CHECK(is_shown("auth.docker.io", "registry-1.docker.io"));
    CHECK(is_shown("gitlab.com", "registry.gitlab.com"));
    CHECK(is_shown("r.example", "r.example:5000"));
    CHECK(is_shown("named.example", "other.test"));
    CHECK(is_shown("auth.shop.co.uk", "registry.shop.co.uk"));
    CHECK(is_shown("localhost:1", "127.0.0.1:2"));
    CHECK_FALSE(is_shown("evil.co.uk", "shop.co.uk"));
    CHECK_FALSE(is_shown("evil.example", "docker.io"));
    CHECK_FALSE(is_shown("notdocker.io", "docker.io"));
    CHECK_FALSE(is_shown("10.0.0.2", "10.0.0.1"));
    CHECK_FALSE(is_shown("1.2.0.1", "10.2.0.1"));
    CHECK_FALSE(is_shown("localhost", "r.example"));
    CHECK_FALSE(is_shown("b", "a"));
}
