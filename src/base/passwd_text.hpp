// SPDX-License-Identifier: Apache-2.0
//
// passwd text: what passwd(5) says of a user.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace oci {

/// The number as text if it is not there.
[[nodiscard]] std::string user_name_in(std::string_view passwd, uid_t uid);

}  // namespace oci
