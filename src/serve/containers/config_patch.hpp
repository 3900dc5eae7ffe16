// SPDX-License-Identifier: Apache-2.0
//
// config patch: what a client wants otherwise in a config.json than it was made from the image.
#pragma once

#include <string>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "serve/containers/reader.hpp"

namespace oci::serve {

/// No object, or properties that the runtime specification does not know. at: a pointer before all.
[[nodiscard]] Mistakes mistakes_in_patch(const spec::Value& patch, const std::string& at);

/// Changes the file in the bundle. Hooks after the end that were there stay: one of them takes away
/// what was made for the container. InvalidConfig: what comes out is no valid configuration.
[[nodiscard]] Result<void> patch_config(const std::string& bundle, const std::string& patch);

/// The same of a text.
[[nodiscard]] Result<std::string> patched_config(std::string_view config, std::string_view patch);

}  // namespace oci::serve
