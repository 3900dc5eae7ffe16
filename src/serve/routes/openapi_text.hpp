// SPDX-License-Identifier: Apache-2.0
//
// openapi text: api/openapi.json, as it was when this was built.
#pragma once

#include <string_view>

namespace oci::serve::routes {

extern const std::string_view openapi_text;

}  // namespace oci::serve::routes
