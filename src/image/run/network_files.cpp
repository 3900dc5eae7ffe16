// SPDX-License-Identifier: Apache-2.0
#include "image/run/network_files.hpp"

#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"

namespace oci::image::run {
namespace {

/// "10.0.0.1" of "nameserver 10.0.0.1"; empty: the line is about something else.
std::string_view server_in(std::string_view line) {
    constexpr std::string_view word = "nameserver";
    line = trim(line);
    if (!line.starts_with(word)) return {};
    const std::string_view rest = line.substr(word.size());
    return rest.starts_with(' ') || rest.starts_with('\t') ? trim(rest) : std::string_view{};
}

bool is_loopback(std::string_view server) { return server.starts_with("127.") || server == "::1"; }

std::string with_distant_servers(std::string_view resolv_conf) {
    std::string text;
    for (const std::string_view line : split(resolv_conf, '\n'))
        if (!line.empty() && !is_loopback(server_in(line))) text += fmt::format("{}\n", line);
    return text;
}

}  // namespace

bool has_distant_server(std::string_view resolv_conf) {
    for (const std::string_view line : split(resolv_conf, '\n')) {
        const std::string_view server = server_in(line);
        if (!server.empty() && !is_loopback(server)) return true;
    }
    return false;
}

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
    if (network == Network::Bridge) {
        files.hosts = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n";
        files.resolv_conf = with_distant_servers(resolv_conf);
        return files;
    }
    files.hosts = fmt::format(
        "127.0.0.1\tlocalhost {0}\n::1\tlocalhost ip6-localhost ip6-loopback {0}\n", hostname);
    files.resolv_conf = "# There is no network beyond this container.\n";
    return files;
}

}  // namespace oci::image::run
