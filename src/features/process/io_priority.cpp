// SPDX-License-Identifier: Apache-2.0
#include "features/process/io_priority.hpp"

#include <linux/ioprio.h>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "kernel/scheduling.hpp"

namespace oci::io_priority {
namespace {

int value_of(const IoPriority& priority) noexcept {
    const auto of_class = [&](int number) {
        return number << IOPRIO_CLASS_SHIFT | priority.priority;
    };
    switch (priority.priority_class) {
        case IoPriorityClass::RealTime: return of_class(IOPRIO_CLASS_RT);
        case IoPriorityClass::BestEffort: return of_class(IOPRIO_CLASS_BE);
        case IoPriorityClass::Idle: break;
    }
    return IOPRIO_CLASS_IDLE << IOPRIO_CLASS_SHIFT;
}

}  // namespace

Plan plan(const Process& process) noexcept {
    if (!process.io_priority) return {};
    return {value_of(*process.io_priority)};
}

kernel::SysResult<void> enter(const Plan& plan, Progress& progress) noexcept {
    if (!plan.value) return {};
    progress.subject = "/process/ioPriority";
    return kernel::set_io_priority(0, *plan.value);
}

Result<void> prepare_child(const Plan& plan, pid_t pid) {
    if (!plan.value) return {};
    return with_if(
        EPERM, explain(kernel::set_io_priority(pid, *plan.value), "cannot set /process/ioPriority"),
        {.pointer = "/process/ioPriority",
         .hint = "IOPRIO_CLASS_RT needs CAP_SYS_NICE on the host"});
}

}  // namespace oci::io_priority
