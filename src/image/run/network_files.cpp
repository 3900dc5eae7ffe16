// SPDX-License-Identifier: Apache-2.0
#include "image/run/network_files.hpp"

#include <fmt/format.h>

namespace oci::image::run {

NetworkFiles network_files(Network network, std::string_view hostname, std::string_view hosts,
                           std::string_view resolv_conf) {
    NetworkFiles files;
    files.hostname = fmt::format("{}\n", hostname);
    if (network == Network::Host) {
        files.hosts = hosts;
        files.resolv_conf = resolv_conf;
        // The host may know its own name by other means than this file; the container does not.
        if (!files.hosts.empty() && !files.hosts.ends_with('\n')) files.hosts += '\n';
        files.hosts += fmt::format("127.0.1.1\t{}\n", hostname);
        return files;
    }
    files.hosts = fmt::format(
        "127.0.0.1\tlocalhost {0}\n::1\tlocalhost ip6-localhost ip6-loopback {0}\n", hostname);
    files.resolv_conf = "# There is no network beyond this container.\n";
    return files;
}

}  // namespace oci::image::run
