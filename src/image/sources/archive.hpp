// SPDX-License-Identifier: Apache-2.0
//
// archive: one pass over a tar file, compressed or not. The one place that uses libarchive, which
// reads here and never writes to a disk.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "image/byte_source.hpp"

struct archive;

namespace oci::image::sources {

enum class MemberKind : std::uint8_t { File, Directory, Symlink, HardLink, Other };

struct Member {
    std::string name{};  ///< Without "./" before and "/" behind; never leads upwards.
    MemberKind kind = MemberKind::Other;
    std::uint64_t size = 0;  ///< bytes
    std::string link{};      ///< As written.
};

namespace detail {
struct FreeArchive {
    void operator()(archive* reader) const noexcept;
};
using ArchiveHandle = std::unique_ptr<archive, FreeArchive>;
}  // namespace detail

/// gzip, zstd, xz, bzip2 and lz4 are seen through.
class Archive {
public:
    /// From the beginning of a regular file, which must outlive it. InvalidConfig: no tar.
    [[nodiscard]] static Result<Archive> open(FdView file);

    /// False at the end.
    [[nodiscard]] Result<bool> next(Member& member);

    /// Of the member that next() has come to; 0 at its end.
    [[nodiscard]] Result<std::size_t> read(std::span<char> buffer);

private:
    explicit Archive(detail::ArchiveHandle handle) : handle_{std::move(handle)} {}

    detail::ArchiveHandle handle_;
};

/// What is compressed in one of these ways, and what is not, as it was.
class Decompressed final : public ByteSource {
public:
    /// `packed` must outlive it, and is read to its end before this one ends.
    [[nodiscard]] static Result<std::unique_ptr<Decompressed>> open(ByteSource& packed);

    [[nodiscard]] Result<std::size_t> read(std::span<char> buffer) override;

    struct Feed;
    explicit Decompressed(std::unique_ptr<Feed> feed);
    Decompressed(const Decompressed&) = delete;
    Decompressed& operator=(const Decompressed&) = delete;
    ~Decompressed() override;

private:
    Result<void> drain();

    std::unique_ptr<Feed> feed_;
    detail::ArchiveHandle handle_{};
};

}  // namespace oci::image::sources
