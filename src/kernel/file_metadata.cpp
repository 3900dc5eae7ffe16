// SPDX-License-Identifier: Apache-2.0
#include "kernel/file_metadata.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "kernel/repeated.hpp"

namespace oci::kernel {

SysResult<void> link(FdView from, const char* name, FdView to, const char* new_name) noexcept {
    OCI_TRY(repeated("link", [&] { return ::linkat(from.get(), name, to.get(), new_name, 0); }));
    return {};
}

SysResult<void> change_own_mode(FdView directory, const char* name, mode_t mode) noexcept {
    OCI_TRY(repeated("chmod",
                     [&] { return ::fchmodat(directory.get(), name, mode, AT_SYMLINK_NOFOLLOW); }));
    return {};
}

SysResult<void> set_times(FdView directory, const char* name, const FileTimes& times) noexcept {
    const timespec both[2]{times.accessed, times.modified};
    if (*name == '\0') {
        OCI_TRY(repeated("futimens", [&] { return ::futimens(directory.get(), both); }));
        return {};
    }
    OCI_TRY(repeated("utimensat", [&] {
        return ::utimensat(directory.get(), name, both, AT_SYMLINK_NOFOLLOW);
    }));
    return {};
}

SysResult<void> set_size(FdView file, off_t size) noexcept {
    OCI_TRY(repeated("ftruncate", [&] { return ::ftruncate(file.get(), size); }));
    return {};
}

SysResult<void> set_attribute(FdView file, const char* name, std::string_view value) noexcept {
    OCI_TRY(repeated("setxattr",
                     [&] { return ::fsetxattr(file.get(), name, value.data(), value.size(), 0); }));
    return {};
}

SysResult<std::string_view> get_attribute(FdView file, const char* name,
                                          std::span<char> buffer) noexcept {
    const long size = OCI_TRY(repeated(
        "getxattr", [&] { return ::fgetxattr(file.get(), name, buffer.data(), buffer.size()); }));
    return std::string_view{buffer.data(), static_cast<std::size_t>(size)};
}

SysResult<std::string_view> list_attributes(FdView file, std::span<char> buffer) noexcept {
    const long size = OCI_TRY(repeated(
        "listxattr", [&] { return ::flistxattr(file.get(), buffer.data(), buffer.size()); }));
    return std::string_view{buffer.data(), static_cast<std::size_t>(size)};
}

SysResult<void> remove_attribute(FdView file, const char* name) noexcept {
    OCI_TRY(repeated("removexattr", [&] { return ::fremovexattr(file.get(), name); }));
    return {};
}

}  // namespace oci::kernel
