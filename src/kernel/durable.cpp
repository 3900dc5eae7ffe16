// SPDX-License-Identifier: Apache-2.0
#include "kernel/durable.hpp"

#include <unistd.h>

#include "kernel/repeated.hpp"

namespace oci::kernel {

SysResult<void> synchronize(FdView file) noexcept {
    OCI_TRY(repeated("fdatasync", [&] { return ::fdatasync(file.get()); }));
    return {};
}

SysResult<void> synchronize_filesystem(FdView fd) noexcept {
    OCI_TRY(repeated("syncfs", [&] { return ::syncfs(fd.get()); }));
    return {};
}

SysResult<void> set_offset(FdView file, off_t offset) noexcept {
    OCI_TRY(answer("lseek", ::lseek(file.get(), offset, SEEK_SET)));
    return {};
}

}  // namespace oci::kernel
