// SPDX-License-Identifier: Apache-2.0
#include "image/registry/credentials.hpp"

#include "base/base64.hpp"
#include "image/registry/credential_helper.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace oci;
using namespace oci::image::registry;

namespace {

std::string entry(const std::string& key, const std::string& user) {
    return "\"" + key + R"(": {"auth": ")" + base64_of(user + ":secret") + "\"}";
}

std::string user_for(const std::string& text, const std::string& name, bool is_old = false) {
    const auto read = read_credentials(text, name, is_old);
    REQUIRE(read);
    return read.value().credentials ? read.value().credentials->user : "";
}

/// Answers with `script`'s output.
std::string helper(const test::TemporaryDirectory& directory, const std::string& name,
                   const std::string& script) {
    directory.write("docker-credential-" + name, "#!/bin/sh\n" + script + "\n", 0755);
    return directory.path();
}

}  // namespace

TEST_CASE("the most specific key counts", "[registry]") {
    const std::string text = "{\"auths\": {" + entry("q.io", "host") + "," +
                             entry("q.io/team", "team") + "," + entry("q.io/team/app", "app") +
                             "}}";
    CHECK(user_for(text, "q.io/x") == "host");
    CHECK(user_for(text, "q.io/team/x") == "team");
    CHECK(user_for(text, "q.io/teams/x") == "host");
    CHECK(user_for(text, "q.io/team/app") == "app");
    CHECK(user_for(text, "q.io.evil/x").empty());
    CHECK(user_for(text, "q.io:5000/x").empty());
}

TEST_CASE("Docker's registry has many names", "[registry]") {
    for (const char* key : {"docker.io", "index.docker.io", "https://index.docker.io/v1/",
                            "https://index.docker.io/v1", "registry-1.docker.io"}) {
        INFO(key);
        CHECK(user_for("{\"auths\": {" + entry(key, "me") + "}}", "docker.io/library/x") == "me");
    }
    CHECK(user_for("{" + entry("https://old.example/v1/", "me") + "}", "old.example/x", true) ==
          "me");
}

TEST_CASE("a password may hold what it wants, and tokens stand alone", "[registry]") {
    const std::string text =
        R"({"auths": {"a.b": {"auth": ")" + base64_of(std::string{"u:p:q\0\0", 7}) + R"("},
        "c.d": {"identitytoken": "t"}, "e.f": {"username": "u", "password": "p"}, "g.h": {}}})";
    CHECK(read_credentials(text, "a.b/x", false).value().credentials->password == "p:q");
    CHECK(read_credentials(text, "c.d/x", false).value().credentials->identity_token == "t");
    CHECK(read_credentials(text, "e.f/x", false).value().credentials->password == "p");
    CHECK_FALSE(read_credentials(text, "g.h/x", false).value().credentials);
}

TEST_CASE("a helper of a host goes before what is written down, a store after", "[registry]") {
    const std::string text = R"({"credHelpers": {"a.b": "one"}, "credsStore": "all", "auths": {)" +
                             entry("a.b", "u") + "," + entry("c.d", "u") + "}}";
    const auto own = read_credentials(text, "a.b/x", false).value();
    CHECK(own.helper == "one");
    CHECK(own.server == "a.b");
    CHECK(user_for(text, "c.d/x") == "u");
    CHECK(read_credentials(text, "e.f/x", false).value().helper == "all");
    CHECK(read_credentials(text, "docker.io/x", false).value().server ==
          "https://index.docker.io/v1/");
}

TEST_CASE("an error of a file shows nothing of it", "[registry]") {
    for (const char* text : {"{\"auths\": {\"a.b\": {\"auth\": \"c2VjcmV0\"}}}",
                             "{\"auths\": {\"a.b\": {\"auth\": 4711}}}", "{\"auths\": secret",
                             "{\"auths\": {\"a.b\": {\"username\": \"u\", \"password\": 4711}}}",
                             "{\"auths\": 4711}"}) {
        const auto read = read_credentials(text, "a.b/x", false);
        REQUIRE_FALSE(read);
        INFO(read.error().message);
        for (const char* part : {"secret", "c2Vj", "4711"})
            CHECK(read.error().message.find(part) == std::string::npos);
    }
}

TEST_CASE("files are asked in their order", "[registry]") {
    const Environment none{.home = "/h"};
    CHECK(credential_files(none)[1] == "/h/.config/containers/auth.json");
    const Environment all{.home = "/h",
                          .runtime_directory = "/r",
                          .config_home = "/c",
                          .docker_config = "/d",
                          .registry_auth_file = "/a"};
    CHECK(credential_files(all) == std::vector<std::string>{"/a", "/r/containers/auth.json",
                                                            "/c/containers/auth.json",
                                                            "/d/config.json", "/h/.dockercfg"});

    const test::TemporaryDirectory home;
    home.write(".config/containers/auth.json", "{\"auths\": {" + entry("a.b", "first") + "}}");
    home.write(".docker/config.json",
               "{\"auths\": {" + entry("a.b", "second") + "," + entry("c.d", "third") + "}}");
    const Environment environment{.home = home.path(), .runtime_directory = home.path("none")};
    CHECK(find_credentials(environment, "a.b/x").value().credentials->user == "first");
    CHECK(find_credentials(environment, "c.d/x").value().credentials->user == "third");
    const auto nobody = find_credentials(environment, "e.f/x");
    REQUIRE(nobody);
    CHECK_FALSE(nobody.value().credentials);
    CHECK(nobody.value().tried.size() == 2);
}

TEST_CASE("a file that is named has to be there", "[registry]") {
    const Environment environment{.runtime_directory = "/nonexistent",
                                  .registry_auth_file = "/nonexistent/auth.json"};
    const auto found = find_credentials(environment, "a.b/x");
    REQUIRE_FALSE(found);
    CHECK(found.error().code == "credentials-unusable");
}

TEST_CASE("a helper is asked on its standard input", "[registry]") {
    const test::TemporaryDirectory directory;
    const std::string path =
        helper(directory, "good",
               "read server\n[ \"$1\" = get ] && [ \"$server\" = a.b ] || exit 9\n"
               "[ ! -e /proc/self/fd/9 ] || exit 8\n"
               "echo '{\"ServerURL\": \"a.b\", \"Username\": \"u\", \"Secret\": \"s\"}'");
    const auto answer = ask_helper("relative:" + path, "good", "a.b");
    INFO((answer ? "" : answer.error().message));
    REQUIRE(answer);
    REQUIRE(answer.value());
    CHECK(answer.value()->user == "u");
    CHECK(answer.value()->password == "s");
    helper(directory, "token", "echo '{\"Username\": \"<token>\", \"Secret\": \"t\"}'");
    CHECK(ask_helper(path, "token", "a.b").value()->identity_token == "t");
}

TEST_CASE("a helper may know nothing, fail, hang or babble", "[registry]") {
    const test::TemporaryDirectory directory;
    const std::string path =
        helper(directory, "none", "echo credentials not found in native keychain; exit 1");
    const auto none = ask_helper(path, "none", "a.b");
    REQUIRE(none);
    CHECK_FALSE(none.value());
    helper(directory, "broken", "echo secret; exit 3");
    helper(directory, "babble", "echo secret");
    helper(directory, "slow", "sleep 60");
    for (const char* name : {"broken", "babble", "missing", "../x", "a/b", ""}) {
        const auto answer = ask_helper(path, name, "a.b");
        INFO(name);
        REQUIRE_FALSE(answer);
        CHECK(answer.error().message.find("secret") == std::string::npos);
    }
    CHECK_FALSE(ask_helper(path, "slow", "a.b", std::chrono::seconds{1}));
}
