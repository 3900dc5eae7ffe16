// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/systemd/address.hpp"

#include <optional>

#include "base/path.hpp"
#include "base/text.hpp"

namespace oci::cgroups::systemd {
namespace {

/// Bytes are written as %NN in addresses. Nothing for what is no such text.
std::optional<std::string> unescape(std::string_view text) {
    std::string plain;
    while (!text.empty()) {
        if (text.front() != '%') {
            plain += text.front();
            text.remove_prefix(1);
            continue;
        }
        const auto byte = parse_number<unsigned char>(text.substr(1, 2), 16);
        if (text.size() < 3 || !byte || *byte == 0) return std::nullopt;
        plain += static_cast<char>(*byte);
        text.remove_prefix(3);
    }
    return plain;
}

/// "unix:path=/run/user/1000/bus,guid=…"
std::optional<Address> parse(std::string_view address) {
    constexpr std::string_view transport = "unix:";
    if (!address.starts_with(transport)) return std::nullopt;
    for (const std::string_view pair : split(address.substr(transport.size()), ',')) {
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos) continue;
        const std::string_view key = pair.substr(0, equals);
        const auto value = unescape(pair.substr(equals + 1));
        if (!value || value->empty()) continue;
        if (key == "path") return Address{*value, Peer::Bus};
        if (key == "abstract") return Address{"@" + *value, Peer::Bus};
    }
    return std::nullopt;
}

}  // namespace

std::vector<Address> addresses_of_system() {
    return {{"/run/dbus/system_bus_socket", Peer::Bus}, {"/run/systemd/private", Peer::Manager}};
}

std::vector<Address> addresses_of_user(std::string_view session_bus,
                                       std::string_view runtime_directory) {
    std::vector<Address> addresses;
    for (const std::string_view address : split(session_bus, ';'))
        if (const auto parsed = parse(address)) addresses.push_back(*parsed);
    if (runtime_directory.starts_with('/')) {
        addresses.push_back({join_path(runtime_directory, "bus"), Peer::Bus});
        addresses.push_back({join_path(runtime_directory, "systemd/private"), Peer::Manager});
    }
    return addresses;
}

}  // namespace oci::cgroups::systemd
