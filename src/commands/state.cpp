// SPDX-License-Identifier: Apache-2.0
#include "commands/container.hpp"

namespace oci {

Result<State> Runtime::state(const ContainerId& id) const {
    const commands::Container container =
        OCI_TRY(commands::find(settings_, id, commands::Locked::No));
    return commands::state_of(container.record, container.status);
}

}  // namespace oci
