// SPDX-License-Identifier: Apache-2.0
#include "container/status.hpp"

#include <cerrno>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "container/start_gate.hpp"
#include "kernel/files.hpp"
#include "kernel/proc_files.hpp"
#include "kernel/process.hpp"
#include "kernel/text_file.hpp"

namespace oci::container {
namespace {

kernel::SysResult<std::string> read_boot_id() {
    return kernel::read_text(kernel::here, "/proc/sys/kernel/random/boot_id", 128);
}

bool says_gone(const kernel::SysError& error) {
    return error.code == ESRCH || error.code == ENOENT;
}

}  // namespace

/// A start time means nothing across a reboot.
Result<std::string> boot_id() {
    static const kernel::SysResult<std::string> text = read_boot_id();  // as long as we live
    const std::string read = OCI_TRY(explain(text, "cannot tell which boot this is"));
    return std::string{trim(read)};
}

Result<bool> is_of_this_boot(const InitProcess& init) {
    if (init.boot_id.empty()) return true;
    const std::string now = OCI_TRY(boot_id());
    return init.boot_id == now;
}

Result<InitProcess> identify(pid_t pid) {
    const kernel::ProcessStatus status =
        OCI_TRY(explain(kernel::process_status(pid), "cannot look at process {}", pid));
    std::string boot = OCI_TRY(boot_id());
    return InitProcess{pid, status.start_time, std::move(boot)};
}

Result<UniqueFd> open_init(const InitProcess& init) {
    if (init.pid <= 0) return UniqueFd{};
    const bool is_current = OCI_TRY(is_of_this_boot(init));
    if (!is_current) return UniqueFd{};
    auto pidfd = kernel::open_pidfd(init.pid);
    // EINVAL: the pid now names a thread, so its process has ended.
    if (!pidfd && (says_gone(pidfd.error()) || pidfd.error().code == EINVAL)) return UniqueFd{};
    UniqueFd process = OCI_TRY(explain(std::move(pidfd), "cannot open process {}", init.pid));
    // Only now can the pid no longer change hands.
    const auto looked = kernel::process_status(init.pid);
    if (!looked && says_gone(looked.error())) return UniqueFd{};
    const kernel::ProcessStatus status =
        OCI_TRY(explain(looked, "cannot look at process {}", init.pid));
    const bool has_ended = status.state == 'Z' || status.state == 'X';
    if (has_ended || status.start_time != init.start_time) return UniqueFd{};
    return process;
}

Result<Status> status_of(FdView directory, const Record& record) {
    const UniqueFd init = OCI_TRY(open_init(record.init));
    if (!init) return Status::Stopped;
    return start_gate::exists(directory) ? Status::Created : Status::Running;
}

}  // namespace oci::container
