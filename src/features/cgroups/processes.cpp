// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <algorithm>
#include <csignal>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/scope_exit.hpp"
#include "base/text.hpp"
#include "features/cgroups/cgroups.hpp"
#include "features/cgroups/events.hpp"
#include "features/cgroups/tree.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/process.hpp"
#include "kernel/text_file.hpp"

namespace oci::cgroups {
namespace {

constexpr std::size_t most_text = std::size_t{64} << 20U;  // millions of pids

/// The process a thread belongs to; 0 if it is gone.
pid_t process_of(pid_t thread) {
    const std::string path = fmt::format("/proc/{}/status", thread);
    const auto status = kernel::read_text(kernel::here, path.c_str(), most_text);
    if (!status) return 0;
    for (const std::string_view line : split(status.value(), '\n'))
        if (line.starts_with("Tgid:")) return parse_number<pid_t>(trim(line.substr(5))).value_or(0);
    return 0;
}

void append_numbers(std::string_view text, std::vector<pid_t>& numbers) {
    for (const std::string_view line : split(text, '\n'))
        // 0: a process that our pid namespace cannot name.
        if (const auto number = parse_number<pid_t>(line); number && *number > 0)
            numbers.push_back(*number);
}

/// Adds the processes of one cgroup; none if it is gone.
kernel::SysResult<void> append_processes(FdView cgroup, std::vector<pid_t>& found) {
    const auto pids = kernel::read_text(cgroup, "cgroup.procs", most_text);
    if (pids) {
        append_numbers(pids.value(), found);
        return {};
    }
    if (is_gone(pids.error())) return {};
    if (pids.error().code != EOPNOTSUPP) return Failure{pids.error()};
    // A threaded cgroup tells its threads only.
    const auto text = kernel::read_text(cgroup, "cgroup.threads", most_text);
    if (!text && is_gone(text.error())) return {};
    if (!text) return Failure{text.error()};
    std::vector<pid_t> threads;
    append_numbers(text.value(), threads);
    for (const pid_t thread : threads)
        if (const pid_t process = process_of(thread); process > 0) found.push_back(process);
    return {};
}

kernel::SysResult<std::vector<pid_t>> processes_in(FdView cgroup) {
    std::vector<pid_t> found;
    OCI_TRY(append_processes(cgroup, found));
    OCI_TRY(visit_sub_cgroups(cgroup, [&](FdView, const std::string&, FdView self) {
        return append_processes(self, found);
    }));
    std::ranges::sort(found);
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

kernel::SysResult<void> kill_by_file(const Location& location) {
    const UniqueFd cgroup = OCI_TRY(open_existing(location));
    const auto file = kernel::open_beneath(cgroup, "cgroup.kill", O_WRONLY);
    // Linux before 5.14 has no such file; a cgroup that vanished meanwhile has none, either.
    if (!file && file.error().code == ENOENT) return kernel::refuse(EOPNOTSUPP, "cgroup.kill");
    if (!file) return Failure{file.error()};
    OCI_TRY(kernel::write_some(file.value(), "1"));
    return {};
}

kernel::SysResult<void> signal_one(pid_t pid, int signal) noexcept {
    const auto process = kernel::open_pidfd(pid);
    if (!process && process.error().code == ESRCH) return {};
    if (!process) return Failure{process.error()};
    const auto sent = kernel::send_signal(process.value(), signal);
    if (!sent && sent.error().code == ESRCH) return {};
    return sent;
}

}  // namespace

Result<std::vector<pid_t>> processes(const Location& location) {
    if (!exists(location)) return std::vector<pid_t>{};
    const auto cgroup = open_existing(location);
    if (!cgroup && is_gone(cgroup.error())) return std::vector<pid_t>{};
    if (!cgroup)
        return explain(kernel::SysResult<std::vector<pid_t>>{Failure{cgroup.error()}},
                       "cannot open cgroup {}", display(location));
    return explain(processes_in(cgroup.value()), "cannot list the processes of cgroup {}",
                   display(location));
}

Result<void> kill_all(const Location& location) {
    if (!exists(location)) return {};
    const auto killed = kill_by_file(location);
    if (killed || is_gone(killed.error())) return {};
    if (killed.error().code == EOPNOTSUPP) return signal_all(location, SIGKILL);
    return explain(killed, "cannot kill the processes of cgroup {}", display(location));
}

Result<void> signal_all(const Location& location, int signal) {
    if (!exists(location)) return {};
    const bool was_frozen = OCI_TRY(is_frozen(location));
    if (!was_frozen) {
        const auto cgroup = open_existing(location);
        if (!cgroup && is_gone(cgroup.error())) return {};
        auto frozen = freeze(location);
        // What cannot be frozen in time can still be killed.
        if (!frozen && signal != SIGKILL) return frozen;
    }
    const auto all = processes(location);
    Result<void> outcome;
    if (!all) outcome = Failure{all.error()};
    if (all)
        for (const pid_t pid : all.value()) {
            const auto sent = signal_one(pid, signal);
            if (!sent)
                outcome = explain(sent, "cannot send signal {} to process {} of cgroup {}", signal,
                                  pid, display(location));
        }
    if (!was_frozen) {
        auto thawed = thaw(location);
        if (!thawed && outcome && signal != SIGKILL) return thawed;
    }
    return outcome;
}

Result<void> wait_until_empty(const Location& location, int milliseconds) {
    if (!exists(location)) return {};
    const auto wait = [&]() -> kernel::SysResult<bool> {
        const UniqueFd cgroup = OCI_TRY(open_existing(location));
        const UniqueFd events = OCI_TRY(open_events(cgroup));
        return wait_for_event(events, &Events::populated, false, milliseconds);
    };
    const auto empty = wait();
    if (!empty && is_gone(empty.error())) return {};
    if (!empty)
        return explain(kernel::SysResult<void>{Failure{empty.error()}},
                       "cannot wait for the processes of cgroup {}", display(location));
    if (!empty.value())
        return with(fail(ErrorKind::System, "cgroup {} still has processes after {} ms",
                         display(location), milliseconds),
                    {.code = "processes-remain"});
    return {};
}

}  // namespace oci::cgroups
