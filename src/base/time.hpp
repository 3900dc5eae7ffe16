// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace oci {

/// The present moment as RFC 3339 with nanoseconds, in UTC.
[[nodiscard]] std::string rfc3339_now();

}  // namespace oci
