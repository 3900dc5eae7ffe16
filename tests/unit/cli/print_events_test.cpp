// SPDX-License-Identifier: Apache-2.0
#include "cli/print_events.hpp"

#include <nlohmann/json.hpp>

#include "support/catch.hpp"

using namespace oci;
using nlohmann::json;

namespace {

json printed(const Event& event) {
    const std::string line = cli::event_json(event);
    CHECK(std::count(line.begin(), line.end(), '\n') == 1);
    return json::parse(line);
}

}  // namespace

TEST_CASE("an event is a line with type and id") {
    CHECK(cli::event_json({.kind = EventKind::OutOfMemory, .id = "box"}) ==
          "{\"type\":\"oom\",\"id\":\"box\"}\n");
    CHECK(cli::name_of(EventKind::Started) == "started");
    CHECK(cli::name_of(EventKind::Exited) == "exited");
}

TEST_CASE("statistics have the names and units of runc") {
    Stats stats;
    stats.cpu = {.usage = 30, .user = 10, .kernel = 20, .throttled_time = 5, .cpus = "0-2"};
    stats.memory = {.usage = 100, .limit = 200, .peak = 150, .swap_usage = 7, .swap_limit = 50};
    stats.memory.limit_hits = 3;
    stats.memory.details = {{"file", 40}};
    stats.memory.pressure = PressureStats{.some = {.average_10 = 1.5, .total = 9}, .full = {}};
    stats.pids = {.current = 4};
    stats.io.devices = {{.major = 8, .minor = 16, .read_bytes = 512, .reads = 2}};
    stats.hugepages["2MB"] = {.usage = 2'097'152, .limit = {}, .limit_hits = 1};
    const json data = printed({.kind = EventKind::Stats, .id = "box", .stats = stats}).at("data");
    CHECK(data["cpu"]["usage"] == json({{"total", 30}, {"kernel", 20}, {"user", 10}}));
    CHECK(data["cpu"]["throttling"]["throttledTime"] == 5);
    CHECK(data["cpuset"]["cpus"] == json({0, 1, 2}));
    CHECK(data["memory"]["cache"] == 40);
    CHECK(data["memory"]["usage"] ==
          json({{"limit", 200}, {"usage", 100}, {"max", 150}, {"failcnt", 3}}));
    CHECK(data["memory"]["swap"] == json({{"limit", 250}, {"usage", 107}, {"failcnt", 0}}));
    CHECK(data["memory"]["raw"]["file"] == 40);
    CHECK(data["memory"]["psi"]["some"]["avg10"] == 1.5);
    CHECK(data["pids"] == json({{"current", 4}}));
    const json read{{"major", 8}, {"minor", 16}, {"op", "Read"}, {"value", 512}};
    CHECK(data["blkio"]["ioServiceBytesRecursive"][0] == read);
    CHECK(data["hugetlb"]["2MB"] == json({{"usage", 2'097'152}, {"failcnt", 1}}));
    CHECK(data["network_interfaces"].is_null());
}

TEST_CASE("no limit is the largest number") {
    Stats stats;
    stats.memory = {.usage = 100};
    const json data = printed({.kind = EventKind::Stats, .id = "box", .stats = stats}).at("data");
    CHECK(data["memory"]["usage"]["limit"] == 18'446'744'073'709'551'615ULL);
    CHECK(data["memory"]["swap"]["limit"] == 18'446'744'073'709'551'615ULL);
}

TEST_CASE("pressure tells what is short") {
    const json data = printed({.kind = EventKind::Pressure,
                               .id = "box",
                               .resource = "io",
                               .pressure = PressureStats{}})
                          .at("data");
    CHECK(data["resource"] == "io");
    CHECK(data["psi"]["full"]["total"] == 0);
}
