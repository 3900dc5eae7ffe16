// SPDX-License-Identifier: Apache-2.0
//
// The readers of the sections of config.json, one file each. They check types
// and words; validate() checks the rest.
#pragma once

#include "oci-rt/spec.hpp"
#include "spec/place.hpp"

namespace oci::spec {

[[nodiscard]] Result<void> read_process_section(const Place& place, Process& process);
[[nodiscard]] Result<void> read_root_section(const Place& place, Root& root);
[[nodiscard]] Result<void> read_mount(const Place& place, Mount& mount);
[[nodiscard]] Result<void> read_id_mapping(const Place& place, IdMapping& mapping);
[[nodiscard]] Result<void> read_hooks_section(const Place& place, Hooks& hooks);
[[nodiscard]] Result<void> read_linux_section(const Place& place, Linux& linux_section);
[[nodiscard]] Result<void> read_resources_section(const Place& place, Resources& resources);
[[nodiscard]] Result<void> read_seccomp_section(const Place& place, Seccomp& seccomp);

}  // namespace oci::spec
