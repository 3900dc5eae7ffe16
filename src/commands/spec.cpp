// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>

#include "base/explain.hpp"
#include "base/log.hpp"
#include "host/survey/findings.hpp"
#include "host/survey/survey.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"
#include "oci-rt/runtime.hpp"
#include "spec/template.hpp"

namespace oci {
namespace {

Result<void> choose_seccomp(const std::string& choice, spec::TemplateRequest& request) {
    constexpr std::size_t largest_profile = 1U << 20U;
    if (choice.empty()) return {};
    if (choice == "none" || choice == "default") {
        request.seccomp =
            choice == "none" ? spec::SeccompSource::None : spec::SeccompSource::Default;
        return {};
    }
    request.seccomp = spec::SeccompSource::Given;
    request.seccomp_text =
        OCI_TRY(explain(kernel::read_text(kernel::here, choice.c_str(), largest_profile),
                        "cannot read the seccomp profile {}", choice));
    return {};
}

/// The caller as root, and then range after range.
std::vector<IdMapping> map_of(std::uint32_t own, const std::vector<IdRange>& granted) {
    constexpr std::size_t most_entries = 340;  // user_namespaces(7)
    constexpr std::uint64_t end_of_ids = 0xFFFFFFFFU;
    std::vector<IdMapping> map{{0, own, 1}};
    std::uint64_t next = 1;
    for (const IdRange& range : granted) {
        const std::uint64_t end = std::uint64_t{range.first} + range.count;
        const bool overlaps = std::ranges::any_of(map, [&](const IdMapping& entry) {
            return range.first < std::uint64_t{entry.host_id} + entry.size && entry.host_id < end;
        });
        if (overlaps || end > end_of_ids || next + range.count > end_of_ids ||
            map.size() == most_entries)
            continue;
        map.push_back({static_cast<std::uint32_t>(next), range.first, range.count});
        next += range.count;
    }
    return map;
}

/// All that /etc/subuid and /etc/subgid grant, if there is a way to map it.
spec::RootlessIds ids_of_caller() {
    const HostInfo host = host::survey_users(host::UserNamespaces::Wanted);
    const SubordinateIds& ids = host.subordinate_ids;
    const bool has_helpers = std::ranges::all_of(
        ids.helpers, [](const IdMapHelper& helper) { return helper.privileged; });
    if (host.user.uid != 0 && has_helpers && !ids.uids.empty() && !ids.gids.empty())
        return {map_of(::geteuid(), ids.uids), map_of(::getegid(), ids.gids)};
    for (const Finding& finding : host::findings_about_users(host))
        if (finding.severity <= Severity::Warning)
            log::warning(
                "only one id is mapped, or none can be: {}{}", finding.message,
                finding.hint.empty() ? "" : fmt::format("; as root, \"{}\"", finding.hint));
    return {map_of(::geteuid(), {}), map_of(::getegid(), {})};
}

}  // namespace

Result<std::string> Runtime::spec_template(const SpecOptions& options) {
    spec::TemplateRequest request;
    request.preset = options.preset;
    request.assignments = options.changes;
    if (options.rootless) request.rootless = ids_of_caller();
    request.processors = static_cast<std::size_t>(std::max(::sysconf(_SC_NPROCESSORS_CONF), 1L));
    OCI_TRY(choose_seccomp(options.seccomp, request));
    return spec::template_text(request);
}

}  // namespace oci
