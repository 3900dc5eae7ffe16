// SPDX-License-Identifier: Apache-2.0
//
// container files: what of the container's files can be seen before it is there:
// those of its root that no mount covers.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "oci-rt/spec.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::commands {

enum class Sight : unsigned char {
    Unknown,  ///< Behind a mount, or out of reach.
    Missing,
    Directory,
    NotExecutable,
    Executable,
};

class ContainerFiles {
public:
    /// rootfs: absolute, or empty. Nothing is known if it cannot be opened, or if others decide
    /// what is mounted, as in a mount namespace that is joined.
    ContainerFiles(const Spec& spec, const std::string& rootfs);

    /// path: absolute, in the container. Symlinks are followed there.
    [[nodiscard]] Sight look(const std::string& path) const;

    /// Of /mounts/N: what it is mounted on.
    [[nodiscard]] Sight target(std::size_t index) const noexcept {
        return index < targets_.size() ? targets_[index] : Sight::Unknown;
    }

private:
    struct Place {
        Sight sight = Sight::Unknown;
        std::string path;  ///< Without symlinks, as far as it is there.
    };

    [[nodiscard]] Place resolve(const std::string& path) const;

    UniqueFd root_;
    std::unordered_set<std::string> mounted_;
    std::vector<Sight> targets_;
};

}  // namespace oci::commands
