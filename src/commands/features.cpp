// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/cgroups.hpp"
#include "features/hooks.hpp"
#include "features/namespaces/namespaces.hpp"
#include "features/process/capabilities.hpp"
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
    features.apparmor = true;
    features.selinux = true;
    cgroups::describe(features);
    seccomp::describe(features);
    // No annotation changes what is done: they are handed on to hooks and to state.
    features.potentially_unsafe_annotations = {};
    return features;
}

}  // namespace oci
