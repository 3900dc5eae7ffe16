// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/device_filter.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/explain.hpp"
#include "features/cgroups/cgroups.hpp"
#include "features/cgroups/device_program.hpp"
#include "features/cgroups/device_table.hpp"
#include "kernel/bpf.hpp"

namespace oci::cgroups {
namespace {

constexpr unsigned to_make = BPF_DEVCG_ACC_MKNOD;
constexpr unsigned to_read = BPF_DEVCG_ACC_READ;
constexpr unsigned to_write = BPF_DEVCG_ACC_WRITE;
constexpr unsigned all = to_make | to_read | to_write;

using Number = std::optional<std::uint32_t>;

/// What every container may use, whatever its rules say: as with the other runtimes they come
/// last. Nodes may be made of any device; that opens none.
constexpr std::array default_access{
    DeviceAccess{true, 'c', {}, {}, to_make},
    DeviceAccess{true, 'b', {}, {}, to_make},
    DeviceAccess{true, 'c', Number{1U}, Number{3U}, all},     // null
    DeviceAccess{true, 'c', Number{1U}, Number{5U}, all},     // zero
    DeviceAccess{true, 'c', Number{1U}, Number{7U}, all},     // full
    DeviceAccess{true, 'c', Number{1U}, Number{8U}, all},     // random
    DeviceAccess{true, 'c', Number{1U}, Number{9U}, all},     // urandom
    DeviceAccess{true, 'c', Number{5U}, Number{0U}, all},     // tty
    DeviceAccess{true, 'c', Number{5U}, Number{1U}, all},     // console
    DeviceAccess{true, 'c', Number{5U}, Number{2U}, all},     // ptmx
    DeviceAccess{true, 'c', Number{10U}, Number{200U}, all},  // net/tun
    DeviceAccess{true, 'c', Number{136U}, {}, all},           // pts
};

/// Absent and negative numbers (-1 is the usual wildcard) stand for any.
Result<Number> number_of(std::optional<std::int64_t> given, std::size_t index,
                         std::string_view name) {
    if (given.value_or(-1) < 0) return Number{};
    if (*given > std::numeric_limits<std::uint32_t>::max())
        return fail(ErrorKind::InvalidConfig,
                    "/linux/resources/devices/{}/{}: {} is no device number", index, name, *given);
    return Number{static_cast<std::uint32_t>(*given)};
}

unsigned access_bits(const DeviceRule& rule) noexcept {
    return (rule.make_node ? to_make : 0U) | (rule.read ? to_read : 0U) |
           (rule.write ? to_write : 0U);
}

Result<DeviceAccess> access_of(const DeviceRule& rule, std::size_t index) {
    if (rule.type != 'a' && rule.type != 'b' && rule.type != 'c')
        return fail(ErrorKind::InvalidConfig,
                    "/linux/resources/devices/{}/type: neither \"a\", \"b\" nor \"c\"", index);
    DeviceAccess access{.allow = rule.allow, .type = rule.type};
    access.major = OCI_TRY(number_of(rule.major, index, "major"));
    access.minor = OCI_TRY(number_of(rule.minor, index, "minor"));
    access.bits = access_bits(rule);
    if (access.bits == 0 && rule.type == 'a') access.bits = all;
    if (access.bits == 0)
        return fail(ErrorKind::InvalidConfig,
                    "/linux/resources/devices/{}/access: none of \"rwm\" is given", index);
    return access;
}

}  // namespace

Result<std::vector<DeviceAccess>> plan_device_access(const std::vector<DeviceRule>& rules) {
    constexpr std::size_t most_rules = 10'000;  // tabulate() compares each with each
    if (rules.size() > most_rules)
        return fail(ErrorKind::InvalidConfig, "/linux/resources/devices: more than {} rules",
                    most_rules);
    std::vector<DeviceAccess> accesses;
    for (std::size_t index = 0; index < rules.size(); ++index) {
        const DeviceAccess access = OCI_TRY(access_of(rules[index], index));
        accesses.push_back(access);
    }
    accesses.insert(accesses.end(), default_access.begin(), default_access.end());
    return accesses;
}

Result<DeviceProgram> plan_device_program(const std::vector<DeviceRule>& rules) {
    const std::vector<DeviceAccess> accesses = OCI_TRY(plan_device_access(rules));
    const DeviceTable characters = tabulate(accesses, 'c');
    const DeviceTable blocks = tabulate(accesses, 'b');
    if (is_uniform(characters) && is_uniform(blocks) && characters.otherwise == all &&
        blocks.otherwise == all)
        return DeviceProgram{};
    return assemble_device_program(characters, blocks);
}

kernel::SysResult<void> attach_device_program(const DeviceProgram& program, FdView cgroup) {
    if (program.empty()) return {};
    const UniqueFd loaded = OCI_TRY(kernel::load_device_program(program));
    return kernel::attach_device_program(cgroup, loaded);
}

kernel::SysResult<UniqueFd> find_device_program(FdView cgroup) {
    const auto ids = OCI_TRY(kernel::device_programs(cgroup));
    for (const std::uint32_t id : ids) {
        auto program = kernel::open_program(id);
        if (!program && program.error().code == ENOENT) continue;  // gone meanwhile
        UniqueFd opened = OCI_TRY(std::move(program));
        const std::string name = OCI_TRY(kernel::program_name(opened));
        // Others attach programs, too: systemd for one.
        if (name == kernel::device_program_name) return opened;
    }
    return UniqueFd{};
}

DeviceFilter look_at_device_filter(const Location& location) {
    if (!exists(location)) return {.reason = "the container has no cgroup of its own"};
    const auto cgroup = open_existing(location);
    if (!cgroup && is_gone(cgroup.error())) return {.reason = "the cgroup is gone"};
    const auto found = cgroup ? find_device_program(cgroup.value()) : Failure{cgroup.error()};
    if (found && found.value()) return {.attached = true};
    if (found) return {.reason = "every device is allowed"};
    if (found.error().code == EPERM)
        return {.reason = "only root of the machine may filter devices, or look at filters"};
    return {.reason =
                fmt::format("{}: {}", found.error().call, kernel::errno_text(found.error().code))};
}

kernel::SysResult<UniqueFd> load_device_program(const DeviceProgram& program) {
    if (program.empty()) return UniqueFd{};
    return kernel::load_device_program(program);
}

kernel::SysResult<void> exchange_device_programs(FdView cgroup, FdView old, FdView next) noexcept {
    if (old.get() >= 0 && next.get() >= 0) return kernel::replace_device_program(cgroup, old, next);
    if (next.get() >= 0) return kernel::attach_device_program(cgroup, next);
    if (old.get() >= 0) return kernel::detach_device_program(cgroup, old);
    return {};
}

}  // namespace oci::cgroups
