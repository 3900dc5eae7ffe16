// SPDX-License-Identifier: Apache-2.0
#include "kernel/file_metadata.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace oci::kernel {

SysResult<void> link(FdView from, const char* name, FdView to, const char* new_name) noexcept {
    OCI_TRY(answer("link", ::linkat(from.get(), name, to.get(), new_name, 0)));
    return {};
}

SysResult<void> change_own_mode(FdView directory, const char* name, mode_t mode) noexcept {
    OCI_TRY(answer("chmod", ::fchmodat(directory.get(), name, mode, AT_SYMLINK_NOFOLLOW)));
    return {};
}

SysResult<void> set_times(FdView directory, const char* name, const FileTimes& times) noexcept {
    const timespec both[2]{times.accessed, times.modified};
    if (*name == '\0') {
        OCI_TRY(answer("futimens", ::futimens(directory.get(), both)));
        return {};
    }
    OCI_TRY(answer("utimensat", ::utimensat(directory.get(), name, both, AT_SYMLINK_NOFOLLOW)));
    return {};
}

SysResult<void> set_size(FdView file, off_t size) noexcept {
    OCI_TRY(answer("ftruncate", ::ftruncate(file.get(), size)));
    return {};
}

SysResult<void> set_attribute(FdView file, const char* name, std::string_view value) noexcept {
    OCI_TRY(answer("setxattr", ::fsetxattr(file.get(), name, value.data(), value.size(), 0)));
    return {};
}

SysResult<std::string_view> get_attribute(FdView file, const char* name,
                                          std::span<char> buffer) noexcept {
    const long size =
        OCI_TRY(answer("getxattr", ::fgetxattr(file.get(), name, buffer.data(), buffer.size())));
    return std::string_view{buffer.data(), static_cast<std::size_t>(size)};
}

SysResult<std::string_view> list_attributes(FdView file, std::span<char> buffer) noexcept {
    const long size =
        OCI_TRY(answer("listxattr", ::flistxattr(file.get(), buffer.data(), buffer.size())));
    return std::string_view{buffer.data(), static_cast<std::size_t>(size)};
}

SysResult<void> remove_attribute(FdView file, const char* name) noexcept {
    OCI_TRY(answer("removexattr", ::fremovexattr(file.get(), name)));
    return {};
}

}  // namespace oci::kernel
