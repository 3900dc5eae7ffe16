// SPDX-License-Identifier: Apache-2.0
//
// survey: everything about a host that may help or hinder a container. Facts are
// what create needs, and quick; a survey takes its time. It changes nothing.
#pragma once

#include <string>

#include "oci-rt/info.hpp"

namespace oci::host {

/// All but the version of libseccomp.
[[nodiscard]] HostInfo survey(const std::string& state_root);

}  // namespace oci::host
