// SPDX-License-Identifier: Apache-2.0
//
// merge patch: RFC 7396: members of the patch replace those of the target, null takes them away.
#pragma once

#include "spec/json.hpp"

namespace oci::serve {

void apply_merge_patch(spec::Value& target, const spec::Value& patch);

}  // namespace oci::serve
