// SPDX-License-Identifier: Apache-2.0
#include "cli/update_flags.hpp"

#include "support/catch.hpp"

using namespace oci;
using cli::UpdateFlags;

namespace {

Resources resources_of(const UpdateFlags& flags) {
    const auto options = cli::meaning_of(flags);
    REQUIRE(options);
    return options.value().resources;
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

}  // namespace

TEST_CASE("update takes sizes with units, and -1 for no limit") {
    const Resources resources =
        resources_of({.memory = "64m", .memory_reservation = "1k", .memory_swap = "-1"});
    CHECK(resources.memory.limit == 67'108'864);
    CHECK(resources.memory.reservation == 1024);
    CHECK(resources.memory.swap == -1);
}

TEST_CASE("zero leaves a limit alone where it is none") {
    const Resources resources = resources_of({.memory = "0",
                                              .cpu_period = "0",
                                              .cpu_quota = "0",
                                              .cpu_burst = "0",
                                              .cpu_share = "0",
                                              .cpu_idle = "0",
                                              .blkio_weight = "0",
                                              .pids_limit = "0"});
    CHECK_FALSE(resources.memory.limit);
    CHECK_FALSE(resources.cpu.period);
    CHECK_FALSE(resources.cpu.quota);
    CHECK_FALSE(resources.cpu.shares);
    CHECK_FALSE(resources.block_io.weight);
    CHECK(resources.cpu.burst == 0U);
    CHECK(resources.cpu.idle == 0);
    CHECK(resources.pids_limit == 0);
}

TEST_CASE("options without a place in the specification become files of cgroup v2") {
    const UpdateFlags flags{.memory_high = "1m",
                            .cpu_weight = "50",
                            .io_max = {"8:0 rbps=1"},
                            .unified = {"memory.min=5", "io.max=8:0 wbps=2"}};
    CHECK(resources_of(flags).unified == Pairs{{"memory.high", "1048576"},
                                               {"cpu.weight", "50"},
                                               {"io.max", "8:0 rbps=1"},
                                               {"memory.min", "5"},
                                               {"io.max", "8:0 wbps=2"}});
    CHECK(resources_of({.memory_high = "-1"}).unified == Pairs{{"memory.high", "max"}});
    CHECK(resources_of({.memory_high = "max"}).unified == Pairs{{"memory.high", "max"}});
}

TEST_CASE("options of cgroup v1 are ignored by name") {
    const Resources resources = resources_of(
        {.kernel_memory = "5m", .kernel_memory_tcp = "0", .cpu_realtime_period = "1000"});
    CHECK(resources.ignored == std::vector<std::string>{"--kernel-memory", "--cpu-rt-period"});
}

TEST_CASE("a value that is none is refused by the name of its option") {
    const auto refuses = [](const UpdateFlags& flags, const char* name) {
        const auto options = cli::meaning_of(flags);
        return !options && options.error().kind == ErrorKind::InvalidConfig &&
               options.error().message.starts_with(name);
    };
    CHECK(refuses({.memory = "12q"}, "--memory: "));
    CHECK(refuses({.memory_swap = "-2"}, "--memory-swap: "));
    CHECK(refuses({.memory_high = "lots"}, "--memory-high: "));
    CHECK(refuses({.cpu_period = "-1"}, "--cpu-period: "));
    CHECK(refuses({.cpu_quota = "1.5"}, "--cpu-quota: "));
    CHECK(refuses({.blkio_weight = "70000"}, "--blkio-weight: "));
    CHECK(refuses({.pids_limit = "many"}, "--pids-limit: "));
    CHECK(refuses({.unified = {"memory.high"}}, "--unified: "));
    CHECK(refuses({.unified = {"=5"}}, "--unified: "));
}

TEST_CASE("an error names the option that was given, or the place in the file") {
    const Error error{.message = "/linux/resources/memory/limit: cannot write \"1\"",
                      .pointer = "/linux/resources/memory/limit"};
    const Error of_flag = cli::in_words_of({.memory = "1"}, error);
    CHECK(of_flag.message == "--memory: cannot write \"1\"");
    CHECK(of_flag.pointer.empty());
    const Error of_file = cli::in_words_of({.resources = "-"}, error);
    CHECK(of_file.message == "/memory/limit: cannot write \"1\"");
    CHECK(of_file.pointer == "/memory/limit");
    const Error unified{.message = "/linux/resources/unified/memory.min: no"};
    CHECK(cli::in_words_of({.unified = {"memory.min=1"}}, unified).message ==
          "--unified memory.min: no");
}
