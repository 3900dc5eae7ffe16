// SPDX-License-Identifier: Apache-2.0
#include "image/sources/archive.hpp"

#include <array>
#include <optional>
#include <string_view>

#include "base/explain.hpp"
#include "base/path.hpp"
#include "base/text.hpp"
#include "image/sources/libarchive.hpp"
#include "kernel/durable.hpp"

namespace oci::image::sources {
namespace {

constexpr std::size_t portion = std::size_t{1} << 17U;

std::string why(archive* reader) {
    const char* text = libarchive().error_string(reader);
    return display_text(text == nullptr ? "unknown error" : text, 200);
}

Failure<Error> failed(archive* reader, std::string_view doing) {
    return fail(ErrorKind::InvalidConfig, "{}: {}", doing, why(reader));
}

/// Not all that it has: some filters run programs.
detail::ArchiveHandle new_reader() {
    detail::ArchiveHandle handle{libarchive().read_new()};
    if (!handle) return handle;
    libarchive().read_support_filter_gzip(handle.get());
    libarchive().read_support_filter_zstd(handle.get());
    libarchive().read_support_filter_xz(handle.get());
    libarchive().read_support_filter_bzip2(handle.get());
    libarchive().read_support_filter_lz4(handle.get());
    return handle;
}

MemberKind kind_of(archive_entry* entry) {
    if (libarchive().entry_hardlink(entry) != nullptr) return MemberKind::HardLink;
    switch (libarchive().entry_filetype(entry)) {
        case AE_IFREG: return MemberKind::File;
        case AE_IFDIR: return MemberKind::Directory;
        case AE_IFLNK: return MemberKind::Symlink;
        default: return MemberKind::Other;
    }
}

std::string_view text_or_empty(const char* text) { return text == nullptr ? "" : text; }

}  // namespace

void detail::FreeArchive::operator()(archive* reader) const noexcept {
    libarchive().read_free(reader);
}

Result<Archive> Archive::open(FdView file) {
    OCI_TRY(load_libarchive());
    OCI_TRY(explain(kernel::set_offset(file, 0), "cannot read the archive"));
    auto handle = new_reader();
    if (!handle) return fail(ErrorKind::System, "libarchive has no memory");
    libarchive().read_support_format_tar(handle.get());
    libarchive().read_support_format_empty(handle.get());
    if (libarchive().read_open_fd(handle.get(), file.get(), portion) != ARCHIVE_OK)
        return failed(handle.get(), "this is no tar archive");
    return Archive{std::move(handle)};
}

Result<bool> Archive::next(Member& member) {
    archive_entry* entry = nullptr;
    const int status = libarchive().read_next_header(handle_.get(), &entry);
    if (status == ARCHIVE_EOF) return false;
    // A warning is about a name that is not of this locale: none that is looked for here.
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
        return failed(handle_.get(), "the archive cannot be read");
    // "/" is put in front and taken away again: so ".." cannot lead out.
    member.name =
        clean_path(join_path("/", text_or_empty(libarchive().entry_pathname(entry)))).substr(1);
    member.kind = kind_of(entry);
    member.size =
        static_cast<std::uint64_t>(std::max<la_int64_t>(libarchive().entry_size(entry), 0));
    member.link =
        text_or_empty(member.kind == MemberKind::HardLink ? libarchive().entry_hardlink(entry)
                                                          : libarchive().entry_symlink(entry));
    return true;
}

Result<std::size_t> Archive::read(std::span<char> buffer) {
    const la_ssize_t count = libarchive().read_data(handle_.get(), buffer.data(), buffer.size());
    if (count < 0) return failed(handle_.get(), "the archive cannot be read");
    return static_cast<std::size_t>(count);
}

// ---- one compressed stream --------------------------------------------------------

/// What the C library calls back for, and the error that cannot pass through it.
struct Decompressed::Feed {
    explicit Feed(ByteSource& source) : packed{source} {}

    ByteSource& packed;
    std::array<char, portion> buffer{};
    std::optional<Error> error{};

    static la_ssize_t read(archive* /*reader*/, void* self, const void** bytes) {
        auto& feed = *static_cast<Feed*>(self);
        *bytes = feed.buffer.data();
        auto count = feed.packed.read(feed.buffer);
        if (count) return static_cast<la_ssize_t>(count.value());
        feed.error = std::move(count).error();
        return -1;
    }
};

Decompressed::Decompressed(std::unique_ptr<Feed> feed) : feed_{std::move(feed)} {}
Decompressed::~Decompressed() = default;

Result<std::unique_ptr<Decompressed>> Decompressed::open(ByteSource& packed) {
    OCI_TRY(load_libarchive());
    auto stream = std::make_unique<Decompressed>(std::make_unique<Feed>(packed));
    stream->handle_ = new_reader();
    archive* reader = stream->handle_.get();
    if (reader == nullptr) return fail(ErrorKind::System, "libarchive has no memory");
    libarchive().read_support_format_raw(reader);
    archive_entry* entry = nullptr;
    const bool is_open = libarchive().read_open(reader, stream->feed_.get(), nullptr, Feed::read,
                                                nullptr) == ARCHIVE_OK &&
                         libarchive().read_next_header(reader, &entry) == ARCHIVE_OK;
    if (!is_open && stream->feed_->error) return Failure{*stream->feed_->error};
    if (!is_open) return failed(reader, "the file cannot be decompressed");
    return stream;
}

Result<std::size_t> Decompressed::read(std::span<char> buffer) {
    const la_ssize_t count = libarchive().read_data(handle_.get(), buffer.data(), buffer.size());
    if (feed_->error) return Failure{*feed_->error};
    if (count < 0) return failed(handle_.get(), "the file cannot be decompressed");
    if (count == 0) OCI_TRY(drain());
    return static_cast<std::size_t>(count);
}

/// What stands behind the compressed stream.
Result<void> Decompressed::drain() {
    for (;;) {
        const std::size_t count = OCI_TRY(feed_->packed.read(feed_->buffer));
        if (count == 0) return {};
    }
}

}  // namespace oci::image::sources
