// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/update.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "features/cgroups/controllers/controllers.hpp"
#include "features/cgroups/subtree.hpp"
#include "features/cgroups/systemd/unit.hpp"
#include "kernel/text_file.hpp"

namespace oci::cgroups {
namespace {

/// "max" is the largest number there is; nullopt: no number, or no file.
std::optional<std::uint64_t> limit_in(std::string_view text) {
    if (trim(text) == "max") return std::numeric_limits<std::uint64_t>::max();
    return parse_number<std::uint64_t>(trim(text));
}

/// One file holds both quota and period: the one that is not given stays.
void complete_bandwidth(CpuResources& cpu, std::string_view cpu_max) {
    const auto words = split(trim(cpu_max), ' ');
    if (words.size() != 2) return;
    const bool has_quota = cpu.quota.value_or(0) != 0;
    const bool has_period = cpu.period.value_or(0) != 0;
    if (has_period && !has_quota) cpu.quota = parse_number<std::int64_t>(words[0]).value_or(-1);
    if (has_quota && !has_period) cpu.period = parse_number<std::uint64_t>(words[1]);
}

/// Memory and swap are given as a sum: without its first part, that is what the cgroup has.
Result<void> complete_memory(MemoryResources& memory, std::string_view memory_max) {
    if (memory.swap.value_or(0) <= 0 || memory.limit.value_or(0) != 0) return {};
    const auto limit = parse_number<std::int64_t>(trim(memory_max));
    if (!limit)
        return with(fail(ErrorKind::InvalidConfig,
                         "/linux/resources/memory/swap: {} is memory and swap together, and the "
                         "container has no memory limit",
                         *memory.swap),
                    {.hint = "give a memory limit, too"});
    memory.limit = limit;
    return {};
}

Result<void> check_idle(const CpuResources& cpu, const CurrentLimits& now) {
    const bool stays_idle = trim(now.cpu_idle) == "1" && !cpu.idle;
    if (cpu.shares.value_or(0) == 0 || !stays_idle) return {};
    return with(fail(ErrorKind::InvalidConfig,
                     "/linux/resources/cpu/shares: the container is idle, and the kernel takes no "
                     "weight then"),
                {.hint = "end that, too: cpu.idle 0"});
}

/// Room first: less memory with less swap would kill what more swap can hold.
void order_memory(Writes& writes, const CurrentLimits& now) {
    const auto swap = std::ranges::find(writes, "memory.swap.max", &Write::file);
    const auto memory = std::ranges::find(writes, "memory.max", &Write::file);
    if (swap == writes.end() || memory == writes.end() || swap > memory) return;
    const auto wanted = limit_in(swap->value);
    const auto present = limit_in(now.swap_max);
    if (wanted && present && *wanted < *present) std::rotate(swap, swap + 1, memory + 1);
}

std::string read_limit(FdView cgroup, const char* file) {
    auto text = kernel::read_text(cgroup, file, 4096);
    return text ? std::move(text).value() : "";
}

/// Whether every file is there that has to be: then no controller has to be enabled.
bool has_all_files(FdView cgroup, const Writes& writes) {
    const auto names = kernel::read_directory(cgroup);
    const auto has = [&](const std::string& file) {
        return names && std::ranges::count(names.value(), file) > 0;
    };
    return std::ranges::all_of(writes, [&](const Write& write) {
        return write.is_default || write.may_be_missing || has(write.file) || has(write.other_file);
    });
}

struct DevicePrograms {
    UniqueFd old;
    UniqueFd next;
};

kernel::SysResult<DevicePrograms> put_in_place(const DeviceProgram& program, FdView cgroup) {
    UniqueFd next = OCI_TRY(load_device_program(program));
    UniqueFd old = OCI_TRY(find_device_program(cgroup));
    OCI_TRY(exchange_device_programs(cgroup, old, next));
    return DevicePrograms{std::move(old), std::move(next)};
}

}  // namespace

Result<Update> plan_update(const Resources& resources, const CurrentLimits& now) {
    Resources whole = resources;
    OCI_TRY(check_idle(whole.cpu, now));
    complete_bandwidth(whole.cpu, now.cpu_max);
    OCI_TRY(complete_memory(whole.memory, now.memory_max));
    Update update;
    update.writes = OCI_TRY(plan_controllers(whole));
    order_memory(update.writes, now);
    if (resources.devices && !resources.devices->empty()) {
        update.devices = OCI_TRY(plan_device_program(*resources.devices));
        update.device_rules.rules = OCI_TRY(plan_device_access(*resources.devices));
        update.device_rules.allow_all = update.devices->empty();
    }
    update.warnings = warnings_of(resources);
    return update;
}

Result<CurrentLimits> read_current_limits(const Location& location) {
    if (!exists(location)) return CurrentLimits{};
    const UniqueFd cgroup =
        OCI_TRY(explain(open_existing(location), "cannot open cgroup {}", display(location)));
    return CurrentLimits{.cpu_max = read_limit(cgroup, "cpu.max"),
                         .cpu_idle = read_limit(cgroup, "cpu.idle"),
                         .memory_max = read_limit(cgroup, "memory.max"),
                         .swap_max = read_limit(cgroup, "memory.swap.max")};
}

Change::Change(Change&& other) noexcept
    : cgroup_{std::move(other.cgroup_)},
      place_{std::move(other.place_)},
      old_values_{std::move(other.old_values_)},
      old_devices_{std::move(other.old_devices_)},
      new_devices_{std::move(other.new_devices_)},
      armed_{std::exchange(other.armed_, false)} {}

Change::~Change() {
    if (!armed_) return;
    const auto exchanged = exchange_device_programs(cgroup_, new_devices_, old_devices_);
    if (!exchanged)
        log::warning("cannot bring back the device filter of {}: {}", place_,
                     kernel::errno_text(exchanged.error().code));
    old_values_.restore(cgroup_, place_);
}

Result<Change> change(const Update& update, const Location& location) {
    for (const std::string& warning : update.warnings) log::warning("{}", warning);
    Change change;
    if (update.is_empty()) return change;
    if (!exists(location))
        return with(fail(ErrorKind::WrongStatus,
                         "the container has no cgroup of its own that could be limited"),
                    {.code = "cgroup-missing",
                     .hint = "only create can give it one: see --cgroup-manager"});
    const std::string place = display(location);
    change.place_ = place;
    change.cgroup_ = OCI_TRY(explain(open_existing(location), "cannot open cgroup {}", place));
    const bool is_complete = has_all_files(change.cgroup_, update.writes);
    if (!is_complete && location.unit.empty()) OCI_TRY(enable_controllers(location, update.writes));
    if (!is_complete && !location.unit.empty())
        OCI_TRY(enable_needed_controllers(location, update.writes));
    change.armed_ = true;
    OCI_TRY(apply(update.writes, change.cgroup_, place,
                  [&](const Write& write) { change.old_values_.remember(write, change.cgroup_); }));
    if (!update.devices) return change;
    auto exchanged = put_in_place(*update.devices, change.cgroup_);
    if (!exchanged && !update.device_filter_needed && exchanged.error().code == EPERM) {
        log::debug("{}: no device filter, because the kernel forbids it", place);
        return change;
    }
    DevicePrograms programs = OCI_TRY(explain(
        std::move(exchanged), "/linux/resources/devices: cannot filter devices of {}", place));
    change.old_devices_ = std::move(programs.old);
    change.new_devices_ = std::move(programs.next);
    return change;
}

Result<void> announce(const Update& update, const Location& location) {
    if (location.unit.empty() || update.is_empty()) return {};
    OCI_TRY(systemd::change(location, update.writes,
                            update.devices ? &update.device_rules : nullptr, nullptr));
    // It has written them, too, and rounded what it could not say exactly.
    const std::string place = display(location);
    const UniqueFd cgroup =
        OCI_TRY(explain(open_existing(location), "cannot open cgroup {}", place));
    return apply(update.writes, cgroup, place);
}

}  // namespace oci::cgroups
