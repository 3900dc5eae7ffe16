// SPDX-License-Identifier: Apache-2.0
//
// bundle: the directory that a container is made from, read once.
#pragma once

#include <string>

#include "oci-rt/options.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::commands {

struct BundleText {
    std::string path;    ///< Absolute.
    std::string config;  ///< The text of its config.json.
};

struct Bundle : BundleText {
    Spec spec;
};

Result<BundleText> read_bundle_text(const CreateOptions& options);

Result<Bundle> read_bundle(const CreateOptions& options);

}  // namespace oci::commands
