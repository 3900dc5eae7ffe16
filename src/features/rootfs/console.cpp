// SPDX-License-Identifier: Apache-2.0
#include "features/rootfs/console.hpp"

#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/path.hpp"
#include "features/rootfs/dev_directory.hpp"
#include "kernel/files.hpp"
#include "kernel/mount.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/terminal.hpp"

namespace oci::console {
namespace {

using kernel::SysResult;

bool brings_terminals(const Mount& mount) {
    const std::string destination = clean_path(mount.destination);
    if (destination == "/dev/pts") return mount.type == "devpts" || rootfs::is_bind(mount);
    return destination == "/dev" && rootfs::is_bind(mount);
}

/// The multiplexer of the devpts at /dev/pts, and nothing else by that name.
SysResult<UniqueFd> open_multiplexer(FdView root) noexcept {
    const UniqueFd directory = OCI_TRY(
        kernel::open_in_root(root, "/dev/pts", O_PATH | O_DIRECTORY, kernel::Links::Refuse));
    const auto filesystem = OCI_TRY(kernel::filesystem_of(directory));
    if (filesystem.type != DEVPTS_SUPER_MAGIC)
        return kernel::refuse(ENOTTY, "/dev/pts is no devpts");
    UniqueFd master = OCI_TRY(kernel::open_beneath(directory, "ptmx", O_RDWR | O_NOCTTY));
    const struct stat status = OCI_TRY(kernel::status_of(master));
    if (!S_ISCHR(status.st_mode) || status.st_rdev != makedev(5, 2))
        return kernel::refuse(ENOTTY, "/dev/pts/ptmx is no multiplexer");
    return master;
}

constexpr const char* name = "console";

/// An empty descriptor: there is none, and none may be made.
SysResult<UniqueFd> open_target(const Plan& plan, FdView dev) noexcept {
    if (plan.has_own_dev) {
        const auto made =
            kernel::open_at(dev, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0600);
        if (!made && made.error().code != EEXIST) return Failure{made.error()};
    }
    auto target = kernel::open_at(dev, name, O_PATH | O_NOFOLLOW);
    if (!target && target.error().code == ENOENT) return UniqueFd{};
    if (!target) return target;
    const struct stat status = OCI_TRY(kernel::status_of(target.value()));
    if (S_ISREG(status.st_mode) || S_ISCHR(status.st_mode)) return target;
    return kernel::refuse(EEXIST, "something else is there");
}

}  // namespace

Plan plan_exec(const Process& process) {
    Plan plan;
    plan.terminal = process.terminal;
    plan.owner = process.user.uid;
    plan.size = process.console_size;
    return plan;
}

Result<Plan> plan(const Spec& spec) {
    if (!spec.process || !spec.process->terminal) return Plan{};
    if (std::ranges::none_of(spec.mounts, brings_terminals))
        return with(
            fail(ErrorKind::InvalidConfig, "/process/terminal: needs a devpts mount at /dev/pts"),
            {.hint = "add one to /mounts, as \"oci-rt spec\" writes it"});
    Plan plan = plan_exec(*spec.process);
    plan.has_own_dev = rootfs::dev_directory(spec) != rootfs::DevDirectory::OfHost;
    return plan;
}

SysResult<Terminal> open(const Plan& plan, FdView root, Progress& progress) noexcept {
    progress.subject = "/dev/pts/ptmx";
    UniqueFd master = OCI_TRY(open_multiplexer(root));
    OCI_TRY(kernel::unlock_terminal(master));
    UniqueFd slave = OCI_TRY(kernel::open_terminal_peer(master));
    constexpr auto as_it_is = static_cast<gid_t>(-1);
    OCI_TRY(kernel::change_owner(slave, "", plan.owner, as_it_is));
    if (plan.size.height != 0 || plan.size.width != 0)
        OCI_TRY(kernel::set_terminal_size(master, {plan.size.height, plan.size.width}));
    return Terminal{std::move(master), std::move(slave)};
}

SysResult<void> attach(const Plan& plan, FdView root, FdView slave, Progress& progress) noexcept {
    progress.subject = "/dev/console";
    const UniqueFd dev =
        OCI_TRY(kernel::open_in_root(root, "/dev", O_PATH | O_DIRECTORY, kernel::Links::Refuse));
    const UniqueFd target = OCI_TRY(open_target(plan, dev));
    if (!target) return {};
    const UniqueFd mount = OCI_TRY(kernel::clone_tree(slave, "", 0));
    OCI_TRY(kernel::set_attributes(mount, "", {.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC}, 0));
    OCI_TRY(kernel::attach_mount(mount, target));
    const auto wanted = OCI_TRY(kernel::mount_identity(mount));
    const auto present = OCI_TRY(kernel::mount_identity(dev, name));
    if (wanted.mount_id != present.mount_id)
        return kernel::refuse(EXDEV, "the target moved while it was mounted on");
    return {};
}

SysResult<void> take_over(FdView slave, Progress& progress) noexcept {
    progress.subject = "terminal";
    OCI_TRY(kernel::become_controlling_terminal(slave));
    for (const int stream : {0, 1, 2}) OCI_TRY(kernel::duplicate_onto(slave, stream));
    return {};
}

}  // namespace oci::console
