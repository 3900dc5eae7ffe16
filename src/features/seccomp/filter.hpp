// SPDX-License-Identifier: Apache-2.0
//
// filter: from the rules of a profile to the BPF program. filter.cpp is the one
// file that knows libseccomp; filter_absent.cpp stands in where it is not built in.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::seccomp {

/// What compiles, as a part of the cache key; empty version: nothing does.
struct Compiler {
    std::string version;  ///< "2.5.4"
    std::uint32_t native_architecture = 0;
};
[[nodiscard]] Compiler compiler();

/// AUDIT_ARCH_* of this machine; 0 where nothing is built in.
[[nodiscard]] std::uint32_t native_architecture() noexcept;

/// Whether it has tables for a "SCMP_ARCH_…".
[[nodiscard]] bool knows_architecture(std::string_view name);

/// Names of system calls that it does not know, of any machine: rules for them are left out.
[[nodiscard]] std::vector<std::string> unknown_names(const std::vector<std::string>& names);

/// The section has passed plan(). Takes milliseconds.
Result<std::vector<sock_filter>> compile(const Seccomp& section);

}  // namespace oci::seccomp
