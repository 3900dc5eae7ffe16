// SPDX-License-Identifier: Apache-2.0
#include "host/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/probes.hpp"
#include "kernel/text_file.hpp"

namespace oci::host {

const char* below(const std::string& path) noexcept {
    const std::size_t start = path.find_first_not_of('/');
    return start == std::string::npos ? "." : path.c_str() + start;
}

namespace {

std::string text_at(FdView directory, const char* path) {
    constexpr std::size_t largest = 1U << 22U;
    auto text = kernel::read_text(directory, path, largest);
    return text ? std::move(text).value() : std::string{};
}

}  // namespace

std::string text_of_file(FdView root, const std::string& path) {
    return text_at(root, below(path));
}

std::string text_of_file(const std::string& path) { return text_at(kernel::here, path.c_str()); }

std::vector<std::string> words_of_file(FdView root, const std::string& path) {
    const std::string text = text_of_file(root, path);
    std::vector<std::string> words;
    for (const std::string_view word : split(split(text, '\n').front(), ' '))
        if (!word.empty()) words.emplace_back(word);
    return words;
}

std::optional<std::uint64_t> number_in_file(FdView root, const std::string& path) {
    return parse_number<std::uint64_t>(trim(text_of_file(root, path)));
}

bool exists(FdView root, const std::string& path) {
    return static_cast<bool>(kernel::status_behind(root, below(path)));
}

bool exists(const std::string& path) {
    return static_cast<bool>(kernel::status_behind(kernel::here, path.c_str()));
}

std::vector<std::string> directories_in(FdView root, const std::string& path) {
    std::vector<std::string> directories;
    const auto directory = kernel::open_at(root, below(path), O_RDONLY | O_DIRECTORY);
    if (!directory) return directories;
    auto names = kernel::read_directory(directory.value());
    if (!names) return directories;
    for (std::string& name : std::move(names).value()) {
        const auto status = kernel::status_of(directory.value(), name.c_str());
        if (status && S_ISDIR(status.value().st_mode)) directories.push_back(std::move(name));
    }
    return directories;
}

bool knows_filesystem(std::string_view filesystems, std::string_view name) {
    for (const std::string_view line : split(filesystems, '\n'))
        if (split(line, '\t').back() == name) return true;
    return false;
}

bool needs_device(std::string_view filesystems, std::string_view name) {
    if (name.empty()) return false;
    for (const std::string_view line : split(filesystems, '\n'))
        if (line.starts_with('\t') && line.substr(1) == name) return true;
    return false;
}

bool has_word(std::string_view text, std::string_view word) {
    constexpr std::string_view blanks = " \t\n";
    for (std::size_t at = text.find_first_not_of(blanks); at != std::string_view::npos;
         at = text.find_first_not_of(blanks, at)) {
        const std::size_t end = std::min(text.find_first_of(blanks, at), text.size());
        if (text.substr(at, end - at) == word) return true;
        at = end;
    }
    return false;
}

std::string find_program(FdView root, std::string_view name) {
    for (const char* directory : {"/usr/bin/", "/bin/", "/usr/local/bin/", "/run/wrappers/bin/",
                                  "/usr/sbin/", "/sbin/", "/usr/local/sbin/"}) {
        std::string path = std::string{directory}.append(name);
        const auto status = kernel::status_behind(root, below(path));
        if (status && S_ISREG(status.value().st_mode) &&
            kernel::check_access(root, below(path), X_OK))
            return path;
    }
    return {};
}

}  // namespace oci::host
