// SPDX-License-Identifier: Apache-2.0
#include "spec/template.hpp"

#include <algorithm>
#include <span>
#include <string_view>

#include <fmt/format.h>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "spec/document.hpp"
#include "spec/presets.hpp"
#include "spec/read.hpp"

namespace oci::spec {
namespace {

/// One entry of "mounts"; options are words between spaces.
struct MountEntry {
    std::string_view destination;
    std::string_view type;
    std::string_view source;
    std::string_view options;
};

Value mount_value(const MountEntry& entry) {
    Value::Object mount;
    add(mount, "destination", text_value(entry.destination));
    add(mount, "type", text_value(entry.type));
    add(mount, "source", text_value(entry.source));
    add(mount, "options", word_list(entry.options));
    return {std::move(mount)};
}

bool maps_tty_group(const RootlessIds& ids) {
    constexpr std::uint32_t tty = 5;
    return std::ranges::any_of(ids.gids, [](const IdMapping& entry) {
        return tty >= entry.container_id && tty - entry.container_id < entry.size;
    });
}

Value mounts_value(const Preset& preset, const TemplateRequest& request) {
    const bool is_rootless = request.rootless.has_value();
    // Without a mapping for the tty group, devpts cannot give terminals to it;
    // sysfs can be mounted only by the owner of the network namespace.
    const MountEntry terminals{"/dev/pts", "devpts", "devpts",
                               is_rootless && !maps_tty_group(*request.rootless)
                                   ? "nosuid noexec newinstance ptmxmode=0666 mode=0620"
                                   : "nosuid noexec newinstance ptmxmode=0666 mode=0620 gid=5"};
    const MountEntry sys = is_rootless
                               ? MountEntry{"/sys", "none", "/sys", "rbind nosuid noexec nodev ro"}
                               : MountEntry{"/sys", "sysfs", "sysfs", "nosuid noexec nodev ro"};
    Value::Array mounts;
    for (const MountEntry& entry : {
             MountEntry{"/proc", "proc", "proc", "nosuid noexec nodev"},
             MountEntry{"/dev", "tmpfs", "tmpfs", preset.dev_options},
             terminals,
             MountEntry{"/dev/shm", "tmpfs", "shm", "nosuid noexec nodev mode=1777 size=65536k"},
             MountEntry{"/dev/mqueue", "mqueue", "mqueue", "nosuid noexec nodev"},
             sys,
             MountEntry{"/sys/fs/cgroup", "cgroup", "cgroup", preset.cgroup_options},
         })
        mounts.push_back(mount_value(entry));
    return {std::move(mounts)};
}

Value capabilities_value(std::string_view names) {
    std::string words;
    for (const std::string_view name : split(names, ' ')) words += fmt::format("CAP_{} ", name);
    Value::Object sets;
    for (const std::string_view set : {"bounding", "effective", "permitted"})
        add(sets, set, word_list(words));
    return {std::move(sets)};
}

Value process_value(const Preset& preset) {
    Value::Object user;
    add(user, "uid", number_value(0));
    add(user, "gid", number_value(0));
    Value::Object process;
    add(process, "terminal", {true});
    add(process, "user", {std::move(user)});
    add(process, "args", word_list("sh"));
    add(process, "env",
        word_list("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=xterm"));
    add(process, "cwd", text_value("/"));
    add(process, "capabilities", capabilities_value(preset.capabilities));
    return {std::move(process)};
}

Value mappings_value(const std::vector<IdMapping>& map) {
    Value::Array mappings;
    for (const IdMapping& entry : map) {
        Value::Object mapping;
        add(mapping, "containerID", number_value(entry.container_id));
        add(mapping, "hostID", number_value(entry.host_id));
        add(mapping, "size", number_value(entry.size));
        mappings.push_back({std::move(mapping)});
    }
    return {std::move(mappings)};
}

/// A user keeps the network of the host: one of its own would have no way out.
Value namespaces_value(bool is_rootless) {
    Value::Array namespaces;
    const std::string_view kinds =
        is_rootless ? "pid ipc uts mount cgroup user" : "pid network ipc uts mount cgroup";
    for (const std::string_view kind : split(kinds, ' ')) {
        Value::Object entry;
        add(entry, "type", text_value(kind));
        namespaces.push_back({std::move(entry)});
    }
    return {std::move(namespaces)};
}

Value linux_value(const Preset& preset, const TemplateRequest& request) {
    Value::Object section;
    if (request.rootless) {
        add(section, "uidMappings", mappings_value(request.rootless->uids));
        add(section, "gidMappings", mappings_value(request.rootless->gids));
    }
    add(section, "namespaces", namespaces_value(request.rootless.has_value()));
    std::string masked{preset.masked_paths};
    for (std::size_t i = 0; i < request.processors; ++i)
        masked += fmt::format(" /sys/devices/system/cpu/cpu{}/thermal_throttle", i);
    add(section, "maskedPaths", word_list(masked));
    add(section, "readonlyPaths", word_list(preset.readonly_paths));
    return {std::move(section)};
}

Value document_of(const Preset& preset, const TemplateRequest& request) {
    Value::Object root;
    add(root, "path", text_value("rootfs"));
    Value::Object document;
    add(document, "ociVersion", text_value("1.3.0"));
    add(document, "process", process_value(preset));
    add(document, "root", {std::move(root)});
    add(document, "hostname", text_value("oci-rt"));
    add(document, "mounts", mounts_value(preset, request));
    add(document, "linux", linux_value(preset, request));
    return {std::move(document)};
}

// ---- changes ----------------------------------------------------------------------

constexpr std::string_view seccomp_place = "/linux/seccomp";

bool changes_seccomp(std::string_view pointer) {
    if (!pointer.starts_with(seccomp_place)) return false;
    pointer.remove_prefix(seccomp_place.size());
    return pointer.empty() || pointer.starts_with('/');
}

Result<void> apply(Value& document, std::string_view text) {
    Assignment assignment = OCI_TRY(parse_assignment(text));
    return assign(document, std::move(assignment));
}

Result<void> apply(Value& document, std::span<const std::string_view> changes) {
    for (const std::string_view change : changes) OCI_TRY(apply(document, change));
    return {};
}

std::vector<std::string_view> bounding_capabilities(const Value& document) {
    std::vector<std::string_view> names;
    const Value* found = find_below(document, {"process", "capabilities", "bounding"});
    if (found == nullptr) return names;
    if (const auto* list = std::get_if<Value::Array>(&found->content))
        for (const Value& value : *list)
            if (const auto* name = std::get_if<std::string>(&value.content)) names.push_back(*name);
    return names;
}

Result<Value> chosen_profile(const Value& document, const Preset& preset,
                             const TemplateRequest& request) {
    DefaultProfile profile = preset.seccomp;
    switch (request.seccomp) {
        case SeccompSource::Given:
            return explain(read_profile(request.seccomp_text), "the seccomp profile");
        case SeccompSource::None: return Value{};
        case SeccompSource::Default:
            if (profile == DefaultProfile::None) profile = DefaultProfile::Docker;
            break;
        case SeccompSource::Preset: break;
    }
    return seccomp_profile(profile, bounding_capabilities(document), native_machine());
}

/// A section that came with all of /linux by an assignment stays as it is.
Result<void> add_seccomp(Value& document, const Preset& preset, const TemplateRequest& request) {
    if (find_below(document, {"linux", "seccomp"}) != nullptr) return {};
    Value profile = OCI_TRY(chosen_profile(document, preset, request));
    if (std::holds_alternative<std::monostate>(profile.content)) return {};
    return assign(document, {std::string{seccomp_place}, std::move(profile)});
}

/// What changes the profile can be done only after the profile is there, and the
/// profile is made only after everything else is.
Result<void> apply_assignments(Value& document, const Preset& preset,
                               const TemplateRequest& request) {
    std::vector<Assignment> later;
    for (const std::string& text : request.assignments) {
        Assignment assignment = OCI_TRY(parse_assignment(text));
        if (changes_seccomp(assignment.pointer))
            later.push_back(std::move(assignment));
        else
            OCI_TRY(assign(document, std::move(assignment)));
    }
    OCI_TRY(add_seccomp(document, preset, request));
    for (Assignment& assignment : later) OCI_TRY(assign(document, std::move(assignment)));
    return {};
}

}  // namespace

Result<std::string> template_text(const TemplateRequest& request) {
    const Preset* preset = OCI_TRY(find_preset(request.preset));
    Value document = document_of(*preset, request);
    OCI_TRY(apply(document, preset->changes));
    if (!request.rootless) OCI_TRY(apply(document, preset->changes_for_root));
    OCI_TRY(apply_assignments(document, *preset, request));
    std::string text = document_text(document);
    OCI_TRY(read(text));
    return text;
}

}  // namespace oci::spec
