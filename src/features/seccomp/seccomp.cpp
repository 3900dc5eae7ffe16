// SPDX-License-Identifier: Apache-2.0
#include "features/seccomp/seccomp.hpp"

#include <algorithm>
#include <string>

#include "base/explain.hpp"
#include "base/words.hpp"
#include "features/seccomp/cache.hpp"
#include "features/seccomp/filter.hpp"
#include "features/seccomp/flags.hpp"
#include "kernel/seccomp.hpp"

namespace oci::seccomp {
namespace {

/// The kernel has 12 bits for an errno and 16 for what a tracer is told.
std::uint32_t largest_code(SeccompAction action) {
    if (action == SeccompAction::Errno) return 4095;
    return action == SeccompAction::Trace ? 0xffff : 0;
}

Result<void> check_action(const std::string& place, const char* errno_name, SeccompAction action,
                          const std::optional<std::uint32_t>& errno_ret) {
    const std::uint32_t largest = largest_code(action);
    if (errno_ret && largest == 0)
        return fail(ErrorKind::InvalidConfig,
                    "{}/{}: only SCMP_ACT_ERRNO and SCMP_ACT_TRACE have one, not {}", place,
                    errno_name, name_of_value(words::seccomp_actions, action));
    if (errno_ret && *errno_ret > largest)
        return fail(ErrorKind::InvalidConfig, "{}/{}: {} is more than {}", place, errno_name,
                    *errno_ret, largest);
    return {};
}

Result<void> check_rule(const std::string& place, const SeccompRule& rule) {
    constexpr std::uint32_t most_arguments = 6;
    if (rule.names.empty())
        return fail(ErrorKind::InvalidConfig, "{}/names: needs at least one system call", place);
    for (std::size_t i = 0; i < rule.arguments.size(); ++i)
        if (rule.arguments[i].index >= most_arguments)
            return fail(ErrorKind::InvalidConfig,
                        "{}/args/{}/index: {} is not among 0 to 5, the arguments of a system call",
                        place, i, rule.arguments[i].index);
    return check_action(place, "errnoRet", rule.action, rule.errno_ret);
}

Result<void> check_architectures(const Seccomp& section) {
    for (const std::string& name : section.architectures)
        if (std::ranges::find(words::seccomp_architectures, name) ==
            words::seccomp_architectures.end())
            return fail(ErrorKind::InvalidConfig,
                        "/linux/seccomp/architectures: unknown architecture \"{}\"", name);
    return {};
}

const Flag* find_flag(std::string_view name) {
    const auto* const found = std::ranges::find(flags, name, &Flag::name);
    return found == flags.end() ? nullptr : found;
}

static_assert(std::ranges::equal(flags, words::seccomp_flags, {}, &Flag::name),
              "every word has a meaning");

Result<unsigned> decide_flags(const Seccomp& section) {
    if (!section.flags) return default_flags;
    unsigned wanted = 0;
    for (const std::string& name : *section.flags) {
        const Flag* flag = find_flag(name);
        if (flag == nullptr)
            return fail(ErrorKind::InvalidConfig, "/linux/seccomp/flags: unknown flag \"{}\"",
                        name);
        wanted |= flag->loaded;
    }
    return wanted;
}

Result<void> check_kernel_knows(const Seccomp& section) {
    if (!section.flags) return {};
    for (const std::string& name : *section.flags) {
        const Flag* flag = find_flag(name);
        if (flag != nullptr && !kernel::knows_seccomp_flag(flag->probed))
            return fail(ErrorKind::Unsupported,
                        "/linux/seccomp/flags: this kernel does not know {}", name);
    }
    return {};
}

bool asks_an_agent(const Seccomp& section) {
    return std::ranges::find(section.rules, SeccompAction::Notify, &SeccompRule::action) !=
           section.rules.end();
}

/// What older callers of crun say instead of listenerPath.
constexpr const char* receiver = "run.oci.seccomp.receiver";
constexpr const char* fail_unknown = "run.oci.seccomp_fail_unknown_syscall";

std::string annotation(const Spec& spec, const char* name) {
    const auto found = spec.annotations.find(name);
    return found == spec.annotations.end() ? std::string{} : found->second;
}

Result<Listener> decide_listener(const Spec& spec, const Seccomp& section) {
    if (!asks_an_agent(section)) return Listener{};
    const bool is_annotated = section.listener_path.empty();
    const std::string path = is_annotated ? annotation(spec, receiver) : section.listener_path;
    if (!path.empty() && !path.starts_with('/') && !path.starts_with('@'))
        return fail(
            ErrorKind::InvalidConfig,
            "{}: \"{}\" is neither absolute nor the \"@name\" of an abstract socket",
            is_annotated ? fmt::format("/annotations/{}", receiver) : "/linux/seccomp/listenerPath",
            path);
    return Listener{path, section.listener_metadata};
}

/// Unknown names are left out, unless somebody wants to be sure that every rule counts.
Result<void> check_names(const Spec& spec, const Seccomp& section) {
    const std::string wanted = annotation(spec, fail_unknown);
    if (wanted.empty() || wanted == "0") return {};
    for (std::size_t i = 0; i < section.rules.size(); ++i) {
        const std::vector<std::string> unknown = unknown_names(section.rules[i].names);
        if (!unknown.empty())
            return fail(
                ErrorKind::Unsupported,
                "/linux/seccomp/syscalls/{}/names: unknown to libseccomp, and {} is set: {}", i,
                fail_unknown, fmt::join(unknown, ", "));
    }
    return {};
}

}  // namespace

Result<Plan> plan(const Spec& spec) {
    if (!spec.linux_section.seccomp) return Plan{};
    const Seccomp& section = *spec.linux_section.seccomp;
    OCI_TRY(check_action("/linux/seccomp", "defaultErrnoRet", section.default_action,
                         section.default_errno_ret));
    OCI_TRY(check_architectures(section));
    for (std::size_t i = 0; i < section.rules.size(); ++i)
        OCI_TRY(check_rule("/linux/seccomp/syscalls/" + std::to_string(i), section.rules[i]));
    OCI_TRY(check_names(spec, section));
    const unsigned wanted = OCI_TRY(decide_flags(section));
    Plan plan{true, {}, wanted & ~listener_flags, {}};
    plan.listener = OCI_TRY(decide_listener(spec, section));
    if (plan.has_listener()) plan.flags = wanted | SECCOMP_FILTER_FLAG_NEW_LISTENER;
    return plan;
}

Result<void> prepare(Plan& plan, const Seccomp& section, FdView cache_directory) {
    if (!plan.enabled) return {};
    OCI_TRY(check_kernel_knows(section));
    OCI_TRY(check_socket(plan.listener));
    const bool has_cache = cache_directory.get() >= 0;
    const std::string key = has_cache ? cache_key(section, compiler()) : std::string{};
    if (has_cache) {
        auto cached = find_cached(cache_directory, key);
        if (cached) {
            plan.program = std::move(*cached);
            return {};
        }
    }
    plan.program = OCI_TRY(compile(section));
    if (has_cache) put_into_cache(cache_directory, key, plan.program);
    return {};
}

kernel::SysResult<UniqueFd> load(const Plan& plan, Progress& progress) noexcept {
    if (!plan.enabled) return UniqueFd{};
    progress.subject = "/linux/seccomp";
    return kernel::load_seccomp_filter(plan.program, plan.flags);
}

void describe(Features& features) {
    const Compiler built_in = compiler();
    if (built_in.version.empty()) return;
    SeccompFeatures& seccomp = features.seccomp;
    seccomp.enabled = true;
    for (const auto& [name, action] : words::seccomp_actions) seccomp.actions.emplace_back(name);
    for (const auto& [name, op] : words::seccomp_operators) seccomp.operators.emplace_back(name);
    for (const std::string_view name : words::seccomp_architectures)
        if (knows_architecture(name)) seccomp.architectures.emplace_back(name);
    for (const Flag& flag : flags) {
        seccomp.known_flags.emplace_back(flag.name);
        if (kernel::knows_seccomp_flag(flag.probed))
            seccomp.supported_flags.emplace_back(flag.name);
    }
    features.annotations["io.github.seccomp.libseccomp.version"] = built_in.version;
}

}  // namespace oci::seccomp
