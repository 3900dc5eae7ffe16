// SPDX-License-Identifier: Apache-2.0
//
// The answer of info as text: for people, and for programs.
#pragma once

#include <string>

#include "oci-rt/info.hpp"

namespace oci::cli {

[[nodiscard]] std::string info_text(const Info& info);
[[nodiscard]] std::string info_json(const Info& info);

}  // namespace oci::cli
