// SPDX-License-Identifier: Apache-2.0
#include "monitor/record.hpp"

#include <array>

#include "monitor/cgroup.hpp"
#include "support/catch.hpp"

namespace oci::monitor {

TEST_CASE("a record is read as it was written") {
    std::array<char, 1024> buffer;
    const Record record{.pid = 7,
                        .start_time = 8,
                        .boot_id = "boot",
                        .log_path = "/odd \"path\"",
                        .limits = {10, 3},
                        .terminal = true,
                        .started = "now"};
    const auto again = read_record(write(buffer, record));
    REQUIRE(again);
    CHECK(again->pid == 7);
    CHECK(again->log_path == "/odd \"path\"");
    CHECK(again->limits.max_files == 3);
    CHECK(again->terminal);
}

TEST_CASE("an ending is read as it was written") {
    std::array<char, 1024> buffer;
    const ExitRecord ended{
        .code = 137, .signal = 9, .oom_killed = true, .started = "a", .finished = "b"};
    const auto again = read_exit(write(buffer, ended));
    REQUIRE(again);
    CHECK(again->code == 137);
    CHECK(again->signal == 9);
    CHECK(again->oom_killed);
    CHECK(write(buffer, ended, "exited").starts_with("{\"type\":\"exited\""));
}

TEST_CASE("a damaged file is none") {
    CHECK_FALSE(read_record("{}"));
    CHECK_FALSE(read_record(R"({"pid":0})"));
    CHECK_FALSE(read_exit(R"({"exitCode":256,"startedAt":"","finishedAt":""})"));
    CHECK_FALSE(read_exit(R"({"exitCode":0,"signal":65,"startedAt":"","finishedAt":""})"));
    CHECK_FALSE(read_exit("{\"exitCode\":"));
}

TEST_CASE("kills for want of memory are found among other counters") {
    CHECK(oom_kills_in("low 0\nhigh 0\nmax 3\noom 2\noom_kill 5\noom_group_kill 1\n") == 5);
    CHECK(oom_kills_in("oom_group_kill 1\noom_kill 2\n") == 2);
    CHECK(oom_kills_in("oom_group_kill 1\n") == 0);
    CHECK(oom_kills_in("") == 0);
}

}  // namespace oci::monitor
