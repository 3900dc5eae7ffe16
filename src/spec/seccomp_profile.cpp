// SPDX-License-Identifier: Apache-2.0
#include "spec/seccomp_profile.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>

#include <fmt/format.h>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "spec/document.hpp"
#include "spec/place.hpp"
#include "spec/seccomp_calls.hpp"

namespace oci::spec {
namespace {

Value comparison(std::uint64_t index, std::string_view op, std::uint64_t value,
                 std::optional<std::uint64_t> value_two = {}) {
    Value::Object object;
    add(object, "index", number_value(index));
    add(object, "value", number_value(value));
    if (value_two) add(object, "valueTwo", number_value(*value_two));
    add(object, "op", text_value(op));
    return {std::move(object)};
}

/// Collects the rules of one profile.
class Rules {
public:
    void allow(std::string_view calls, Value::Array comparisons = {}) {
        put(calls, "SCMP_ACT_ALLOW", {}, std::move(comparisons));
    }
    void refuse(std::string_view calls, int code, Value::Array comparisons = {}) {
        put(calls, "SCMP_ACT_ERRNO", code, std::move(comparisons));
    }
    Value take() { return {std::move(rules_)}; }

private:
    void put(std::string_view calls, std::string_view action, std::optional<int> code,
             Value::Array comparisons) {
        if (calls.empty()) return;
        Value::Object rule;
        add(rule, "names", word_list(calls));
        add(rule, "action", text_value(action));
        if (code) add(rule, "errnoRet", number_value(static_cast<std::uint64_t>(*code)));
        if (!comparisons.empty()) add(rule, "args", {std::move(comparisons)});
        rules_.push_back({std::move(rule)});
    }

    Value::Array rules_;
};

class Capabilities {
public:
    explicit Capabilities(const std::vector<std::string_view>& names) : names_{names} {}
    [[nodiscard]] bool have(std::string_view name) const {
        return std::ranges::find(names_, fmt::format("CAP_{}", name)) != names_.end();
    }

private:
    const std::vector<std::string_view>& names_;
};

/// PER_LINUX and PER_LINUX32, each also with UNAME26, and the question which it is.
void allow_personalities(Rules& rules) {
    for (const std::uint64_t value : {0x0ULL, 0x8ULL, 0x20000ULL, 0x20008ULL, 0xFFFF'FFFFULL})
        rules.allow("personality", {comparison(0, "SCMP_CMP_EQ", value)});
}

/// All but AF_ALG, whose code few use and many have broken, and AF_VSOCK, which
/// no namespace separates from the host.
void allow_docker_sockets(Rules& rules) {
    constexpr std::uint64_t af_alg = 38;
    constexpr std::uint64_t af_vsock = 40;
    rules.allow("socket", {comparison(0, "SCMP_CMP_LT", af_alg)});
    rules.allow("socket", {comparison(0, "SCMP_CMP_EQ", af_alg + 1)});
    rules.allow("socket", {comparison(0, "SCMP_CMP_GT", af_vsock)});
}

/// The audit socket answers EINVAL, as programs expect where there is no audit.
void allow_podman_sockets(Rules& rules, const Capabilities& capabilities) {
    constexpr std::uint64_t af_netlink = 16;
    constexpr std::uint64_t netlink_audit = 9;
    if (capabilities.have("AUDIT_WRITE")) return rules.allow("socket");
    rules.refuse(
        "socket", EINVAL,
        {comparison(0, "SCMP_CMP_EQ", af_netlink), comparison(2, "SCMP_CMP_EQ", netlink_audit)});
    rules.allow("socket", {comparison(2, "SCMP_CMP_NE", netlink_audit)});
    rules.allow("socket", {comparison(0, "SCMP_CMP_NE", af_netlink)});
}

/// clone without namespaces. The flags of clone3 are behind a pointer, where no
/// filter can read them: libraries fall back on clone.
void allow_threads(Rules& rules, std::string_view machine) {
    constexpr std::uint64_t namespace_flags = 0x7E02'0000;  // all but CLONE_NEWTIME
    const std::uint64_t index = machine.starts_with("s390") ? 1 : 0;
    rules.allow("clone", {comparison(index, "SCMP_CMP_MASKED_EQ", namespace_flags, 0)});
    rules.refuse("clone3", ENOSYS);
}

void add_docker_rules(Rules& rules, const Capabilities& capabilities, std::string_view machine) {
    rules.allow(docker_calls);
    allow_docker_sockets(rules);
    for (const Group& group : docker_groups)
        if (capabilities.have(group.capability)) rules.allow(group.calls);
    if (!capabilities.have("SYS_ADMIN")) allow_threads(rules, machine);
}

void add_podman_rules(Rules& rules, const Capabilities& capabilities) {
    rules.allow(podman_calls);
    rules.refuse(podman_refused, EPERM);
    allow_podman_sockets(rules, capabilities);
    for (const Group& group : podman_groups) {
        if (capabilities.have(group.capability))
            rules.allow(group.calls);
        else
            rules.refuse(group.calls, EPERM);
    }
}

}  // namespace

std::string_view native_machine() noexcept {
#if defined(__x86_64__)
    return "x86_64";
#elif defined(__aarch64__)
    return "aarch64";
#elif defined(__riscv)
    return "riscv64";
#elif defined(__powerpc64__)
    return "ppc64le";
#elif defined(__s390x__)
    return "s390x";
#elif defined(__loongarch64)
    return "loongarch64";
#else
    return "";
#endif
}

Value seccomp_profile(DefaultProfile profile, const std::vector<std::string_view>& capabilities,
                      std::string_view machine) {
    if (profile == DefaultProfile::None) return {};
    Rules rules;
    rules.allow(common_calls);
    allow_personalities(rules);
    const auto* const here = std::ranges::find(machines, machine, &Machine::name);
    if (here != machines.end()) rules.allow(here->calls);
    const bool is_docker = profile == DefaultProfile::Docker;
    if (is_docker)
        add_docker_rules(rules, Capabilities{capabilities}, machine);
    else
        add_podman_rules(rules, Capabilities{capabilities});

    Value::Object section;
    add(section, "defaultAction", text_value("SCMP_ACT_ERRNO"));
    add(section, "defaultErrnoRet", number_value(is_docker ? EPERM : ENOSYS));
    if (here != machines.end()) add(section, "architectures", word_list(here->architectures));
    add(section, "syscalls", rules.take());
    return {std::move(section)};
}

Result<Value> read_profile(std::string_view text) {
    Value document = OCI_TRY(parse_json(text));
    const Place profile(document);
    constexpr std::string_view why =
        "is for an engine to resolve; give the profile as it stands in a config.json";
    if (const Value* map = profile.find("archMap"))
        return Place(profile, "archMap", *map).refuse(why);
    const Value* rules = profile.find("syscalls");
    if (rules == nullptr) return document;
    const Place list(profile, "syscalls", *rules);
    const Value::Array* elements = OCI_TRY(list.elements("objects"));
    for (std::size_t i = 0; i < elements->size(); ++i) {
        const Place rule(list, i, (*elements)[i]);
        for (const std::string_view key : {"includes", "excludes"}) {
            const Value* condition = rule.find(key);
            if (condition == nullptr) continue;
            const Place place(rule, key, *condition);
            const Value::Object* members = OCI_TRY(place.members());
            if (!members->empty()) return place.refuse(why);
        }
    }
    return document;
}

}  // namespace oci::spec
