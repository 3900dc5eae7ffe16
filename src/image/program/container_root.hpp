// SPDX-License-Identifier: Apache-2.0
//
// container root: the root file system of a container: an overlay over the layers in the store,
// which the runtime mounts, or where that cannot be, a copy of all.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "image/program/unpack_image.hpp"
#include "image/run/options.hpp"
#include "image/store/store.hpp"
#include "oci-rt/options.hpp"

namespace oci::image::program {

struct ContainerRoot {
    Image image{};
    std::optional<RootOverlay> overlay{};  ///< Nothing: the tree is in "rootfs".
    UniqueFd tree{};                       ///< As the container will see it.
    Held held{};                           ///< Needed as long as there is the container.
    std::vector<std::string> warnings{};
    std::optional<Lease> lease{};  ///< Until that is written down.
};

struct RootRequest {
    run::RootMode mode = run::RootMode::Auto;
    bool is_brief = false;  ///< The container goes when it ends: nothing has to be safe on disk.
    std::string path{};     ///< Of `directory`, below the store, as it is now.
    std::string id{};       ///< Of the container.
};

/// Makes rootfs, upper and work in the directory. Afterwards the process is in a mount namespace of
/// its own, and its working directory is the store.
[[nodiscard]] Result<ContainerRoot> make_root(const Store& store, const NamedImage& named,
                                              const UnpackRequest& unpack,
                                              const RootRequest& request, FdView directory);

}  // namespace oci::image::program
