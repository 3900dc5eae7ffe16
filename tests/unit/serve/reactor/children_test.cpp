// SPDX-License-Identifier: Apache-2.0
#include "serve/reactor/children.hpp"

#include <csignal>

#include "support/catch.hpp"

namespace {

using namespace oci::serve;

ChildEnd run(ChildCall call, int signal = 0) {
    auto reactor = Reactor::make();
    REQUIRE(reactor);
    Children children{*reactor.value()};
    ChildEnd answer;
    call.on_end = [&](ChildEnd end) {
        answer = std::move(end);
        reactor.value()->stop();
    };
    const auto child = children.start(std::move(call));
    REQUIRE(child);
    if (signal != 0) children.send_signal(child.value(), signal);
    REQUIRE(reactor.value()->run());
    CHECK(children.count() == 0);
    return answer;
}

}  // namespace

TEST_CASE("a child says what it has to say and how it ended") {
    const ChildEnd end =
        run({.words = {"/bin/sh", "-c", "cat; echo no >&2; exit 7"}, .input = "yes"});
    CHECK(end.status == 7);
    CHECK(end.output == "yes");
    CHECK(end.errors == "no\n");
}

TEST_CASE("lines of its errors are told one by one") {
    std::vector<std::string> lines;
    ChildCall call{.words = {"/bin/sh", "-c", "printf 'a\\nb\\nc' >&2"}};
    call.on_error_line = [&](std::string_view line) {
        lines.emplace_back(line);
        return line != "b";
    };
    const ChildEnd end = run(std::move(call));
    CHECK(lines == std::vector<std::string>{"a", "b", "c"});
    CHECK(end.errors == "b\n");
}

TEST_CASE("output has an end, and so has time") {
    CHECK(run({.words = {"/bin/sh", "-c", "echo abcdef"}, .most_output = 3}).output == "abc");
    const ChildEnd late =
        run({.words = {"/bin/sleep", "10"}, .timeout = std::chrono::milliseconds{50}});
    CHECK(late.timed_out);
    CHECK(late.status == 128 + SIGKILL);
    CHECK(run({.words = {"/bin/sleep", "10"}}, SIGTERM).status == 128 + SIGTERM);
}

TEST_CASE("a program that is not there ends as in a shell") {
    CHECK(run({.words = {"/no/such/program"}}).status == 127);
}

TEST_CASE("what a child has started may keep its pipes") {
    CHECK(run({.words = {"/bin/sh", "-c", "sleep 5 & echo done"}}).output == "done\n");
}
