// SPDX-License-Identifier: Apache-2.0
//
// The kernel takes the maps of a mount as a user namespace; a process makes it, and ends.
#include <fcntl.h>
#include <linux/sched.h>
#include <unistd.h>

#include <csignal>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/id_map_text.hpp"
#include "features/rootfs/id_maps.hpp"
#include "kernel/files.hpp"
#include "kernel/process.hpp"
#include "kernel/text_file.hpp"

namespace oci::mounts {
namespace {

[[noreturn]] void wait_for_the_end(pid_t parent) noexcept {
    (void)kernel::die_with_parent(SIGKILL);
    // The parent may have died before that was said.
    while (::getppid() == parent) ::pause();
    ::_exit(0);
}

Result<void> write_map(pid_t pid, const char* file, const std::vector<IdMapping>& map) {
    const std::string path = fmt::format("/proc/{}/{}", pid, file);
    const auto written = kernel::write_text(kernel::here, path.c_str(), id_map_text(map));
    if (!written && written.error().code == EPERM)
        return with(fail(ErrorKind::Unsupported,
                         "an id map needs privilege over its ids, which a rootless caller has not: "
                         "cannot write {}: {}",
                         file, kernel::errno_text(EPERM)),
                    {.code = "id-map-refused", .number = EPERM});
    return explain(written, "cannot write {} for an id-mapped mount", file);
}

}  // namespace

Result<void> prepare_id_map(IdMap& map) {
    if (!map.joined.empty()) {
        map.user_namespace = OCI_TRY(
            explain(kernel::open_at(kernel::here, map.joined.c_str(), O_RDONLY | O_NONBLOCK),
                    "cannot open the user namespace {}", map.joined));
        return {};
    }
    const pid_t parent = ::getpid();
    kernel::Clone child = OCI_TRY(explain(kernel::clone({.flags = CLONE_NEWUSER}),
                                          "cannot make a user namespace for an id-mapped mount"));
    if (child.pid == 0) wait_for_the_end(parent);
    const kernel::Process process{child.pid, std::move(child.pidfd)};
    OCI_TRY(write_map(process.pid(), "gid_map", map.gids));
    OCI_TRY(write_map(process.pid(), "uid_map", map.uids));
    const std::string path = fmt::format("/proc/{}/ns/user", process.pid());
    map.user_namespace = OCI_TRY(explain(kernel::open_at(kernel::here, path.c_str(), O_RDONLY),
                                         "cannot open the user namespace of an id-mapped mount"));
    return {};
}

}  // namespace oci::mounts
