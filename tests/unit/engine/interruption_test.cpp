// SPDX-License-Identifier: Apache-2.0
#include "engine/interruption.hpp"

#include <csignal>

#include "kernel/files.hpp"
#include "kernel/process.hpp"
#include "kernel/signals.hpp"
#include "support/catch.hpp"

using namespace oci;

namespace {

bool is_readable(FdView fd) { return kernel::wait_readable(fd, 0).value(); }

/// Whoever runs the tests may have it ignored, as nohup does.
class Disposition {
public:
    Disposition(int signal, void (*wanted)(int))
        : signal_{signal}, before_{std::signal(signal, wanted)} {}
    Disposition(const Disposition&) = delete;
    Disposition& operator=(const Disposition&) = delete;
    Disposition(Disposition&&) = delete;
    Disposition& operator=(Disposition&&) = delete;
    ~Disposition() { std::signal(signal_, before_); }

private:
    int signal_;
    void (*before_)(int);
};

}  // namespace

TEST_CASE("a signal that asks to stop is seen, and ends nobody") {
    for (const int signal : {SIGHUP, SIGINT, SIGTERM}) {
        const Disposition disposition{signal, SIG_DFL};
        const engine::Interruption interruption;
        CHECK_FALSE(is_readable(interruption.fd()));
        REQUIRE(::raise(signal) == 0);
        CHECK(is_readable(interruption.fd()));
    }
    SUCCEED("still here");
}

TEST_CASE("who waits for something else is told of it") {
    const auto pipe = kernel::make_pipe();
    REQUIRE(pipe);
    const Disposition disposition{SIGTERM, SIG_DFL};
    const engine::Interruption interruption;
    REQUIRE(::raise(SIGTERM) == 0);
    const auto waited =
        kernel::wait_readable_unless(pipe.value().reader, interruption.fd(), 10'000);
    REQUIRE_FALSE(waited);
    CHECK(waited.error().code == EINTR);
}

TEST_CASE("a signal that is ignored asks nobody to stop") {
    const Disposition disposition{SIGHUP, SIG_IGN};
    const engine::Interruption interruption;
    REQUIRE(::raise(SIGHUP) == 0);
    CHECK_FALSE(is_readable(interruption.fd()));
}
