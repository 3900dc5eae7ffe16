// SPDX-License-Identifier: Apache-2.0
//
// What a container gets of the machine: memory nodes, network devices, cache.
#include <algorithm>

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

}  // namespace

Result<void> check_memory_policy(const Spec& spec) {
    const auto& policy = spec.linux_section.memory_policy;
    if (!policy) return {};
    OCI_TRY(check_nodes(*policy));
    return check_policy_flags(*policy);
}

Result<void> check_net_devices(const Spec& spec) {
    const auto& devices = spec.linux_section.net_devices;
    if (!devices.empty() && find_namespace(spec, NamespaceKind::Network) == nullptr)
        return fail(ErrorKind::InvalidConfig,
                    "/linux/netDevices: needs a network namespace, and /linux/namespaces has none");
    for (auto device = devices.begin(); device != devices.end(); ++device) {
        const std::string at =
            fmt::format("/linux/netDevices/{}", escape_for_display(device->host_name));
        if (!is_device_name(device->host_name))
            return fail(ErrorKind::InvalidConfig, "{}: is no name of a network device", at);
        if (device->name.empty()) continue;
        if (!is_device_name(device->name) || !is_device_template(device->name))
            return fail(ErrorKind::InvalidConfig,
                        "{}/name: \"{}\" is no name of a network device (at most {} bytes without "
                        "blanks, \"/\" and \":\", and \"%d\" at most once)",
                        at, escape_for_display(device->name), longest_device_name);
    }
    // Two devices cannot have one name; a template makes names that differ.
    const auto name_of = [](const NetDevice& device) {
        return device.name.empty() ? device.host_name : device.name;
    };
    for (auto device = devices.begin(); device != devices.end(); ++device) {
        const std::string name = name_of(*device);
        if (name.find('%') != std::string::npos) continue;
        const auto same = [&](const NetDevice& other) { return name_of(other) == name; };
        if (std::any_of(devices.begin(), device, same))
            return fail(ErrorKind::InvalidConfig,
                        "/linux/netDevices/{}/name: \"{}\" is given twice", device->host_name,
                        name);
    }
    return {};
}

Result<void> check_intel_rdt(const Spec& spec) {
    const auto& rdt = spec.linux_section.intel_rdt;
    if (!rdt) return {};
    if (!is_clos_id(rdt->clos_id))
        return fail(ErrorKind::InvalidConfig,
                    "/linux/intelRdt/closID: must be \"/\" or the name of a directory of resctrl");
    const auto is_line = [](const std::string& text) { return !has_control_character(text); };
    for (std::size_t i = 0; i < rdt->schemata.size(); ++i)
        if (rdt->schemata[i].empty() || !is_line(rdt->schemata[i]))
            return fail(ErrorKind::InvalidConfig,
                        "/linux/intelRdt/schemata/{}: must be one line that is not empty", i);
    for (const auto& [key, text] : {std::pair{"l3CacheSchema", &rdt->l3_cache_schema},
                                    std::pair{"memBwSchema", &rdt->mem_bw_schema}})
        // Both were lists of lines in the specification until 1.2, for L3CODE and L3DATA.
        for (const std::string_view line : split(*text, '\n'))
            if (has_control_character(line))
                return fail(ErrorKind::InvalidConfig,
                            "/linux/intelRdt/{}: contains a control character", key);
    return {};
}

}  // namespace oci::spec
