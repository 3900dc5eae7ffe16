// SPDX-License-Identifier: Apache-2.0
#include "features/security/labels.hpp"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <regex>

#include "host/facts.hpp"
#include "support/catch.hpp"

using namespace oci;

namespace {

Process with(std::string profile, std::string label) {
    Process process;
    process.apparmor_profile = std::move(profile);
    process.selinux_label = std::move(label);
    return process;
}

}  // namespace

TEST_CASE("no label is no work") {
    const auto plan = labels::plan(Process{}, false, false);
    REQUIRE(plan);
    Progress progress;
    CHECK(labels::enter(plan.value(), progress));
    CHECK(progress.subject.empty());
}

TEST_CASE("a label needs its security module") {
    const auto profile = labels::plan(with("box", ""), false, true);
    REQUIRE_FALSE(profile);
    CHECK(profile.error().kind == ErrorKind::Unsupported);
    CHECK(profile.error().message.starts_with("/process/apparmorProfile: "));
    const auto label = labels::plan(with("", "u:r:t:s0"), true, false);
    REQUIRE_FALSE(label);
    CHECK(label.error().kind == ErrorKind::Unsupported);
    CHECK(label.error().message.starts_with("/process/selinuxLabel: "));
}

TEST_CASE("unconfined asks for nothing where AppArmor is off") {
    const auto off = labels::plan(with("unconfined", ""), false, false);
    REQUIRE(off);
    CHECK(off.value().apparmor_command.empty());
    const auto on = labels::plan(with("unconfined", ""), true, false);
    REQUIRE(on);
    CHECK(on.value().apparmor_command == "exec unconfined");
}

TEST_CASE("both labels are taken as they are written") {
    const auto plan = labels::plan(with("box", "u:r:t:s0"), true, true);
    REQUIRE(plan);
    CHECK(plan.value().apparmor_command == "exec box");
    CHECK(plan.value().selinux_label == "u:r:t:s0");
}

TEST_CASE("a label is one line") {
    CHECK_FALSE(labels::plan(with("box\nchangehat x", ""), true, true));
    CHECK_FALSE(labels::plan(with("", std::string{"u\0r", 3}), true, true));
}

TEST_CASE("a profile that cannot be set is reported with the path engines look for") {
    if (host::has_apparmor() || host::has_selinux()) return;
    const labels::Plan plan{"exec no-such-profile", ""};
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        Progress progress;
        const auto entered = labels::enter(plan, progress);
        const std::regex wanted{"`/proc/[a-z0-9-].+/attr.*`"};
        const std::string subject{progress.subject};
        ::_exit(!entered && std::regex_search(subject, wanted) ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}
