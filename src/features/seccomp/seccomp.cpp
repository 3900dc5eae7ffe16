// SPDX-License-Identifier: Apache-2.0
#include "features/seccomp/seccomp.hpp"

#include <algorithm>
#include <string>

#include "base/explain.hpp"
#include "features/seccomp/cache.hpp"
#include "features/seccomp/filter.hpp"
#include "features/seccomp/names.hpp"
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
    if (action == SeccompAction::Notify)
        return fail(ErrorKind::Unsupported,
                    "{}: SCMP_ACT_NOTIFY (a listener) is not supported by this version", place);
    const std::uint32_t largest = largest_code(action);
    if (errno_ret && largest == 0)
        return fail(ErrorKind::InvalidConfig,
                    "{}/{}: only SCMP_ACT_ERRNO and SCMP_ACT_TRACE have one, not {}", place,
                    errno_name, name_of_value(actions, action));
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
        if (std::ranges::find(architectures, name) == architectures.end())
            return fail(ErrorKind::InvalidConfig,
                        "/linux/seccomp/architectures: unknown architecture \"{}\"", name);
    return {};
}

const Flag* find_flag(std::string_view name) {
    const auto* const found = std::ranges::find(flags, name, &Flag::name);
    return found == flags.end() ? nullptr : found;
}

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

}  // namespace

Result<Plan> plan(const Spec& spec) {
    if (!spec.linux_section.seccomp) return Plan{};
    const Seccomp& section = *spec.linux_section.seccomp;
    OCI_TRY(check_action("/linux/seccomp", "defaultErrnoRet", section.default_action,
                         section.default_errno_ret));
    OCI_TRY(check_architectures(section));
    for (std::size_t i = 0; i < section.rules.size(); ++i)
        OCI_TRY(check_rule("/linux/seccomp/syscalls/" + std::to_string(i), section.rules[i]));
    const unsigned wanted = OCI_TRY(decide_flags(section));
    return Plan{true, {}, wanted};
}

Result<void> prepare(Plan& plan, const Seccomp& section, FdView cache_directory) {
    if (!plan.enabled) return {};
    OCI_TRY(check_kernel_knows(section));
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

kernel::SysResult<void> load(const Plan& plan, Progress& progress) noexcept {
    if (!plan.enabled) return {};
    progress.subject = "/linux/seccomp";
    return kernel::load_seccomp_filter(plan.program, plan.flags);
}

void describe(Features& features) {
    const Compiler built_in = compiler();
    if (built_in.version.empty()) return;
    SeccompFeatures& seccomp = features.seccomp;
    seccomp.enabled = true;
    for (const auto& [name, action] : actions) seccomp.actions.emplace_back(name);
    for (const auto& [name, op] : operators) seccomp.operators.emplace_back(name);
    for (const std::string_view name : architectures)
        if (knows_architecture(name)) seccomp.architectures.emplace_back(name);
    for (const Flag& flag : flags) {
        seccomp.known_flags.emplace_back(flag.name);
        if (kernel::knows_seccomp_flag(flag.probed))
            seccomp.supported_flags.emplace_back(flag.name);
    }
    features.annotations["io.github.seccomp.libseccomp.version"] = built_in.version;
}

}  // namespace oci::seccomp
