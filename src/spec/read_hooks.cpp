// SPDX-License-Identifier: Apache-2.0
#include "spec/read_sections.hpp"

namespace oci::spec {
namespace {

Result<void> read_hook(const Place& place, Hook& hook) {
    OCI_TRY(required(place, "path", hook.path));
    OCI_TRY(field(place, "args", hook.args));
    OCI_TRY(field(place, "env", hook.env));
    std::optional<std::int32_t> timeout;
    OCI_TRY(field(place, "timeout", timeout));
    if (timeout) hook.timeout = std::chrono::seconds(*timeout);
    return {};
}

}  // namespace

Result<void> read_hooks_section(const Place& place, Hooks& hooks) {
    OCI_TRY(list(place, "prestart", hooks.prestart, read_hook));
    OCI_TRY(list(place, "createRuntime", hooks.create_runtime, read_hook));
    OCI_TRY(list(place, "createContainer", hooks.create_container, read_hook));
    OCI_TRY(list(place, "startContainer", hooks.start_container, read_hook));
    OCI_TRY(list(place, "poststart", hooks.poststart, read_hook));
    return list(place, "poststop", hooks.poststop, read_hook);
}

}  // namespace oci::spec
