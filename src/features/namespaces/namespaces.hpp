// SPDX-License-Identifier: Apache-2.0
//
// linux.namespaces: which are made by clone(), which are joined, in what order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "features/progress.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/spec.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::namespaces {

struct Join {
    int flag = 0;  ///< CLONE_NEW*
    std::string path;
    UniqueFd fd;            ///< Open from prepare() on.
    std::size_t index = 0;  ///< In linux.namespaces.
    std::string subject;    ///< For the report: "/proc/7/ns/net (/linux/namespaces/2/path)".
};

struct Plan {
    std::uint64_t clone_flags = 0;
    std::vector<Join> joins;
    bool unshare_cgroup = false;  ///< Not by clone(): it has to happen inside the new cgroup.
    bool unshare_time = false;    ///< Not by clone(): offsets are written before anybody is inside.
    bool needs_intermediate = false;
    bool keeps_groups = false;  ///< Those of the caller, also in a user namespace that is joined.
};

Result<Plan> plan(const Spec& spec);

/// Parent: opens the paths and compares their types. One's own user namespace
/// is taken off the list: the kernel refuses to join it.
Result<void> prepare(Plan& plan);

/// Intermediate (or init of exec): joins all of them. In a joined user namespace
/// it then is user 0, where that id is mapped.
kernel::SysResult<void> join(const Plan& plan, Progress& progress) noexcept;

/// Init, inside its cgroup: unshares the cgroup namespace if there shall be one.
kernel::SysResult<void> enter_cgroup(const Plan& plan, Progress& progress) noexcept;

/// As the spec names them: "cgroup", "ipc", …
[[nodiscard]] std::vector<std::string> names_of_all();

/// Those of them that the running kernel has; without procfs, all.
[[nodiscard]] std::vector<std::string> names_in_kernel();

}  // namespace oci::namespaces
