// SPDX-License-Identifier: Apache-2.0
//
// What stands in the files of a cgroup before they are written to, as writes
// that bring it back.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "features/cgroups/writes.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::cgroups {

/// The value that brings back what a file showed (`before`) once `written` has been written to
/// it; nullopt if nobody knows. Files like io.max have a line for each device.
[[nodiscard]] std::optional<std::string> restoring_value(std::string_view file,
                                                         std::string_view written,
                                                         std::string_view before);

class OldValues {
public:
    /// What the write is about to overwrite. Files that cannot be read are left out.
    void remember(const Write& write, FdView cgroup);

    /// Best effort, the last one first; what could not be brought back goes to the log.
    void restore(FdView cgroup, std::string_view place) const;

private:
    void remember_file(std::string_view file, std::string_view written, FdView cgroup);

    struct Old {
        std::string file;
        std::string value;
    };
    std::vector<Old> values_;
};

}  // namespace oci::cgroups
