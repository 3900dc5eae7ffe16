// SPDX-License-Identifier: Apache-2.0
//
// config: what options ask for, as changes of a config.json.
#pragma once

#include <string>
#include <vector>

#include "image/run/options.hpp"

namespace oci::image::run {

/// A mount besides those that every container has. One at the same place is replaced.
struct ExtraMount {
    std::string path{};
    std::string type{};
    std::string source{};
    std::vector<std::string> options{};
};

/// A device of the host, as stat(2) says.
struct HostDevice {
    std::string path{};  ///< In the container.
    char kind = 'c';     ///< 'c' or 'b'
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    std::uint32_t mode = 0;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::string rights = "rwm";
};

struct Situation {
    std::string id{};                ///< Of the container.
    bool in_user_namespace = false;  ///< Of a user without privileges.
    std::vector<HostDevice> devices{};
};

/// "POINTER=JSON" for all but mounts.
[[nodiscard]] Result<std::vector<std::string>> assignments_of(const Options& options,
                                                              const Situation& situation);

/// The capabilities that a container has by default, changed by the options.
[[nodiscard]] Result<std::vector<std::string>> capabilities_of(const Options& options);

/// A config.json with more mounts, those of shallow paths first. is_privileged: what is read-only
/// for safety's sake becomes writable.
[[nodiscard]] Result<std::string> with_mounts(std::string_view config,
                                              std::vector<ExtraMount> mounts, bool is_privileged);

}  // namespace oci::image::run
