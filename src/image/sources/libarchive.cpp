// SPDX-License-Identifier: Apache-2.0
#include "image/sources/libarchive.hpp"

#include <dlfcn.h>

#include "base/details.hpp"
#include "base/explain.hpp"

namespace oci::image::sources {
namespace {

/// Its interface since version 3.
constexpr const char* name = "libarchive.so.13";

Libarchive& table() {
    static Libarchive the_table;
    return the_table;
}

template <typename Function>
bool find(void* library, const char* symbol, Function& function) {
    function = reinterpret_cast<Function>(::dlsym(library, symbol));
    return function != nullptr;
}

bool find_all(void* library, Libarchive& all) {
    return find(library, "archive_error_string", all.error_string) &&
           find(library, "archive_entry_filetype", all.entry_filetype) &&
           find(library, "archive_entry_hardlink", all.entry_hardlink) &&
           find(library, "archive_entry_pathname", all.entry_pathname) &&
           find(library, "archive_entry_size", all.entry_size) &&
           find(library, "archive_entry_symlink", all.entry_symlink) &&
           find(library, "archive_read_data", all.read_data) &&
           find(library, "archive_read_free", all.read_free) &&
           find(library, "archive_read_new", all.read_new) &&
           find(library, "archive_read_next_header", all.read_next_header) &&
           find(library, "archive_read_open", all.read_open) &&
           find(library, "archive_read_open_fd", all.read_open_fd) &&
           find(library, "archive_read_support_filter_bzip2", all.read_support_filter_bzip2) &&
           find(library, "archive_read_support_filter_gzip", all.read_support_filter_gzip) &&
           find(library, "archive_read_support_filter_lz4", all.read_support_filter_lz4) &&
           find(library, "archive_read_support_filter_xz", all.read_support_filter_xz) &&
           find(library, "archive_read_support_filter_zstd", all.read_support_filter_zstd) &&
           find(library, "archive_read_support_format_empty", all.read_support_format_empty) &&
           find(library, "archive_read_support_format_raw", all.read_support_format_raw) &&
           find(library, "archive_read_support_format_tar", all.read_support_format_tar);
}

}  // namespace

Result<void> load_libarchive() {
    if (table().read_new != nullptr) return {};
    void* library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
    Libarchive all;
    if (library == nullptr || !find_all(library, all))
        return with(
            fail(ErrorKind::Unsupported, "archives are read by {}, which is not installed", name),
            {.hint = "install it (the package is called libarchive13 or libarchive)"});
    table() = all;
    return {};
}

const Libarchive& libarchive() noexcept { return table(); }

}  // namespace oci::image::sources
