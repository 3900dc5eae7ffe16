// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "features/cgroups/cgroups.hpp"
#include "kernel/files.hpp"
#include "support/catch.hpp"
#include "support/real_cgroup.hpp"

using namespace oci;
namespace fs = std::filesystem;

TEST_CASE("the cgroup of a container without one is removed at once") {
    CHECK(cgroups::remove({}));
}

TEST_CASE("a cgroup that is gone is removed", "[root]") {
    if (!test::has_real_cgroups()) return;
    CHECK(cgroups::remove(test::plan_real_cgroup("x/never").location));
}

TEST_CASE("a cgroup goes with all that the container made below it", "[root]") {
    if (!test::has_real_cgroups()) return;
    auto handle = cgroups::prepare(test::plan_real_cgroup("forest"));
    REQUIRE(handle);
    handle.value().keep();
    const cgroups::Location location = handle.value().location();
    const std::string path = test::real_path(location);
    for (const char* sub : {"/a/b/c", "/a/d", "/e", "/f/g"}) fs::create_directories(path + sub);
    fs::create_directory(path + "/t");
    std::ofstream{path + "/t/cgroup.type"} << "threaded" << std::flush;
    CHECK(cgroups::remove(location));
    CHECK_FALSE(fs::exists(path));
    CHECK_FALSE(fs::exists(fs::path{path}.parent_path()));
}

TEST_CASE("a deep tree of cgroups is removed with few descriptors", "[root]") {
    if (!test::has_real_cgroups()) return;
    auto handle = cgroups::prepare(test::plan_real_cgroup("deep"));
    REQUIRE(handle);
    handle.value().keep();
    const cgroups::Location location = handle.value().location();
    auto current = cgroups::open(location);
    for (int level = 0; level < 300; ++level) {
        REQUIRE(current);
        REQUIRE(kernel::make_directory(current.value(), "d", 0755));
        auto next = kernel::open_at(current.value(), "d", O_RDONLY | O_DIRECTORY);
        REQUIRE(next);
        current = std::move(next).value();
    }
    CHECK(cgroups::remove(location));
    CHECK_FALSE(fs::exists(test::real_path(location)));
}

TEST_CASE("removing waits for processes that are about to end", "[root]") {
    if (!test::has_real_cgroups()) return;
    auto handle = cgroups::prepare(test::plan_real_cgroup("dying"));
    REQUIRE(handle);
    handle.value().keep();
    const cgroups::Location location = handle.value().location();
    const kernel::Process child = test::start_sleeper(handle.value().directory());
    std::thread killer{[&] {
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
        (void)kernel::send_signal(child.pidfd(), SIGKILL);
    }};
    CHECK(cgroups::remove(location));
    killer.join();
    CHECK_FALSE(fs::exists(test::real_path(location)));
}

TEST_CASE("ancestors in use stay", "[root]") {
    if (!test::has_real_cgroups()) return;
    auto first = cgroups::prepare(test::plan_real_cgroup("family/first"));
    auto second = cgroups::prepare(test::plan_real_cgroup("family/second"));
    REQUIRE((first && second));
    CHECK(first.value().location().made_ancestors == 2);
    CHECK(second.value().location().made_ancestors == 0);
    const std::string family =
        fs::path{test::real_path(first.value().location())}.parent_path().string();
    { const auto gone = std::move(first.value()); }
    CHECK(fs::exists(family + "/second"));
    { const auto gone = std::move(second.value()); }
    fs::remove(family);
    fs::remove(fs::path{family}.parent_path());
}

TEST_CASE("the directory of all default cgroups comes and goes under concurrent use", "[root]") {
    if (!test::has_real_cgroups()) return;
    const auto facts = host::measure();
    const auto work = [&](const std::string& id, bool& all_good) {
        for (int i = 0; i < 200; ++i) {
            const auto plan = cgroups::plan({}, facts, id, CgroupDriver::Cgroupfs);
            const auto handle = cgroups::prepare(plan.value());
            all_good = all_good && handle;
        }
    };
    const std::string id = "test-" + std::to_string(::getpid());
    bool first_good = true;
    bool second_good = true;
    std::thread other{[&] { work(id + "-2", second_good); }};
    work(id + "-1", first_good);
    other.join();
    CHECK(first_good);
    CHECK(second_good);
}
