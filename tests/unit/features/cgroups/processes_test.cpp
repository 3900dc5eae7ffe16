// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "features/cgroups/cgroups.hpp"
#include "support/catch.hpp"
#include "support/real_cgroup.hpp"

using namespace oci;
namespace fs = std::filesystem;

namespace {

int exit_status(const kernel::Process& child) {
    const auto exit = kernel::wait_for_exit(child.pidfd());
    REQUIRE(exit);
    return exit.value().status;
}

kernel::Process start_sleeper_in(const cgroups::Location& location, const std::string& sub) {
    fs::create_directories(test::real_path(location) + "/" + sub);
    const auto directory = cgroups::open(location, sub);
    REQUIRE(directory);
    return test::start_sleeper(directory.value());
}

}  // namespace

TEST_CASE("what is done to all processes of no cgroup is done") {
    CHECK(cgroups::processes({}).value().empty());
    CHECK(cgroups::kill_all({}));
    CHECK(cgroups::signal_all({}, SIGTERM));
    CHECK(cgroups::wait_until_empty({}, 0));
}

TEST_CASE("a cgroup that is gone has no processes", "[root]") {
    if (!test::has_real_cgroups()) return;
    const auto location = test::plan_real_cgroup("gone").location;
    CHECK(cgroups::processes(location).value().empty());
    CHECK(cgroups::kill_all(location));
    CHECK(cgroups::signal_all(location, SIGTERM));
    CHECK(cgroups::wait_until_empty(location, 0));
}

TEST_CASE("processes of sub-cgroups belong to the container", "[root]") {
    if (!test::has_real_cgroups()) return;
    auto handle = cgroups::prepare(test::plan_real_cgroup("nested"));
    REQUIRE(handle);
    const cgroups::Location& location = handle.value().location();
    const kernel::Process first = test::start_sleeper(handle.value().directory());
    const kernel::Process second = start_sleeper_in(location, "a/b");
    const kernel::Process third = start_sleeper_in(location, "c");
    std::vector<pid_t> all{first.pid(), second.pid(), third.pid()};
    std::ranges::sort(all);
    CHECK(cgroups::processes(location).value() == all);
    CHECK_FALSE(cgroups::wait_until_empty(location, 10));
    REQUIRE(cgroups::kill_all(location));
    CHECK(cgroups::wait_until_empty(location, 5000));
    CHECK(exit_status(first) == 128 + SIGKILL);
    CHECK(exit_status(second) == 128 + SIGKILL);
    CHECK(exit_status(third) == 128 + SIGKILL);
}

TEST_CASE("processes of threaded sub-cgroups are found once", "[root]") {
    if (!test::has_real_cgroups()) return;
    auto handle = cgroups::prepare(test::plan_real_cgroup("threaded"));
    REQUIRE(handle);
    const cgroups::Location& location = handle.value().location();
    fs::create_directory(test::real_path(location) + "/threads");
    std::ofstream{test::real_path(location) + "/threads/cgroup.type"} << "threaded" << std::flush;
    const kernel::Process child = test::start_sleeper(handle.value().directory());
    std::ofstream threads{test::real_path(location) + "/threads/cgroup.threads"};
    threads << child.pid() << std::flush;
    REQUIRE(threads);
    CHECK(cgroups::processes(location).value() == std::vector<pid_t>{child.pid()});
    REQUIRE(cgroups::kill_all(location));
    CHECK(cgroups::wait_until_empty(location, 5000));
}

TEST_CASE("frozen processes can be killed", "[root]") {
    if (!test::has_real_cgroups()) return;
    auto handle = cgroups::prepare(test::plan_real_cgroup("cold"));
    REQUIRE(handle);
    const cgroups::Location& location = handle.value().location();
    const kernel::Process child = test::start_sleeper(handle.value().directory());
    REQUIRE(cgroups::freeze(location));
    REQUIRE(cgroups::kill_all(location));
    CHECK(cgroups::wait_until_empty(location, 5000));
    CHECK(exit_status(child) == 128 + SIGKILL);
}

TEST_CASE("a signal reaches every process", "[root]") {
    if (!test::has_real_cgroups()) return;
    auto handle = cgroups::prepare(test::plan_real_cgroup("signalled"));
    REQUIRE(handle);
    const cgroups::Location& location = handle.value().location();
    const kernel::Process first = test::start_sleeper(handle.value().directory());
    const kernel::Process second = start_sleeper_in(location, "sub");
    REQUIRE(cgroups::signal_all(location, SIGUSR1));
    CHECK(exit_status(first) == 128 + SIGUSR1);
    CHECK(exit_status(second) == 128 + SIGUSR1);
    CHECK_FALSE(cgroups::is_frozen(location).value());
}

TEST_CASE("a paused container stays paused when it is signalled", "[root]") {
    if (!test::has_real_cgroups()) return;
    auto handle = cgroups::prepare(test::plan_real_cgroup("paused"));
    REQUIRE(handle);
    const cgroups::Location& location = handle.value().location();
    const kernel::Process child = test::start_sleeper(handle.value().directory());
    REQUIRE(cgroups::freeze(location));
    REQUIRE(cgroups::signal_all(location, SIGCONT));
    CHECK(cgroups::is_frozen(location).value());
    REQUIRE(cgroups::thaw(location));
    REQUIRE(cgroups::signal_all(location, SIGTERM));
    CHECK(exit_status(child) == 128 + SIGTERM);
}
