// SPDX-License-Identifier: Apache-2.0
#include "cli/print.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "cli/commit.hpp"
#include "oci-rt/version.hpp"

namespace oci::cli {
namespace {

void write_state(JsonWriter& json, const State& state) {
    json.begin_object();
    json.member("ociVersion", state.oci_version);
    json.member("id", state.id);
    json.member("status", name_of(state.status));
    json.member("pid", state.status == Status::Stopped ? 0 : state.pid);
    json.member("bundle", state.bundle);
    if (!state.annotations.empty()) {
        json.key("annotations").begin_object();
        for (const auto& [name, value] : state.annotations) json.member(name, value);
        json.end_object();
    }
    json.member("rootfs", state.rootfs);
    json.member("created", state.created);
    json.member("owner", state.owner);
    if (!state.started.empty()) json.member("startedAt", state.started);
    if (state.ending) {
        json.member("finishedAt", state.ending->finished);
        json.member("exitCode", state.ending->exit_code);
        if (state.ending->signal != 0) json.member("signal", state.ending->signal);
        json.member("oomKilled", state.ending->oom_killed);
    }
    if (state.device_filter) {
        json.key("deviceFilter").begin_object();
        json.member("attached", state.device_filter->attached);
        if (!state.device_filter->attached) json.member("reason", state.device_filter->reason);
        json.end_object();
    }
    if (state.oom_kills) json.member("oomKills", *state.oom_kills);
    json.end_object();
}

constexpr std::size_t columns = 6;
using Row = std::array<std::string, columns>;

/// Columns on a terminal: UTF-8 continuation bytes take none.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

Row row_of(const State& state) {
    return {state.id,
            std::to_string(state.status == Status::Stopped ? 0 : state.pid),
            std::string{name_of(state.status)},
            escape_for_display(state.bundle),
            state.created,
            escape_for_display(state.owner)};
}

/// Spaced as Go's tabwriter(12, 1, 3, ' ') does: what reads runc's list reads ours.
std::string table_of(const std::vector<Row>& rows) {
    constexpr std::size_t narrowest = 12;
    constexpr std::size_t padding = 3;
    std::array<std::size_t, columns> widths{};
    widths.fill(narrowest);
    for (const Row& row : rows)
        for (std::size_t i = 0; i < columns; ++i)
            widths[i] = std::max(widths[i], width_of(row[i]) + padding);
    std::string out;
    for (const Row& row : rows) {
        for (std::size_t i = 0; i + 1 < columns; ++i)
            out.append(row[i]).append(widths[i] - width_of(row[i]), ' ');
        out.append(row.back()).append("\n");
    }
    return out;
}

std::vector<std::string_view> fields_of(std::string_view line) {
    auto fields = split(line, ' ');
    std::erase(fields, std::string_view{});
    return fields;
}

bool shows_one_of(std::string_view line, std::size_t column, const std::vector<pid_t>& pids) {
    const auto fields = fields_of(line);
    if (fields.size() <= column) return false;
    const auto pid = parse_number<pid_t>(fields[column]);
    return pid && std::ranges::binary_search(pids, *pid);
}

void write_switch(JsonWriter& json, std::string_view name, bool enabled) {
    json.key(name).begin_object().member("enabled", enabled).end_object();
}

void write_seccomp(JsonWriter& json, const SeccompFeatures& seccomp) {
    json.key("seccomp").begin_object().member("enabled", seccomp.enabled);
    if (seccomp.enabled) {
        json.list("actions", seccomp.actions);
        json.list("operators", seccomp.operators);
        json.list("archs", seccomp.architectures);
        json.list("knownFlags", seccomp.known_flags);
        json.list("supportedFlags", seccomp.supported_flags);
    }
    json.end_object();
}

void write_cgroup(JsonWriter& json, const Features& features) {
    json.key("cgroup").begin_object();
    json.member("v1", false);
    json.member("v2", features.cgroup_v2);
    json.member("systemd", features.cgroup_systemd);
    json.member("systemdUser", features.cgroup_systemd_user);
    json.member("rdma", features.cgroup_rdma);
    json.end_object();
}

void write_intel_rdt(JsonWriter& json, const IntelRdtFeatures& rdt) {
    json.key("intelRdt").begin_object().member("enabled", rdt.enabled);
    if (rdt.enabled) {
        json.member("schemata", rdt.schemata);
        json.member("monitoring", rdt.monitoring);
    }
    json.end_object();
}

void write_linux(JsonWriter& json, const Features& features) {
    json.key("linux").begin_object();
    json.list("namespaces", features.namespaces);
    json.list("capabilities", features.capabilities);
    write_cgroup(json, features);
    write_seccomp(json, features.seccomp);
    write_switch(json, "apparmor", features.apparmor);
    write_switch(json, "selinux", features.selinux);
    json.key("memoryPolicy").begin_object();
    json.list("modes", features.memory_policy.modes);
    json.list("flags", features.memory_policy.flags);
    json.end_object();
    write_intel_rdt(json, features.intel_rdt);
    json.key("mountExtensions").begin_object();
    write_switch(json, "idmap", features.idmapped_mounts);
    json.end_object();
    write_switch(json, "netDevices", features.net_devices);
    json.end_object();
}

}  // namespace

std::string state_json(const State& state) {
    std::string out;
    JsonWriter json{out, 2};
    write_state(json, state);
    return out + '\n';
}

std::string list_json(const std::vector<State>& states) {
    if (states.empty()) return "null\n";
    std::string out;
    JsonWriter json{out};
    json.begin_array();
    for (const State& state : states) write_state(json, state);
    json.end_array();
    return out + '\n';
}

std::string list_table(const std::vector<State>& states) {
    std::vector<Row> rows{{"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"}};
    std::ranges::transform(states, std::back_inserter(rows), row_of);
    return table_of(rows);
}

std::string list_ids(const std::vector<State>& states) {
    std::string out;
    for (const State& state : states) out.append(state.id).append("\n");
    return out;
}

std::string pids_json(const std::vector<pid_t>& pids) {
    return fmt::format("[{}]\n", fmt::join(pids, ","));
}

std::optional<std::string> filter_ps(std::string_view printed, const std::vector<pid_t>& pids) {
    const auto lines = split(printed, '\n');
    const auto titles = fields_of(lines.front());
    const auto title = std::ranges::find(titles, "PID");
    if (title == titles.end()) return std::nullopt;
    const auto column = static_cast<std::size_t>(title - titles.begin());
    std::string out{lines.front()};
    out += '\n';
    for (const std::string_view line : lines)
        if (shows_one_of(line, column, pids)) out.append(line).append("\n");
    return out;
}

std::string features_json(const Features& features) {
    std::string out;
    JsonWriter json{out, 4};
    json.begin_object();
    json.member("ociVersionMin", features.oci_version_min);
    json.member("ociVersionMax", features.oci_version_max);
    json.list("hooks", features.hooks);
    json.list("mountOptions", features.mount_options);
    write_linux(json, features);
    json.key("annotations").begin_object();
    for (const auto& [name, value] : features.annotations) json.member(name, value);
    json.end_object();
    json.list("potentiallyUnsafeConfigAnnotations", features.potentially_unsafe_annotations);
    json.end_object();
    return out + '\n';
}

std::string version_text(const Features& features) {
    std::string out =
        fmt::format("oci-rt version {}\ncommit: {}\nspec: {}\n", version, commit, spec_version);
    const auto libseccomp = features.annotations.find("io.github.seccomp.libseccomp.version");
    if (libseccomp != features.annotations.end())
        out += fmt::format("libseccomp: {}\n", libseccomp->second);
    return out;
}

}  // namespace oci::cli
