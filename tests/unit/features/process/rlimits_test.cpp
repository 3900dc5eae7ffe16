// SPDX-License-Identifier: Apache-2.0
#include "features/process/rlimits.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/in_child.hpp"

namespace {

using namespace oci;

Process process_with(std::vector<Rlimit> rlimits) {
    Process process;
    process.rlimits = std::move(rlimits);
    return process;
}

}  // namespace

TEST_CASE("limits have known names, are given once, and soft is not above hard") {
    CHECK(rlimits::plan(process_with({{"RLIMIT_NOFILE", 1, 2}, {"RLIMIT_CORE", 0, 0}})));
    CHECK_FALSE(rlimits::plan(process_with({{"RLIMIT_NONSENSE", 1, 2}})));
    CHECK_FALSE(rlimits::plan(process_with({{"RLIMIT_NOFILE", 3, 2}})));
    CHECK_FALSE(rlimits::plan(process_with({{"RLIMIT_CORE", 1, 2}, {"RLIMIT_CORE", 1, 2}})));
}

TEST_CASE("a limit is set from outside") {
    const int status = test::in_child([] {
        const auto plan = rlimits::plan(process_with({{"RLIMIT_NOFILE", 33, 44}}));
        if (!rlimits::prepare_child(plan.value(), ::getpid(), {})) return 1;
        rlimit limit{};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        return limit.rlim_cur == 33 && limit.rlim_max == 44 ? 0 : 2;
    });
    CHECK(status == 0);
}

TEST_CASE("a limit of no process is an error that names the limit") {
    const auto plan = rlimits::plan(process_with({{"RLIMIT_NOFILE", 33, 44}}));
    const auto set = rlimits::prepare_child(plan.value(), 0x3FFFFFFF, {});
    REQUIRE_FALSE(set);
    CHECK(set.error().message.find("RLIMIT_NOFILE") != std::string::npos);
}

TEST_CASE("who is not root of the machine gets no more than the own hard limit") {
    const int status = test::in_child([] {
        const rlimit own{20, 50};
        ::setrlimit(RLIMIT_NOFILE, &own);
        if (test::is_root() && ::setresuid(1234, 1234, 1234) != 0) return 1;
        const auto plan = rlimits::plan(process_with({{"RLIMIT_NOFILE", 40, 99}}));
        const host::Facts of_user{.effective_user = 1234};
        if (!rlimits::prepare_child(plan.value(), ::getpid(), of_user)) return 2;
        rlimit limit{};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        if (limit.rlim_cur != 40 || limit.rlim_max != 50) return 3;
        // Root of the machine that lacks CAP_SYS_RESOURCE is told.
        return rlimits::prepare_child(plan.value(), ::getpid(), {}) ? 4 : 0;
    });
    CHECK(status == 0);
}
