// SPDX-License-Identifier: Apache-2.0
//
// run image: a container straight from an image. oci-rt-image makes the bundle and is gone; the
// runtime runs it; when the container is deleted, oci-rt-image takes away what it was made of.
#pragma once

#include "cli/parser.hpp"
#include "cli/perform.hpp"
#include "oci-rt/runtime.hpp"

namespace oci::cli {

[[nodiscard]] Result<Outcome> run_image(const Runtime& runtime, const Invocation& call);

}  // namespace oci::cli
