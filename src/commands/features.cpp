// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/cgroups.hpp"
#include "features/hooks/hooks.hpp"
#include "features/intel_rdt/intel_rdt.hpp"
#include "features/namespaces/namespaces.hpp"
#include "features/net_devices/net_devices.hpp"
#include "features/process/capabilities.hpp"
#include "features/process/memory_policy.hpp"
#include "features/rootfs/mount_options.hpp"
#include "features/seccomp/seccomp.hpp"
#include "host/facts.hpp"
#include "oci-rt/runtime.hpp"
#include "oci-rt/version.hpp"

namespace oci {

Features Runtime::features() {
    Features features;
    features.oci_version_min = "1.0.0";
    features.oci_version_max = spec_version;
    features.hooks = hooks::names_of_all();
    features.mount_options = mounts::known_mount_options();
    features.namespaces = namespaces::names_in_kernel();
    features.capabilities = capabilities::names_up_to(host::measure().last_capability);
    features.idmapped_mounts = true;  // since Linux 5.12
    features.apparmor = true;
    features.selinux = true;
    memory_policy::describe(features);
    cgroups::describe(features);
    seccomp::describe(features);
    net_devices::describe(features);
    intel_rdt::describe(features);
    // What engines and runc's tests look for.
    features.annotations["org.opencontainers.runc.checkpoint.enabled"] = "false";
    // All others are only handed on, to hooks and to state.
    features.potentially_unsafe_annotations = {"org.systemd.property.",
                                               "run.oci.delegate-cgroup",
                                               "run.oci.hooks.stderr",
                                               "run.oci.hooks.stdout",
                                               "run.oci.keep_original_groups",
                                               "run.oci.mount_context_type",
                                               "run.oci.pidfd_receiver",
                                               "run.oci.seccomp.receiver",
                                               "run.oci.seccomp_fail_unknown_syscall"};
    return features;
}

}  // namespace oci
