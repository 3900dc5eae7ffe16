// SPDX-License-Identifier: Apache-2.0
#include "features/process/rlimits.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <array>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/named_values.hpp"
#include "kernel/limits.hpp"

namespace oci::rlimits {
namespace {

constexpr std::array resources{
    Named<int>{"RLIMIT_AS", RLIMIT_AS},
    Named<int>{"RLIMIT_CORE", RLIMIT_CORE},
    Named<int>{"RLIMIT_CPU", RLIMIT_CPU},
    Named<int>{"RLIMIT_DATA", RLIMIT_DATA},
    Named<int>{"RLIMIT_FSIZE", RLIMIT_FSIZE},
    Named<int>{"RLIMIT_LOCKS", RLIMIT_LOCKS},
    Named<int>{"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
    Named<int>{"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
    Named<int>{"RLIMIT_NICE", RLIMIT_NICE},
    Named<int>{"RLIMIT_NOFILE", RLIMIT_NOFILE},
    Named<int>{"RLIMIT_NPROC", RLIMIT_NPROC},
    Named<int>{"RLIMIT_RSS", RLIMIT_RSS},
    Named<int>{"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
    Named<int>{"RLIMIT_RTTIME", RLIMIT_RTTIME},
    Named<int>{"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
    Named<int>{"RLIMIT_STACK", RLIMIT_STACK},
};

bool is_beyond_reach(const kernel::SysResult<void>& set, const host::Facts& facts) {
    return !set && set.error().code == EPERM && !facts.is_host_root();
}

kernel::SysResult<void> set_to_own(const Limit& limit, pid_t pid) {
    const std::uint64_t own = OCI_TRY(kernel::hard_resource_limit(limit.resource));
    log::warning("/process/rlimits: {} is set to {}, the caller's hard limit, instead of {}",
                 limit.name, own, limit.hard);
    return kernel::set_resource_limit(pid, limit.resource, std::min(limit.soft, own),
                                      std::min(limit.hard, own));
}

}  // namespace

Result<Plan> plan(const Process& process) {
    Plan plan;
    for (std::size_t i = 0; i < process.rlimits.size(); ++i) {
        const Rlimit& wanted = process.rlimits[i];
        const auto resource = value_named(resources, wanted.type);
        if (!resource)
            return fail(ErrorKind::InvalidConfig, "/process/rlimits/{}/type: unknown limit \"{}\"",
                        i, wanted.type);
        if (wanted.soft > wanted.hard)
            return fail(ErrorKind::InvalidConfig, "/process/rlimits/{}: soft {} is above hard {}",
                        i, wanted.soft, wanted.hard);
        if (std::ranges::any_of(plan.limits,
                                [&](const Limit& limit) { return limit.resource == *resource; }))
            return fail(ErrorKind::InvalidConfig, "/process/rlimits/{}: {} is given twice", i,
                        wanted.type);
        plan.limits.push_back({*resource, wanted.soft, wanted.hard, wanted.type});
    }
    return plan;
}

Result<void> prepare_child(const Plan& plan, pid_t pid, const host::Facts& facts) {
    for (const Limit& limit : plan.limits) {
        auto set = kernel::set_resource_limit(pid, limit.resource, limit.soft, limit.hard);
        if (is_beyond_reach(set, facts)) set = set_to_own(limit, pid);
        OCI_TRY(with_if(
            EPERM,
            explain(std::move(set), "cannot set {} to {}:{}", limit.name, limit.soft, limit.hard),
            {.pointer = "/process/rlimits",
             .hint = limit.resource == RLIMIT_NOFILE
                         ? "it cannot be above the sysctl fs.nr_open, nor without CAP_SYS_RESOURCE "
                           "above the caller's hard limit"
                         : "only CAP_SYS_RESOURCE may go above the caller's hard limit"}));
    }
    return {};
}

}  // namespace oci::rlimits
