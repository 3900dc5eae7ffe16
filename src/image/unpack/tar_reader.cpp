// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/tar_reader.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/explain.hpp"
#include "base/text.hpp"

namespace oci::image::unpack {
namespace {

constexpr std::size_t buffer_size = std::size_t{128} << 10U;
constexpr std::size_t longest_name = 4096;

Failure<Error> truncated() {
    return fail(ErrorKind::InvalidConfig, "layer: tar: ends in the middle");
}

Failure<Error> broken(const TarEntry& entry, std::string_view why) {
    return fail(ErrorKind::InvalidConfig, "layer: {}: {}", display_text(entry.path, 200), why);
}

Result<EntryKind> kind_of(const TarHeader& header) {
    switch (header.type) {
        case '\0':  // V7 has no type for directories
            return header.path.ends_with('/') ? EntryKind::Directory : EntryKind::File;
        case '0':
        case '7':
        case 'S': return EntryKind::File;
        case '1': return EntryKind::HardLink;
        case '2': return EntryKind::Symlink;
        case '3': return EntryKind::CharacterDevice;
        case '4': return EntryKind::BlockDevice;
        case '5': return EntryKind::Directory;
        case '6': return EntryKind::Fifo;
        default:
            return fail(ErrorKind::InvalidConfig, "layer: {}: an unknown type of tar entry: \"{}\"",
                        display_text(header.path, 200), escape_for_display({&header.type, 1}));
    }
}

Result<std::uint32_t> id_of(std::uint64_t header, const std::optional<std::uint64_t>& pax,
                            const TarEntry& entry) {
    // The last number means "leave it as it is" to chown(2).
    const std::uint64_t id = pax.value_or(header);
    if (id >= std::numeric_limits<std::uint32_t>::max())
        return broken(entry, "an owner out of range: " + std::to_string(id));
    return static_cast<std::uint32_t>(id);
}

/// Ascending, within the file, and together what is stored.
Result<void> check_extents(const TarEntry& entry) {
    std::uint64_t end = 0;
    std::uint64_t sum = 0;
    for (const Extent& extent : entry.extents) {
        if (extent.offset < end || extent.offset > entry.size ||
            extent.size > entry.size - extent.offset)
            return broken(entry, "a sparse map out of order");
        end = extent.offset + extent.size;
        sum += extent.size;
    }
    if (sum != entry.stored) return broken(entry, "a sparse map of another size");
    return {};
}

}  // namespace

TarReader::TarReader(ByteSource& source) : source_{source}, buffer_(buffer_size) {}

/// More bytes behind those that are there; none at the end.
Result<void> TarReader::fill() {
    if (begin_ != 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    const std::size_t count = OCI_TRY(source_.read(std::span{buffer_}.subspan(end_)));
    end_ += count;
    return {};
}

/// Nothing at the end of the stream.
Result<std::optional<Block>> TarReader::block() {
    while (end_ - begin_ < block_size) {
        const std::size_t before = end_ - begin_;
        OCI_TRY(fill());
        if (end_ - begin_ != before) continue;
        if (before != 0) return truncated();
        return std::optional<Block>{};
    }
    const Block found{buffer_.data() + begin_, block_size};
    begin_ += block_size;
    return std::optional<Block>{found};
}

Result<Block> TarReader::needed_block() {
    const std::optional<Block> found = OCI_TRY(block());
    if (!found) return truncated();
    return *found;
}

Result<std::span<const char>> TarReader::data() {
    if (left_ == 0) return std::span<const char>{};
    if (begin_ == end_) {
        OCI_TRY(fill());
        if (begin_ == end_) return truncated();
    }
    const std::size_t count = std::min<std::uint64_t>(left_, end_ - begin_);
    const std::span<const char> found = std::span{buffer_}.subspan(begin_, count);
    begin_ += count;
    left_ -= count;
    return found;
}

Result<void> TarReader::skip_entry() {
    left_ += padding_;
    padding_ = 0;
    while (left_ != 0) OCI_TRY(data());
    return {};
}

/// After a block of zeros: another one, or the end of the stream.
Result<bool> TarReader::is_end() {
    const std::optional<Block> second = OCI_TRY(block());
    if (second && !is_zero(*second))
        return fail(ErrorKind::InvalidConfig, "layer: tar: a block of zeros in the middle");
    return true;
}

Result<std::string> TarReader::content(std::uint64_t size, std::size_t most) {
    if (size > most)
        return fail(ErrorKind::InvalidConfig, "layer: tar: an extended header of {} bytes", size);
    left_ = size;
    padding_ = padded(size) - size;
    std::string text;
    text.reserve(size);
    while (left_ != 0) {
        const std::span<const char> bytes = OCI_TRY(data());
        text.append(bytes.data(), bytes.size());
    }
    OCI_TRY(skip_entry());
    return text;
}

Result<std::string> TarReader::long_name(const TarHeader& header) {
    std::string name = OCI_TRY(content(header.size, longest_name + 1));
    while (name.ends_with('\0')) name.pop_back();
    if (name.empty() || name.find('\0') != std::string::npos)
        return fail(ErrorKind::InvalidConfig, "layer: tar: a long name with a NUL, or none");
    return name;
}

/// Whether the header was one that only tells about the next.
Result<bool> TarReader::read_extension(const TarHeader& header, Extensions& extensions) {
    const auto twice = [](std::string_view what) {
        return fail(ErrorKind::InvalidConfig, "layer: tar: two {} for one entry", what);
    };
    if (header.type == 'x') {
        if (extensions.pax) return twice("extended headers");
        const std::string text = OCI_TRY(content(header.size, largest_pax));
        extensions.pax = OCI_TRY(parse_pax(text));
    } else if (header.type == 'g') {
        const std::string text = OCI_TRY(content(header.size, largest_pax));
        OCI_TRY(check_global_pax(text));
    } else if (header.type == 'L') {
        if (extensions.long_path) return twice("long names");
        extensions.long_path = OCI_TRY(long_name(header));
    } else if (header.type == 'K') {
        if (extensions.long_link) return twice("long links");
        extensions.long_link = OCI_TRY(long_name(header));
    } else {
        return false;
    }
    return true;
}

Result<bool> TarReader::next(TarEntry& entry) {
    OCI_TRY(skip_entry());
    Extensions extensions;
    bool extended = false;
    for (;;) {
        const std::optional<Block> found = OCI_TRY(block());
        const bool zero = found && is_zero(*found);
        if (!found || zero) {
            if (extended) return truncated();
            if (zero) OCI_TRY(is_end());
            return false;
        }
        TarHeader header = OCI_TRY(parse_header(*found));
        const bool is_extension = OCI_TRY(read_extension(header, extensions));
        if (is_extension) {
            extended = extended || header.type != 'g';
            continue;
        }
        OCI_TRY(describe(header, extensions, entry));
        return true;
    }
}

/// One picture of all headers of an entry.
Result<void> TarReader::describe(TarHeader& header, Extensions& extensions, TarEntry& entry) {
    PaxRecords none;
    PaxRecords& pax = extensions.pax ? *extensions.pax : none;
    entry = TarEntry{};
    entry.path = pax.path.value_or(extensions.long_path.value_or(header.path));
    entry.link = pax.link.value_or(extensions.long_link.value_or(header.link));
    if ((pax.path && extensions.long_path) || (pax.link && extensions.long_link))
        return broken(entry, "named in two kinds of headers");
    entry.kind = OCI_TRY(kind_of(header));
    // Zero is what a header says whose field is too small.
    if (pax.size && header.size != 0 && header.size != *pax.size) return broken(entry, "two sizes");
    entry.stored = entry.size = pax.size.value_or(header.size);
    if (entry.kind != EntryKind::File && entry.stored != 0)
        return broken(entry, "content where there can be none");
    entry.uid = OCI_TRY(id_of(header.uid, pax.uid, entry));
    entry.gid = OCI_TRY(id_of(header.gid, pax.gid, entry));
    entry.mode = header.mode;
    entry.major = header.major;
    entry.minor = header.minor;
    entry.modified = pax.modified.value_or(timespec{header.modified, 0});
    entry.attributes = std::move(pax.attributes);
    const std::uint64_t whole = padded(entry.stored);
    left_ = entry.stored;
    padding_ = whole - entry.stored;
    if (header.type == 'S' && pax.sparse) return broken(entry, "two kinds of sparse files");
    if (header.type == 'S') return read_old_sparse(header, entry);
    if (pax.sparse) return read_pax_sparse(pax, entry);
    return {};
}

Result<void> TarReader::read_old_sparse(TarHeader& header, TarEntry& entry) {
    while (header.extents_go_on) {
        const Block more = OCI_TRY(needed_block());
        header.extents_go_on = OCI_TRY(parse_more_extents(more, header.extents));
        if (header.extents.size() > most_extents) return broken(entry, "too long a sparse map");
    }
    entry.sparse = true;
    entry.size = header.real_size;
    entry.extents = std::move(header.extents);
    return check_extents(entry);
}

Result<void> TarReader::read_pax_sparse(PaxRecords& pax, TarEntry& entry) {
    if (entry.kind != EntryKind::File || !pax.real_size)
        return broken(entry, "sparse, but no file with a size");
    if (pax.sparse_name) entry.path = *pax.sparse_name;
    entry.sparse = true;
    entry.size = *pax.real_size;
    entry.extents = std::move(pax.extents);
    if (pax.map_is_in_data) OCI_TRY(read_map_in_data(entry));
    return check_extents(entry);
}

/// The next line of a map in the data: a decimal number.
Result<std::uint64_t> TarReader::number_of_map(std::span<const char>& rest) {
    constexpr std::size_t longest = 20;
    std::string digits;
    for (;;) {
        if (rest.empty()) rest = OCI_TRY(data());
        if (rest.empty() || digits.size() > longest)
            return fail(ErrorKind::InvalidConfig, "layer: tar: a broken sparse map");
        const char byte = rest.front();
        rest = rest.subspan(1);
        if (byte == '\n') break;
        digits += byte;
    }
    const auto number = parse_number<std::uint64_t>(digits);
    if (!number || *number > std::numeric_limits<std::int64_t>::max() / 2)
        return fail(ErrorKind::InvalidConfig, "layer: tar: a broken sparse map");
    return *number;
}

/// GNU's sparse files 1.0: the map is what the stored bytes begin with, padded to a block.
Result<void> TarReader::read_map_in_data(TarEntry& entry) {
    std::span<const char> rest;
    const std::uint64_t count = OCI_TRY(number_of_map(rest));
    if (count > most_extents) return broken(entry, "too long a sparse map");
    entry.extents.clear();
    for (std::uint64_t i = 0; i < count; ++i) {
        Extent extent;
        extent.offset = OCI_TRY(number_of_map(rest));
        extent.size = OCI_TRY(number_of_map(rest));
        entry.extents.push_back(extent);
    }
    // What data() gave and nobody took is still in the buffer: give it back.
    begin_ -= rest.size();
    left_ += rest.size();
    const std::uint64_t used = entry.stored - left_;
    const std::uint64_t skipped = padded(used) - used;
    if (skipped > left_) return broken(entry, "a broken sparse map");
    const std::uint64_t content_size = left_ - skipped;
    left_ = skipped;
    while (left_ != 0) OCI_TRY(data());
    left_ = entry.stored = content_size;
    return {};
}

Result<bool> TarReader::drain() {
    bool others = false;
    for (;;) {
        for (; begin_ != end_; ++begin_) others = others || buffer_[begin_] != '\0';
        OCI_TRY(fill());
        if (begin_ == end_) return others;
    }
}

}  // namespace oci::image::unpack
