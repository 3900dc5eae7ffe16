// SPDX-License-Identifier: Apache-2.0
//
// What a container gets of the machine: memory nodes, network devices, cache.
#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "base/explain.hpp"
#include "base/index_list.hpp"
#include "base/text.hpp"
#include "base/words.hpp"
#include "spec/validate.hpp"

namespace oci::spec {
namespace {

// ---- memoryPolicy ---------------------------------------------------------------

enum class Nodes : std::uint8_t { None, Optional, Required };

/// set_mempolicy(2): MPOL_PREFERRED without nodes is MPOL_LOCAL.
Nodes nodes_of(MemoryPolicyMode mode) noexcept {
    switch (mode) {
        case MemoryPolicyMode::Default:
        case MemoryPolicyMode::Local: return Nodes::None;
        case MemoryPolicyMode::Preferred: return Nodes::Optional;
        case MemoryPolicyMode::Bind:
        case MemoryPolicyMode::Interleave:
        case MemoryPolicyMode::PreferredMany:
        case MemoryPolicyMode::WeightedInterleave: break;
    }
    return Nodes::Required;
}

Result<void> check_nodes(const MemoryPolicy& policy) {
    const auto ranges = parse_index_list(policy.nodes);
    if (!ranges)
        return fail(ErrorKind::InvalidConfig,
                    "/linux/memoryPolicy/nodes: invalid memory policy node list \"{}\": must be "
                    "like \"0-3,7\"",
                    escape_for_display(policy.nodes));
    const unsigned count = count_indexes(*ranges);
    const std::string_view mode = name_of_value(words::memory_policy_modes, policy.mode);
    if (nodes_of(policy.mode) == Nodes::None && count != 0)
        return fail(ErrorKind::InvalidConfig,
                    "/linux/memoryPolicy/nodes: {} mode requires 0 nodes but got {}", mode, count);
    if (nodes_of(policy.mode) == Nodes::Required && count == 0)
        return fail(ErrorKind::InvalidConfig,
                    "/linux/memoryPolicy/nodes: {} mode requires at least 1 node but got 0", mode);
    return {};
}

Result<void> check_policy_flags(const MemoryPolicy& policy) {
    const auto has = [&](MemoryPolicyFlag flag) {
        return std::ranges::find(policy.flags, flag) != policy.flags.end();
    };
    if (has(MemoryPolicyFlag::RelativeNodes) && has(MemoryPolicyFlag::StaticNodes))
        return fail(ErrorKind::InvalidConfig,
                    "/linux/memoryPolicy/flags: invalid memory policy flag: MPOL_F_RELATIVE_NODES "
                    "and MPOL_F_STATIC_NODES exclude each other");
    const bool may_balance =
        policy.mode == MemoryPolicyMode::Bind || policy.mode == MemoryPolicyMode::PreferredMany;
    if (has(MemoryPolicyFlag::NumaBalancing) && !may_balance)
        return fail(ErrorKind::InvalidConfig,
                    "/linux/memoryPolicy/flags: invalid memory policy flag: MPOL_F_NUMA_BALANCING "
                    "is for MPOL_BIND and MPOL_PREFERRED_MANY only");
    if (!policy.flags.empty() && trim(policy.nodes).empty())
        return fail(ErrorKind::InvalidConfig,
                    "/linux/memoryPolicy/flags: invalid memory policy flag: {} without nodes takes "
                    "none",
                    name_of_value(words::memory_policy_modes, policy.mode));
    return {};
}

// ---- netDevices -----------------------------------------------------------------

constexpr std::size_t longest_device_name = 15;

/// What the kernel takes (dev_valid_name), and nothing that needs quoting.
bool is_device_name(std::string_view name) {
    if (name.empty() || name.size() > longest_device_name || name == "." || name == "..")
        return false;
    return std::ranges::all_of(name, [](char c) {
        const auto code = static_cast<unsigned char>(c);
        return code > ' ' && code < 0x7f && c != '/' && c != ':';
    });
}

/// One "%d" asks the kernel for the first free number.
bool is_device_template(std::string_view name) {
    const std::size_t percent = name.find('%');
    if (percent == std::string_view::npos) return true;
    return name.substr(percent, 2) == "%d" && name.find('%', percent + 1) == std::string_view::npos;
}

// ---- intelRdt -------------------------------------------------------------------

/// A directory of resctrl; "/" is the default class of service.
bool is_clos_id(std::string_view id) {
    constexpr std::size_t longest = 255;
    constexpr std::string_view taken[] = {".", "..", "info", "mon_groups", "mon_data"};
    if (id == "/") return true;
    if (id.size() > longest || has_control_character(id)) return false;
    return id.find('/') == std::string_view::npos &&
           std::ranges::find(taken, id) == std::ranges::end(taken);
}

void check_memory_policy(const MemoryPolicy& policy, Problems& problems) {
    problems.note(check_nodes(policy));
    problems.note(check_policy_flags(policy));
}

std::string_view final_name_of(const NetDevice& device) {
    return device.name.empty() ? device.host_name : device.name;
}

void check_net_device(const NetDevice& device, Problems& problems) {
    const std::string at =
        fmt::format("/linux/netDevices/{}", escape_for_display(device.host_name));
    if (!is_device_name(device.host_name)) problems.add("{}: is no name of a network device", at);
    if (device.name.empty()) return;
    if (!is_device_name(device.name) || !is_device_template(device.name))
        problems.add(
            "{}/name: \"{}\" is no name of a network device (at most {} bytes without blanks, "
            "\"/\" and \":\", and \"%d\" at most once)",
            at, escape_for_display(device.name), longest_device_name);
}

/// Two devices cannot have one name; a template makes names that differ.
void check_names_differ(const std::vector<NetDevice>& devices, Problems& problems) {
    std::unordered_set<std::string_view> names;
    for (const NetDevice& device : devices) {
        const std::string_view name = final_name_of(device);
        if (name.find('%') == std::string_view::npos && !names.insert(name).second)
            problems.add("/linux/netDevices/{}/name: \"{}\" is given twice",
                         escape_for_display(device.host_name), escape_for_display(name));
    }
}

void check_net_devices(const Spec& spec, Problems& problems) {
    const auto& devices = spec.linux_section.net_devices;
    if (!devices.empty() && find_namespace(spec, NamespaceKind::Network) == nullptr)
        problems.add(
            "/linux/netDevices: needs a network namespace, and /linux/namespaces has none");
    for (const NetDevice& device : devices) check_net_device(device, problems);
    check_names_differ(devices, problems);
}

void check_schema(std::string_view key, const std::string& text, Problems& problems) {
    // Several lines where the cache is split for code and data.
    for (const std::string_view line : split(text, '\n'))
        if (has_control_character(line))
            problems.add("/linux/intelRdt/{}: contains a control character", key);
}

void check_intel_rdt(const IntelRdt& rdt, Problems& problems) {
    if (!is_clos_id(rdt.clos_id))
        problems.add("/linux/intelRdt/closID: must be \"/\" or the name of a directory of resctrl");
    for (std::size_t i = 0; i < rdt.schemata.size(); ++i)
        if (rdt.schemata[i].empty() || has_control_character(rdt.schemata[i]))
            problems.add("/linux/intelRdt/schemata/{}: must be one line that is not empty", i);
    check_schema("l3CacheSchema", rdt.l3_cache_schema, problems);
    check_schema("memBwSchema", rdt.mem_bw_schema, problems);
}

}  // namespace

void validate_platform(const Spec& spec, Problems& problems) {
    if (spec.linux_section.memory_policy)
        check_memory_policy(*spec.linux_section.memory_policy, problems);
    check_net_devices(spec, problems);
    if (spec.linux_section.intel_rdt) check_intel_rdt(*spec.linux_section.intel_rdt, problems);
}

}  // namespace oci::spec
