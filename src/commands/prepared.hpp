// SPDX-License-Identifier: Apache-2.0
//
// prepared: what others write down for the runtime: what a root is put together from, and what
// container has been made from an image.
#pragma once

#include <string>
#include <string_view>

#include "oci-rt/options.hpp"
#include "oci-rt/result.hpp"
#include "spec/root_overlay.hpp"

namespace oci::commands {

[[nodiscard]] Result<RootOverlay> read_overlay_file(const std::string& path);

/// The answer of `oci-rt-image prepare`.
using PreparedContainer = spec::PreparedContainer;
[[nodiscard]] Result<PreparedContainer> read_prepared_container(std::string_view text);

}  // namespace oci::commands
