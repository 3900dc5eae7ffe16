// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/update.hpp"

#include <unistd.h>

#include <array>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/phase.hpp"
#include "commands/container.hpp"
#include "host/facts.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"
#include "spec/json.hpp"
#include "spec/read.hpp"
#include "spec/validate.hpp"

namespace oci {
namespace {

kernel::SysResult<std::string> read_standard_input() {
    std::string text;
    std::array<char, 16384> buffer{};
    for (;;) {
        const std::size_t size = OCI_TRY(kernel::read_some(FdView{STDIN_FILENO}, buffer));
        if (size == 0) return text;
        text.append(buffer.data(), size);
        if (text.size() > spec::largest_document) return kernel::refuse(EFBIG, "read");
    }
}

Result<Resources> read_file(const std::string& path) {
    if (path.empty()) return Resources{};
    auto read = path == "-" ? read_standard_input()
                            : kernel::read_text(kernel::here, path.c_str(), spec::largest_document);
    const std::string text =
        OCI_TRY(explain(std::move(read), "cannot read the resources in {}", path));
    return explain(spec::read_resources(text), "resources in {}", path);
}

template <typename Value>
void overlay(std::optional<Value>& below, const std::optional<Value>& above) {
    if (above) below = above;
}

template <typename Entry>
void append(std::vector<Entry>& list, const std::vector<Entry>& more) {
    list.insert(list.end(), more.begin(), more.end());
}

void overlay(MemoryResources& below, const MemoryResources& above) {
    overlay(below.limit, above.limit);
    overlay(below.reservation, above.reservation);
    overlay(below.swap, above.swap);
    below.check_before_update = below.check_before_update || above.check_before_update;
}

void overlay(CpuResources& below, const CpuResources& above) {
    overlay(below.shares, above.shares);
    overlay(below.quota, above.quota);
    overlay(below.burst, above.burst);
    overlay(below.period, above.period);
    overlay(below.idle, above.idle);
    if (!above.cpus.empty()) below.cpus = above.cpus;
    if (!above.mems.empty()) below.mems = above.mems;
}

void overlay(BlockIoResources& below, const BlockIoResources& above) {
    overlay(below.weight, above.weight);
    append(below.weight_devices, above.weight_devices);
    append(below.read_bytes, above.read_bytes);
    append(below.write_bytes, above.write_bytes);
    append(below.read_operations, above.read_operations);
    append(below.write_operations, above.write_operations);
}

/// In lists the later entry counts, because it is written later.
void overlay(Resources& below, const Resources& above) {
    overlay(below.memory, above.memory);
    overlay(below.cpu, above.cpu);
    overlay(below.pids_limit, above.pids_limit);
    overlay(below.block_io, above.block_io);
    append(below.hugepage_limits, above.hugepage_limits);
    append(below.rdma, above.rdma);
    overlay(below.devices, above.devices);
    append(below.unified, above.unified);
    append(below.ignored, above.ignored);
}

Result<Resources> wanted_resources(const UpdateOptions& options) {
    Resources wanted = OCI_TRY(read_file(options.resources_file));
    overlay(wanted, options.resources);
    spec::Problems problems;
    spec::validate_resources(wanted, "/linux/resources", problems);
    OCI_TRY(problems.first());
    return wanted;
}

Failure<Error> not_alive(const commands::Container& container) {
    const bool is_creating = container.status == Status::Creating;
    return with(fail(ErrorKind::WrongStatus, "cannot update container {}: container not running{}",
                     container.record.id, is_creating ? " (it is still being created)" : ""),
                {.phase = "status"});
}

bool is_alive(Status status) { return status != Status::Creating && status != Status::Stopped; }

}  // namespace

Result<void> Runtime::update(const ContainerId& id, const UpdateOptions& options) const {
    // Before the lock is taken: standard input may take its time.
    const Resources wanted = OCI_TRY(in_phase("arguments", wanted_resources(options)));
    const commands::Container container =
        OCI_TRY(commands::find(settings_, id, commands::Locked::Yes));
    const cgroups::Location location = commands::location_of(container.record.cgroup);
    cgroups::CurrentLimits now;
    if (is_alive(container.status))
        now = OCI_TRY(in_phase("cgroup", cgroups::read_current_limits(location)));
    auto planned = cgroups::plan_update(wanted, now);
    const std::string schemata =
        intel_rdt::schemata_of(options.l3_cache_schema, options.memory_bandwidth_schema);
    const bool asks = !planned || !planned.value().is_empty() || !schemata.empty();
    if (asks && !is_alive(container.status)) return not_alive(container);
    cgroups::Update update = OCI_TRY(in_phase("plan", std::move(planned)));
    update.device_filter_needed = ::geteuid() == 0 && host::is_in_initial_user_namespace();
    cgroups::Change change = OCI_TRY(in_phase("cgroup", cgroups::change(update, location)));
    const intel_rdt::Place rdt = commands::place_of(container.record.rdt);
    const std::string old_schemata = schemata.empty() ? "" : intel_rdt::current_schemata(rdt);
    if (!schemata.empty()) OCI_TRY(in_phase("resctrl", intel_rdt::rewrite(rdt, schemata)));
    // systemd writes what it knows whenever it reloads. It comes last, because it is not asked
    // what it knew before.
    const auto announced = in_phase("cgroup", cgroups::announce(update, location));
    if (!announced && !schemata.empty()) (void)intel_rdt::rewrite(rdt, old_schemata);
    OCI_TRY(announced);
    change.keep();
    return {};
}

}  // namespace oci
