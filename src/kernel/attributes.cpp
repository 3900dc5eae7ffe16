// SPDX-License-Identifier: Apache-2.0
#include "kernel/attributes.hpp"

#include <sys/xattr.h>

namespace oci::kernel {

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
