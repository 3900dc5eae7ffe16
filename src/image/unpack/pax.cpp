// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/pax.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "base/explain.hpp"
#include "base/text.hpp"

namespace oci::image::unpack {
namespace {

constexpr std::string_view attribute_prefix = "SCHILY.xattr.";
constexpr std::string_view sparse_prefix = "GNU.sparse.";
constexpr std::size_t longest_attribute_name = 255;
constexpr std::uint64_t largest_amount = std::numeric_limits<std::int64_t>::max() / 2;

struct Record {
    std::string_view key{};
    std::string_view value{};
};

Failure<Error> broken(std::string_view key) {
    return fail(ErrorKind::InvalidConfig, "layer: tar: a broken extended header: {}",
                display_text(key, 80));
}

/// Takes the first record off the text.
Result<Record> take_record(std::string_view& text) {
    const std::size_t space = text.find(' ');
    const auto size = space == std::string_view::npos
                          ? std::nullopt
                          : parse_number<std::size_t>(text.substr(0, space));
    if (!size || *size > text.size() || *size < space + 3) return broken("its length");
    std::string_view body = text.substr(space + 1, *size - space - 1);
    const std::size_t equals = body.find('=');
    if (!body.ends_with('\n') || equals == std::string_view::npos || equals == 0)
        return broken("its form");
    body.remove_suffix(1);
    text.remove_prefix(*size);
    if (body.substr(0, equals).find('\0') != std::string_view::npos) return broken("a NUL");
    return Record{body.substr(0, equals), body.substr(equals + 1)};
}

/// An empty value takes back what was said before.
Result<void> read_text(const Record& record, std::optional<std::string>& out) {
    if (record.value.find('\0') != std::string_view::npos) return broken(record.key);
    if (record.value.empty())
        out.reset();
    else
        out = std::string{record.value};
    return {};
}

Result<void> read_amount(const Record& record, std::optional<std::uint64_t>& out) {
    out.reset();
    if (record.value.empty()) return {};
    out = parse_number<std::uint64_t>(record.value);
    if (!out || *out > largest_amount) return broken(record.key);
    return {};
}

/// "[-]SECONDS[.FRACTION]"
Result<void> read_time(const Record& record, std::optional<timespec>& out) {
    out.reset();
    if (record.value.empty()) return {};
    const std::size_t dot = std::min(record.value.find('.'), record.value.size());
    const auto seconds = parse_number<std::int64_t>(record.value.substr(0, dot));
    std::string digits{record.value.substr(std::min(dot + 1, record.value.size()))};
    constexpr std::size_t nano_digits = 9;
    const bool is_number = std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
    if (!seconds || !is_number || *seconds > std::numeric_limits<std::int64_t>::max() / 2 ||
        *seconds < std::numeric_limits<std::int64_t>::min() / 2)
        return broken(record.key);
    digits.resize(nano_digits, '0');
    const long nanoseconds = parse_number<long>(digits).value_or(0);
    constexpr long second = 1'000'000'000;
    // "-1.5" is half a second before -1.
    if (record.value.starts_with('-') && nanoseconds != 0)
        out = timespec{*seconds - 1, second - nanoseconds};
    else
        out = timespec{*seconds, nanoseconds};
    return {};
}

Result<void> read_attribute(const Record& record, PaxRecords& out) {
    const std::string_view name = record.key.substr(attribute_prefix.size());
    if (name.empty() || name.size() > longest_attribute_name ||
        record.value.size() > largest_attribute)
        return broken(record.key);
    const auto same = [&](const auto& attribute) { return attribute.first == name; };
    const auto found = std::ranges::find_if(out.attributes, same);
    if (found == out.attributes.end())
        out.attributes.emplace_back(name, record.value);
    else
        found->second = record.value;
    constexpr std::size_t most_attributes = 1024;  // each is compared with those before
    if (out.attributes.size() > most_attributes) return broken("too many extended attributes");
    return {};
}

// ---- GNU's sparse files -------------------------------------------------------------

Result<std::uint64_t> amount(const Record& record) {
    std::optional<std::uint64_t> number;
    OCI_TRY(read_amount(record, number));
    if (!number) return broken(record.key);
    return *number;
}

/// 0.1: "OFFSET,SIZE,OFFSET,SIZE…"
Result<void> read_map(const Record& record, PaxRecords& out) {
    out.extents.clear();
    const auto parts = split(record.value, ',');
    if (parts.size() % 2 != 0 || parts.size() / 2 > most_extents) return broken(record.key);
    for (std::size_t i = 0; i < parts.size(); i += 2) {
        Extent extent;
        extent.offset = OCI_TRY(amount({record.key, parts[i]}));
        extent.size = OCI_TRY(amount({record.key, parts[i + 1]}));
        out.extents.push_back(extent);
    }
    return {};
}

Result<void> read_sparse(const Record& record, PaxRecords& out) {
    const std::string_view key = record.key.substr(sparse_prefix.size());
    out.sparse = true;
    if (key == "major") {
        out.map_is_in_data = record.value == "1";
        return out.map_is_in_data || record.value == "0" ? Result<void>{} : broken(record.key);
    }
    if (key == "minor") return {};
    if (key == "name") return read_text(record, out.sparse_name);
    if (key == "size" || key == "realsize") return read_amount(record, out.real_size);
    if (key == "map") return read_map(record, out);
    if (key == "offset") {
        const std::uint64_t offset = OCI_TRY(amount(record));
        out.extents.push_back({offset, 0});
        return out.extents.size() > most_extents ? broken(record.key) : Result<void>{};
    }
    if (key == "numbytes") {
        if (out.extents.empty()) return broken(record.key);
        out.extents.back().size = OCI_TRY(amount(record));
        return {};
    }
    return key == "numblocks" ? Result<void>{} : broken(record.key);
}

Result<void> read_record(const Record& record, PaxRecords& out) {
    if (record.key == "path") return read_text(record, out.path);
    if (record.key == "linkpath") return read_text(record, out.link);
    if (record.key == "size") return read_amount(record, out.size);
    if (record.key == "uid") return read_amount(record, out.uid);
    if (record.key == "gid") return read_amount(record, out.gid);
    if (record.key == "mtime") return read_time(record, out.modified);
    if (record.key.starts_with(attribute_prefix)) return read_attribute(record, out);
    if (record.key.starts_with(sparse_prefix)) return read_sparse(record, out);
    return {};
}

}  // namespace

Result<PaxRecords> parse_pax(std::string_view text) {
    PaxRecords records;
    while (!text.empty()) {
        const Record record = OCI_TRY(take_record(text));
        OCI_TRY(read_record(record, records));
    }
    return records;
}

Result<void> check_global_pax(std::string_view text) {
    constexpr std::array<std::string_view, 6> meaningful{"path", "linkpath", "size",
                                                         "uid",  "gid",      "mtime"};
    while (!text.empty()) {
        const Record record = OCI_TRY(take_record(text));
        const bool means = std::ranges::find(meaningful, record.key) != meaningful.end() ||
                           record.key.starts_with(attribute_prefix) ||
                           record.key.starts_with(sparse_prefix);
        if (means)
            return fail(ErrorKind::InvalidConfig,
                        "layer: tar: {} for all entries that follow: not supported",
                        display_text(record.key, 80));
    }
    return {};
}

}  // namespace oci::image::unpack
