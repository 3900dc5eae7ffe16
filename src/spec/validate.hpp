// SPDX-License-Identifier: Apache-2.0
//
// validate: the rules of the specification that need no machine, and those
// that keep hostile values from the kernel. Each is one small check.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"
#include "spec/problems.hpp"

namespace oci::spec {

void validate(const Spec& spec, Problems& problems);

// The parts of validate(). `at` is the JSON pointer of what is checked, for
// the messages: "/process", or "" if it is a document of its own.
void validate_process(const Process& process, std::string_view at, Problems& problems);
void validate_scheduling(const Process& process, std::string_view at, Problems& problems);
void validate_resources(const Resources& resources, std::string_view at, Problems& problems);
void validate_linux(const Spec& spec, Problems& problems);
void validate_platform(const Spec& spec, Problems& problems);
void validate_seccomp(const Seccomp& seccomp, std::string_view at, Problems& problems);

/// Entries are NAME=value, and fit into execve().
void validate_environment(const std::vector<std::string>& env, std::string_view at,
                          Problems& problems);
/// What the kernel takes in uid_map: at most 340 lines, not empty, not overlapping.
void validate_id_mappings(const std::vector<IdMapping>& mappings, std::string_view at,
                          Problems& problems);

inline constexpr std::uint32_t largest_id = 4294967294;  ///< (uid_t)-1 means "unchanged".
inline constexpr std::size_t longest_path = 4096;        ///< bytes
inline constexpr std::size_t longest_argument = 131071;  ///< bytes, as execve() takes them

[[nodiscard]] bool has_control_character(std::string_view text) noexcept;

}  // namespace oci::spec
