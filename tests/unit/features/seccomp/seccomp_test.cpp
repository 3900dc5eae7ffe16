// SPDX-License-Identifier: Apache-2.0
#include "features/seccomp/seccomp.hpp"

#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "features/seccomp/filter.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"
#include "support/catch.hpp"

using namespace oci;

namespace {

Spec with(Seccomp section) {
    Spec spec;
    spec.linux_section.seccomp = std::move(section);
    return spec;
}

Seccomp refusing_getppid() {
    Seccomp section;
    section.default_action = SeccompAction::Allow;
    section.rules = {{{"getppid"}, SeccompAction::Errno, 99, {}}};
    return section;
}

template <typename Change>
Result<seccomp::Plan> plan_with(Change change) {
    Seccomp section = refusing_getppid();
    change(section);
    return seccomp::plan(with(std::move(section)));
}

bool same(const std::vector<sock_filter>& a, const std::vector<sock_filter>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof a[0]) == 0;
}

bool can_compile() { return !seccomp::compiler().version.empty(); }

}  // namespace

TEST_CASE("without a section there is no filter") {
    auto plan = seccomp::plan(Spec{});
    REQUIRE(plan);
    CHECK_FALSE(plan.value().enabled);
    CHECK(seccomp::prepare(plan.value(), Seccomp{}, FdView{-1}));
    Progress progress;
    CHECK(seccomp::load(plan.value(), progress));
    CHECK(progress.subject.empty());
}

TEST_CASE("flags that are absent mean SPEC_ALLOW, an empty list means none") {
    const auto absent = plan_with([](Seccomp&) {});
    REQUIRE(absent);
    CHECK(absent.value().enabled);
    CHECK(absent.value().flags == SECCOMP_FILTER_FLAG_SPEC_ALLOW);
    const auto none = plan_with([](Seccomp& s) { s.flags.emplace(); });
    REQUIRE(none);
    CHECK(none.value().flags == 0);
    const auto all = plan_with([](Seccomp& s) {
        s.flags = {"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG",
                   "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"};
    });
    REQUIRE(all);
    // The last one means nothing without a listener.
    CHECK(all.value().flags == (SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW));
}

TEST_CASE("unknown words are refused by their place") {
    const auto flag = plan_with([](Seccomp& s) { s.flags = {"SECCOMP_FILTER_FLAG_NEW"}; });
    REQUIRE_FALSE(flag);
    CHECK(flag.error().message.starts_with("/linux/seccomp/flags: "));
    const auto architecture = plan_with([](Seccomp& s) {
        s.architectures = {"SCMP_ARCH_X86", "SCMP_ARCH_VAX"};
    });
    REQUIRE_FALSE(architecture);
    CHECK(architecture.error().kind == ErrorKind::InvalidConfig);
    CHECK(plan_with([](Seccomp& s) { s.architectures = {"SCMP_ARCH_SHEB"}; }));
}

TEST_CASE("an errno needs an action that returns one") {
    const auto rule = plan_with([](Seccomp& s) { s.rules[0].action = SeccompAction::Allow; });
    REQUIRE_FALSE(rule);
    CHECK(rule.error().message.starts_with("/linux/seccomp/syscalls/0/errnoRet: "));
    CHECK(plan_with([](Seccomp& s) { s.rules[0].action = SeccompAction::Trace; }));
    CHECK_FALSE(plan_with([](Seccomp& s) { s.default_errno_ret = 1; }));
    CHECK_FALSE(plan_with([](Seccomp& s) { s.rules[0].errno_ret = 4096; }));
    CHECK(plan_with([](Seccomp& s) { s.rules[0].errno_ret = 4095; }));
}

TEST_CASE("a rule cannot look at a seventh argument") {
    CHECK(plan_with([](Seccomp& s) { s.rules[0].arguments = {{5, 0, 0, {}}}; }));
    CHECK_FALSE(plan_with([](Seccomp& s) { s.rules[0].arguments = {{6, 0, 0, {}}}; }));
}

TEST_CASE("a listener needs both a path and a rule that asks its agent") {
    const auto notify = [](Seccomp& s) { s.rules[0] = {{"mkdir"}, SeccompAction::Notify, {}, {}}; };
    const auto path = [](Seccomp& s) { s.listener_path = "/run/agent.sock"; };
    const auto alone = plan_with(path);
    REQUIRE(alone);
    CHECK_FALSE(alone.value().has_listener());
    CHECK(alone.value().flags == SECCOMP_FILTER_FLAG_SPEC_ALLOW);
    const auto unheard = plan_with(notify);
    REQUIRE(unheard);
    CHECK_FALSE(unheard.value().has_listener());
    const auto both = plan_with([&](Seccomp& s) {
        notify(s);
        path(s);
        s.listener_metadata = "for the agent";
        s.flags = {"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"};
    });
    REQUIRE(both);
    CHECK(both.value().listener.path == "/run/agent.sock");
    CHECK(both.value().listener.metadata == "for the agent");
    CHECK(both.value().flags ==
          (SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV));
}

TEST_CASE("where the agent listens does not depend on a working directory") {
    const auto with_path = [](const char* path) {
        return plan_with([&](Seccomp& s) {
            s.rules[0] = {{"mkdir"}, SeccompAction::Notify, {}, {}};
            s.listener_path = path;
        });
    };
    CHECK(with_path("@agent"));
    const auto relative = with_path("run/agent.sock");
    REQUIRE_FALSE(relative);
    CHECK(relative.error().message.starts_with("/linux/seccomp/listenerPath: "));
}

TEST_CASE("an agent that is not there is missed before a filter is made") {
    auto plan = plan_with([](Seccomp& s) {
        s.rules[0] = {{"mkdir"}, SeccompAction::Notify, {}, {}};
        s.listener_path = "/no/such/agent";
    });
    REQUIRE(plan);
    const auto prepared = seccomp::prepare(plan.value(), refusing_getppid(), FdView{-1});
    REQUIRE_FALSE(prepared);
    CHECK(prepared.error().message ==
          "failed to connect with seccomp agent: /linux/seccomp/listenerPath /no/such/agent: "
          "stat: no such file or directory");
}

TEST_CASE("calls to be notified are not implemented where nobody listens") {
    if (!can_compile()) return;
    Seccomp section;
    section.default_action = SeccompAction::Allow;
    section.rules = {{{"getppid"}, SeccompAction::Notify, {}, {}}};
    auto plan = seccomp::plan(with(section));
    REQUIRE(plan);
    REQUIRE(seccomp::prepare(plan.value(), section, FdView{-1}));
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        Progress progress;
        if (!kernel::set_no_new_privileges()) ::_exit(1);
        if (!seccomp::load(plan.value(), progress)) ::_exit(2);
        ::_exit(::syscall(SYS_getppid) == -1 && errno == ENOSYS ? 0 : 3);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

TEST_CASE("a build without libseccomp says so") {
    if (can_compile()) return;
    auto plan = plan_with([](Seccomp&) {});
    const auto prepared = seccomp::prepare(plan.value(), refusing_getppid(), FdView{-1});
    REQUIRE_FALSE(prepared);
    CHECK(prepared.error().kind == ErrorKind::Unsupported);
    Features features;
    seccomp::describe(features);
    CHECK_FALSE(features.seccomp.enabled);
}

TEST_CASE("a program from the cache is the one that was compiled") {
    if (!can_compile()) return;
    std::string path{"/tmp/oci-rt-seccomp-XXXXXX"};
    REQUIRE(::mkdtemp(path.data()) != nullptr);
    {
        const auto directory = kernel::open_at(kernel::here, path.c_str(), O_RDONLY | O_DIRECTORY);
        REQUIRE(directory);
        const Seccomp section = refusing_getppid();
        auto fresh = plan_with([](Seccomp&) {});
        auto written = plan_with([](Seccomp&) {});
        auto cached = plan_with([](Seccomp&) {});
        REQUIRE(seccomp::prepare(fresh.value(), section, FdView{-1}));
        REQUIRE(seccomp::prepare(written.value(), section, directory.value()));
        CHECK_FALSE(std::filesystem::is_empty(path));
        REQUIRE(seccomp::prepare(cached.value(), section, directory.value()));
        CHECK(fresh.value().program.size() > 4);
        CHECK(same(fresh.value().program, written.value().program));
        CHECK(same(fresh.value().program, cached.value().program));
    }
    std::filesystem::remove_all(path);
}

TEST_CASE("the kernel takes the filter and follows it") {
    if (!can_compile()) return;
    auto plan = plan_with([](Seccomp&) {});
    REQUIRE(plan);
    REQUIRE(seccomp::prepare(plan.value(), refusing_getppid(), FdView{-1}));
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        Progress progress;
        if (!kernel::set_no_new_privileges()) ::_exit(1);
        if (!seccomp::load(plan.value(), progress)) ::_exit(2);
        if (::syscall(SYS_getppid) != -1 || errno != 99) ::_exit(3);
        ::_exit(::syscall(SYS_getpid) > 0 ? 0 : 4);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

TEST_CASE("features tell what of seccomp there is") {
    if (!can_compile()) return;
    Features features;
    seccomp::describe(features);
    CHECK(features.seccomp.enabled);
    CHECK(features.seccomp.actions.size() == 9);
    CHECK(features.seccomp.operators.size() == 7);
    CHECK(features.seccomp.architectures.size() >= 19);
    CHECK(features.seccomp.known_flags.size() == 4);
    CHECK(features.seccomp.supported_flags.size() >= 3);
    CHECK(features.annotations.at("io.github.seccomp.libseccomp.version").starts_with("2."));
}
