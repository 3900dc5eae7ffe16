// SPDX-License-Identifier: Apache-2.0
//
// What `oci-rt features` answers (runtime-spec features.md), as plain values.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace oci {

struct SeccompFeatures {
    bool enabled = false;
    std::vector<std::string> actions;
    std::vector<std::string> operators;
    std::vector<std::string> architectures;
    std::vector<std::string> known_flags;
    std::vector<std::string> supported_flags;
};

/// The names that config.json may use, whatever the kernel knows of them.
struct MemoryPolicyFeatures {
    std::vector<std::string> modes;
    std::vector<std::string> flags;
};

struct IntelRdtFeatures {
    bool enabled = false;
    bool schemata = false;    ///< The field linux.intelRdt.schemata.
    bool monitoring = false;  ///< The field linux.intelRdt.enableMonitoring.
};

struct Features {
    std::string oci_version_min;
    std::string oci_version_max;
    std::vector<std::string> hooks;
    std::vector<std::string> mount_options;
    std::vector<std::string> namespaces;
    std::vector<std::string> capabilities;
    bool cgroup_v2 = true;
    bool cgroup_systemd = false;
    bool cgroup_systemd_user = false;
    bool cgroup_rdma = false;
    SeccompFeatures seccomp;
    MemoryPolicyFeatures memory_policy;
    bool apparmor = false;
    bool selinux = false;
    IntelRdtFeatures intel_rdt;
    bool idmapped_mounts = false;
    bool net_devices = false;
    std::map<std::string, std::string> annotations;
    std::vector<std::string> potentially_unsafe_annotations;
};

}  // namespace oci
