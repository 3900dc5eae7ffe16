// SPDX-License-Identifier: Apache-2.0
//
// containers: what containers are made of: bundle, changes, volumes. A directory of its own for
// each, which is there as a whole or not at all, and which holds the layers that it needs.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "image/digest.hpp"
#include "image/store/lease.hpp"
#include "image/store/store.hpp"

namespace oci::image {

/// Who knows whether the container is still wanted.
struct ContainerOwner {
    std::string state_root{};  ///< Where the runtime remembers it, by its id.
    pid_t runner = 0;          ///< The command that makes it, and waits for its end.
    std::uint64_t runner_start = 0;
};

namespace place {
inline constexpr const char* containers = "containers";
/// "containers/ID"
[[nodiscard]] std::string container(const std::string& id);
}  // namespace place

/// Whether somebody wants it: its runtime knows it, or the command that makes it lives.
[[nodiscard]] Result<bool> is_container_wanted(const Store& store, const std::string& id);

class ContainerWriter {
public:
    /// AlreadyExists if it is there and wanted.
    [[nodiscard]] static Result<ContainerWriter> begin(const Store& store, const std::string& id);

    /// Of mode 0700; it is locked until commit().
    [[nodiscard]] FdView directory() const noexcept { return directory_; }
    /// Below the store, until commit().
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    /// held: what prune() leaves as long as the container is wanted.
    [[nodiscard]] Result<void> commit(const ContainerOwner& owner, const Held& held);

    ContainerWriter(ContainerWriter&&) = default;
    ContainerWriter& operator=(ContainerWriter&&) = delete;
    ContainerWriter(const ContainerWriter&) = delete;
    ContainerWriter& operator=(const ContainerWriter&) = delete;
    /// What was not committed is removed.
    ~ContainerWriter();

private:
    ContainerWriter(const Store& store, std::string id, std::string path, UniqueFd directory)
        : store_{&store},
          id_{std::move(id)},
          path_{std::move(path)},
          directory_{std::move(directory)} {}

    const Store* store_;
    std::string id_;
    std::string path_;
    UniqueFd directory_;
};

/// Nothing there is no error.
[[nodiscard]] Result<void> remove_container(const Store& store, const std::string& id);

/// Out of the way, below tmp/, where prune() removes it; yields where. Empty: there is none.
[[nodiscard]] Result<std::string> set_container_aside(const Store& store, const StoreLock& lock,
                                                      const std::string& id);

/// Ids of all that are there.
[[nodiscard]] Result<std::vector<std::string>> container_ids(const Store& store);

/// What it holds.
[[nodiscard]] Result<Held> held_by_container(const Store& store, const std::string& id);

}  // namespace oci::image
