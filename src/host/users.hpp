// SPDX-License-Identifier: Apache-2.0
//
// users: names of the host's users, without the name service (which loads code).
#pragma once

#include <sys/types.h>

#include <string>

namespace oci::host {

/// From /etc/passwd; the number as text if it is not there.
[[nodiscard]] std::string user_name(uid_t uid);

}  // namespace oci::host
