// SPDX-License-Identifier: Apache-2.0
#include "features/seccomp/filter.hpp"

#include <linux/audit.h>
#include <seccomp.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <unordered_set>

#include <fmt/format.h>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/log.hpp"
#include "features/seccomp/overlapping_rules.hpp"
#include "features/seccomp/unknown_calls.hpp"
#include "kernel/files.hpp"

namespace oci::seccomp {
namespace {

using Context = std::unique_ptr<void, void (*)(scmp_filter_ctx)>;

constexpr std::uint32_t x32_bit = 0x4000'0000;

/// libseccomp's token of "SCMP_ARCH_…", if its tables have it.
std::optional<std::uint32_t> token_of(std::string_view name) {
    constexpr std::string_view prefix = "SCMP_ARCH_";
    if (!name.starts_with(prefix)) return std::nullopt;
    std::string lower{name.substr(prefix.size())};
    std::ranges::transform(lower, lower.begin(), [](unsigned char byte) {
        return static_cast<char>(std::tolower(byte));
    });
    const std::uint32_t token = ::seccomp_arch_resolve_name(lower.c_str());
    return token == 0 ? std::nullopt : std::optional{token};
}

std::uint32_t verdict_of(SeccompAction action, std::optional<std::uint32_t> errno_ret) {
    const std::uint32_t code = errno_ret.value_or(EPERM);
    switch (action) {
        case SeccompAction::Kill:
        case SeccompAction::KillThread: return SCMP_ACT_KILL_THREAD;
        case SeccompAction::KillProcess: return SCMP_ACT_KILL_PROCESS;
        case SeccompAction::Trap: return SCMP_ACT_TRAP;
        case SeccompAction::Errno: return SCMP_ACT_ERRNO(code);
        case SeccompAction::Trace: return SCMP_ACT_TRACE(code);
        case SeccompAction::Allow: return SCMP_ACT_ALLOW;
        case SeccompAction::Log: return SCMP_ACT_LOG;
        case SeccompAction::Notify: return SCMP_ACT_NOTIFY;
    }
    return SCMP_ACT_KILL_PROCESS;
}

scmp_arg_cmp comparison_of(const SeccompArgument& argument) {
    const auto comparison = [&](scmp_compare op, std::uint64_t a, std::uint64_t b = 0) {
        return scmp_arg_cmp{argument.index, op, a, b};
    };
    switch (argument.op) {
        case SeccompOperator::NotEqual: return comparison(SCMP_CMP_NE, argument.value);
        case SeccompOperator::LessThan: return comparison(SCMP_CMP_LT, argument.value);
        case SeccompOperator::LessOrEqual: return comparison(SCMP_CMP_LE, argument.value);
        case SeccompOperator::Equal: return comparison(SCMP_CMP_EQ, argument.value);
        case SeccompOperator::GreaterOrEqual: return comparison(SCMP_CMP_GE, argument.value);
        case SeccompOperator::GreaterThan: return comparison(SCMP_CMP_GT, argument.value);
        case SeccompOperator::MaskedEqual:
            return comparison(SCMP_CMP_MASKED_EQ, argument.value, argument.value_two);
    }
    return {};
}

Result<void> check(int returned, std::string_view act) {
    if (returned >= 0) return {};
    return with(fail(ErrorKind::System, "/linux/seccomp: libseccomp cannot {}: {}", act,
                     kernel::errno_text(-returned)),
                {.pointer = "/linux/seccomp", .number = -returned});
}

/// The native architecture, then those of the list that libseccomp can compile.
Result<std::vector<std::uint32_t>> add_architectures(scmp_filter_ctx context,
                                                     const Seccomp& section) {
    std::vector<std::uint32_t> tokens{::seccomp_arch_native()};
    for (const std::string& name : section.architectures) {
        const auto token = token_of(name);
        if (!token) {
            log::debug("seccomp: libseccomp does not know {}: its calls will be killed", name);
            continue;
        }
        if (std::ranges::find(tokens, *token) != tokens.end()) continue;
        const int added = ::seccomp_arch_add(context, *token);
        if (added == -EDOM) {  // the other byte order: cannot run on this machine
            log::debug("seccomp: {} does not go together with this machine", name);
            continue;
        }
        OCI_TRY(check(added, fmt::format("add the architecture {}", name)));
        tokens.push_back(*token);
    }
    return tokens;
}

/// Comparisons of distinct arguments must all be true; where an argument comes
/// twice, each comparison counts by itself.
std::vector<std::vector<SeccompArgument>> conjunctions(const std::vector<SeccompArgument>& all) {
    std::array<bool, 6> seen{};
    const bool repeats = std::ranges::any_of(all, [&](const SeccompArgument& argument) {
        return std::exchange(seen.at(argument.index), true);
    });
    if (!repeats) return {all};
    std::vector<std::vector<SeccompArgument>> single;
    for (const SeccompArgument& argument : all) single.push_back({argument});
    return single;
}

Result<void> add_call(scmp_filter_ctx context, std::uint32_t verdict, const std::string& name,
                      const std::vector<SeccompArgument>& conjunction) {
    const int number = ::seccomp_syscall_resolve_name(name.c_str());
    if (number == __NR_SCMP_ERROR) {
        log::debug("seccomp: skipped the unknown system call {}", name);
        return {};
    }
    std::vector<scmp_arg_cmp> comparisons;
    for (const SeccompArgument& argument : conjunction)
        comparisons.push_back(comparison_of(argument));
    const int added = ::seccomp_rule_add_array(
        context, verdict, number, static_cast<unsigned>(comparisons.size()), comparisons.data());
    return added == -EEXIST ? Result<void>{} : check(added, fmt::format("add a rule for {}", name));
}

// ---- what libseccomp gets wrong -----------------------------------------------------------

/// By name, in its order: the same profile makes the same program.
using CallRules = std::map<std::string_view, std::vector<Alternative>>;

bool needs_arguments(const Alternative& each) { return !each.comparisons.empty(); }
bool is_whole(const Alternative& each) { return each.comparisons.empty(); }

CallRules rules_by_name(const Seccomp& section, std::uint32_t default_verdict) {
    CallRules calls;
    for (const SeccompRule& rule : section.rules) {
        const std::uint32_t verdict = verdict_of(rule.action, rule.errno_ret);
        if (verdict == default_verdict) continue;
        for (auto& conjunction : conjunctions(rule.arguments))
            for (const std::string& name : rule.names)
                calls[name].push_back({verdict, conjunction});
    }
    // Where one rule needs no comparison, the others do not count.
    for (auto& [name, alternatives] : calls)
        if (std::ranges::any_of(alternatives, is_whole))
            std::erase_if(alternatives, needs_arguments);
    return calls;
}

/// No architecture has it in a multiplexed form, so none is left to libseccomp: it may take hours
/// to join a handful of rules for several arguments, too.
bool is_decided_everywhere(std::string_view name, const std::vector<std::uint32_t>& tokens) {
    return std::ranges::none_of(tokens, [&](std::uint32_t token) {
        const int number = ::seccomp_syscall_resolve_name_arch(token, name.data());
        return number <= -100 && number > -300;  // __PNR_socket to __PNR_shmctl
    });
}

/// Calls that an architecture has in a multiplexed form stay libseccomp's: they have no number.
DecidedCalls decided_calls(std::uint32_t token, const CallRules& rules) {
    constexpr std::uint32_t narrow = __AUDIT_ARCH_CONVENTION_MIPS64_N32;
    DecidedCalls abi{token, (token & __AUDIT_ARCH_64BIT) != 0 && (token & narrow) == 0};
    if (token == SCMP_ARCH_X32) abi = {AUDIT_ARCH_X86_64, false};
    for (const auto& [name, alternatives] : rules) {
        const int number = ::seccomp_syscall_resolve_name_arch(token, name.data());
        if (number >= 0) abi.calls.push_back({static_cast<std::uint32_t>(number), alternatives});
    }
    std::ranges::sort(abi.calls, {}, &DecidedCall::number);
    return abi;
}

Result<std::vector<sock_filter>> decide_overlapping(const CallRules& rules,
                                                    const std::vector<std::uint32_t>& tokens,
                                                    std::uint32_t default_verdict) {
    std::vector<DecidedCalls> abis;
    for (const std::uint32_t token : tokens) abis.push_back(decided_calls(token, rules));
    return decide(abis, default_verdict);
}

Result<void> add_rules(scmp_filter_ctx context, const CallRules& rules) {
    for (const auto& [name, alternatives] : rules)
        for (const Alternative& each : alternatives)
            OCI_TRY(add_call(context, each.verdict, std::string{name}, each.comparisons));
    return {};
}

// ---- what the profile knows --------------------------------------------------------------

/// Default actions that let a call through do not need the help of ENOSYS, nor
/// does one that is ENOSYS. A tracer decides by itself.
bool refuses_unknown_calls(std::uint32_t default_verdict) {
    return default_verdict != SCMP_ACT_ALLOW && default_verdict != SCMP_ACT_LOG &&
           default_verdict != SCMP_ACT_ERRNO(ENOSYS) &&
           (default_verdict & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_TRACE;
}

using Names = std::unordered_set<std::string_view>;

/// Some architectures have calls twice: multiplexed (socketcall, ipc), under which
/// libseccomp lists them, and by a number of their own.
std::uint32_t last_direct_number(std::uint32_t token, std::uint32_t last, const Names& names) {
    constexpr std::uint32_t reach = 512;
    if (::seccomp_syscall_resolve_name_arch(token, "socket") >= 0) return last;
    std::uint32_t found = last;
    for (std::uint32_t number = last + 1; number < last + reach; ++number) {
        using Text = std::unique_ptr<char, decltype(&std::free)>;
        const Text name{::seccomp_syscall_resolve_num_arch(token, static_cast<int>(number)),
                        &std::free};
        if (name && names.contains(name.get())) found = number;
    }
    return found;
}

KnownCalls abi_of(std::uint32_t token) {
    KnownCalls abi{token, 0, std::numeric_limits<std::uint32_t>::max(), false};
    if (token == SCMP_ARCH_X86_64) abi.end = x32_bit;
    if (token == SCMP_ARCH_X32) abi.audit_architecture = AUDIT_ARCH_X86_64;
    if (token == SCMP_ARCH_ARM) abi.end = 0x0f'0000;  // private calls: set_tls, cacheflush
    abi.zero_is_unknown = token == SCMP_ARCH_S390 || token == SCMP_ARCH_S390X;
    return abi;
}

std::optional<KnownCalls> known_calls(std::uint32_t token, const Names& names) {
    KnownCalls abi = abi_of(token);
    bool any = false;
    for (const std::string_view name : names) {
        const int number = ::seccomp_syscall_resolve_name_arch(token, name.data());
        if (number < 0 || static_cast<std::uint32_t>(number) >= abi.end) continue;
        abi.last = std::max(abi.last, static_cast<std::uint32_t>(number));
        any = true;
    }
    const std::uint32_t last = last_direct_number(token, abi.last, names);
    if (!any && last == abi.last) return std::nullopt;
    abi.last = last;
    return abi;
}

std::vector<KnownCalls> known_calls(const Seccomp& section,
                                    const std::vector<std::uint32_t>& tokens) {
    Names names;
    for (const SeccompRule& rule : section.rules)
        names.insert(rule.names.begin(), rule.names.end());
    std::vector<KnownCalls> abis;
    for (const std::uint32_t token : tokens) {
        const auto abi = known_calls(token, names);
        if (!abi) continue;
        // ABIs of one architecture stand together, the lower numbers first.
        const auto same =
            std::ranges::find(abis, abi->audit_architecture, &KnownCalls::audit_architecture);
        const bool goes_behind = same != abis.end() && same->last < abi->last;
        abis.insert(goes_behind ? same + 1 : same, *abi);
    }
    return abis;
}

// ---- out of libseccomp --------------------------------------------------------------------

Result<std::vector<sock_filter>> export_program(scmp_filter_ctx context,
                                                std::vector<sock_filter> program) {
    const UniqueFd file = OCI_TRY(
        explain(kernel::make_memory_file("seccomp"), "cannot make a file for the seccomp filter"));
    OCI_TRY(check(::seccomp_export_bpf(context, file.get()), "export the filter"));
    const struct stat status =
        OCI_TRY(explain(kernel::status_of(file), "cannot read the seccomp filter"));
    const auto size = static_cast<std::size_t>(status.st_size);
    const std::size_t front = program.size();
    program.resize(front + size / sizeof(sock_filter));
    if (program.size() > BPF_MAXINSNS)
        return fail(ErrorKind::InvalidConfig,
                    "/linux/seccomp: the filter has {} instructions, the kernel takes {}",
                    program.size(), BPF_MAXINSNS);
    const std::span<char> bytes{reinterpret_cast<char*>(program.data() + front), size};
    OCI_TRY(explain(kernel::read_at(file, bytes, 0), "cannot read the seccomp filter"));
    return program;
}

Result<void> set_attributes(scmp_filter_ctx context) {
    OCI_TRY(check(::seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS),
                  "refuse other architectures"));
    constexpr std::uint32_t binary_tree = 2;
    OCI_TRY(check(::seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, binary_tree),
                  "optimize the filter"));
    return {};
}

}  // namespace

std::uint32_t native_architecture() noexcept { return ::seccomp_arch_native(); }

Compiler compiler() {
    const scmp_version* version = ::seccomp_version();
    return {fmt::format("{}.{}.{}", version->major, version->minor, version->micro),
            native_architecture()};
}

bool knows_architecture(std::string_view name) { return token_of(name).has_value(); }

std::vector<std::string> unknown_names(const std::vector<std::string>& names) {
    std::vector<std::string> unknown;
    for (const std::string& name : names)
        if (::seccomp_syscall_resolve_name(name.c_str()) == __NR_SCMP_ERROR)
            unknown.push_back(name);
    return unknown;
}

Result<std::vector<sock_filter>> compile(const Seccomp& section) {
    const std::uint32_t default_verdict =
        verdict_of(section.default_action, section.default_errno_ret);
    const Context context{::seccomp_init(default_verdict), ::seccomp_release};
    if (!context)
        return fail(ErrorKind::Unsupported,
                    "/linux/seccomp/defaultAction: libseccomp cannot begin a filter with it here");
    OCI_TRY(set_attributes(context.get()));
    const std::vector<std::uint32_t> tokens = OCI_TRY(add_architectures(context.get(), section));
    CallRules rules = rules_by_name(section, default_verdict);
    CallRules decided_here;
    for (const auto& [name, alternatives] : rules)
        if (overlap(alternatives)) decided_here.emplace(name, alternatives);
    std::erase_if(rules, [&](const auto& call) {
        return decided_here.contains(call.first) && is_decided_everywhere(call.first, tokens);
    });
    OCI_TRY(add_rules(context.get(), rules));
    std::vector<sock_filter> front;
    if (refuses_unknown_calls(default_verdict))
        front = refuse_unknown_calls(known_calls(section, tokens));
    const std::vector<sock_filter> decided =
        OCI_TRY(decide_overlapping(decided_here, tokens, default_verdict));
    front.insert(front.end(), decided.begin(), decided.end());
    return export_program(context.get(), std::move(front));
}

}  // namespace oci::seccomp
