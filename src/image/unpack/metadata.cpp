// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/metadata.hpp"

#include <vector>

#include "base/change_error.hpp"
#include "base/explain.hpp"
#include "image/unpack/entry_path.hpp"
#include "image/unpack/pax.hpp"
#include "kernel/file_metadata.hpp"

namespace oci::image::unpack {
namespace {

constexpr std::string_view record_name = "user.rootlesscontainers";
constexpr std::string_view capability_name = "security.capability";
constexpr std::size_t longest_list = 65536;  // XATTR_LIST_MAX

void append_varint(std::string& out, std::uint32_t number) {
    constexpr std::uint32_t low_bits = 0x7f;
    for (; number > low_bits; number >>= 7U) out += static_cast<char>((number & low_bits) | 0x80U);
    out += static_cast<char>(number);
}

/// The names, those alone that an image may have, and our record.
std::vector<std::string> kept_names(std::string_view list) {
    std::vector<std::string> names;
    while (!list.empty()) {
        const std::size_t end = std::min(list.find('\0'), list.size() - 1);
        const std::string_view name = list.substr(0, end);
        if (is_kept_attribute(name) || name == record_name) names.emplace_back(name);
        list.remove_prefix(end + 1);
    }
    return names;
}

Result<std::vector<std::string>> attributes_of(FdView file, std::string_view path) {
    std::vector<char> buffer(longest_list);
    const auto list = kernel::list_attributes(file, buffer);
    if (!list && list.error().code == EOPNOTSUPP) return std::vector<std::string>{};
    const std::string_view text =
        OCI_TRY(explain(list, "layer: {}: cannot list its attributes", shown(path)));
    return kept_names(text);
}

}  // namespace

bool is_kept_attribute(std::string_view name) noexcept {
    if (name.starts_with("user.")) return !name.starts_with("user.overlay.") && name != record_name;
    return name == capability_name || name == "system.posix_acl_access" ||
           name == "system.posix_acl_default";
}

std::string rootless_record(uid_t uid, gid_t gid) {
    // A protobuf message: 1: uid, 2: gid; zero is what is not there.
    std::string record;
    if (uid != 0) append_varint(record += '\x08', uid);
    if (gid != 0) append_varint(record += '\x10', gid);
    return record;
}

kernel::FileTimes times_of(const TarEntry& entry) noexcept {
    return {entry.modified, entry.modified};
}

kernel::FileTimes times_of(const struct stat& status) noexcept {
    return {status.st_atim, status.st_mtim};
}

Result<void> Metadata::give_owner(FdView directory, const char* name, const TarEntry& entry,
                                  std::string_view path) {
    const bool squash = owners_ != Owners::Keep;
    const uid_t uid = squash ? 0 : entry.uid;
    const gid_t gid = squash ? 0 : entry.gid;
    auto changed = explain(kernel::change_owner(directory, name, uid, gid),
                           "layer: {}: cannot give it to {}:{}", shown(path), uid, gid);
    if (changed || changed.error().number != EINVAL) return changed;
    return change_error(std::move(changed), [](Error& error) {
        error.hint =
            "this user namespace has too few ids: usermod --add-subuids 100000-165535 "
            "--add-subgids 100000-165535 USER";
    });
}

Result<void> Metadata::give_attribute(FdView file, const char* name, std::string_view value,
                                      std::string_view path) {
    const auto set = kernel::set_attribute(file, name, value);
    if (set) return {};
    const int code = set.error().code;
    // A capability that is missing would show much later, as a program that fails.
    const bool unsupported = code == EOPNOTSUPP && name != capability_name;
    const bool refused = code == EPERM || code == EOPNOTSUPP || code == EINVAL;
    if (unsupported || (in_user_namespace_ && refused)) {
        warnings_.add(Omission::RefusedAttribute, path);
        return {};
    }
    return explain(set, "layer: {}: cannot set the attribute {}", shown(path), shown(name));
}

Result<void> Metadata::give(FdView file, const TarEntry& entry, std::string_view path) {
    OCI_TRY(give_owner(file, "", entry, path));
    OCI_TRY(explain(kernel::change_mode(file, "", entry.mode), "layer: {}: cannot set its mode",
                    shown(path)));
    for (const auto& [name, value] : entry.attributes) {
        if (is_kept_attribute(name))
            OCI_TRY(give_attribute(file, name.c_str(), value, path));
        else
            warnings_.add(Omission::ForeignAttribute, path);
    }
    if (owners_ != Owners::SquashAndRecord || (entry.uid == 0 && entry.gid == 0)) return {};
    return give_attribute(file, record_name.data(), rootless_record(entry.uid, entry.gid), path);
}

Result<void> Metadata::give_by_name(FdView directory, const char* name, const TarEntry& entry,
                                    std::string_view path) {
    OCI_TRY(give_owner(directory, name, entry, path));
    if (entry.kind != EntryKind::Symlink)
        OCI_TRY(explain(kernel::change_own_mode(directory, name, entry.mode),
                        "layer: {}: cannot set its mode", shown(path)));
    // The kernel has user.* for files and directories only, and capabilities for files.
    if (!entry.attributes.empty()) warnings_.add(Omission::RefusedAttribute, path);
    return explain(kernel::set_times(directory, name, times_of(entry)),
                   "layer: {}: cannot set its times", shown(path));
}

Result<void> Metadata::clear(FdView file, std::string_view path) {
    const std::vector<std::string> names = OCI_TRY(attributes_of(file, path));
    for (const std::string& name : names)
        OCI_TRY(explain(kernel::remove_attribute(file, name.c_str()),
                        "layer: {}: cannot remove the attribute {}", shown(path), shown(name)));
    return {};
}

Result<void> Metadata::copy_attributes(FdView from, FdView to, std::string_view path) {
    const std::vector<std::string> names = OCI_TRY(attributes_of(from, path));
    if (names.empty()) return {};
    std::vector<char> buffer(largest_attribute);
    for (const std::string& name : names) {
        const std::string_view value =
            OCI_TRY(explain(kernel::get_attribute(from, name.c_str(), buffer),
                            "layer: {}: cannot read the attribute {}", shown(path), shown(name)));
        OCI_TRY(give_attribute(to, name.c_str(), value, path));
    }
    return {};
}

Result<void> Metadata::copy(FdView from, const struct stat& status, FdView to,
                            std::string_view path) {
    constexpr mode_t mode_bits = 07777;
    OCI_TRY(explain(kernel::change_owner(to, "", status.st_uid, status.st_gid),
                    "layer: {}: cannot give it to {}:{}", shown(path), status.st_uid,
                    status.st_gid));
    OCI_TRY(explain(kernel::change_mode(to, "", status.st_mode & mode_bits),
                    "layer: {}: cannot set its mode", shown(path)));
    return copy_attributes(from, to, path);
}

}  // namespace oci::image::unpack
