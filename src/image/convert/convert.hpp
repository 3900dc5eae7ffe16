// SPDX-License-Identifier: Apache-2.0
//
// convert: from an image's configuration to a config.json (image-spec, conversion.md). An image
// says what runs in the container; it never says anything to the runtime, or to the host.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "image/documents.hpp"
#include "oci-rt/unique_fd.hpp"
#include "spec/template.hpp"

namespace oci::image {

/// What a caller says in place of the image.
struct Overrides {
    std::optional<std::vector<std::string>> entrypoint{};  ///< Drops the image's Cmd, too.
    std::vector<std::string> command{};                    ///< In place of Cmd, if not empty.
    std::vector<std::string> environment{};                ///< "NAME=VALUE"; wins over the image's.
    std::string user{};
    std::string working_directory{};
};

struct ConvertRequest {
    std::string preset = "docker";  ///< See spec/template.hpp.
    bool terminal = false;
    /// What a user without privileges has a user namespace map.
    std::optional<spec::RootlessIds> rootless{};
    std::size_t processors = 1;
    std::string hostname{};  ///< Empty: as the template has it.
    Overrides overrides{};
    /// Of an image that has neither Entrypoint nor Cmd; empty: that is an error.
    std::vector<std::string> command_of_last_resort{};
    spec::SeccompSource seccomp = spec::SeccompSource::Preset;
    std::string seccomp_text{};  ///< Of a profile that is given.
    /// Applied last: "POINTER=JSON".
    std::vector<std::string> assignments{};
};

struct Converted {
    std::string config{};                 ///< The text of config.json, valid.
    std::string working_directory{};      ///< To be made in the root if missing.
    std::vector<std::string> volumes{};   ///< Paths that want a mount; none is made here.
    std::vector<std::string> warnings{};  ///< What was left out.
};

/// rootfs: the unpacked image, of which /etc/passwd and /etc/group are read.
[[nodiscard]] Result<Converted> convert(const ImageConfig& image, FdView rootfs,
                                        const ConvertRequest& request);

}  // namespace oci::image
