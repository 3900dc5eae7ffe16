// SPDX-License-Identifier: Apache-2.0
#include "base/words.hpp"
#include "spec/read_sections.hpp"

namespace oci::spec {
namespace {

Result<void> read_console_size(const Place& place, ConsoleSize& size) {
    OCI_TRY(field(place, "height", size.height));
    return field(place, "width", size.width);
}

Result<void> read_user(const Place& place, User& user) {
    OCI_TRY(field(place, "uid", user.uid));
    OCI_TRY(field(place, "gid", user.gid));
    OCI_TRY(field(place, "umask", user.umask));
    return field(place, "additionalGids", user.additional_gids);
}

Result<void> read_capabilities(const Place& place, Capabilities& capabilities) {
    OCI_TRY(field(place, "bounding", capabilities.bounding));
    OCI_TRY(field(place, "effective", capabilities.effective));
    OCI_TRY(field(place, "permitted", capabilities.permitted));
    OCI_TRY(field(place, "inheritable", capabilities.inheritable));
    return field(place, "ambient", capabilities.ambient);
}

Result<void> read_rlimit(const Place& place, Rlimit& rlimit) {
    OCI_TRY(required(place, "type", rlimit.type));
    OCI_TRY(required(place, "soft", rlimit.soft));
    return required(place, "hard", rlimit.hard);
}

Result<void> read_scheduler(const Place& place, Scheduler& scheduler) {
    OCI_TRY(required_name(place, "policy", words::scheduler_policies, scheduler.policy));
    OCI_TRY(field(place, "nice", scheduler.nice));
    OCI_TRY(field(place, "priority", scheduler.priority));
    OCI_TRY(name_list(place, "flags", words::scheduler_flags, scheduler.flags));
    OCI_TRY(field(place, "runtime", scheduler.runtime));
    OCI_TRY(field(place, "deadline", scheduler.deadline));
    return field(place, "period", scheduler.period);
}

Result<void> read_io_priority(const Place& place, IoPriority& priority) {
    OCI_TRY(required_name(place, "class", words::io_priority_classes, priority.priority_class));
    return field(place, "priority", priority.priority);
}

Result<void> read_cpu_affinity(const Place& place, ExecCpuAffinity& affinity) {
    OCI_TRY(field(place, "initial", affinity.initial));
    return field(place, "final", affinity.final);
}

}  // namespace

Result<void> read_process_section(const Place& place, Process& process) {
    // Required by the specification: the default must not pass for a value.
    process.cwd.clear();
    OCI_TRY(field(place, "terminal", process.terminal));
    OCI_TRY(section(place, "consoleSize", process.console_size, read_console_size));
    OCI_TRY(section(place, "user", process.user, read_user));
    OCI_TRY(field(place, "args", process.args));
    OCI_TRY(field(place, "env", process.env));
    OCI_TRY(field(place, "cwd", process.cwd));
    OCI_TRY(section(place, "capabilities", process.capabilities, read_capabilities));
    OCI_TRY(list(place, "rlimits", process.rlimits, read_rlimit));
    OCI_TRY(field(place, "noNewPrivileges", process.no_new_privileges));
    OCI_TRY(field(place, "oomScoreAdj", process.oom_score_adj));
    OCI_TRY(field(place, "apparmorProfile", process.apparmor_profile));
    OCI_TRY(field(place, "selinuxLabel", process.selinux_label));
    OCI_TRY(optional_section(place, "scheduler", process.scheduler, read_scheduler));
    OCI_TRY(optional_section(place, "ioPriority", process.io_priority, read_io_priority));
    return section(place, "execCPUAffinity", process.exec_cpu_affinity, read_cpu_affinity);
}

}  // namespace oci::spec
