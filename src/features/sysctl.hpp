// SPDX-License-Identifier: Apache-2.0
//
// sysctl: kernel parameters of the container. Only those that belong to one of
// its own namespaces: all others are the host's.
#pragma once

#include <string>
#include <vector>

#include "features/progress.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::sysctl {

struct Entry {
    std::string key;   ///< As written, for messages.
    std::string path;  ///< Below a procfs: "sys/net/ipv4/ip_forward".
    std::string value;
};

/// A namespace that the container joins by path and an entry relies on: it
/// must not be the caller's.
struct Joined {
    std::string key;
    std::string path;
    const char* callers = "";  ///< "/proc/self/ns/net"
};

struct Plan {
    std::vector<Entry> entries;
    std::vector<Joined> joined;
};

Result<Plan> plan(const Spec& spec);

/// Compares the joined namespaces with the caller's. In the parent.
Result<void> prepare(const Plan& plan);

/// In all namespaces of the container, while mounting is still allowed.
kernel::SysResult<void> enter(const Plan& plan, Progress& progress) noexcept;

}  // namespace oci::sysctl
