// SPDX-License-Identifier: Apache-2.0
#include "features/namespaces/time.hpp"

#include <linux/sched.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/explain.hpp"
#include "kernel/files.hpp"
#include "kernel/namespace.hpp"
#include "kernel/text_file.hpp"

namespace oci::timens {
namespace {

constexpr std::uint32_t second = 1'000'000'000;

Result<std::string> line(std::string_view clock, const std::optional<TimeOffset>& offset) {
    if (!offset) return std::string{};
    if (offset->nanoseconds >= second)
        return fail(ErrorKind::InvalidConfig,
                    "/linux/timeOffsets/{}/nanosecs: {} is a second or more", clock,
                    offset->nanoseconds);
    return fmt::format("{} {} {}\n", clock, offset->seconds, offset->nanoseconds);
}

}  // namespace

Result<Plan> plan(const Spec& spec) {
    const std::string monotonic = OCI_TRY(line("monotonic", spec.linux_section.monotonic_offset));
    const std::string boottime = OCI_TRY(line("boottime", spec.linux_section.boottime_offset));
    Plan plan{monotonic + boottime};
    if (plan.offsets.empty()) return plan;
    const Namespace* const entry = find_namespace(spec, NamespaceKind::Time);
    if (entry == nullptr)
        return fail(ErrorKind::InvalidConfig, "/linux/timeOffsets: need a time namespace");
    if (!entry->path.empty())
        return fail(ErrorKind::InvalidConfig,
                    "/linux/timeOffsets: the clocks of a joined time namespace cannot be set");
    return plan;
}

kernel::SysResult<void> enter(const Plan& plan, Progress& progress) noexcept {
    if (plan.offsets.empty()) return {};
    progress.subject = "time offsets";
    OCI_TRY(kernel::unshare(CLONE_NEWTIME));
    return kernel::write_text(kernel::here, "/proc/self/timens_offsets", plan.offsets);
}

}  // namespace oci::timens
