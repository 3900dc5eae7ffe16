// SPDX-License-Identifier: Apache-2.0
#include "cli/signal_names.hpp"

#include <csignal>

#include "support/catch.hpp"

using oci::cli::parse_signal;

TEST_CASE("a signal is known by number and by name, in any case, with or without SIG") {
    for (const char* text : {"9", "KILL", "SIGKILL", "sigkill", "Kill"})
        CHECK(parse_signal(text) == SIGKILL);
    CHECK(parse_signal("term") == SIGTERM);
    CHECK(parse_signal("CLD") == SIGCHLD);
    CHECK(parse_signal("0") == 0);
}

TEST_CASE("real-time signals count from both ends, as glibc numbers them") {
    CHECK(parse_signal("RTMIN") == 34);
    CHECK(parse_signal("SIGRTMIN+3") == 37);
    CHECK(parse_signal("37") == 37);
    CHECK(parse_signal("RTMAX") == 64);
    CHECK(parse_signal("rtmax-1") == 63);
    CHECK(parse_signal("RTMIN+30") == 64);
}

TEST_CASE("what is no signal is refused") {
    for (const char* text : {"", "-9", "65", "9x", " 9", "SIG", "FOO", "SIGSIGKILL", "RTMIN+31",
                             "RTMIN-1", "RTMAX+1", "RTMIN+", "RTMIN+-1", "RTMINUS"}) {
        INFO(text);
        CHECK_FALSE(parse_signal(text));
    }
}
