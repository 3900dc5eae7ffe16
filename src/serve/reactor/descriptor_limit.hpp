// SPDX-License-Identifier: Apache-2.0
//
// descriptor limit: the service holds some for each container and connection; who it starts shall
// have the limit that it was given itself.
#pragma once

namespace oci::serve {

/// As many as the hard limit allows. Once, before anything is started.
void raise_descriptor_limit() noexcept;

/// In a child: as it was.
void restore_descriptor_limit() noexcept;

}  // namespace oci::serve
