// SPDX-License-Identifier: Apache-2.0
#include "features/rootfs/id_maps.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/explain.hpp"
#include "base/id_map_text.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace oci::mounts {
namespace {

/// The kernel's limit for a map.
constexpr std::size_t most_ranges = 340;
/// The id ~0 does not exist: it says "unchanged".
constexpr std::uint64_t end_of_ids = 0xFFFFFFFFU;

/// A user or group side of things, for the texts.
struct Side {
    std::string_view option;
    std::string_view property;
    std::vector<WrittenRange> IdMapWords::*words;
    std::vector<IdMapping> Mount::*of_mount;
    std::vector<IdMapping> Linux::*of_container;
    std::vector<IdMapping> IdMap::*result;
};
constexpr std::array sides{
    Side{"uids", "uidMappings", &IdMapWords::uids, &Mount::uid_mappings, &Linux::uid_mappings,
         &IdMap::uids},
    Side{"gids", "gidMappings", &IdMapWords::gids, &Mount::gid_mappings, &Linux::gid_mappings,
         &IdMap::gids},
};

bool are_equal(const std::vector<IdMapping>& a, const std::vector<IdMapping>& b) {
    return std::ranges::equal(a, b, [](const IdMapping& one, const IdMapping& other) {
        return one.container_id == other.container_id && one.host_id == other.host_id &&
               one.size == other.size;
    });
}

std::optional<WrittenRange> read_range(std::string_view text) {
    WrittenRange range;
    range.is_relative = text.starts_with('@');
    if (range.is_relative) text.remove_prefix(1);
    const auto parts = split(text, '-');
    if (parts.size() != 3) return std::nullopt;
    const auto inside = parse_number<std::uint32_t>(parts[0]);
    const auto outside = parse_number<std::uint32_t>(parts[1]);
    const auto size = parse_number<std::uint32_t>(parts[2]);
    if (!inside || !outside || !size) return std::nullopt;
    range.mapping = {*inside, *outside, *size};
    return range;
}

bool do_overlap(std::uint64_t a, std::uint64_t a_size, std::uint64_t b, std::uint64_t b_size) {
    return a < b + b_size && b < a + a_size;
}

Result<void> check_ranges(const std::vector<IdMapping>& map, const std::string& at) {
    if (map.size() > most_ranges)
        return fail(ErrorKind::InvalidConfig, "{}: {} ranges, the kernel takes {}", at, map.size(),
                    most_ranges);
    if (!fits_id_map(map))
        return fail(ErrorKind::InvalidConfig,
                    "{}: {} ranges are more text than a page, which is all the kernel takes", at,
                    map.size());
    for (std::size_t i = 0; i < map.size(); ++i) {
        const IdMapping& range = map[i];
        if (range.size == 0)
            return fail(ErrorKind::InvalidConfig, "{}: range {} has no ids", at, i);
        if (std::uint64_t{range.container_id} + range.size > end_of_ids ||
            std::uint64_t{range.host_id} + range.size > end_of_ids)
            return fail(ErrorKind::InvalidConfig, "{}: range {} reaches beyond the last id", at, i);
        for (std::size_t j = 0; j < i; ++j)
            if (do_overlap(range.container_id, range.size, map[j].container_id, map[j].size) ||
                do_overlap(range.host_id, range.size, map[j].host_id, map[j].size))
                return fail(ErrorKind::InvalidConfig, "{}: range {} overlaps range {}", at, i, j);
    }
    return {};
}

/// Ids inside the container as ids outside, piece by piece where its map has several ranges.
Result<void> add_outside(IdMapping range, const std::vector<IdMapping>& of_container,
                         const std::string& at, std::vector<IdMapping>& into) {
    while (range.size > 0) {
        const auto holds = [&](const IdMapping& one) {
            return range.host_id >= one.container_id && range.host_id - one.container_id < one.size;
        };
        const auto known = std::ranges::find_if(of_container, holds);
        if (known == of_container.end())
            return fail(ErrorKind::InvalidConfig, "{}: id {} is not mapped in the container", at,
                        range.host_id);
        const std::uint32_t offset = range.host_id - known->container_id;
        const std::uint32_t size = std::min(range.size, known->size - offset);
        into.push_back({range.container_id, known->host_id + offset, size});
        range.container_id += size;
        range.host_id += size;
        range.size -= size;
    }
    return {};
}

/// A side that was not written is the container's own map.
Result<std::vector<IdMapping>> map_from_words(const Spec& spec, const IdMapWords& words,
                                              const Side& side, const std::string& pointer) {
    const std::vector<IdMapping>& of_container = spec.linux_section.*side.of_container;
    const std::vector<WrittenRange>& written = words.*side.words;
    const std::string at = fmt::format("{}/options: {} of the id map", pointer, side.option);
    if (written.empty() && of_container.empty())
        return fail(ErrorKind::InvalidConfig,
                    "{}: missing, and the container has no {} to take instead", at, side.property);
    if (written.empty()) return of_container;
    std::vector<IdMapping> map;
    for (const WrittenRange& range : written) {
        OCI_TRY(check_ranges({range.mapping}, at));
        if (range.is_relative)
            OCI_TRY(add_outside(range.mapping, of_container, at, map));
        else
            map.push_back(range.mapping);
    }
    OCI_TRY(check_ranges(map, at));
    return map;
}

Result<IdMap> map_of_mount(const Mount& mount, const std::string& pointer) {
    IdMap map;
    for (const Side& side : sides) {
        map.*side.result = mount.*side.of_mount;
        const std::string at = fmt::format("{}/{}", pointer, side.property);
        if ((map.*side.result).empty())
            return fail(ErrorKind::InvalidConfig,
                        "{}: is missing: uidMappings and gidMappings go together", at);
        OCI_TRY(check_ranges(map.*side.result, at));
    }
    return map;
}

/// The bare word: the container's own map.
Result<std::optional<IdMap>> map_of_container(const Spec& spec, const IdMapWords& words,
                                              const std::string& pointer) {
    const Namespace* own = find_namespace(spec, NamespaceKind::User);
    if (own != nullptr && !own->path.empty()) {
        IdMap map;
        map.joined = own->path;
        return std::optional{std::move(map)};
    }
    if (own != nullptr) {
        IdMap map;
        map.uids = spec.linux_section.uid_mappings;
        map.gids = spec.linux_section.gid_mappings;
        return std::optional{std::move(map)};
    }
    // Podman leaves the word of its user where there is nothing to map.
    const auto manager = spec.annotations.find("io.container.manager");
    if (words.reach == IdMapWords::Reach::Mount && manager != spec.annotations.end() &&
        manager->second == "libpod") {
        log::warning("{}/options: idmap without a user namespace is ignored", pointer);
        return std::optional<IdMap>{};
    }
    return fail(ErrorKind::InvalidConfig,
                "{}/options: {} needs uidMappings and gidMappings, or a user namespace", pointer,
                words.reach == IdMapWords::Reach::Tree ? "ridmap" : "idmap");
}

}  // namespace

Result<void> read_id_map(std::string_view text, const std::string& pointer, IdMapWords& into) {
    into.uids.clear();
    into.gids.clear();
    for (const std::string_view part : split(text, ';')) {
        const std::string_view name = part.substr(0, part.find('='));
        const auto* const side = std::ranges::find(sides, name, &Side::option);
        if (side == sides.end() || name.size() == part.size())
            return fail(ErrorKind::InvalidConfig,
                        "{}: \"{}\" is neither uids=RANGES nor gids=RANGES", pointer, part);
        std::vector<WrittenRange>& ranges = into.*side->words;
        if (!ranges.empty())
            return fail(ErrorKind::InvalidConfig, "{}: {} is given twice", pointer, name);
        for (const std::string_view range_text : split(part.substr(name.size() + 1), '#')) {
            const auto range = read_range(range_text);
            if (!range)
                return fail(ErrorKind::InvalidConfig,
                            "{}: \"{}\" is no range of the form FILESYSTEM-HOST-SIZE", pointer,
                            range_text);
            ranges.push_back(*range);
        }
    }
    return {};
}

bool IdMap::has_maps_of(const IdMap& other) const {
    return joined == other.joined && are_equal(uids, other.uids) && are_equal(gids, other.gids);
}

Result<std::optional<IdMap>> plan_id_map(const Spec& spec, const Mount& mount,
                                         const IdMapWords& words, const std::string& pointer) {
    const bool has_properties = !mount.uid_mappings.empty() || !mount.gid_mappings.empty();
    const bool has_words = !words.uids.empty() || !words.gids.empty();
    if (has_properties && has_words)
        return fail(ErrorKind::InvalidConfig,
                    "{}/options: an id map is given here and by uidMappings", pointer);
    if (has_properties) {
        IdMap map = OCI_TRY(map_of_mount(mount, pointer));
        return std::optional{std::move(map)};
    }
    if (has_words) {
        IdMap map;
        for (const Side& side : sides)
            map.*side.result = OCI_TRY(map_from_words(spec, words, side, pointer));
        return std::optional{std::move(map)};
    }
    if (words.reach == IdMapWords::Reach::Unwritten) return std::optional<IdMap>{};
    return map_of_container(spec, words, pointer);
}

}  // namespace oci::mounts
