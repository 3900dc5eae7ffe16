// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <span>

#include "base/explain.hpp"
#include "base/words.hpp"
#include "spec/names.hpp"
#include "spec/validate.hpp"

namespace oci::spec {
namespace {

bool takes_errno(SeccompAction action) noexcept {
    return action == SeccompAction::Errno || action == SeccompAction::Trace;
}

void check_words(const std::vector<std::string>& words, std::span<const std::string_view> known,
                 std::string_view at, Problems& problems) {
    for (std::size_t i = 0; i < words.size(); ++i)
        if (std::ranges::find(known, words[i]) == known.end())
            problems.add("{}/{}: {}", at, i, unknown_name(words[i], {known.begin(), known.end()}));
}

void check_rule(const SeccompRule& rule, std::string_view at, Problems& problems) {
    if (rule.names.empty()) problems.add("{}/names: must not be empty", at);
    for (std::size_t i = 0; i < rule.names.size(); ++i)
        if (rule.names[i].empty()) problems.add("{}/names/{}: must not be empty", at, i);
    if (rule.errno_ret && !takes_errno(rule.action))
        problems.add("{}/errnoRet: {} does not use it", at,
                     name_of_value(words::seccomp_actions, rule.action));
    constexpr std::uint32_t last_argument = 5;
    for (std::size_t i = 0; i < rule.arguments.size(); ++i)
        if (rule.arguments[i].index > last_argument)
            problems.add("{}/args/{}/index: must be at most {}", at, i, last_argument);
    // Other runtimes have to write before the agent is there to answer: what they
    // refuse, we do not bring into being.
    if (rule.action == SeccompAction::Notify &&
        std::ranges::find(rule.names, "write") != rule.names.end())
        problems.add("{}: SCMP_ACT_NOTIFY cannot be used for the write syscall", at);
}

}  // namespace

void validate_seccomp(const Seccomp& seccomp, std::string_view at, Problems& problems) {
    if (seccomp.default_action == SeccompAction::Notify)
        problems.add("{}/defaultAction: SCMP_ACT_NOTIFY cannot be used as the default action", at);
    if (seccomp.default_errno_ret && !takes_errno(seccomp.default_action))
        problems.add("{}/defaultErrnoRet: {} does not use it", at,
                     name_of_value(words::seccomp_actions, seccomp.default_action));
    check_words(seccomp.architectures, words::seccomp_architectures,
                fmt::format("{}/architectures", at), problems);
    if (seccomp.flags)
        check_words(*seccomp.flags, words::seccomp_flags, fmt::format("{}/flags", at), problems);
    if (!seccomp.listener_metadata.empty() && seccomp.listener_path.empty())
        problems.add("{}/listenerMetadata: needs listenerPath", at);
    for (std::size_t i = 0; i < seccomp.rules.size(); ++i)
        check_rule(seccomp.rules[i], fmt::format("{}/syscalls/{}", at, i), problems);
}

}  // namespace oci::spec
