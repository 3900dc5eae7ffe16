// SPDX-License-Identifier: Apache-2.0
//
// network files: /etc/hosts, /etc/hostname and /etc/resolv.conf of a container.
#pragma once

#include <string>
#include <string_view>

#include "image/run/options.hpp"

namespace oci::image::run {

struct NetworkFiles {
    std::string hosts{};
    std::string hostname{};
    std::string resolv_conf{};
};

/// Whether somebody else than the host itself can be asked.
[[nodiscard]] bool has_distant_server(std::string_view resolv_conf);

/// hosts, resolv_conf: the host's, which a container in the host's network gets. On a bridge it
/// gets the name servers that are not on the host's loopback; its own name comes with its address.
[[nodiscard]] NetworkFiles network_files(Network network, std::string_view hostname,
                                         std::string_view hosts, std::string_view resolv_conf);

}  // namespace oci::image::run
