// SPDX-License-Identifier: Apache-2.0
#include "cli/amounts.hpp"

#include "support/catch.hpp"

using namespace oci::cli;
using std::chrono::milliseconds;

TEST_CASE("sizes count in powers of 1024") {
    CHECK(parse_size("4096") == 4096);
    CHECK(parse_size("64m") == 67'108'864);
    CHECK(parse_size("64M") == 67'108'864);
    CHECK(parse_size("64MB") == 67'108'864);
    CHECK(parse_size("64MiB") == 67'108'864);
    CHECK(parse_size("512b") == 512);
    CHECK(parse_size("1.5k") == 1536);
    CHECK(parse_size("2t") == 2'199'023'255'552);
    CHECK(parse_size("9007199254740993") == 9'007'199'254'740'993);
}

TEST_CASE("what is no size is refused") {
    for (const char* text : {"", "m", "-1", "12q", "1.m", "64mm", "1 m", "99999999999999999999",
                             "9000000p", "0x10", "ib"})
        CHECK_FALSE(parse_size(text));
}

TEST_CASE("times are as Go writes them, or seconds") {
    CHECK(parse_duration("5s") == milliseconds{5000});
    CHECK(parse_duration("100ms") == milliseconds{100});
    CHECK(parse_duration("1m30s") == milliseconds{90'000});
    CHECK(parse_duration("1.5h") == milliseconds{5'400'000});
    CHECK(parse_duration("7") == milliseconds{7000});
    for (const char* text : {"", "s", "5x", "-5s", "1m30", "5s ", "99999999999h"})
        CHECK_FALSE(parse_duration(text));
}

TEST_CASE("sizes are shown with three figures or so") {
    CHECK(size_text(0) == "0B");
    CHECK(size_text(1023) == "1023B");
    CHECK(size_text(67'108'864) == "64MiB");
    CHECK(size_text(1'610'612'736) == "1.5GiB");
}
