// SPDX-License-Identifier: Apache-2.0
//
// filesystem settings: the options of a file system itself, as fsconfig(2) takes them.
#pragma once

#include <string>

#include "features/rootfs/mount_options.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::mounts {

/// /linux/mountLabel as the option of new file systems.
struct Label {
    std::string key = "context";  ///< Or fscontext, defcontext, rootcontext.
    std::string value;            ///< Empty: none.
};
/// InvalidConfig if the annotation run.oci.mount_context_type has no such word.
Result<Label> plan_label(const Spec& spec);

/// Unless the entry has one of its own. False if this type takes none.
bool add_label(const Label& label, const std::string& type, Options& options);

/// Layers that are too long for one value one by one, long paths as open directories.
/// Layers of /mounts/N: pointer is for the error's text.
Result<void> fit_settings(const std::string& type, Options& options, const std::string& pointer);

}  // namespace oci::mounts
