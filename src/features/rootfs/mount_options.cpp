// SPDX-License-Identifier: Apache-2.0
#include "features/rootfs/mount_options.hpp"

#include <sys/mount.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "base/explain.hpp"
#include "base/named_values.hpp"

namespace oci::mounts {
namespace {

/// A word about one attribute; "r" before it means the whole tree.
struct AttributeWord {
    std::string_view name;
    std::uint64_t attribute;
    bool sets;
};
constexpr std::array attribute_words{
    AttributeWord{"ro", MOUNT_ATTR_RDONLY, true},
    AttributeWord{"rw", MOUNT_ATTR_RDONLY, false},
    AttributeWord{"nosuid", MOUNT_ATTR_NOSUID, true},
    AttributeWord{"suid", MOUNT_ATTR_NOSUID, false},
    AttributeWord{"nodev", MOUNT_ATTR_NODEV, true},
    AttributeWord{"dev", MOUNT_ATTR_NODEV, false},
    AttributeWord{"noexec", MOUNT_ATTR_NOEXEC, true},
    AttributeWord{"exec", MOUNT_ATTR_NOEXEC, false},
    AttributeWord{"nodiratime", MOUNT_ATTR_NODIRATIME, true},
    AttributeWord{"diratime", MOUNT_ATTR_NODIRATIME, false},
    AttributeWord{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, true},
    AttributeWord{"symfollow", MOUNT_ATTR_NOSYMFOLLOW, false},
};

/// The kernel keeps one of three ways of access time, so a word that takes one
/// back has to name another: the one that is left.
struct AccessTimeWord {
    std::string_view name;
    std::uint64_t way;
    std::optional<std::uint64_t> only_instead_of;
};
constexpr std::uint64_t relative = MOUNT_ATTR_RELATIME;
constexpr std::uint64_t never = MOUNT_ATTR_NOATIME;
constexpr std::uint64_t always = MOUNT_ATTR_STRICTATIME;
constexpr std::array access_time_words{
    AccessTimeWord{"relatime", relative, std::nullopt},
    AccessTimeWord{"noatime", never, std::nullopt},
    AccessTimeWord{"strictatime", always, std::nullopt},
    AccessTimeWord{"norelatime", always, relative},
    AccessTimeWord{"atime", relative, never},
    AccessTimeWord{"nostrictatime", relative, always},
};

constexpr std::array propagation_words{
    Named<PropagationChange>{"private", {MS_PRIVATE, false}},
    Named<PropagationChange>{"slave", {MS_SLAVE, false}},
    Named<PropagationChange>{"shared", {MS_SHARED, false}},
    Named<PropagationChange>{"unbindable", {MS_UNBINDABLE, false}},
    Named<PropagationChange>{"rprivate", {MS_PRIVATE, true}},
    Named<PropagationChange>{"rslave", {MS_SLAVE, true}},
    Named<PropagationChange>{"rshared", {MS_SHARED, true}},
    Named<PropagationChange>{"runbindable", {MS_UNBINDABLE, true}},
};

/// A word about the whole file system, and the one that takes it back.
struct SuperblockWord {
    std::string_view flag;
    std::string_view opposite;  ///< Empty: none.
    bool has_recursive_form;    ///< It says nothing more than the plain one.
};
constexpr std::array superblock_words{
    SuperblockWord{"sync", "async", true},
    SuperblockWord{"dirsync", "", true},
    SuperblockWord{"mand", "nomand", true},
    SuperblockWord{"lazytime", "nolazytime", false},
    SuperblockWord{"iversion", "noiversion", false},
};

constexpr std::array switches{
    Named<bool Options::*>{"bind", &Options::bind},
    Named<bool Options::*>{"rbind", &Options::recursive_bind},
    Named<bool Options::*>{"remount", &Options::remount},
    Named<bool Options::*>{"tmpcopyup", &Options::copy_up},
    Named<bool Options::*>{"copy-symlink", &Options::copy_symlink},
    Named<bool Options::*>{"src-nofollow", &Options::no_follow_source},
    Named<bool Options::*>{"dest-nofollow", &Options::no_follow_destination},
};

constexpr std::array id_map_words{
    Named<IdMapWords::Reach>{"idmap", IdMapWords::Reach::Mount},
    Named<IdMapWords::Reach>{"ridmap", IdMapWords::Reach::Tree},
};

/// silent and loud are about the kernel's log; z, Z and U are the engine's business.
constexpr std::array<std::string_view, 7> words_without_effect{
    "", "defaults", "silent", "loud", "z", "Z", "U",
};

struct AttributePair {
    std::uint64_t& set;
    std::uint64_t& clear;
};

bool read_attribute(std::string_view word, AttributePair into) {
    for (const AttributeWord& known : attribute_words) {
        if (known.name != word) continue;
        (known.sets ? into.set : into.clear) |= known.attribute;
        (known.sets ? into.clear : into.set) &= ~known.attribute;
        return true;
    }
    for (const AccessTimeWord& known : access_time_words) {
        if (known.name != word) continue;
        const bool chosen = (into.clear & MOUNT_ATTR__ATIME) != 0;
        const std::uint64_t present = into.set & MOUNT_ATTR__ATIME;
        if (chosen && known.only_instead_of && present != *known.only_instead_of) return true;
        into.set = (into.set & ~std::uint64_t{MOUNT_ATTR__ATIME}) | known.way;
        into.clear |= MOUNT_ATTR__ATIME;
        return true;
    }
    return false;
}

bool read_any_attribute(std::string_view word, Options& options) {
    if (read_attribute(word, {options.set, options.clear})) return true;
    return word.starts_with('r') &&
           read_attribute(word.substr(1), {options.recursive_set, options.recursive_clear});
}

bool read_plain_superblock_word(std::string_view word, bool is_recursive, Options& options) {
    for (const SuperblockWord& known : superblock_words) {
        const bool sets = word == known.flag;
        const bool clears = !known.opposite.empty() && word == known.opposite;
        if ((!sets && !clears) || (is_recursive && !known.has_recursive_form)) continue;
        std::erase(options.superblock_flags, known.flag);
        std::erase(options.cleared_superblock_flags, known.opposite);
        (sets ? options.superblock_flags : options.cleared_superblock_flags).emplace_back(word);
        return true;
    }
    return false;
}

bool read_superblock_word(std::string_view word, Options& options) {
    if (read_plain_superblock_word(word, /*is_recursive=*/false, options)) return true;
    return word.starts_with('r') &&
           read_plain_superblock_word(word.substr(1), /*is_recursive=*/true, options);
}

Setting read_setting(std::string_view word) {
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) return {std::string{word}, {}, true, false};
    return {std::string{word.substr(0, equals)}, std::string{word.substr(equals + 1)}};
}

/// False: this is another word.
Result<bool> read_id_map_word(std::string_view word, const std::string& pointer, Options& options) {
    const std::string_view name = word.substr(0, word.find('='));
    const auto reach = value_named(id_map_words, name);
    if (!reach) return false;
    options.id_map.reach = *reach;
    if (name.size() < word.size())
        OCI_TRY(read_id_map(word.substr(name.size() + 1), pointer, options.id_map));
    return true;
}

void read_word(std::string_view word, Options& options) {
    if (std::ranges::find(words_without_effect, word) != words_without_effect.end()) return;
    if (const auto member = value_named(switches, word)) {
        options.*(*member) = true;
    } else if (const auto change = value_named(propagation_words, word)) {
        options.propagations.push_back(*change);
    } else if (!read_any_attribute(word, options) && !read_superblock_word(word, options)) {
        options.settings.push_back(read_setting(word));
    }
}

}  // namespace

bool Options::has_setting(const std::string& key) const {
    return std::ranges::any_of(settings, [&](const Setting& one) { return one.key == key; });
}

Result<Options> parse_options(const std::vector<std::string>& words, const std::string& pointer) {
    Options options;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const bool is_id_map =
            OCI_TRY(read_id_map_word(words[i], fmt::format("{}/options/{}", pointer, i), options));
        if (!is_id_map) read_word(words[i], options);
    }
    return options;
}

std::vector<std::string> known_mount_options() {
    std::vector<std::string> names;
    const auto add = [&](std::string_view name) { names.emplace_back(name); };
    for (const AttributeWord& word : attribute_words) add(word.name);
    for (const AccessTimeWord& word : access_time_words) add(word.name);
    for (std::size_t i = 0, plain = names.size(); i < plain; ++i) names.push_back("r" + names[i]);
    for (const auto& [name, change] : propagation_words) add(name);
    for (const SuperblockWord& word : superblock_words) {
        for (const std::string_view name : {word.flag, word.opposite}) {
            if (name.empty()) continue;
            add(name);
            if (word.has_recursive_form) names.push_back("r" + std::string{name});
        }
    }
    for (const auto& [name, member] : switches) add(name);
    for (const auto& [name, reach] : id_map_words) add(name);
    for (const std::string_view name : {"defaults", "silent", "loud"}) add(name);
    std::ranges::sort(names);
    return names;
}

}  // namespace oci::mounts
