// SPDX-License-Identifier: Apache-2.0
//
// id maps of mounts: which owner a mount shows for an owner in its file system.
// From uidMappings and gidMappings of an entry, or from the words idmap and ridmap.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::mounts {

struct WrittenRange {
    /// container_id: in the file system; host_id: outside of the container.
    IdMapping mapping;
    bool is_relative = false;  ///< "@": host_id is an id inside the container.
};

/// What the words idmap and ridmap say.
struct IdMapWords {
    enum class Reach : unsigned char { Unwritten, Mount, Tree };
    Reach reach = Reach::Unwritten;
    std::vector<WrittenRange> uids;  ///< Empty: none was written.
    std::vector<WrittenRange> gids;
};

/// "uids=0-1000-10#@10-10-5;gids=…": file system - host - size. pointer is for the error's text.
Result<void> read_id_map(std::string_view text, const std::string& pointer, IdMapWords& into);

/// The maps that a mount needs; entries with equal ones share it.
struct IdMap {
    std::vector<IdMapping> uids;
    std::vector<IdMapping> gids;
    std::string joined;       ///< The path of a user namespace that has the maps already, or empty.
    UniqueFd user_namespace;  ///< By prepare().

    [[nodiscard]] bool has_maps_of(const IdMap& other) const;
};

/// Nothing if the mount shows the owners as they are.
Result<std::optional<IdMap>> plan_id_map(const Spec& spec, const Mount& mount,
                                         const IdMapWords& words, const std::string& pointer);

/// Opens the user namespace, or makes one whose maps it is; it needs no process
/// to live on. For the parent.
Result<void> prepare_id_map(IdMap& map);

}  // namespace oci::mounts
