// SPDX-License-Identifier: Apache-2.0
#include "serve/containers/wanted.hpp"

#include <algorithm>

#include "support/catch.hpp"

namespace {

using namespace oci::serve;

Wanted read(std::string_view text, Mistakes& mistakes, bool is_strict = true) {
    const auto body = oci::spec::parse_json(text);
    REQUIRE(body);
    return read_wanted(body.value(), *parse_name("web"), is_strict, mistakes);
}

Wanted good(std::string_view text) {
    Mistakes mistakes;
    Wanted wanted = read(text, mistakes);
    CHECK(mistakes.empty());
    return wanted;
}

std::vector<std::string> wrong_in(std::string_view text) {
    Mistakes mistakes;
    (void)read(text, mistakes);
    std::vector<std::string> pointers;
    for (const auto& [pointer, why] : mistakes) pointers.push_back(pointer);
    return pointers;
}

}  // namespace

TEST_CASE("nothing said is the image of the name, started") {
    const Wanted wanted = good("{}");
    CHECK(wanted.image == "docker.io/library/web:latest");
    CHECK(wanted.start);
    CHECK(run_words(wanted, "id", {"--x"}) ==
          std::vector<std::string>{"run", "--detach", "--name=id", "--x", wanted.image});
}

TEST_CASE("the same wish has the same digest, however it is written") {
    CHECK(digest_of(good("{}")) == digest_of(good(R"({"start":true,"args":[],"labels":null})")));
    CHECK(digest_of(good(R"({"env":["A=b"],"user":"1"})")) ==
          digest_of(good(R"({"user":"1","env":["A=b"]})")));
    CHECK(digest_of(good("{}")) != digest_of(good(R"({"start":false})")));
    CHECK(digest_of(good("{}")) != digest_of(good(R"({"entrypoint":[]})")));
}

TEST_CASE("what was written is read back as it was") {
    const Wanted wanted = good(
        R"({"image":"a","entrypoint":["/x","y"],"args":["-z"],"env":["A=b"],"labels":{"a":"b"},)"
        R"("mounts":[{"source":"/d","destination":"/e","options":["ro"]}],"tmpfs":["/t"],)"
        R"("resources":{"cpu":{"quota":5,"period":10},"memory":{"limit":7}},"network":{"mode":"host"},)"
        R"("restart":{"policy":"always","maxRetries":3},"stopSignal":"INT"})");
    CHECK(wanted_json(good(wanted_json(wanted))) == wanted_json(wanted));
    const auto words = run_words(wanted, "id", {});
    const std::vector<std::string> end{"--entrypoint=/x", "a", "y", "-z"};
    REQUIRE(words.size() > end.size());
    CHECK(std::equal(end.rbegin(), end.rend(), words.rbegin()));
}

TEST_CASE("all mistakes are found, each at its place") {
    CHECK(wrong_in(R"({"x":1})") == std::vector<std::string>{"/x"});
    CHECK(wrong_in(R"({"env":["A"],"restart":{"policy":"x","y":1},"args":7})") ==
          std::vector<std::string>{"/args", "/env", "/restart/policy", "/restart/y"});
    CHECK(wrong_in(R"({"mounts":[{"destination":"a"},{}]})") ==
          std::vector<std::string>{"/mounts/0/destination", "/mounts/1/destination"});
    CHECK(wrong_in(R"({"image":"--help"})") == std::vector<std::string>{"/image"});
    CHECK(wrong_in(R"({"resources":{"memory":{"limit":-1}}})") ==
          std::vector<std::string>{"/resources/memory/limit"});
    Mistakes none;
    (void)read(R"({"x":1,"mounts":[{"destination":"/a","y":2}]})", none, false);
    CHECK(none.empty());
}

TEST_CASE("signals have names and numbers") {
    CHECK(signal_word("SIGTERM") == "TERM");
    CHECK(signal_word("TERM") == "TERM");
    CHECK(signal_word("9") == "KILL");
    CHECK(signal_word("15") == "TERM");
    CHECK(signal_word("31") == "SYS");
    for (const char* bad : {"", "0", "32", "-9", "SIG", "NONE", "term", "9 9"})
        CHECK(signal_word(bad).empty());
}
