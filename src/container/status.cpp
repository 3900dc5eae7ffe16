// SPDX-License-Identifier: Apache-2.0
#include "container/status.hpp"

#include "base/explain.hpp"
#include "base/text.hpp"
#include "container/start_gate.hpp"
#include "kernel/files.hpp"
#include "kernel/proc_files.hpp"
#include "kernel/process.hpp"
#include "kernel/text_file.hpp"

namespace oci::container {
namespace {

/// A start time means nothing across a reboot.
std::string boot_id() {
    const auto text = kernel::read_text(kernel::here, "/proc/sys/kernel/random/boot_id", 128);
    return text ? std::string{trim(text.value())} : "unknown";
}

}  // namespace

Result<InitProcess> identify(pid_t pid) {
    const kernel::ProcessStatus status =
        OCI_TRY(explain(kernel::process_status(pid), "cannot look at process {}", pid));
    return InitProcess{pid, status.start_time, boot_id()};
}

UniqueFd open_init(const InitProcess& init) {
    if (init.pid <= 0 || init.boot_id != boot_id()) return {};
    auto pidfd = kernel::open_pidfd(init.pid);
    if (!pidfd) return {};
    // Only now can the pid no longer change hands.
    const auto status = kernel::process_status(init.pid);
    if (!status || status.value().start_time != init.start_time) return {};
    if (status.value().state == 'Z' || status.value().state == 'X') return {};
    return std::move(pidfd).value();
}

Status status_of(FdView directory, const Record& record) {
    if (!open_init(record.init)) return Status::Stopped;
    return start_gate::exists(directory) ? Status::Created : Status::Running;
}

}  // namespace oci::container
