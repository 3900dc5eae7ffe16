// SPDX-License-Identifier: Apache-2.0
#include "commands/removal.hpp"

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/phase.hpp"
#include "commands/monitored/traces.hpp"
#include "container/status.hpp"
#include "host/facts.hpp"
#include "spec/read.hpp"

namespace oci::commands {
namespace {

/// They may not have been called before: a hook that takes back what another has made has to bear
/// that it was not made, and one that is not called leaves it for ever.
void run_hooks_after_remains(const container::StateDirectory& directory,
                             const std::string& bundle) {
    const auto config = container::read_config(directory.fd());
    const auto spec = config ? spec::read(config.value()) : Result<Spec>{Failure{config.error()}};
    if (!spec) {
        log::debug("delete: no poststop hooks for {}: {}", directory.id(), spec.error().message);
        return;
    }
    container::Record record;
    record.oci_version = spec.value().oci_version;
    record.id = directory.id();
    record.bundle = bundle;
    record.annotations = spec.value().annotations;
    record.poststop = spec.value().hooks.poststop;
    run_poststop_hooks(record);
}

}  // namespace

Result<container::Recovery> recovery_of(const Settings& settings,
                                        const container::StateDirectory& directory) {
    auto recovery = container::read_recovery(directory.fd());
    if (recovery || recovery.error().kind == ErrorKind::NotFound) return recovery;
    const std::string config = OCI_TRY(container::read_config(directory.fd()));
    const Spec spec = OCI_TRY(spec::read(config));
    cgroups::Plan plan =
        OCI_TRY(cgroups::plan(spec, host::measure(), directory.id(), settings.cgroup_driver));
    OCI_TRY(cgroups::reach(plan));
    if (plan.location.mount_point.empty()) return recovery;
    return container::Recovery{.cgroup = place_of(plan.location)};
}

Result<void> clean_up_remains(const Settings& settings, container::StateDirectory& directory) {
    auto recovery = recovery_of(settings, directory);
    if (!recovery && recovery.error().kind == ErrorKind::NotFound) {
        log::debug("delete: container {} made nothing outside its state directory", directory.id());
        return in_phase("state", directory.remove());
    }
    const container::Recovery known = OCI_TRY(in_phase(
        "state",
        explain(std::move(recovery), "cannot tell what is left of container {}", directory.id())));
    const bool is_current = OCI_TRY(in_phase("state", container::is_of_this_boot(known.init)));
    if (is_current) {
        OCI_TRY(end_processes(known.cgroup, known.init));
        OCI_TRY(in_phase("monitor", end_monitor(directory.fd())));
        OCI_TRY(in_phase("resctrl", intel_rdt::remove(place_of(known.rdt))));
    }
    if (!known.bundle.empty()) run_hooks_after_remains(directory, known.bundle);
    return in_phase("state", directory.remove());
}

Result<void> remove_known(Container& container) {
    OCI_TRY(end_processes(container.record.cgroup, container.record.init));
    OCI_TRY(in_phase("monitor", end_monitor(container.directory.fd())));
    OCI_TRY(in_phase("resctrl", intel_rdt::remove(place_of(container.record.rdt))));
    // The hooks of runtime.md step 12: after the container is gone, before delete returns.
    run_poststop_hooks(container.record);
    return in_phase("state", container.directory.remove());
}

}  // namespace oci::commands
