// SPDX-License-Identifier: Apache-2.0
//
// What -v, --mount and --tmpfs say.
#include <algorithm>
#include <array>

#include "base/path.hpp"
#include "base/text.hpp"
#include "image/run/option_values.hpp"

namespace oci::image::run {
namespace {

constexpr std::array mount_words{"ro",     "rw",     "nosuid",  "suid",    "nodev",  "dev",
                                 "noexec", "exec",   "bind",    "rbind",   "shared", "rshared",
                                 "slave",  "rslave", "private", "rprivate"};

/// The words of -v that are no option of a mount: what they ask for is so anyway, or is not needed.
constexpr std::array idle_words{"z", "Z", "cached", "consistent", "delegated"};

Result<void> take_volume_options(Volume& volume, std::string_view words) {
    bool has_propagation = false;
    bool has_bind = false;
    for (const std::string_view word : split(words, ',')) {
        if (word == "nocopy") {
            volume.copies = false;
            continue;
        }
        if (word == "U") return wrong(word, "not built in");
        if (std::ranges::count(idle_words, word) > 0) continue;
        if (std::ranges::count(mount_words, word) == 0) return wrong(word, "no option of a volume");
        has_bind = has_bind || word == "bind" || word == "rbind";
        has_propagation = has_propagation || word.ends_with("shared") || word.ends_with("slave") ||
                          word.ends_with("private");
        volume.options.emplace_back(word);
    }
    if (!has_bind) volume.options.emplace_back("rbind");
    if (!has_propagation) volume.options.emplace_back("rprivate");
    return {};
}

Result<void> take_mount_word(std::string_view word, MountWords& words) {
    const std::size_t at = word.find('=');
    const std::string_view key = word.substr(0, at);
    const std::string_view value =
        at == std::string_view::npos ? std::string_view{} : word.substr(at + 1);
    const auto add_flag = [&](const char* flag) {
        if (value != "false") words.options.emplace_back(flag);
    };
    if (key == "type" && (value == "bind" || value == "volume" || value == "tmpfs"))
        words.type = value;
    else if (key == "source" || key == "src")
        words.source = value;
    else if (key == "target" || key == "destination" || key == "dst")
        words.target = value;
    else if (key == "readonly" || key == "ro")
        add_flag("ro");
    else if (key == "bind-propagation")
        words.options.emplace_back(value);
    else if (key == "volume-nocopy")
        add_flag("nocopy");
    else if (key == "tmpfs-size")
        words.options.push_back(fmt::format("size={}", value));
    else if (key == "tmpfs-mode")
        words.options.push_back(fmt::format("mode={}", value));
    else
        return wrong(word, "no part of a mount");
    return {};
}

}  // namespace

Result<Tmpfs> parse_tmpfs(const std::string& value) {
    const std::size_t colon = value.find(':');
    Tmpfs tmpfs;
    tmpfs.path = OCI_TRY(path_in_container(std::string_view{value}.substr(0, colon)));
    tmpfs.options = {"nosuid", "nodev", "noexec"};
    if (colon == std::string::npos) return tmpfs;
    const std::string_view words = std::string_view{value}.substr(colon + 1);
    for (const std::string_view word : split(words, ','))
        if (!word.empty()) tmpfs.options.emplace_back(word);
    return tmpfs;
}

Result<MountWords> parse_mount(const std::string& value) {
    MountWords words;
    for (const std::string_view word : split(value, ',')) OCI_TRY(take_mount_word(word, words));
    const bool has_path = words.source.starts_with('/') || words.source.starts_with('.');
    const bool has_colon = (words.source + words.target).find(':') != std::string::npos;
    if (words.target.empty() || has_colon || (words.type == "bind") != has_path ||
        (words.type == "tmpfs" && !words.source.empty()))
        return wrong(value, "no type=bind|volume|tmpfs,source=...,target=...");
    return words;
}

Result<Volume> parse_volume(const std::string& value, const std::string& directory) {
    const auto parts = split(value, ':');
    if (parts.size() > 3) return wrong(value, "no [SOURCE:]PATH[:OPTIONS]");
    Volume volume;
    volume.path = OCI_TRY(path_in_container(parts.size() == 1 ? parts[0] : parts[1]));
    if (parts.size() > 1) {
        volume.source = parts[0];
        if (parts[0].starts_with('/') || parts[0].starts_with('.'))
            volume.source = absolute(volume.source, directory);
        else if (!is_name(parts[0]))
            return wrong(parts[0], "neither a path (which begins with \"/\" or \".\") nor a name");
    }
    OCI_TRY(take_volume_options(volume, parts.size() > 2 ? parts[2] : std::string_view{"rw"}));
    return volume;
}

}  // namespace oci::image::run
