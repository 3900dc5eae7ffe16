// SPDX-License-Identifier: Apache-2.0
#include "cli/stats_view.hpp"

#include <nlohmann/json.hpp>

#include "support/catch.hpp"

using namespace oci;

namespace {

cli::StatsRow row() {
    cli::StatsRow row{.id = "box", .stats = {}, .cpu_percent = 12.34};
    row.stats.memory = {.usage = 67'108'864, .limit = 134'217'728};
    row.stats.pids.current = 3;
    row.stats.io.devices = {{.read_bytes = 1024}, {.read_bytes = 1024, .written_bytes = 5}};
    return row;
}

}  // namespace

TEST_CASE("the table shows a line for each container, and a dash for what is unknown") {
    const std::string table = cli::stats_table({row(), {.id = "other", .stats = {}}});
    CHECK(table.starts_with("ID      CPU     MEMORY / LIMIT"));
    CHECK(table.find("box     12.3%   64MiB / 128MiB   50.0%") != std::string::npos);
    CHECK(table.find("2KiB / 5B") != std::string::npos);
    CHECK(table.find("other   -       - / -") != std::string::npos);
}

TEST_CASE("as JSON what is unknown is left out") {
    const auto line = nlohmann::json::parse(cli::stats_lines({row()}));
    CHECK(line["id"] == "box");
    CHECK(line["cpu"]["percent"] == 12.34);
    CHECK(line["memory"]["usage"] == 67'108'864);
    CHECK_FALSE(line["memory"].contains("peak"));
    CHECK(line["io"]["readBytes"] == 2048);
    CHECK(cli::stats_lines({}).empty());
}
