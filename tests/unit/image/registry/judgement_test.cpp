// SPDX-License-Identifier: Apache-2.0
#include "image/registry/judgement.hpp"

#include "support/catch.hpp"

using namespace oci;
using namespace oci::image::registry;
using std::chrono::milliseconds;

namespace {

const Url asked = parse_url("https://r.example/v2/x/manifests/y").value();

Answer answer(int status, const std::string& field = "", const std::string& body = "") {
    Answer made{.status = status, .body = body, .url = asked};
    if (!field.empty()) (void)made.headers.add(field);
    return made;
}

Answer trouble(Trouble kind) {
    return {.url = asked, .trouble = kind, .error = Error{.message = "trouble"}};
}

Verdict judged(const Answer& made, const Attempts& attempts = {}) {
    return judge(made, asked, attempts, {}, 0);
}

}  // namespace

TEST_CASE("delays double up to their end", "[registry]") {
    const RetryPolicy policy;
    CHECK(delay_after(1, policy) == milliseconds{2000});
    CHECK(delay_after(2, policy) == milliseconds{4000});
    CHECK(delay_after(5, policy) == milliseconds{32000});
    CHECK(delay_after(6, policy) == milliseconds{60000});
    CHECK(delay_after(600, policy) == milliseconds{60000});
}

TEST_CASE("what passes is tried five times", "[registry]") {
    for (const int status : {429, 500, 502, 503, 504, 408}) {
        CHECK(judged(answer(status)).act == Act::Wait);
        CHECK(judged(answer(status), {.failures = 3}).act == Act::Wait);
        CHECK(judged(answer(status), {.failures = 4}).act == Act::GiveUp);
    }
    for (const int status : {400, 403, 404, 405, 501})
        CHECK(judged(answer(status)).act == Act::GiveUp);
    CHECK(judged(answer(200)).act == Act::Take);
    CHECK(judged(trouble(Trouble::Broken)).act == Act::Wait);
    for (const Trouble kind : {Trouble::Trust, Trouble::Forbidden, Trouble::TooLarge,
                               Trouble::Receiver, Trouble::Cancelled, Trouble::Internal})
        CHECK(judged(trouble(kind), {.is_host_known = true}).act == Act::GiveUp);
}

TEST_CASE("a name that never answered is not waited for", "[registry]") {
    for (const Trouble kind : {Trouble::Name, Trouble::Connect}) {
        CHECK(judged(trouble(kind)).act == Act::GiveUp);
        CHECK(judged(trouble(kind), {.is_host_known = true}).act == Act::Wait);
    }
}

TEST_CASE("the server's own word about waiting wins, up to the longest wait", "[registry]") {
    CHECK(judged(answer(429, "Retry-After: 1")).delay == milliseconds{1000});
    CHECK(judged(answer(503, "Retry-After: 100000")).delay == milliseconds{60000});
    CHECK(judged(answer(429, "Retry-After: soon")).delay == milliseconds{2000});
}

TEST_CASE("logging in helps once, and twice for a token that ran out", "[registry]") {
    CHECK(judged(answer(401)).act == Act::LogIn);
    CHECK(judged(answer(401), {.logins = 1}).act == Act::GiveUp);
    const auto ran_out = answer(401, R"(WWW-Authenticate: Bearer realm="x",error="invalid_token")");
    CHECK(judged(ran_out, {.logins = 1}).act == Act::LogIn);
    CHECK(judged(ran_out, {.logins = 2}).act == Act::GiveUp);
}

TEST_CASE("nobody logs in to where a redirect led", "[registry]") {
    Answer elsewhere = answer(401);
    elsewhere.url = parse_url("https://storage.example/blob").value();
    CHECK(judged(elsewhere).act == Act::GiveUp);
    elsewhere.status = 403;
    CHECK(judged(elsewhere).act == Act::Wait);
}

TEST_CASE("errors say what the registry says, short and harmless", "[registry]") {
    const auto missing = error_of(
        answer(404, "",
               R"({"errors": [{"code": "MANIFEST_UNKNOWN", "message": "no \u001b[31m"}]})"),
        asked, "image x", {});
    CHECK(missing.code == "image-not-found");
    CHECK(missing.kind == ErrorKind::NotFound);
    CHECK(missing.message == "r.example has no image x: MANIFEST_UNKNOWN: no \\x1b[31m");
    CHECK(words_of("<html>").empty());
    CHECK(words_of(R"({"errors": [{"message": ")" + std::string(5000, 'x') + "\"}]}").size() <=
          300);
    CHECK(error_of(answer(429), asked, "x", {}).code == "registry-busy");
    CHECK(error_of(answer(500), asked, "x", {}).code == "registry-failure");
    const auto refused = error_of(answer(403), asked, "x", {"/auth.json"});
    CHECK(refused.code == "registry-unauthorized");
    CHECK(refused.message.find("/auth.json") != std::string::npos);
    CHECK(refused.hint.find("podman login r.example") != std::string::npos);
}
