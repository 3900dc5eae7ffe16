// SPDX-License-Identifier: Apache-2.0
//
// tar entry: one member of an archive as its headers describe it, in one form whatever dialect they
// are in. Nothing here is believed to be a safe path: entry_path does that.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

namespace oci::image::unpack {

enum class EntryKind : std::uint8_t {
    File,
    HardLink,
    Symlink,
    CharacterDevice,
    BlockDevice,
    Directory,
    Fifo,
};

/// Stored bytes of a sparse file, and where they belong.
struct Extent {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

struct TarEntry {
    EntryKind kind = EntryKind::File;
    std::string path{};
    std::string link{};        ///< Of hard links: a path in the archive; of symlinks: the text.
    std::uint64_t stored = 0;  ///< Bytes in the archive.
    std::uint64_t size = 0;    ///< Bytes of the file; more than stored if it is sparse.
    bool sparse = false;
    std::vector<Extent> extents{};  ///< Ascending; their sizes are `stored` in sum.
    uid_t uid = 0;
    gid_t gid = 0;
    mode_t mode = 0;  ///< 07777
    unsigned major = 0;
    unsigned minor = 0;
    timespec modified{};
    std::vector<std::pair<std::string, std::string>> attributes{};  ///< Extended ones.
};

}  // namespace oci::image::unpack
