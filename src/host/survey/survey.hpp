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

/// Whether anybody wants one: else none is tried, and it counts as available.
enum class UserNamespaces : unsigned char { Unwanted, Wanted };

/// What of a survey decides about namespaces and ids; all else is left empty.
[[nodiscard]] HostInfo survey_users(UserNamespaces user_namespaces);

}  // namespace oci::host
