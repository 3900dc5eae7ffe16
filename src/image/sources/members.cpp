// SPDX-License-Identifier: Apache-2.0
#include "image/sources/members.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/explain.hpp"
#include "base/path.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"

namespace oci::image::sources {
namespace {

constexpr std::size_t most_members = 100'000;
constexpr int most_links = 8;

std::string shown(std::string_view name) { return json_quoted(display_text(name, 200)); }

Failure<Error> missing(std::string_view name) {
    return fail(ErrorKind::NotFound, "there is no file {} in it", shown(name));
}

/// A member of the archive as a stream.
class MemberSource final : public ByteSource {
public:
    explicit MemberSource(Archive& archive) : archive_{archive} {}

    Result<std::size_t> read(std::span<char> buffer) override { return archive_.read(buffer); }

private:
    Archive& archive_;
};

bool is_hex_name(std::string_view name) {
    constexpr std::size_t sha256_digits = 64;
    return name.size() == sha256_digits && std::ranges::all_of(name, [](char digit) {
               return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f');
           });
}

/// Layouts have "blobs/", Docker's archives a directory or file for each layer, named by a hash.
bool is_of_image(std::string_view name) {
    constexpr std::array<std::string_view, 7> known{
        "", "oci-layout", "index.json", "blobs", "manifest.json", "repositories", "config.json"};
    std::string_view first = name.substr(0, name.find('/'));
    if (std::ranges::count(known, first) != 0) return true;
    if (first.starts_with("sha256:")) first.remove_prefix(std::string_view{"sha256:"}.size());
    const std::string_view stem = first.substr(0, first.find('.'));
    return is_hex_name(stem);
}

Result<void> add(std::map<std::string, Member>& members, Member member) {
    if (members.size() == most_members)
        return fail(ErrorKind::InvalidConfig, "the archive has more than {} members", most_members);
    const auto [place, is_new] = members.try_emplace(member.name, member);
    if (!is_new &&
        !(place->second.kind == MemberKind::Directory && member.kind == MemberKind::Directory))
        return fail(ErrorKind::InvalidConfig, "the archive has {} twice", shown(member.name));
    return {};
}

}  // namespace

Result<std::string> Members::text(const std::string& name, std::size_t most) {
    const std::string file = OCI_TRY(resolve(name));
    const std::uint64_t length = OCI_TRY(size(file));
    if (length > most)
        return fail(ErrorKind::InvalidConfig, "{} has {} bytes, more than {}", shown(name), length,
                    most);
    std::string text(length, '\0');
    const Visitor fill = [&](const std::string&, ByteSource& content) -> Result<void> {
        for (std::size_t filled = 0; filled < text.size();) {
            const std::size_t count = OCI_TRY(content.read(std::span{text}.subspan(filled)));
            if (count == 0)
                return fail(ErrorKind::InvalidConfig, "{} is shorter than it said", shown(name));
            filled += count;
        }
        return {};
    };
    OCI_TRY(visit({file}, fill));
    return text;
}

// ---- a directory ------------------------------------------------------------------

Result<UniqueFd> DirectoryMembers::open(const std::string& name) const {
    auto opened = kernel::open_in_root(directory_, name.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!opened && opened.error().code == ENOENT) return missing(name);
    UniqueFd file = OCI_TRY(explain(std::move(opened), "cannot open {}", shown(name)));
    const struct stat status =
        OCI_TRY(explain(kernel::status_of(file), "cannot look at {}", shown(name)));
    if (!S_ISREG(status.st_mode))
        return fail(ErrorKind::InvalidConfig, "{} is not a regular file", shown(name));
    return file;
}

Result<std::string> DirectoryMembers::resolve(const std::string& name) const {
    OCI_TRY(open(name));
    return name;
}

Result<std::uint64_t> DirectoryMembers::size(const std::string& name) const {
    const UniqueFd file = OCI_TRY(open(name));
    const struct stat status =
        OCI_TRY(explain(kernel::status_of(file), "cannot look at {}", shown(name)));
    return static_cast<std::uint64_t>(status.st_size);
}

Result<void> DirectoryMembers::visit(const std::vector<std::string>& names,
                                     const Visitor& visitor) {
    for (const std::string& name : std::set<std::string>(names.begin(), names.end())) {
        UniqueFd file = OCI_TRY(open(name));
        FileSource source{std::move(file)};
        OCI_TRY(visitor(name, source));
    }
    return {};
}

// ---- an archive -------------------------------------------------------------------

/// Docker's old archives have a layer once, and links to it: "../1f…/layer.tar".
Result<std::string> ArchiveMembers::resolve(const std::string& name) const {
    std::string current = clean_path(join_path("/", name));
    for (int followed = 0; followed <= most_links; ++followed) {
        const auto found = members_.find(current.substr(1));
        if (found == members_.end()) return missing(name);
        const Member& member = found->second;
        if (member.kind == MemberKind::File) return member.name;
        if (member.kind == MemberKind::HardLink)
            current = clean_path(join_path("/", member.link));
        else if (member.kind == MemberKind::Symlink)
            current = clean_path(join_path(parent_path(current), member.link));
        else
            break;
    }
    return fail(ErrorKind::InvalidConfig, "{} is no file, nor a link to one", shown(name));
}

Result<std::uint64_t> ArchiveMembers::size(const std::string& name) const {
    const auto found = members_.find(name);
    if (found == members_.end()) return missing(name);
    return found->second.size;
}

Result<void> ArchiveMembers::visit(const std::vector<std::string>& names, const Visitor& visitor) {
    std::set<std::string> left(names.begin(), names.end());
    Archive archive = OCI_TRY(Archive::open(file_));
    Member member;
    while (!left.empty()) {
        const bool is_there = OCI_TRY(archive.next(member));
        if (!is_there) return missing(*left.begin());
        if (member.kind != MemberKind::File || left.erase(member.name) == 0) continue;
        MemberSource source{archive};
        OCI_TRY(visitor(member.name, source));
    }
    return {};
}

Result<std::optional<std::map<std::string, Member>>> list_image_archive(FdView file) {
    Archive archive = OCI_TRY(Archive::open(file));
    std::map<std::string, Member> members;
    Member member;
    for (;;) {
        const bool is_there = OCI_TRY(archive.next(member));
        if (!is_there) break;
        if (!is_of_image(member.name)) return std::optional<std::map<std::string, Member>>{};
        OCI_TRY(add(members, member));
    }
    return std::optional{std::move(members)};
}

}  // namespace oci::image::sources
