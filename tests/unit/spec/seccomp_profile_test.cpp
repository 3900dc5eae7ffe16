// SPDX-License-Identifier: Apache-2.0
#include "spec/seccomp_profile.hpp"

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/text.hpp"
#include "features/seccomp/filter.hpp"
#include "spec/document.hpp"
#include "spec/read.hpp"
#include "spec/seccomp_calls.hpp"
#include "support/catch.hpp"

namespace {

using oci::Seccomp;
using oci::SeccompAction;
using oci::SeccompRule;
using oci::spec::DefaultProfile;
using Names = std::vector<std::string_view>;

/// As the reader understands it.
Seccomp profile(DefaultProfile kind, const Names& capabilities,
                std::string_view machine = "x86_64") {
    oci::spec::Value::Object section;
    oci::spec::add(section, "seccomp", oci::spec::seccomp_profile(kind, capabilities, machine));
    oci::spec::Value document =
        oci::spec::parse_json(
            R"({"ociVersion":"1.0.2","root":{"path":"r"},"process":{"args":["a"],"cwd":"/"}})")
            .value();
    REQUIRE(oci::spec::assign(document, {"/linux", {std::move(section)}}));
    auto spec = oci::spec::read(oci::spec::document_text(document));
    INFO((spec ? "" : spec.error().message));
    REQUIRE(spec);
    REQUIRE(spec.value().linux_section.seccomp);
    return *spec.value().linux_section.seccomp;
}

std::vector<SeccompRule> rules_for(const Seccomp& section, std::string_view call) {
    std::vector<SeccompRule> found;
    for (const SeccompRule& rule : section.rules)
        if (std::ranges::find(rule.names, call) != rule.names.end()) found.push_back(rule);
    return found;
}

bool allows(const Seccomp& section, std::string_view call) {
    const auto rules = rules_for(section, call);
    return std::ranges::any_of(rules, [](const SeccompRule& rule) {
        return rule.action == SeccompAction::Allow && rule.arguments.empty();
    });
}

/// 0: no rule of its own.
std::uint32_t refusal(const Seccomp& section, std::string_view call) {
    for (const SeccompRule& rule : rules_for(section, call))
        if (rule.action == SeccompAction::Errno && rule.arguments.empty()) return *rule.errno_ret;
    return 0;
}

std::string problem(std::string_view text) {
    const auto read = oci::spec::read_profile(text);
    return read ? "accepted" : read.error().message;
}

}  // namespace

TEST_CASE("Docker's profile permits what is listed and nothing else") {
    const Seccomp section = profile(DefaultProfile::Docker, {});
    CHECK(section.default_action == SeccompAction::Errno);
    CHECK(section.default_errno_ret == EPERM);
    for (const char* call : {"read", "openat2", "ptrace", "futex_wait", "vmsplice", "arch_prctl"})
        CHECK(allows(section, call));
    for (const char* call : {"mount", "keyctl", "bpf", "unshare", "io_uring_setup", "userfaultfd",
                             "kexec_load", "swapon", "chroot", "pivot_root", "open_by_handle_at"}) {
        INFO(call);
        CHECK(rules_for(section, call).empty());
    }
}

TEST_CASE("a capability allows the calls that need it") {
    const std::pair<std::string_view, std::string_view> needs[] = {
        {"CAP_SYS_ADMIN", "mount"},
        {"CAP_SYS_ADMIN", "setns"},
        {"CAP_SYS_CHROOT", "chroot"},
        {"CAP_SYS_BOOT", "reboot"},
        {"CAP_SYS_MODULE", "init_module"},
        {"CAP_SYS_PTRACE", "pidfd_getfd"},
        {"CAP_SYS_TIME", "settimeofday"},
        {"CAP_SYSLOG", "syslog"},
        {"CAP_BPF", "bpf"},
        {"CAP_PERFMON", "perf_event_open"},
        {"CAP_SYS_NICE", "mbind"},
        {"CAP_DAC_READ_SEARCH", "open_by_handle_at"},
    };
    for (const auto& [capability, call] : needs) {
        INFO(capability << " " << call);
        CHECK(allows(profile(DefaultProfile::Docker, {capability}), call));
        CHECK_FALSE(allows(profile(DefaultProfile::Docker, {"CAP_KILL"}), call));
    }
}

TEST_CASE("without CAP_SYS_ADMIN clone makes no namespaces, and clone3 does not exist") {
    const Seccomp without = profile(DefaultProfile::Docker, {});
    const auto clone = rules_for(without, "clone");
    REQUIRE(clone.size() == 1);
    REQUIRE(clone[0].arguments.size() == 1);
    CHECK(clone[0].arguments[0].index == 0);
    CHECK(clone[0].arguments[0].op == oci::SeccompOperator::MaskedEqual);
    CHECK(clone[0].arguments[0].value == 0x7E020000);
    CHECK(clone[0].arguments[0].value_two == 0);
    CHECK(refusal(without, "clone3") == ENOSYS);

    const Seccomp with = profile(DefaultProfile::Docker, {"CAP_SYS_ADMIN"});
    CHECK(allows(with, "clone"));
    CHECK(allows(with, "clone3"));
    CHECK(refusal(with, "clone3") == 0);
}

TEST_CASE("on s390x the flags of clone are the second argument") {
    const auto clone = rules_for(profile(DefaultProfile::Docker, {}, "s390x"), "clone");
    REQUIRE(clone.size() == 1);
    CHECK(clone[0].arguments.at(0).index == 1);
}

TEST_CASE("a machine has its architectures and its calls") {
    CHECK(profile(DefaultProfile::Docker, {}, "x86_64").architectures ==
          std::vector<std::string>{"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"});
    const Seccomp arm = profile(DefaultProfile::Podman, {}, "aarch64");
    CHECK(arm.architectures == std::vector<std::string>{"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"});
    CHECK(allows(arm, "set_tls"));
    CHECK_FALSE(allows(arm, "arch_prctl"));
    CHECK(profile(DefaultProfile::Docker, {}, "other").architectures.empty());
}

TEST_CASE("personalities and socket families are compared") {
    const Seccomp section = profile(DefaultProfile::Docker, {});
    CHECK(rules_for(section, "personality").size() == 5);
    CHECK(rules_for(section, "socket").size() == 3);
    for (const SeccompRule& rule : rules_for(section, "socket")) CHECK(rule.arguments.size() == 1);
}

TEST_CASE("Podman's profile leaves namespaces to the kernel and hides the unknown") {
    const Seccomp section = profile(DefaultProfile::Podman, {"CAP_SYS_CHROOT"});
    CHECK(section.default_errno_ret == ENOSYS);
    for (const char* call : {"mount", "unshare", "clone", "clone3", "keyctl", "chroot"})
        CHECK(allows(section, call));
    for (const char* call : {"bpf", "swapon", "ptrace", "open_by_handle_at", "userfaultfd"}) {
        INFO(call);
        CHECK(refusal(section, call) == EPERM);
    }
    CHECK(rules_for(section, "io_uring_setup").empty());
    CHECK(allows(profile(DefaultProfile::Podman, {"CAP_SYS_PTRACE"}), "ptrace"));
}

TEST_CASE("Podman's audit socket needs CAP_AUDIT_WRITE") {
    const auto without = rules_for(profile(DefaultProfile::Podman, {}), "socket");
    REQUIRE(without.size() == 3);
    CHECK(without[0].errno_ret == EINVAL);
    CHECK(without[0].arguments.size() == 2);
    CHECK(allows(profile(DefaultProfile::Podman, {"CAP_AUDIT_WRITE"}), "socket"));
}

TEST_CASE("no profile is null") {
    const auto none = oci::spec::seccomp_profile(DefaultProfile::None, {}, "x86_64");
    CHECK(std::holds_alternative<std::monostate>(none.content));
}

TEST_CASE("no call is listed twice among those allowed to all") {
    using namespace oci::spec;
    for (const std::string_view more : {docker_calls, podman_calls}) {
        std::set<std::string_view> seen;
        for (const std::string_view words : {common_calls, more})
            for (const std::string_view word : oci::split(words, ' ')) {
                INFO(word);
                CHECK_FALSE(word.empty());
                CHECK(seen.insert(word).second);
            }
    }
    for (const std::string_view refused : oci::split(podman_refused, ' ')) {
        INFO(refused);
        CHECK((" " + std::string{common_calls} + " " + std::string{podman_calls} + " ")
                  .find(" " + std::string{refused} + " ") == std::string::npos);
    }
}

TEST_CASE("both profiles compile, with few capabilities and with all") {
    if (oci::seccomp::compiler().version.empty()) return;
    for (const DefaultProfile kind : {DefaultProfile::Docker, DefaultProfile::Podman})
        for (const Names& capabilities :
             {Names{}, Names{"CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_AUDIT_WRITE", "CAP_BPF"}}) {
            const auto program =
                oci::seccomp::compile(profile(kind, capabilities, oci::spec::native_machine()));
            INFO((program ? "" : program.error().message));
            REQUIRE(program);
            CHECK(program.value().size() > 100);
        }
}

TEST_CASE("a profile of a file is as in a config.json, without conditions") {
    CHECK(problem(R"({"defaultAction":"SCMP_ACT_ALLOW"})") == "accepted");
    CHECK(problem(R"({"syscalls":[{"names":["a"],"includes":{},"excludes":{}}]})") == "accepted");
    CHECK(problem(R"({"archMap":[]})").starts_with("/archMap: is for an engine"));
    CHECK(problem(R"({"syscalls":[{},{"includes":{"caps":["CAP_BPF"]}}]})")
              .starts_with("/syscalls/1/includes: is for an engine"));
    CHECK(problem(R"({"syscalls":[{"excludes":{"arches":["s390"]}}]})")
              .starts_with("/syscalls/0/excludes"));
    CHECK(problem(R"({"syscalls":7})").starts_with("/syscalls: must be an array"));
    CHECK(problem("[]") == "/: must be an object");
    CHECK(problem("x").starts_with("not valid JSON"));
}
