// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/tar_header.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>

#include "base/explain.hpp"
#include "base/text.hpp"

namespace oci::image::unpack {
namespace {

struct Field {
    std::size_t offset;
    std::size_t size;
};
constexpr Field name_field{0, 100};
constexpr Field mode_field{100, 8};
constexpr Field uid_field{108, 8};
constexpr Field gid_field{116, 8};
constexpr Field size_field{124, 12};
constexpr Field time_field{136, 12};
constexpr Field checksum_field{148, 8};
constexpr std::size_t type_offset = 156;
constexpr Field link_field{157, 100};
constexpr Field magic_field{257, 8};
constexpr Field major_field{329, 8};
constexpr Field minor_field{337, 8};
constexpr Field prefix_field{345, 155};
constexpr Field star_prefix_field{345, 131};
constexpr Field star_magic_field{508, 4};
// GNU's old sparse files:
constexpr std::size_t first_extents = 386;
constexpr std::size_t extents_in_header = 4;
constexpr std::size_t extents_in_block = 21;
constexpr std::size_t extent_size = 24;
constexpr std::size_t go_on_in_header = 482;
constexpr std::size_t go_on_in_block = 504;
constexpr Field real_size_field{483, 12};

constexpr std::string_view ustar_magic{"ustar\00000", 8};
constexpr std::string_view gnu_magic{"ustar  \0", 8};

std::string_view bytes_of(Block block, Field field) {
    return {block.data() + field.offset, field.size};
}

/// Up to the first NUL, which a full field does not have.
std::string_view text_of(Block block, Field field) {
    const std::string_view bytes = bytes_of(block, field);
    return bytes.substr(0, bytes.find('\0'));
}

/// GNU's: big endian, the first bit set, the second one the sign.
std::optional<std::int64_t> parse_binary(std::string_view bytes) {
    const bool negative = (static_cast<unsigned char>(bytes[0]) & 0x40U) != 0;
    std::int64_t number = negative ? -1 : 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        auto byte = static_cast<unsigned char>(bytes[i]);
        if (i == 0) byte = negative ? (byte | 0x80U) : (byte & 0x7fU);
        if (number > std::numeric_limits<std::int64_t>::max() >> 8U ||
            number < std::numeric_limits<std::int64_t>::min() >> 8U)
            return std::nullopt;
        number = number * 256 + byte;
    }
    return number;
}

std::optional<std::int64_t> parse_field(std::string_view bytes) {
    if ((static_cast<unsigned char>(bytes[0]) & 0x80U) != 0) return parse_binary(bytes);
    constexpr std::string_view blank{" \0", 2};
    const std::size_t begin = bytes.find_first_not_of(blank);
    if (begin == std::string_view::npos) return 0;
    bytes.remove_prefix(begin);
    const std::size_t end = bytes.find_first_of(blank);
    constexpr int octal = 8;
    return parse_number<std::int64_t>(bytes.substr(0, end), octal);
}

Result<std::int64_t> number_of(Block block, Field field, std::string_view what) {
    const auto number = parse_field(bytes_of(block, field));
    if (!number) return fail(ErrorKind::InvalidConfig, "layer: tar: a broken {}", what);
    return *number;
}

Result<std::uint64_t> amount_of(Block block, Field field, std::string_view what) {
    const std::int64_t number = OCI_TRY(number_of(block, field, what));
    // Below the half of the range: sums and padding cannot overflow.
    if (number < 0 || number > std::numeric_limits<std::int64_t>::max() / 2)
        return fail(ErrorKind::InvalidConfig, "layer: tar: a {} out of range", what);
    return static_cast<std::uint64_t>(number);
}

Result<void> check_sum(Block block) {
    const std::int64_t wanted = OCI_TRY(number_of(block, checksum_field, "checksum"));
    std::int64_t sum = 0;
    std::int64_t signed_sum = 0;  // as old programs computed it
    for (std::size_t i = 0; i < block.size(); ++i) {
        const bool inside =
            i >= checksum_field.offset && i < checksum_field.offset + checksum_field.size;
        const char byte = inside ? ' ' : block[i];
        sum += static_cast<unsigned char>(byte);
        signed_sum += static_cast<signed char>(byte);
    }
    if (sum == wanted || signed_sum == wanted) return {};
    return fail(ErrorKind::InvalidConfig, "layer: not a tar archive, or a broken one");
}

std::string path_of(Block block) {
    std::string path{text_of(block, name_field)};
    if (bytes_of(block, magic_field) != ustar_magic) return path;
    const bool is_star = bytes_of(block, star_magic_field) == std::string_view{"tar\0", 4};
    const std::string_view prefix = text_of(block, is_star ? star_prefix_field : prefix_field);
    return prefix.empty() ? path : std::string{prefix} + "/" + path;
}

Result<void> read_extents(Block block, std::size_t offset, std::size_t count,
                          std::vector<Extent>& extents) {
    for (std::size_t i = 0; i < count; ++i, offset += extent_size) {
        if (block[offset] == '\0') return {};
        Extent extent;
        extent.offset = OCI_TRY(amount_of(block, {offset, extent_size / 2}, "sparse map"));
        extent.size =
            OCI_TRY(amount_of(block, {offset + extent_size / 2, extent_size / 2}, "sparse map"));
        extents.push_back(extent);
    }
    return {};
}

Result<void> read_device(Block block, TarHeader& header) {
    // Other types may have anything in these fields, old archives have.
    if (header.type != '3' && header.type != '4') return {};
    const std::uint64_t major = OCI_TRY(amount_of(block, major_field, "device number"));
    const std::uint64_t minor = OCI_TRY(amount_of(block, minor_field, "device number"));
    constexpr std::uint64_t most = std::numeric_limits<unsigned>::max();
    if (major > most || minor > most)
        return fail(ErrorKind::InvalidConfig, "layer: tar: a device number out of range");
    header.major = static_cast<unsigned>(major);
    header.minor = static_cast<unsigned>(minor);
    return {};
}

}  // namespace

bool is_zero(Block block) noexcept {
    return std::ranges::all_of(block, [](char byte) { return byte == '\0'; });
}

Result<TarHeader> parse_header(Block block) {
    OCI_TRY(check_sum(block));
    TarHeader header;
    header.type = block[type_offset];
    header.path = path_of(block);
    header.link = text_of(block, link_field);
    header.size = OCI_TRY(amount_of(block, size_field, "size"));
    header.uid = OCI_TRY(amount_of(block, uid_field, "user id"));
    header.gid = OCI_TRY(amount_of(block, gid_field, "group id"));
    const std::uint64_t mode = OCI_TRY(amount_of(block, mode_field, "mode"));
    header.mode = static_cast<mode_t>(mode & 07777U);
    header.modified = OCI_TRY(number_of(block, time_field, "time"));
    OCI_TRY(read_device(block, header));
    if (header.type != 'S') return header;
    if (bytes_of(block, magic_field) != gnu_magic)
        return fail(ErrorKind::InvalidConfig, "layer: tar: a sparse file that is not GNU's");
    header.real_size = OCI_TRY(amount_of(block, real_size_field, "size"));
    OCI_TRY(read_extents(block, first_extents, extents_in_header, header.extents));
    header.extents_go_on = block[go_on_in_header] != '\0';
    return header;
}

Result<bool> parse_more_extents(Block block, std::vector<Extent>& extents) {
    OCI_TRY(read_extents(block, 0, extents_in_block, extents));
    return block[go_on_in_block] != '\0';
}

}  // namespace oci::image::unpack
