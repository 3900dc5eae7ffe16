// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/entry_path.hpp"

#include "base/explain.hpp"
#include "base/text.hpp"

namespace oci::image::unpack {
namespace {

constexpr std::string_view whiteout_prefix = ".wh.";
constexpr std::string_view opaque_name = ".wh..wh..opq";
constexpr std::string_view aufs_prefix = ".wh..wh.";

Failure<Error> refuse(std::string_view path, std::string_view why) {
    return fail(ErrorKind::InvalidConfig, "layer: {}: {}", shown(path), why);
}

}  // namespace

Result<std::string> clean_entry_path(std::string_view path) {
    if (path.find('\0') != std::string_view::npos) return refuse(path, "a NUL in a path");
    std::string clean;
    std::size_t components = 0;
    for (std::string_view rest = path; !rest.empty();) {
        const std::size_t slash = std::min(rest.find('/'), rest.size());
        const std::string_view component = rest.substr(0, slash);
        rest.remove_prefix(std::min(slash + 1, rest.size()));
        if (component.empty() || component == ".") continue;
        if (component == "..") return refuse(path, "\"..\" in a path");
        if (component.size() > longest_component) return refuse(path, "too long a name");
        if (++components > most_components) return refuse(path, "too deep");
        if (!clean.empty()) clean += '/';
        clean += component;
        if (clean.size() > longest_path) return refuse(path, "too long a path");
    }
    return clean;
}

std::string_view parent_of(std::string_view path) noexcept {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

std::string_view name_in(std::string_view path) noexcept {
    return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

std::string join(std::string_view directory, std::string_view name) {
    std::string path{directory};
    if (!path.empty()) path += '/';
    return path += name;
}

bool is_at_or_below(std::string_view path, std::string_view directory) noexcept {
    if (directory.empty()) return true;
    return path.starts_with(directory) &&
           (path.size() == directory.size() || path[directory.size()] == '/');
}

std::string shown(std::string_view path) {
    constexpr std::size_t most = 200;
    return path.empty() ? "\".\"" : "\"" + display_text(path, most) + "\"";
}

Result<Marked> mark_of(std::string_view path) {
    for (std::string_view rest = path; !rest.empty();) {
        const std::size_t slash = rest.find('/');
        const bool is_last = slash == std::string_view::npos;
        const std::string_view component = rest.substr(0, slash);
        rest.remove_prefix(is_last ? rest.size() : slash + 1);
        if (!component.starts_with(whiteout_prefix)) continue;
        if (is_last && component == opaque_name) return Marked{Mark::Opaque};
        if (component.starts_with(aufs_prefix)) return Marked{Mark::Aufs};
        const std::string_view name = component.substr(whiteout_prefix.size());
        if (!is_last || name.empty() || name == "." || name == "..")
            return refuse(path, "no name of a file, and no whiteout");
        return Marked{Mark::Whiteout, name};
    }
    return Marked{};
}

}  // namespace oci::image::unpack
