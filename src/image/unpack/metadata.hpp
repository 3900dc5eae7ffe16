// SPDX-License-Identifier: Apache-2.0
//
// metadata: owner, mode, extended attributes, in this order: chown takes away setuid bits and
// capabilities. Times come last, and are the caller's where the file goes on to change.
#pragma once

#include <sys/stat.h>

#include <string_view>

#include "image/unpack/tar_entry.hpp"
#include "image/unpack/unpack.hpp"
#include "image/unpack/warnings.hpp"
#include "kernel/file_metadata.hpp"
#include "kernel/files.hpp"

namespace oci::image::unpack {

/// Whether an image may have this attribute: user.*, capabilities and ACLs. Not what is overlayfs'
/// (it would hide or redirect files), the host's policies (SELinux, IMA), or our own record.
[[nodiscard]] bool is_kept_attribute(std::string_view name) noexcept;

/// The value of user.rootlesscontainers: who a file would belong to if there were more ids.
[[nodiscard]] std::string rootless_record(uid_t uid, gid_t gid);

[[nodiscard]] kernel::FileTimes times_of(const TarEntry& entry) noexcept;
[[nodiscard]] kernel::FileTimes times_of(const struct stat& status) noexcept;

class Metadata {
public:
    Metadata(const LayerRequest& request, Warnings& warnings)
        : owners_{request.owners},
          in_user_namespace_{request.in_user_namespace},
          warnings_{warnings} {}

    /// To an open file or directory of ours.
    [[nodiscard]] Result<void> give(FdView file, const TarEntry& entry, std::string_view path);

    /// To a symlink, a fifo or a device that we have just made, with its times.
    [[nodiscard]] Result<void> give_by_name(FdView directory, const char* name,
                                            const TarEntry& entry, std::string_view path);

    /// Takes the attributes away that an image may have.
    [[nodiscard]] Result<void> clear(FdView file, std::string_view path);

    /// From a layer below to a file or directory of ours.
    [[nodiscard]] Result<void> copy(FdView from, const struct stat& status, FdView to,
                                    std::string_view path);

private:
    [[nodiscard]] Result<void> give_owner(FdView directory, const char* name, const TarEntry& entry,
                                          std::string_view path);
    [[nodiscard]] Result<void> give_attribute(FdView file, const char* name, std::string_view value,
                                              std::string_view path);
    [[nodiscard]] Result<void> copy_attributes(FdView from, FdView to, std::string_view path);

    Owners owners_;
    bool in_user_namespace_;
    Warnings& warnings_;
};

}  // namespace oci::image::unpack
