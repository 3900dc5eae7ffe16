// SPDX-License-Identifier: Apache-2.0
#include "serve/reactor/orphans.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include "kernel/process.hpp"
#include "support/catch.hpp"
#include "support/in_child.hpp"

namespace {

using namespace oci::serve;

/// How many orphans were asked about while a child of our own ended with 5; 100: it was not told.
int collect(bool claims) {
    auto reactor = Reactor::make();
    if (!reactor || !oci::kernel::set_child_subreaper(true)) return 101;
    Children children{*reactor.value()};
    Orphans orphans{children};
    int asked = 0;
    int status = 0;
    orphans.set_claim([&](pid_t pid) {
        ++asked;
        return claims && ::waitpid(pid, nullptr, 0) == pid;
    });
    const auto started = children.start(
        {.words = {"/bin/sh", "-c", "(exec sleep 0.01) & (exec sleep 0.02) & exit 5"},
         .on_end = [&](const ChildEnd& end) {
             status = end.status;
             reactor.value()->stop();
         }});
    if (!started || !reactor.value()->run()) return 102;
    constexpr int patience = 1000;
    siginfo_t info{};
    const auto is_alone = [&info] {
        return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0;
    };
    for (int each = 0; each < patience && !is_alone(); ++each) {
        ::usleep(10'000);
        orphans.collect();
    }
    return status == 5 ? asked : 100;
}

}  // namespace

TEST_CASE("processes that come to us are collected, and those of our own are left to be told") {
    CHECK(test::in_child([] { return collect(false); }) == 2);
    CHECK(test::in_child([] { return collect(true); }) == 2);
}
