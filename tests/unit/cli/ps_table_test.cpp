// SPDX-License-Identifier: Apache-2.0
#include "cli/ps_table.hpp"

#include <nlohmann/json.hpp>

#include "support/catch.hpp"

using namespace oci;

namespace {

ProcessInfo server() {
    return {.pid = 4711,
            .parent = 1,
            .pid_inside = 7,
            .uid = 33U,
            .gid = 33U,
            .state = 'S',
            .threads = 4,
            .memory = 18U << 20U,
            .cpu_time = std::chrono::milliseconds{130'530},
            .cgroup = "/web",
            .name = "server",
            .command = {"/bin/server", "-p", "80"}};
}

}  // namespace

TEST_CASE("the wide table has a line for each process") {
    const std::string table = cli::wide_table({server()});
    CHECK(
        table ==
        "PID        INSIDE     UID        STATE MEMORY     TIME       THREADS COMMAND\n"
        "4711       7          33         S     18MiB      2:10.53    4       /bin/server -p 80\n");
}

TEST_CASE("a process without a command line is shown by its name, the unknown by a dash") {
    const std::string table = cli::wide_table({{.pid = 9, .state = 'Z', .name = "gone"}});
    CHECK(table.find("9          -          -          Z") != std::string::npos);
    CHECK(table.find("[gone]\n") != std::string::npos);
}

TEST_CASE("a command line cannot drive the terminal") {
    ProcessInfo process = server();
    process.command = {"sh\x1b[2J\n"};
    const std::string table = cli::wide_table({process});
    CHECK(table.find('\x1b') == std::string::npos);
    CHECK(table.find("\\x1b") != std::string::npos);
}

TEST_CASE("what is unknown of a process is left out of JSON") {
    const auto told = nlohmann::json::parse(cli::wide_json({server(), {.pid = 9}}));
    REQUIRE(told.size() == 2);
    CHECK(told[0]["pidInside"] == 7);
    CHECK(told[0]["cpuTime"] == 130'530'000'000);
    CHECK(told[0]["cgroup"] == "/web");
    CHECK(told[0]["command"] == nlohmann::json{"/bin/server", "-p", "80"});
    CHECK_FALSE(told[1].contains("pidInside"));
    CHECK_FALSE(told[1].contains("uid"));
    CHECK(cli::wide_json({}) == "[]\n");
}
