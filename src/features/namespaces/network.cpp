// SPDX-License-Identifier: Apache-2.0
#include "features/namespaces/network.hpp"

#include "kernel/namespace.hpp"

namespace oci::network {

Result<Plan> plan(const Spec& spec) {
    const Namespace* const entry = find_namespace(spec, NamespaceKind::Network);
    return Plan{entry != nullptr && entry->path.empty()};
}

kernel::SysResult<void> enter(const Plan& plan, Progress& progress) noexcept {
    if (!plan.is_new) return {};
    progress.subject = "lo";
    return kernel::bring_up_loopback();
}

}  // namespace oci::network
