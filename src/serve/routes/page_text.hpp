// SPDX-License-Identifier: Apache-2.0
//
// page text: src/serve/page as one document, as it was when this was built.
#pragma once

#include <string_view>

namespace oci::serve::routes {

extern const std::string_view page_text;
/// Content-Security-Policy: nothing is run or shown but what the text has.
extern const std::string_view page_policy;
extern const std::string_view page_tag;  ///< For ETag.

}  // namespace oci::serve::routes
