// SPDX-License-Identifier: Apache-2.0
#include "serve/http/gate.hpp"

#include "support/catch.hpp"

namespace {

using namespace oci::serve::http;

const Policy unix_socket{};
const Policy tcp{.is_tcp = true, .hosts = {"localhost:8080"}, .token = "secret"};

std::string verdict(const Policy& policy, Fields fields, bool has_body = false) {
    Failures failures;
    const auto problem =
        judge({.fields = std::move(fields), .has_body = has_body}, policy, failures, 1);
    return problem ? problem->code : "";
}

}  // namespace

TEST_CASE("a Unix socket asks for nothing more") { CHECK(verdict(unix_socket, {}).empty()); }

TEST_CASE("TCP asks for the host and the token, in this order") {
    const std::pair<std::string, std::string> host{"host", "LocalHost:8080"};
    CHECK(verdict(tcp, {host, {"authorization", "Bearer secret"}}).empty());
    CHECK(verdict(tcp, {host, {"authorization", "bearer  secret"}}).empty());
    CHECK(verdict(tcp, {host}) == "bad-token");
    CHECK(verdict(tcp, {host, {"authorization", "Bearer secre"}}) == "bad-token");
    CHECK(verdict(tcp, {host, {"authorization", "Basic secret"}}) == "bad-token");
    CHECK(verdict(tcp, {host, {"authorization", "Bearer x"}, {"authorization", "Bearer secret"}}) ==
          "bad-token");
    CHECK(verdict(tcp, {{"host", "evil:8080"}, {"authorization", "Bearer secret"}}) ==
          "wrong-host");
}

TEST_CASE("what a web page sends is refused everywhere") {
    for (const Policy& policy : {unix_socket, tcp}) {
        CHECK(verdict(policy, {{"origin", "null"}}) == "forbidden-origin");
        CHECK(verdict(policy, {{"sec-fetch-site", "Cross-Site"}}) == "forbidden-origin");
        CHECK(verdict(policy, {{"access-control-request-method", "PUT"}}) == "forbidden-origin");
    }
    CHECK(verdict(unix_socket, {{"sec-fetch-site", "none"}}).empty());
}

TEST_CASE("a body is JSON") {
    CHECK(verdict(unix_socket, {}, true) == "bad-media-type");
    CHECK(verdict(unix_socket, {{"content-type", "text/plain"}}, true) == "bad-media-type");
    CHECK(
        verdict(unix_socket, {{"content-type", "Application/JSON ; charset=utf-8"}}, true).empty());
}

TEST_CASE("after five wrong tokens in a second nobody is asked any more") {
    Failures failures;
    const Head wrong{.fields = {{"host", "localhost:8080"}}};
    for (int each = 0; each < 5; ++each) CHECK(judge(wrong, tcp, failures, 7)->code == "bad-token");
    CHECK(judge(wrong, tcp, failures, 7)->code == "too-many-failures");
    const Head right{
        .fields = {{"host", "localhost:8080"}, {"authorization", "Bearer " + tcp.token}}};
    CHECK_FALSE(judge(right, tcp, failures, 7));
    CHECK(judge(wrong, tcp, failures, 8)->code == "bad-token");
}

TEST_CASE("secrets are the same only as a whole") {
    CHECK(is_same_secret("abc", "abc"));
    CHECK_FALSE(is_same_secret("abc", "abd"));
    CHECK_FALSE(is_same_secret("ab", "abc"));
    CHECK_FALSE(is_same_secret("abcabc", "abc"));
    CHECK_FALSE(is_same_secret("a", ""));
}

TEST_CASE("users are known by the kernel") {
    CHECK(is_welcome({}, 0, 1000));
    CHECK(is_welcome({}, 1000, 1000));
    CHECK_FALSE(is_welcome({}, 1001, 1000));
    CHECK(is_welcome({.uids = {1001}}, 1001, 1000));
    CHECK(is_welcome({.mode_decides = true}, 1001, 1000));
}
