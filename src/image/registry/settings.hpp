// SPDX-License-Identifier: Apache-2.0
//
// settings: all that a caller may say about how images are fetched.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "image/registry/configuration.hpp"
#include "image/registry/credentials.hpp"
#include "image/registry/judgement.hpp"

namespace oci::image::registry {

struct Settings {
    Configuration configuration{};  ///< load_configuration("/etc/oci-rt/registries.json")
    Environment environment{};      ///< Environment::of_process()
    std::optional<Credentials> credentials{};  ///< Before all files, for the reference's registry.
    std::vector<std::string> insecure{};       ///< "host", "host:port": no TLS is fine, too.
    std::vector<std::string> certificate_directories{"/etc/containers/certs.d",
                                                     "/etc/docker/certs.d"};
    Reach reach = Reach::Anywhere;
    std::vector<std::string> allowed{};  ///< "host", "host:port": fine with Reach::Public, too.
    std::size_t parallel = 6;            ///< Blobs at a time.
    RetryPolicy retry{};
    std::chrono::seconds connecting{30};
    std::chrono::seconds stalled{30};  ///< With less than least_speed bytes a second.
    long least_speed = 1024;
    int cancel_fd = -1;  ///< Readable (signalfd, pidfd, pipe): stop. It is not read from.
};

}  // namespace oci::image::registry
