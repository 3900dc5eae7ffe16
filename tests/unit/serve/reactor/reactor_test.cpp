// SPDX-License-Identifier: Apache-2.0
#include "serve/reactor/reactor.hpp"

#include <sys/epoll.h>

#include <vector>

#include "kernel/files.hpp"
#include "support/catch.hpp"

using namespace oci::serve;
using std::chrono::milliseconds;

TEST_CASE("timers come in the order of their times, and not if they are cancelled") {
    auto reactor = Reactor::make();
    REQUIRE(reactor);
    std::vector<int> seen;
    reactor.value()->after(milliseconds{20}, [&] { seen.push_back(2); });
    reactor.value()->after(milliseconds{5}, [&] { seen.push_back(1); });
    const auto never = reactor.value()->after(milliseconds{1}, [&] { seen.push_back(0); });
    reactor.value()->cancel(never);
    reactor.value()->after(milliseconds{30}, [&] { reactor.value()->stop(); });
    REQUIRE(reactor.value()->run());
    CHECK(seen == std::vector<int>{1, 2});
}

TEST_CASE("a handler may forget its own watch") {
    auto reactor = Reactor::make();
    auto pipe = oci::kernel::make_pipe();
    REQUIRE((reactor && pipe));
    int calls = 0;
    Reactor::WatchId id = 0;
    auto watch = reactor.value()->watch(pipe.value().reader, EPOLLIN, [&](std::uint32_t) {
        ++calls;
        reactor.value()->forget(id);
    });
    REQUIRE(watch);
    id = watch.value();
    REQUIRE(oci::kernel::write_all(pipe.value().writer, "x"));
    reactor.value()->after(milliseconds{20}, [&] { reactor.value()->stop(); });
    REQUIRE(reactor.value()->run());
    CHECK(calls == 1);
}
