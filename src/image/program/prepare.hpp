// SPDX-License-Identifier: Apache-2.0
//
// prepare: all that `oci-rt run IMAGE` needs before the runtime can run it: the image, its layers,
// and a directory with bundle, changes and volumes. And, when the container is deleted, release.
#pragma once

#include <string>
#include <vector>

#include "image/program/user_namespace.hpp"
#include "image/run/options.hpp"
#include "image/store/store.hpp"
#include "spec/root_overlay.hpp"

namespace oci::image::program {

struct Prepared {
    spec::PreparedContainer container{};
    std::vector<std::string> warnings{};
};

/// maps: of the user namespace that this process is in; empty for root. Nothing is left behind by
/// an error, and by a process that is killed nothing that prune() does not remove.
[[nodiscard]] Result<Prepared> prepare(const Store& store, const run::Options& options,
                                       const IdMaps& maps);

}  // namespace oci::image::program
