// SPDX-License-Identifier: Apache-2.0
//
// run form: whether `run` means a bundle and an id, or an image and a command.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "cli/option.hpp"

namespace oci::cli {

enum class RunForm : std::uint8_t { Bundle, Image };

/// What stands behind `run`. The tables are those of the two forms; has_config: whether the working
/// directory is a bundle, which is asked only where a single bare word is all there is.
[[nodiscard]] RunForm run_form(std::span<const std::string> arguments, const OptionTable& of_bundle,
                               const OptionTable& of_image,
                               const std::function<bool()>& has_config);

}  // namespace oci::cli
