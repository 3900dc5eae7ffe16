// SPDX-License-Identifier: Apache-2.0
//
// The whole public interface.
#pragma once

#include "oci-rt/error.hpp"
#include "oci-rt/event.hpp"
#include "oci-rt/features.hpp"
#include "oci-rt/finding.hpp"
#include "oci-rt/info.hpp"
#include "oci-rt/log_line.hpp"
#include "oci-rt/options.hpp"
#include "oci-rt/process_info.hpp"
#include "oci-rt/remains.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/runtime.hpp"
#include "oci-rt/spec.hpp"
#include "oci-rt/state.hpp"
#include "oci-rt/stats.hpp"
#include "oci-rt/unique_fd.hpp"
