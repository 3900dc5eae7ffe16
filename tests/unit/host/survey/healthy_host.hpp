// SPDX-License-Identifier: Apache-2.0
//
// A host on which nothing is amiss, to take something away from.
#pragma once

#include "oci-rt/info.hpp"

namespace oci::test {

inline HostInfo healthy_host() {
    HostInfo host;
    host.distribution = {.name = "Debian", .family = DistributionFamily::Debian, .has_grub = true};
    host.user = {.uid = 1000, .name = "user", .is_host_root = false};
    host.state_root = {.path = "/run/user/1000/oci-rt", .writable = true, .detail = {}};
    host.kernel.release = "6.1.0";
    host.kernel.features = {{"openat2", KernelNeed::Always, true, ""},
                            {"overlay", KernelNeed::Sometimes, true, ""},
                            {"fuse", KernelNeed::Sometimes, true, ""}};
    host.cgroup.layout = CgroupLayout::Unified;
    host.cgroup.mount_point = "/sys/fs/cgroup";
    host.cgroup.controllers = {"cpuset", "cpu", "io", "memory", "pids", "rdma"};
    host.cgroup.own = "/user.slice/own";
    host.cgroup.can_make_children = true;
    host.cgroup.delegation = "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service";
    host.cgroup.delegated = {"cpuset", "cpu", "io", "memory", "pids"};
    host.systemd = {.running = true, .version = "252", .user_bus = "/run/user/1000/bus"};
    host.user_namespaces.available = true;
    host.user_namespaces.limits = {{"max_pid_namespaces", 10}, {"max_user_namespaces", 10}};
    host.subordinate_ids.uids = {{100000, 65536}};
    host.subordinate_ids.gids = {{100000, 65536}};
    host.subordinate_ids.free_from = 165536;
    host.subordinate_ids.helpers = {{"newuidmap", "/usr/bin/newuidmap", true},
                                    {"newgidmap", "/usr/bin/newgidmap", true}};
    host.seccomp = {.available = true, .confined = false, .library = "2.5.4", .actions = {}};
    return host;
}

inline HostInfo healthy_host_of_root() {
    HostInfo host = healthy_host();
    host.user = {.uid = 0, .name = "root", .is_host_root = true};
    host.state_root.path = "/run/oci-rt";
    host.systemd.user_bus.clear();
    host.subordinate_ids.uids.clear();
    host.subordinate_ids.gids.clear();
    return host;
}

}  // namespace oci::test
