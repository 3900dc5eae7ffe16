// SPDX-License-Identifier: Apache-2.0
#include "serve/events.hpp"

#include "support/catch.hpp"

using namespace oci::serve;

TEST_CASE("events are numbered, kept and told") {
    Events events;
    std::vector<std::uint64_t> heard;
    const auto one = events.subscribe([&](const Event& event) { heard.push_back(event.number); });
    events.publish({.type = "daemon", .action = "ready"});
    events.publish({.type = "container", .action = "started", .name = "a:b"});
    CHECK(heard == std::vector<std::uint64_t>{1, 2});
    events.unsubscribe(one);
    events.publish({});
    CHECK(heard.size() == 2);
    CHECK(events.kept().size() == 3);
    CHECK(events.has_all_after(0));
    CHECK(events.has_all_after(3));
    CHECK_FALSE(events.has_all_after(4));
}

TEST_CASE("only the last events are kept, and who has missed one is not told otherwise") {
    Events events;
    CHECK(events.has_all_after(0));
    for (int each = 0; each < 5000; ++each) events.publish({});
    CHECK(events.kept().size() == 4096);
    CHECK_FALSE(events.has_all_after(0));
    CHECK_FALSE(events.has_all_after(903));
    CHECK(events.has_all_after(904));
}

TEST_CASE("a listener may leave while it listens") {
    Events events;
    int calls = 0;
    std::uint64_t self = 0;
    self = events.subscribe([&](const Event&) {
        ++calls;
        events.unsubscribe(self);
    });
    events.publish({});
    events.publish({});
    CHECK(calls == 1);
}

TEST_CASE("an event is one line of JSON") {
    CHECK(event_json({.number = 7,
                      .time = "t",
                      .type = "container",
                      .action = "exec_exited",
                      .name = "a:b",
                      .id = "i",
                      .attributes = {{"exitCode", "0"}}}) ==
          R"({"seq":7,"time":"t","type":"container","action":"exec_exited","name":"a:b","id":"i",)"
          R"("attributes":{"exitCode":"0"}})");
}
