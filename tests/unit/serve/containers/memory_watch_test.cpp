// SPDX-License-Identifier: Apache-2.0
#include "serve/containers/memory_watch.hpp"

#include "support/catch.hpp"

using namespace oci::serve;

TEST_CASE("of memory.events three lines count") {
    const MemoryEvents events = parse_memory_events(
        "low 1\nhigh 2\nmax 3\noom 4\noom_kill 5\noom_group_kill 6\nmax x\nnothing\n");
    CHECK(events.high == 2);
    CHECK(events.max == 3);
    CHECK(events.oom_kill == 5);
    CHECK(parse_memory_events("").oom_kill == 0);
}

TEST_CASE("without a cgroup there is nothing to watch") {
    auto reactor = Reactor::make();
    REQUIRE(reactor);
    MemoryWatch watch{*reactor.value()};
    CHECK(watch.add("", [](const MemoryEvents&) {}) == 0);
    CHECK(watch.add("/nowhere", [](const MemoryEvents&) {}) == 0);
    watch.look(1);
    watch.remove(0);
}
