// SPDX-License-Identifier: Apache-2.0
#include "features/namespaces/uts.hpp"

#include <cstddef>
#include <string_view>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "kernel/process.hpp"

namespace oci::uts {
namespace {

/// __NEW_UTS_LEN of the kernel.
constexpr std::size_t longest_name = 64;

Result<void> check(std::string_view field, const std::string& name, bool has_namespace) {
    if (name.empty()) return {};
    if (!has_namespace)
        return with(fail(ErrorKind::InvalidConfig, "{}: needs a uts namespace", field),
                    {.hint = "add {\"type\": \"uts\"} to /linux/namespaces"});
    if (name.size() > longest_name)
        return fail(ErrorKind::InvalidConfig, "{}: is longer than {} bytes", field, longest_name);
    return {};
}

}  // namespace

Result<Plan> plan(const Spec& spec) {
    const bool has_namespace = find_namespace(spec, NamespaceKind::Uts) != nullptr;
    OCI_TRY(check("/hostname", spec.hostname, has_namespace));
    OCI_TRY(check("/domainname", spec.domainname, has_namespace));
    return Plan{spec.hostname, spec.domainname};
}

kernel::SysResult<void> enter(const Plan& plan, Progress& progress) noexcept {
    if (!plan.hostname.empty()) {
        progress.subject = "hostname";
        OCI_TRY(kernel::set_hostname(plan.hostname));
    }
    if (!plan.domainname.empty()) {
        progress.subject = "domainname";
        OCI_TRY(kernel::set_domainname(plan.domainname));
    }
    return {};
}

}  // namespace oci::uts
