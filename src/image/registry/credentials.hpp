// SPDX-License-Identifier: Apache-2.0
//
// credentials: who we are to a registry, from the files that "podman login" and "docker login"
// write, and from the helpers that these name (containers-auth.json(5)).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::image::registry {

/// Never shown, not even in messages.
struct Credentials {
    std::string user{};
    std::string password{};
    std::string identity_token{};  ///< Instead of both: to be exchanged for an access token.
};

/// What the places of the files depend on. Empty: not set.
struct Environment {
    std::string home{};
    std::string runtime_directory{};   ///< XDG_RUNTIME_DIR
    std::string config_home{};         ///< XDG_CONFIG_HOME
    std::string docker_config{};       ///< DOCKER_CONFIG
    std::string registry_auth_file{};  ///< REGISTRY_AUTH_FILE
    std::string path{};                ///< PATH, for helpers.

    [[nodiscard]] static Environment of_process();
};

/// The files in their order.
[[nodiscard]] std::vector<std::string> credential_files(const Environment& environment);

struct FoundCredentials {
    std::optional<Credentials> credentials{};
    std::vector<std::string> tried{};  ///< Files and helpers that were asked, with what failed.
};

/// `name`: "registry.example:5000/team/app"; the most specific key counts, then the next file's.
/// A file that cannot be read is an error, a helper that fails is not: it is told in `tried`.
[[nodiscard]] Result<FoundCredentials> find_credentials(const Environment& environment,
                                                        std::string_view name);

/// What one file says.
struct CredentialEntry {
    std::optional<Credentials> credentials{};
    std::string helper{};  ///< Of "docker-credential-HELPER"; empty: none.
    std::string server{};  ///< What to ask it for.
};
/// `is_old`: ~/.dockercfg, which is what others have in "auths". The error tells nothing of the
/// text.
[[nodiscard]] Result<CredentialEntry> read_credentials(std::string_view text, std::string_view name,
                                                       bool is_old);

}  // namespace oci::image::registry
