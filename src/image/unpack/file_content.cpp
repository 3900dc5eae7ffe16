// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/file_content.hpp"

#include <algorithm>

#include "base/explain.hpp"
#include "image/unpack/entry_path.hpp"
#include "kernel/file_metadata.hpp"
#include "kernel/files.hpp"

namespace oci::image::unpack {
namespace {

std::string_view text_of(std::span<const char> bytes) { return {bytes.data(), bytes.size()}; }

/// One extent; what data() gave beyond it stays in `rest` for the next.
Result<void> write_extent(FdView file, const Extent& extent, TarReader& reader,
                          std::span<const char>& rest, std::string_view path) {
    std::uint64_t done = 0;
    while (done < extent.size) {
        if (rest.empty()) rest = OCI_TRY(reader.data());
        const std::size_t size = std::min<std::uint64_t>(rest.size(), extent.size - done);
        const auto offset = static_cast<off_t>(extent.offset + done);
        const std::size_t written =
            OCI_TRY(explain(kernel::write_at(file, text_of(rest.first(size)), offset),
                            "layer: {}: cannot write", shown(path)));
        rest = rest.subspan(written);
        done += written;
    }
    return {};
}

Result<void> write_sparse(FdView file, const TarEntry& entry, TarReader& reader,
                          std::string_view path) {
    std::span<const char> rest;
    for (const Extent& extent : entry.extents)
        OCI_TRY(write_extent(file, extent, reader, rest, path));
    return explain(kernel::set_size(file, static_cast<off_t>(entry.size)),
                   "layer: {}: cannot make it {} bytes long", shown(path), entry.size);
}

}  // namespace

Result<void> write_content(FdView file, const TarEntry& entry, TarReader& reader, Budget& budget,
                           std::string_view path) {
    if (entry.sparse) {
        OCI_TRY(budget.besides(entry.size));
        return write_sparse(file, entry, reader, path);
    }
    for (;;) {
        const std::span<const char> bytes = OCI_TRY(reader.data());
        if (bytes.empty()) return {};
        OCI_TRY(explain(kernel::write_all(file, text_of(bytes)), "layer: {}: cannot write",
                        shown(path)));
    }
}

Result<void> copy_content(FdView from, std::uint64_t size, FdView to, Budget& budget,
                          std::string_view path) {
    OCI_TRY(budget.besides(size));
    constexpr std::size_t piece = std::size_t{1} << 30U;
    for (;;) {
        const std::size_t count = OCI_TRY(explain(kernel::copy_some(from, to, piece),
                                                  "layer: {}: cannot copy it up", shown(path)));
        if (count == 0) return {};
    }
}

}  // namespace oci::image::unpack
