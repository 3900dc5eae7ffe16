// SPDX-License-Identifier: Apache-2.0
//
// cgroup numbers: what the files of a cgroup (v2) say, by the names that cadvisor has made known.
// What is not there, or is no number ("max"), is left out: an absent controller is no zero.
#pragma once

#include <string>

#include "oci-rt/unique_fd.hpp"
#include "serve/metrics/exposition.hpp"

namespace oci::serve::metrics {

/// Some thirty small files, whatever is in the cgroup.
void add_cgroup(Exposition& into, FdView cgroup, const std::string& labels);

}  // namespace oci::serve::metrics
