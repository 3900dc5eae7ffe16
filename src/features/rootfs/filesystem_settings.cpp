// SPDX-License-Identifier: Apache-2.0
#include "features/rootfs/filesystem_settings.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/explain.hpp"

namespace oci::mounts {
namespace {

/// fsconfig(2) takes no longer text as one value.
constexpr std::size_t longest_value = 255;

constexpr std::array<std::string_view, 4> context_types{
    "context",
    "fscontext",
    "defcontext",
    "rootcontext",
};

bool is_context_type(std::string_view word) {
    return std::ranges::find(context_types, word) != context_types.end();
}

bool is_long(const Setting& setting) { return setting.value.size() > longest_value; }

/// One layer at a time; a backslash keeps a colon from ending one.
std::string take_layer(std::string_view& list) {
    std::string layer;
    while (!list.empty()) {
        const bool is_escaped = list.size() > 1 && list[0] == '\\';
        if (!is_escaped && list[0] == ':') break;
        layer += list[is_escaped ? 1 : 0];
        list.remove_prefix(is_escaped ? 2 : 1);
    }
    if (!list.empty()) list.remove_prefix(1);
    return layer;
}

/// After an empty layer ("::") come those that hold data alone.
void add_layers(std::string_view list, std::vector<Setting>& into) {
    std::string key = "lowerdir+";
    while (!list.empty()) {
        std::string layer = take_layer(list);
        if (layer.empty())
            key = "datadir+";
        else
            into.push_back({key, std::move(layer)});
    }
}

/// overlay takes its directories as open files, too.
bool is_directory_of_overlay(std::string_view key) {
    return key == "lowerdir+" || key == "datadir+" || key == "upperdir" || key == "workdir";
}

}  // namespace

Result<Label> plan_label(const Spec& spec) {
    Label label;
    label.value = spec.linux_section.mount_label;
    const auto type = spec.annotations.find("run.oci.mount_context_type");
    if (type == spec.annotations.end()) return label;
    if (!is_context_type(type->second))
        return fail(ErrorKind::InvalidConfig,
                    "/annotations/run.oci.mount_context_type: \"{}\" is none of context, "
                    "fscontext, defcontext and rootcontext",
                    type->second);
    label.key = type->second;
    return label;
}

bool add_label(const Label& label, const std::string& type, Options& options) {
    constexpr std::array<std::string_view, 3> without_label{"proc", "sysfs", "cgroup2"};
    const bool takes_none = std::ranges::find(without_label, type) != without_label.end();
    if (label.value.empty() || takes_none) return false;
    const bool has_own =
        std::ranges::any_of(options.settings, is_context_type,
                            [](const Setting& one) { return std::string_view{one.key}; });
    if (has_own) return false;
    options.settings.push_back({label.key, label.value});
    return true;
}

Result<void> fit_settings(const std::string& type, Options& options, const std::string& pointer) {
    std::vector<Setting> settings;
    for (Setting& setting : options.settings) {
        // mount(8) needs quotes around what has a comma; the kernel would take them for a part.
        const bool is_quoted = is_context_type(setting.key) && setting.value.size() >= 2 &&
                               setting.value.starts_with('"') && setting.value.ends_with('"');
        if (is_quoted) setting.value = setting.value.substr(1, setting.value.size() - 2);
        if (type == "overlay" && setting.key == "lowerdir" && is_long(setting))
            add_layers(setting.value, settings);
        else
            settings.push_back(std::move(setting));
    }
    for (Setting& setting : settings) {
        if (!is_long(setting)) continue;
        setting.is_opened = type == "overlay" && is_directory_of_overlay(setting.key);
        if (!setting.is_opened)
            return fail(ErrorKind::Unsupported,
                        "{}/options: the value of \"{}\" is longer than {} bytes", pointer,
                        setting.key, longest_value);
    }
    options.settings = std::move(settings);
    return {};
}

}  // namespace oci::mounts
