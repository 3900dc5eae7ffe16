// SPDX-License-Identifier: Apache-2.0
//
// mount options: the words of /mounts/N/options, as the kernel's values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "features/rootfs/id_maps.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::mounts {

struct PropagationChange {
    std::uint64_t kind = 0;  ///< MS_PRIVATE, MS_SLAVE, MS_SHARED, MS_UNBINDABLE
    bool recursive = false;
};

/// An option of the file system itself.
struct Setting {
    std::string key;
    std::string value;
    bool is_flag = false;    ///< "newinstance": no "=" was written.
    bool is_opened = false;  ///< The value is a directory that is passed open.
};

/// Contradicting words: the last one wins. A word like "rw" or "suid" is a wish
/// to clear, which differs from not having been written.
struct Options {
    std::uint64_t set = 0;    ///< MOUNT_ATTR_*
    std::uint64_t clear = 0;  ///< MOUNT_ATTR_*; all of MOUNT_ATTR__ATIME with any atime word
    std::uint64_t recursive_set = 0;
    std::uint64_t recursive_clear = 0;
    std::vector<PropagationChange> propagations;  ///< In the order written.
    bool bind = false;
    bool recursive_bind = false;
    bool remount = false;
    bool copy_up = false;                ///< tmpcopyup
    bool copy_symlink = false;           ///< A source that is a symlink is made anew.
    bool no_follow_source = false;       ///< src-nofollow
    bool no_follow_destination = false;  ///< dest-nofollow
    IdMapWords id_map;                   ///< idmap, ridmap
    /// Superblock flags by fsconfig's names: sync, dirsync, mand, lazytime, iversion.
    std::vector<std::string> superblock_flags;
    /// Those written to be cleared: async, nomand, nolazytime, noiversion. A new file system
    /// has none of them set.
    std::vector<std::string> cleared_superblock_flags;
    std::vector<Setting> settings;

    [[nodiscard]] bool has_setting(const std::string& key) const;
};

/// pointer: "/mounts/3", for the error's text. Words that are no option of
/// mount(8) are settings of the file system. Empty words are ignored.
Result<Options> parse_options(const std::vector<std::string>& words, const std::string& pointer);

/// What works here, for `features`.
std::vector<std::string> known_mount_options();

}  // namespace oci::mounts
