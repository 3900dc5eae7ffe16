// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "features/cgroups/controllers/controllers.hpp"

namespace oci::cgroups::unified {
namespace {

/// Files of the core that move, stop or end processes: no limits, and they would
/// undo what the runtime relies on.
constexpr std::array<std::string_view, 6> not_limits{
    "cgroup.procs", "cgroup.threads", "cgroup.subtree_control",
    "cgroup.type",  "cgroup.freeze",  "cgroup.kill",
};

constexpr std::string_view lower = "abcdefghijklmnopqrstuvwxyz0123456789_";
constexpr std::string_view any = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

bool consists_of(std::string_view text, std::string_view allowed) {
    return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

/// CONTROLLER.WORD[.WORD]…; it is used as a file name.
bool is_file_name(std::string_view key) {
    const auto words = split(key, '.');
    return words.size() >= 2 && consists_of(words[0], lower) &&
           std::all_of(words.begin() + 1, words.end(),
                       [](std::string_view word) { return consists_of(word, any); });
}

}  // namespace

Result<void> plan(const Resources& resources, Writes& writes) {
    for (const auto& [key, value] : resources.unified) {
        const std::string property =
            fmt::format("/linux/resources/unified/{}", escape_for_display(key));
        if (!is_file_name(key))
            return fail(ErrorKind::InvalidConfig,
                        "{}: not the name of a cgroup v2 file like \"memory.high\"", property);
        if (std::ranges::find(not_limits, key) != not_limits.end())
            return fail(ErrorKind::InvalidConfig, "{}: this file sets no limit", property);
        const std::string controller = key.substr(0, key.find('.'));
        // The kernel takes one line of io.max and its like at a time.
        for (const std::string_view line : split(value, '\n')) {
            if (trim(line).empty()) continue;
            writes.push_back({.property = property,
                              .controller = controller == "cgroup" ? "" : controller,
                              .file = key,
                              .value = std::string{line}});
        }
    }
    return {};
}

}  // namespace oci::cgroups::unified
