// SPDX-License-Identifier: Apache-2.0
#include "serve/http/gate.hpp"

#include "support/catch.hpp"

namespace {

using namespace oci::serve::http;

const Policy unix_socket{};
const Policy tcp{.is_tcp = true, .hosts = {"localhost:8080"}, .token = "secret"};

const Policy with_page{.is_tcp = true,
                       .hosts = {"localhost:8080", "[::1]:8080", "localhost"},
                       .token = "secret",
                       .has_page = true};

/// Of a request that has the token.
std::string verdict_on(const std::string& host, const std::string& origin, Fields more = {},
                       const Policy& policy = with_page) {
    more.insert(more.end(),
                {{"host", host}, {"authorization", "Bearer secret"}, {"origin", origin}});
    Failures failures;
    const auto problem = judge({.method = "PUT", .fields = std::move(more)}, policy, failures, 1);
    return problem ? problem->code : "";
}

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
    for (const Policy& policy : {unix_socket, tcp, with_page}) {
        CHECK(verdict(policy, {{"origin", "null"}}) == "forbidden-origin");
        CHECK(verdict(policy, {{"sec-fetch-site", "Cross-Site"}}) == "forbidden-origin");
        CHECK(verdict(policy, {{"sec-fetch-site", "same-site"}}) == "forbidden-origin");
        CHECK(verdict(policy, {{"sec-fetch-site", "none"}, {"sec-fetch-site", "cross-site"}}) ==
              "forbidden-origin");
        CHECK(verdict(policy, {{"access-control-request-method", "PUT"}}) == "forbidden-origin");
    }
    CHECK(verdict(unix_socket, {{"sec-fetch-site", "none"}}).empty());
}

TEST_CASE("the page of the very host that is asked is served") {
    for (const char* host : {"localhost:8080", "[::1]:8080", "localhost"})
        CHECK(verdict_on(host, "http://" + std::string{host}).empty());
    CHECK(verdict_on("localhost:8080", "http://localhost:8080", {{"sec-fetch-site", "same-origin"}})
              .empty());
}

TEST_CASE("an origin that is only like our own is refused") {
    for (const char* origin : {"",
                               "null",
                               "http://",
                               "localhost:8080",
                               "//localhost:8080",
                               "https://localhost:8080",
                               "HTTP://localhost:8080",
                               "http://LOCALHOST:8080",
                               "http://localhost",
                               "http://[::1]:8080",
                               "http://127.0.0.1:8080",
                               "http://localhost:80",
                               "http://localhost:80800",
                               "http://localhost:8081",
                               "http://localhost.:8080",
                               "http://localhost:8080.evil.example",
                               "http://localhost:8080/",
                               "http://localhost:8080#",
                               "http://localhost:8080 http://a",
                               "http://evil.example",
                               "http://evil.localhost:8080",
                               "http://a@localhost:8080",
                               "http:/localhost:8080",
                               " http://localhost:8080",
                               "file://",
                               "chrome-extension://abc"}) {
        CAPTURE(origin);
        CHECK(verdict_on("localhost:8080", origin) == "forbidden-origin");
    }
    CHECK(verdict_on("evil.example", "http://evil.example") == "forbidden-origin");
    const std::string own = "http://localhost:8080";
    CHECK(verdict_on("localhost:8080", own, {{"origin", own}}) == "forbidden-origin");
    CHECK(verdict_on("localhost:8080", own, {{"host", "localhost:8080"}}) == "forbidden-origin");
    for (const char* site : {"cross-site", "same-site", "CROSS-SITE", "", "anything"})
        CHECK(verdict_on("localhost:8080", own, {{"sec-fetch-site", site}}) == "forbidden-origin");
    CHECK(verdict_on("localhost:8080", own, {{"access-control-request-headers", "a"}}) ==
          "forbidden-origin");
}

TEST_CASE("without a page there is no own origin") {
    CHECK(verdict_on("localhost:8080", "http://localhost:8080", {}, tcp) == "forbidden-origin");
    const Policy socket_with_page{.hosts = {"localhost:8080"}, .has_page = true};
    CHECK(verdict_on("localhost:8080", "http://localhost:8080", {}, socket_with_page) ==
          "forbidden-origin");
}

TEST_CASE("the page itself needs no token, and nothing else is the page") {
    const auto code = [](const Policy& policy, const char* method, const char* target,
                         const char* host = "localhost:8080") {
        Failures failures;
        for (int each = 0; each < 5; ++each)
            failures.count(1);  // its own bound is no way to lock it
        const auto problem = judge({.method = method, .target = target, .fields = {{"host", host}}},
                                   policy, failures, 1);
        return problem ? problem->code : "";
    };
    CHECK(code(with_page, "GET", "/").empty());
    CHECK(code(with_page, "HEAD", "/?x").empty());
    CHECK(code(with_page, "GET", "/", "evil.example") == "wrong-host");
    CHECK(code(tcp, "GET", "/") == "too-many-failures");
    for (const char* target : {"", "//", "/v1/", "/containers", "/#", "/%2f", "/containers?/", "*"})
        CHECK(code(with_page, "GET", target) == "too-many-failures");
    for (const char* method : {"PUT", "POST", "DELETE", "OPTIONS", "get"})
        CHECK(code(with_page, method, "/") == "too-many-failures");
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
