// SPDX-License-Identifier: Apache-2.0
#include "base/path.hpp"

#include "base/text.hpp"

namespace oci {

std::string clean_path(std::string_view path) {
    std::string clean;
    for (const std::string_view part : split(path, '/')) {
        if (part.empty() || part == ".") continue;
        if (part == "..") {
            clean.resize(clean.empty() ? 0 : clean.rfind('/'));
            continue;
        }
        clean += '/';
        clean += part;
    }
    return clean.empty() ? "/" : clean;
}

std::string join_path(std::string_view directory, std::string_view path) {
    if (path.starts_with('/') || directory.empty()) return std::string{path};
    std::string joined{directory};
    if (!joined.ends_with('/')) joined += '/';
    joined += path;
    return joined;
}

bool is_below(std::string_view path, std::string_view directory) noexcept {
    if (directory == "/") return path.starts_with('/');
    return path.starts_with(directory) &&
           (path.size() == directory.size() || path[directory.size()] == '/');
}

std::string_view file_name(std::string_view path) noexcept {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view parent_path(std::string_view path) noexcept {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

std::vector<std::string> leading_paths(const std::string& path) {
    std::vector<std::string> paths;
    for (std::size_t end = path.find('/', 1); end != std::string::npos;
         end = path.find('/', end + 1))
        paths.push_back(path.substr(0, end));
    paths.push_back(path);
    return paths;
}

}  // namespace oci
