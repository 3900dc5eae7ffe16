// SPDX-License-Identifier: Apache-2.0
#include "image/run/config.hpp"

#include <algorithm>

#include "base/explain.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "spec/document.hpp"
#include "spec/presets.hpp"
#include "spec/read.hpp"

namespace oci::image::run {
namespace {

using spec::Value;

constexpr std::string_view all = "ALL";

/// Of Linux 5.9 and later.
constexpr std::string_view all_capabilities =
    "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE "
    "NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO "
    "SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME "
    "SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG "
    "WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE";

/// The runtime would leave out what it does not know; who wrote it may believe it to be there.
Result<void> check_capability(std::string_view name) {
    if (name == all) return {};
    const auto known = split(all_capabilities, ' ');
    constexpr std::string_view prefix = "CAP_";
    if (std::ranges::count(known, name.substr(std::min(name.size(), prefix.size()))) > 0) return {};
    return fail(ErrorKind::InvalidConfig, "there is no capability {}", name);
}

/// A key as a step of a JSON pointer (RFC 6901).
std::string pointer_key(std::string_view key) {
    std::string step;
    for (const char c : key) {
        if (c == '~')
            step += "~0";
        else if (c == '/')
            step += "~1";
        else
            step += c;
    }
    return step;
}

/// The default of one mode is another's exception: so the whole list is written.
std::string namespaces_text(const Options& options, bool in_user_namespace) {
    std::vector<std::string_view> kinds{"pid", "ipc", "uts", "mount", "cgroup"};
    if (options.network != Network::Host) kinds.emplace_back("network");
    if (in_user_namespace) kinds.emplace_back("user");
    std::string text;
    JsonWriter json{text};
    json.begin_array();
    for (const std::string_view kind : kinds) json.begin_object().member("type", kind).end_object();
    json.end_array();
    return text;
}

/// A slice is systemd's word for a group of groups.
std::string cgroup_of(const std::string& parent, const std::string& id) {
    if (parent.ends_with(".slice")) return fmt::format("{}:oci-rt:{}", parent, id);
    return fmt::format("{}{}/{}", parent.starts_with('/') ? "" : "/", parent, id);
}

void add_limits(const Options& options, std::vector<std::string>& out) {
    const auto put = [&](std::string_view pointer, const auto& value) {
        if (value) out.push_back(fmt::format("/linux/resources/{}={}", pointer, *value));
    };
    constexpr std::uint64_t period = 100'000;  // microseconds
    put("memory/limit", options.memory);
    put("memory/swap", options.memory_and_swap);
    put("cpu/quota", options.processor_quota);
    if (options.processor_quota) put("cpu/period", std::optional{period});
    put("cpu/shares", options.processor_shares);
    put("pids/limit", options.processes);
}

void add_ulimits(const Options& options, std::vector<std::string>& out) {
    if (options.ulimits.empty()) return;
    std::string text;
    JsonWriter json{text};
    json.begin_array();
    for (const Ulimit& limit : options.ulimits) {
        json.begin_object().member("type", limit.name);
        json.member("soft", limit.soft).member("hard", limit.hard).end_object();
    }
    json.end_array();
    out.push_back("/process/rlimits=" + text);
}

std::string device_text(const HostDevice& device) {
    std::string text;
    JsonWriter json{text};
    json.begin_object().member("path", device.path);
    json.member("type", std::string_view{&device.kind, 1});
    json.member("major", device.major).member("minor", device.minor);
    json.member("fileMode", device.mode).member("uid", device.uid).member("gid", device.gid);
    json.end_object();
    return text;
}

std::string rule_text(const HostDevice& device) {
    std::string text;
    JsonWriter json{text};
    json.begin_object().member("allow", true);
    json.member("type", std::string_view{&device.kind, 1});
    json.member("major", device.major).member("minor", device.minor);
    json.member("access", device.rights).end_object();
    return text;
}

void add_devices(const Options& options, const Situation& situation,
                 std::vector<std::string>& out) {
    std::vector<std::string> devices;
    for (const HostDevice& device : situation.devices) {
        devices.push_back(device_text(device));
        if (!options.privileged) out.push_back("/linux/resources/devices/-=" + rule_text(device));
    }
    if (!devices.empty())
        out.push_back(fmt::format("/linux/devices=[{}]", fmt::join(devices, ",")));
    if (options.privileged && !situation.in_user_namespace)
        out.emplace_back(R"(/linux/resources/devices=[{"allow":true,"access":"rwm"}])");
}

void add_security(const Options& options, std::vector<std::string>& out) {
    if (options.no_new_privileges) out.emplace_back("/process/noNewPrivileges=true");
    if (!options.apparmor.empty() && options.apparmor != "unconfined")
        out.push_back("/process/apparmorProfile=" + json_quoted(options.apparmor));
    if (!options.selinux.empty())
        out.push_back("/process/selinuxLabel=" + json_quoted(options.selinux));
    if (options.read_only) out.emplace_back("/root/readonly=true");
    if (!options.privileged) return;
    out.emplace_back("/linux/maskedPaths=null");
    out.emplace_back("/linux/readonlyPaths=null");
}

std::string destination_of(const Value& mount) {
    const Value* found = spec::find_below(mount, {"destination"});
    if (found == nullptr) return {};
    const auto* text = std::get_if<std::string>(&found->content);
    return text == nullptr ? std::string{} : *text;
}

Value array_of(const std::vector<std::string>& words) {
    Value::Array array;
    for (const std::string& word : words) array.push_back(spec::text_value(word));
    return {std::move(array)};
}

Value value_of(const ExtraMount& mount) {
    Value::Object object;
    spec::add(object, "destination", spec::text_value(mount.path));
    spec::add(object, "type", spec::text_value(mount.type));
    spec::add(object, "source", spec::text_value(mount.source));
    spec::add(object, "options", array_of(mount.options));
    return {std::move(object)};
}

void make_writable(Value& mount) {
    auto* object = std::get_if<Value::Object>(&mount.content);
    if (object == nullptr) return;
    for (spec::Member& member : *object) {
        auto* options = std::get_if<Value::Array>(&member.value.content);
        if (member.key != "options" || options == nullptr) continue;
        std::erase_if(*options, [](const Value& each) {
            const auto* word = std::get_if<std::string>(&each.content);
            return word != nullptr && *word == "ro";
        });
    }
}

Value::Array* mounts_in(Value& document) {
    auto* object = std::get_if<Value::Object>(&document.content);
    if (object == nullptr) return nullptr;
    for (spec::Member& member : *object)
        if (member.key == "mounts") return std::get_if<Value::Array>(&member.value.content);
    return nullptr;
}

}  // namespace

Result<std::vector<std::string>> capabilities_of(const Options& options) {
    for (const std::string& each : options.added_capabilities)
        OCI_TRY(explain(check_capability(each), "--cap-add"));
    for (const std::string& each : options.dropped_capabilities)
        OCI_TRY(explain(check_capability(each), "--cap-drop"));
    const spec::Preset* preset = OCI_TRY(spec::find_preset("docker"));
    const auto says_all = [](const std::vector<std::string>& names) {
        return std::ranges::count(names, all) > 0;
    };
    std::vector<std::string> names;
    if (says_all(options.dropped_capabilities)) {
        // those that are added are all there will be
    } else if (options.privileged || says_all(options.added_capabilities)) {
        for (const std::string_view each : split(all_capabilities, ' '))
            names.push_back("CAP_" + std::string{each});
    } else {
        for (const std::string_view each : split(preset->capabilities, ' '))
            names.push_back("CAP_" + std::string{each});
    }
    for (const std::string& each : options.added_capabilities)
        if (each != all && std::ranges::count(names, each) == 0) names.push_back(each);
    for (const std::string& each : options.dropped_capabilities) std::erase(names, each);
    return names;
}

Result<std::vector<std::string>> assignments_of(const Options& options,
                                                const Situation& situation) {
    std::vector<std::string> out;
    out.push_back("/linux/namespaces=" + namespaces_text(options, situation.in_user_namespace));
    // Those of the preset are about a network of one's own.
    if (options.network == Network::Host && !situation.in_user_namespace)
        out.emplace_back("/linux/sysctl=null");
    const std::vector<std::string> capabilities = OCI_TRY(capabilities_of(options));
    for (const std::string_view set : {"bounding", "effective", "permitted"})
        out.push_back(fmt::format("/process/capabilities/{}={}", set, json_list(capabilities)));
    if (!options.cgroup_parent.empty())
        out.push_back("/linux/cgroupsPath=" +
                      json_quoted(cgroup_of(options.cgroup_parent, situation.id)));
    add_limits(options, out);
    add_ulimits(options, out);
    add_devices(options, situation, out);
    add_security(options, out);
    for (const auto& [key, value] : options.annotations)
        out.push_back(fmt::format("/annotations/{}={}", pointer_key(key), json_quoted(value)));
    return out;
}

Result<std::string> with_mounts(std::string_view config, std::vector<ExtraMount> mounts,
                                bool is_privileged) {
    Value document = OCI_TRY(spec::parse_json(config));
    Value::Array* list = mounts_in(document);
    if (list == nullptr) return fail(ErrorKind::System, "the configuration has no mounts");
    if (is_privileged) std::ranges::for_each(*list, make_writable);
    // The later of two at one place is the one that was asked for.
    for (std::size_t i = 0; i < mounts.size(); ++i) {
        std::erase_if(*list,
                      [&](const Value& each) { return destination_of(each) == mounts[i].path; });
        for (std::size_t j = i + 1; j < mounts.size(); ++j)
            if (mounts[j].path == mounts[i].path) mounts[i].path.clear();
    }
    std::erase_if(mounts, [](const ExtraMount& each) { return each.path.empty(); });
    std::stable_sort(mounts.begin(), mounts.end(), [](const ExtraMount& a, const ExtraMount& b) {
        return std::ranges::count(a.path, '/') < std::ranges::count(b.path, '/');
    });
    for (const ExtraMount& mount : mounts) list->push_back(value_of(mount));
    std::string text = spec::document_text(document);
    OCI_TRY(spec::read(text));
    return text;
}

}  // namespace oci::image::run
