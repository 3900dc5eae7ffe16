// SPDX-License-Identifier: Apache-2.0
//
// store: the directories in which containers are remembered, <root>/<id>, one
// lock each. What stands in them is record's matter.
#pragma once

#include <string>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/state.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::container {

/// Waits for other commands that work on the container: for 10 s, or 1 s.
enum class Locked : unsigned char { No, Yes, Soon };

/// One container's directory. Removed on destruction if it was reserved and not kept.
class StateDirectory {
public:
    StateDirectory(StateDirectory&&) = default;
    StateDirectory& operator=(StateDirectory&&) = delete;
    StateDirectory(const StateDirectory&) = delete;
    StateDirectory& operator=(const StateDirectory&) = delete;
    ~StateDirectory();

    [[nodiscard]] FdView fd() const noexcept { return directory_; }
    [[nodiscard]] const std::string& id() const noexcept { return id_; }

    /// Lets a reserved directory live on.
    void keep() noexcept { temporary_ = false; }

    /// Removes the directory with all it holds; the lock is released with the object.
    Result<void> remove();

private:
    friend Result<StateDirectory> reserve(const std::string&, const ContainerId&);
    friend Result<StateDirectory> open(const std::string&, const ContainerId&, Locked);
    StateDirectory(std::string id, UniqueFd root, UniqueFd directory, UniqueFd lock, bool temporary)
        : id_{std::move(id)},
          root_{std::move(root)},
          directory_{std::move(directory)},
          lock_{std::move(lock)},
          temporary_{temporary} {}

    std::string id_;
    UniqueFd root_;
    UniqueFd directory_;
    UniqueFd lock_;
    bool temporary_ = false;
};

/// Makes <root> (0700) and <root>/<id>, locked. AlreadyExists if the id is taken.
Result<StateDirectory> reserve(const std::string& root, const ContainerId& id);

/// Opens <root>/<id>, locked if asked for. NotFound: "container does not exist".
Result<StateDirectory> open(const std::string& root, const ContainerId& id, Locked locked);

/// A directory below <root> for things that belong to no container, made 0700.
Result<UniqueFd> open_shared(const std::string& root, const char* name);

/// Names below <root> that are valid ids; empty if there is no root.
Result<std::vector<ContainerId>> ids(const std::string& root);

}  // namespace oci::container
