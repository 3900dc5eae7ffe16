// SPDX-License-Identifier: Apache-2.0
//
// template: the config.json that `oci-rt spec` writes, a start for one's own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::spec {

enum class SeccompSource : std::uint8_t {
    Preset,   ///< As the preset has it.
    None,     ///< No filter.
    Default,  ///< The default profile of the preset; without a preset: Docker's.
    Given,    ///< The text of a profile.
};

/// What a user namespace is to map.
struct RootlessIds {
    std::vector<IdMapping> uids;
    std::vector<IdMapping> gids;
};

struct TemplateRequest {
    std::string preset;                   ///< "docker", "podman", "kubernetes"; empty: few rights.
    std::optional<RootlessIds> rootless;  ///< For a user without privileges.
    std::size_t processors = 1;           ///< Of the machine.
    SeccompSource seccomp = SeccompSource::Preset;
    std::string seccomp_text;
    std::vector<std::string> assignments;  ///< See document.hpp.
};

/// Runs `sh` on a terminal in the directory "rootfs". What is returned has
/// passed read(). The profile follows the capabilities as assignments leave them.
[[nodiscard]] Result<std::string> template_text(const TemplateRequest& request);

}  // namespace oci::spec
