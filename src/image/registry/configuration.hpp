// SPDX-License-Identifier: Apache-2.0
//
// configuration: /etc/oci-rt/registries.json, which says where images are to be had from, and whom
// to trust (oci-rt-registries.json(5)).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "image/reference.hpp"
#include "image/registry/transport.hpp"
#include "image/registry/url.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::image::registry {

enum class PullFromMirror : std::uint8_t { All, DigestOnly };

struct Mirror {
    std::string location{};  ///< "mirror.example:5000/hub"
    bool insecure = false;
    std::string ca_file{};
    PullFromMirror pull = PullFromMirror::All;
};

struct RegistryEntry {
    std::string prefix{};  ///< "docker.io", "quay.io/team"
    bool insecure = false;
    bool blocked = false;
    std::string ca_file{};
    std::vector<std::string> token_hosts{};  ///< May be given our credentials for it, too.
    std::vector<Mirror> mirrors{};
};

struct Configuration {
    std::vector<RegistryEntry> registries{};
};

/// Strict: what is not known is refused, with its JSON pointer.
[[nodiscard]] Result<Configuration> read_configuration(std::string_view text);

/// Of a file; empty if there is none.
[[nodiscard]] Result<Configuration> load_configuration(const std::string& path);

/// Where an image may be had from.
struct Endpoint {
    std::string host{};        ///< "registry-1.docker.io", "mirror.example:5000"
    std::string repository{};  ///< "library/debian", "hub/library/debian"
    std::string name{};        ///< As people know it, for credentials: "docker.io/library/debian".
    bool is_mirror = false;
    std::vector<std::string> token_hosts{};
};

/// Mirrors first; those for digests alone only where `by_digest`. WrongStatus: it is blocked.
[[nodiscard]] Result<std::vector<Endpoint>> endpoints_of(const Configuration& configuration,
                                                         const Reference& reference,
                                                         bool by_digest);

/// What the configuration, a list of insecure hosts and directories such as /etc/docker/certs.d
/// say of a host.
[[nodiscard]] Trust trust_of(const Configuration& configuration,
                             const std::vector<std::string>& insecure,
                             const std::vector<std::string>& certificate_directories,
                             const Url& url);

/// Whether "host", or "host:port", is where the address leads. "docker.io" is the registry of that.
[[nodiscard]] bool is_at(const Url& url, std::string_view host);

}  // namespace oci::image::registry
