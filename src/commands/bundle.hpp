// SPDX-License-Identifier: Apache-2.0
//
// bundle: the directory that a container is made from, read once.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "oci-rt/options.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::commands {

struct BundleText {
    std::string path;    ///< Absolute.
    std::string config;  ///< The text of its config.json.
    UniqueFd directory;
};

struct RootSeen {
    dev_t device = 0;
    ino_t inode = 0;
};

struct Bundle : BundleText {
    Spec spec;
    std::optional<RootSeen> root;  ///< Beside this very config.json; none if nothing is there.
};

Result<BundleText> read_bundle_text(const CreateOptions& options);

Result<Bundle> read_bundle(const CreateOptions& options);

}  // namespace oci::commands
