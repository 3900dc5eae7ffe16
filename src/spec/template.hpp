// SPDX-License-Identifier: Apache-2.0
//
// template: the config.json that `oci-rt spec` writes, a start for one's own.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::spec {

enum class SeccompSource : std::uint8_t {
    Preset,   ///< As the preset has it.
    None,     ///< No filter.
    Default,  ///< The default profile of the preset; without a preset: Docker's.
    Given,    ///< The text of a profile.
};

struct TemplateRequest {
    std::string preset;  ///< "docker", "podman", "kubernetes"; empty: few rights.
    /// The caller's user and group id: for a user without privileges, as root of
    /// a user namespace.
    std::optional<std::pair<uid_t, gid_t>> rootless;
    std::size_t processors = 1;  ///< Of the machine.
    SeccompSource seccomp = SeccompSource::Preset;
    std::string seccomp_text;
    std::vector<std::string> assignments;  ///< See document.hpp.
};

/// Runs `sh` on a terminal in the directory "rootfs". What is returned has
/// passed read(). The profile follows the capabilities as assignments leave them.
[[nodiscard]] Result<std::string> template_text(const TemplateRequest& request);

}  // namespace oci::spec
