// SPDX-License-Identifier: Apache-2.0
//
// container network: what oci-rt-network is asked, and when the runtime calls it: it makes the
// container's network when the container is created, and takes it away when it is deleted.
#pragma once

#include <string>

#include "image/run/options.hpp"

namespace oci::image::program {

/// Before anything is fetched: whether the container could have such a network. What may keep it
/// from working, as text; or the reason why it cannot be.
[[nodiscard]] Result<std::string> check_network(const run::Options& options, const std::string& id,
                                                bool in_user_namespace);

/// Hooks of a config.json, as JSON objects.
struct NetworkHooks {
    std::string attach{};  ///< createRuntime
    std::string detach{};  ///< poststop
};
/// hosts: the file that gets the container's name.
[[nodiscard]] Result<NetworkHooks> network_hooks(const run::Options& options, const std::string& id,
                                                 const std::string& hosts,
                                                 const std::string& hostname);

}  // namespace oci::image::program
