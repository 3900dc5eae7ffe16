// SPDX-License-Identifier: Apache-2.0
#include "image/convert/users.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"

namespace oci::image {
namespace {

constexpr std::size_t largest_file = std::size_t{1} << 20U;
constexpr std::size_t most_groups = 1024;

bool is_numeric(std::string_view text) {
    return !text.empty() &&
           std::ranges::all_of(text, [](char digit) { return digit >= '0' && digit <= '9'; });
}

/// 2^32-1 means "leave it as it is" to the kernel.
Result<std::uint32_t> parse_id(std::string_view text) {
    const auto id = parse_number<std::uint32_t>(text);
    if (!id || *id == std::numeric_limits<std::uint32_t>::max())
        return fail(ErrorKind::InvalidConfig, "user {}: {} is not a number up to 4294967294",
                    json_quoted(display_text(text, 80)), display_text(text, 20));
    return *id;
}

/// Empty where there is none that could be one. Never blocks on a FIFO, never reads a device.
std::string read_file(FdView rootfs, const char* path) {
    const auto file = kernel::open_in_root(rootfs, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!file) return {};
    const auto status = kernel::status_of(file.value());
    if (!status || !S_ISREG(status.value().st_mode)) return {};
    if (static_cast<std::size_t>(status.value().st_size) > largest_file) return {};
    std::string text(largest_file, '\0');
    std::size_t filled = 0;
    while (filled < text.size()) {
        const auto count = kernel::read_some(file.value(), std::span{text}.subspan(filled));
        if (!count || count.value() == 0) break;
        filled += count.value();
    }
    text.resize(filled);
    return text;
}

struct Account {
    std::string_view name{};
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::string_view home{};
};

/// "name:x:uid:gid:comment:home:shell"; the last may be missing.
std::optional<Account> account_of(std::string_view line) {
    constexpr std::size_t fields = 6;
    const auto field = split(line, ':');
    if (field.size() < fields || field[0].empty()) return std::nullopt;
    const auto uid = parse_number<std::uint32_t>(field[2]);
    const auto gid = parse_number<std::uint32_t>(field[3]);
    if (!uid || !gid) return std::nullopt;
    return Account{field[0], *uid, *gid, field[5]};
}

template <typename Condition>
std::optional<Account> find_account(std::string_view passwd, Condition is_wanted) {
    for (const std::string_view line : split(passwd, '\n')) {
        const auto account = account_of(line);
        if (account && is_wanted(*account)) return account;
    }
    return std::nullopt;
}

struct Group {
    std::string_view name{};
    std::uint32_t gid = 0;
    std::string_view members{};
};

/// "name:x:gid:member,member"
std::optional<Group> group_of(std::string_view line) {
    constexpr std::size_t least_fields = 3;
    const auto field = split(line, ':');
    if (field.size() < least_fields || field[0].empty()) return std::nullopt;
    const auto gid = parse_number<std::uint32_t>(field[2]);
    if (!gid) return std::nullopt;
    return Group{field[0], *gid, field.size() > least_fields ? field[3] : std::string_view{}};
}

Result<std::uint32_t> find_group(FdView rootfs, std::string_view wanted) {
    if (is_numeric(wanted)) return parse_id(wanted);
    const std::string text = read_file(rootfs, "etc/group");
    for (const std::string_view line : split(text, '\n')) {
        const auto group = group_of(line);
        if (group && group->name == wanted) return group->gid;
    }
    return fail(ErrorKind::NotFound, "group {} is not in the image's /etc/group",
                json_quoted(display_text(wanted, 80)));
}

std::vector<std::uint32_t> groups_with(FdView rootfs, std::string_view user, std::uint32_t own) {
    std::vector<std::uint32_t> gids;
    const std::string text = read_file(rootfs, "etc/group");
    for (const std::string_view line : split(text, '\n')) {
        const auto group = group_of(line);
        if (!group || group->gid == own || gids.size() == most_groups) continue;
        const auto members = split(group->members, ',');
        if (std::ranges::count(members, user) == 0 || std::ranges::count(gids, group->gid) != 0)
            continue;
        gids.push_back(group->gid);
    }
    return gids;
}

/// It becomes a variable of the environment (CVE-2022-4318: with a newline in it).
std::string usable_home(std::string_view home) {
    const bool is_plain = std::ranges::none_of(
        home, [](char byte) { return (byte >= 0 && byte < ' ') || byte == '\x7f'; });
    return home.starts_with('/') && is_plain && is_utf8(home) ? std::string{home} : std::string{};
}

}  // namespace

Result<ImageUser> find_user(FdView rootfs, std::string_view user) {
    const std::size_t colon = user.find(':');
    const std::string_view name = user.substr(0, colon);
    const bool has_group = colon != std::string_view::npos;
    const bool is_number = name.empty() || is_numeric(name);
    ImageUser found;
    if (!name.empty() && is_number) found.uid = OCI_TRY(parse_id(name));
    const std::string passwd = read_file(rootfs, "etc/passwd");
    const auto account = find_account(passwd, [&](const Account& each) {
        return is_number ? each.uid == found.uid : each.name == name;
    });
    if (!account && !is_number)
        return fail(ErrorKind::NotFound, "user {} is not in the image's /etc/passwd",
                    json_quoted(display_text(name, 80)));
    if (account) {
        found.uid = account->uid;
        found.gid = account->gid;
        found.home = usable_home(account->home);
    }
    if (has_group)
        found.gid = OCI_TRY(find_group(rootfs, user.substr(colon + 1)));
    else if (!is_number)
        found.additional_gids = groups_with(rootfs, name, found.gid);
    return found;
}

}  // namespace oci::image
