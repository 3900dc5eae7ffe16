// SPDX-License-Identifier: Apache-2.0
//
// Rules for devices: the program that is loaded decides each access as the rules do when they are
// gone through one by one: each bit by the last rule that names it.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "features/cgroups/device_filter.hpp"
#include "fuzz/bytes.hpp"
#include "oci-rt/spec.hpp"
#include "support/bpf_machine.hpp"

namespace {

using oci::fuzz::Bytes;

constexpr std::uint32_t few = 4;

/// Of few numbers, so that rules meet; and any now and then.
std::optional<std::int64_t> number_of(Bytes& bytes) {
    const std::uint8_t way = bytes.byte();
    if (way < 80) return std::nullopt;
    if (way < 100) return -1;
    if (way < 240) return way % few;
    return static_cast<std::int64_t>(bytes.number(8));
}

oci::DeviceRule rule_of(Bytes& bytes) {
    oci::DeviceRule rule;
    const std::uint8_t bits = bytes.byte();
    rule.allow = (bits & 1U) != 0;
    rule.read = (bits & 2U) != 0;
    rule.write = (bits & 4U) != 0;
    rule.make_node = (bits & 8U) != 0;
    rule.type = bytes.one_of(std::string_view{"abca"});
    rule.major = number_of(bytes);
    rule.minor = number_of(bytes);
    return rule;
}

bool names(const oci::cgroups::DeviceAccess& rule, char type, std::uint32_t major,
           std::uint32_t minor) {
    return (rule.type == 'a' || rule.type == type) && rule.major.value_or(major) == major &&
           rule.minor.value_or(minor) == minor;
}

bool is_allowed(const std::vector<oci::cgroups::DeviceAccess>& rules, char type,
                std::uint32_t major, std::uint32_t minor, unsigned asked) {
    unsigned allowed = 0;
    for (const auto& rule : rules) {
        if (!names(rule, type, major, minor)) continue;
        allowed = rule.allow ? allowed | rule.bits : allowed & ~rule.bits;
    }
    return (asked & ~allowed) == 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Bytes bytes{data, size};
    std::vector<oci::DeviceRule> rules;
    std::vector<std::uint32_t> numbers{0, 1, 2, 3, 5, 7, 136, 200, ~0U};
    while (!bytes.is_empty() && rules.size() < 64) {
        rules.push_back(rule_of(bytes));
        for (const auto& number : {rules.back().major, rules.back().minor})
            if (number.value_or(0) > few) numbers.push_back(static_cast<std::uint32_t>(*number));
    }
    const auto plain = oci::cgroups::plan_device_access(rules);
    const auto program = oci::cgroups::plan_device_program(rules);
    oci::fuzz::demand(static_cast<bool>(plain) == static_cast<bool>(program),
                      "rules make a program, or are refused");
    if (!plain) return 0;
    for (const std::uint32_t major : numbers)
        for (const std::uint32_t minor : numbers)
            for (unsigned asked = 1; asked < 8; ++asked)
                for (const bool is_block : {false, true}) {
                    const std::uint32_t kind = is_block ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
                    const bpf_cgroup_dev_ctx access{asked << 16U | kind, major, minor};
                    oci::fuzz::demand(
                        oci::test::run_device_program(program.value(), access) ==
                            is_allowed(plain.value(), is_block ? 'b' : 'c', major, minor, asked),
                        "the program decides as the rules do");
                }
    return 0;
}
