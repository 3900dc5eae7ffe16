// SPDX-License-Identifier: Apache-2.0
//
// libarchive: loaded when an archive is to be read, and not before: with all that it rests on it
// would take a quarter of the memory of those who pull and unpack.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::image::sources {

/// Its functions, without "archive_".
struct Libarchive {
    decltype(&::archive_error_string) error_string = nullptr;
    decltype(&::archive_entry_filetype) entry_filetype = nullptr;
    decltype(&::archive_entry_hardlink) entry_hardlink = nullptr;
    decltype(&::archive_entry_pathname) entry_pathname = nullptr;
    decltype(&::archive_entry_size) entry_size = nullptr;
    decltype(&::archive_entry_symlink) entry_symlink = nullptr;
    decltype(&::archive_read_data) read_data = nullptr;
    decltype(&::archive_read_free) read_free = nullptr;
    decltype(&::archive_read_new) read_new = nullptr;
    decltype(&::archive_read_next_header) read_next_header = nullptr;
    decltype(&::archive_read_open) read_open = nullptr;
    decltype(&::archive_read_open_fd) read_open_fd = nullptr;
    decltype(&::archive_read_support_filter_bzip2) read_support_filter_bzip2 = nullptr;
    decltype(&::archive_read_support_filter_gzip) read_support_filter_gzip = nullptr;
    decltype(&::archive_read_support_filter_lz4) read_support_filter_lz4 = nullptr;
    decltype(&::archive_read_support_filter_xz) read_support_filter_xz = nullptr;
    decltype(&::archive_read_support_filter_zstd) read_support_filter_zstd = nullptr;
    decltype(&::archive_read_support_format_empty) read_support_format_empty = nullptr;
    decltype(&::archive_read_support_format_raw) read_support_format_raw = nullptr;
    decltype(&::archive_read_support_format_tar) read_support_format_tar = nullptr;
};

/// Once for the process. Unsupported: it is not installed, or lacks something.
[[nodiscard]] Result<void> load_libarchive();

/// After load_libarchive().
[[nodiscard]] const Libarchive& libarchive() noexcept;

}  // namespace oci::image::sources
