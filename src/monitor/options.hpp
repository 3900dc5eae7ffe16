// SPDX-License-Identifier: Apache-2.0
//
// options: the command line of oci-rt-monitor. People do not type it: it is strict and plain.
//
//   oci-rt-monitor NAME VALUE… -- OCI-RT GLOBAL-OPTION… -- CREATE-OPTION…
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "monitor/record.hpp"

namespace oci::monitor {

struct Options {
    bool adopts = false;  ///< Takes over from a monitor that was killed.
    const char* id = nullptr;
    const char* state = nullptr;    ///< The container's state directory.
    const char* meeting = nullptr;  ///< A directory where `create` finds us.
    const char* log = nullptr;      ///< nullptr: in the state directory.
    const char* cgroup = nullptr;   ///< Directory of the monitor's own; nullptr: where it is.
    LogLimits limits;
    bool terminal = false;
    bool keeps_input = false;
    bool removes = false;        ///< Deletes the container when it has ended.
    int starter = -1;            ///< A packet socket to who started us.
    std::vector<char*> runtime;  ///< oci-rt and its global options.
    std::vector<char*> create;   ///< Options of `create`.
};

/// Empty: understood; else what is not.
std::string_view read_options(std::span<char*> arguments, Options& options);

}  // namespace oci::monitor
