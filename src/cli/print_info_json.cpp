// SPDX-License-Identifier: Apache-2.0
#include "base/json_writer.hpp"
#include "cli/info_words.hpp"
#include "cli/print_findings.hpp"
#include "cli/print_info.hpp"

namespace oci::cli {
namespace {

void write_caller(JsonWriter& json, const HostInfo& host) {
    json.key("user").begin_object();
    json.member("uid", host.user.uid);
    json.member("name", host.user.name);
    json.member("isHostRoot", host.user.is_host_root);
    json.member("inInitialUserNamespace", host.user.in_initial_user_namespace);
    json.end_object();
    json.key("stateRoot").begin_object();
    json.member("path", host.state_root.path);
    json.member("writable", host.state_root.writable);
    json.member("detail", host.state_root.detail);
    json.end_object();
}

void write_kernel(JsonWriter& json, const KernelInfo& kernel) {
    json.key("kernel").begin_object();
    json.member("release", kernel.release);
    json.member("machine", kernel.machine);
    json.key("features").begin_object();
    for (const KernelFeature& feature : kernel.features) {
        json.key(feature.name).begin_object();
        json.member("available", feature.available);
        json.member("required", feature.need == KernelNeed::Always);
        json.member("detail", feature.detail);
        json.end_object();
    }
    json.end_object().end_object();
}

void write_cgroup(JsonWriter& json, const CgroupInfo& cgroup) {
    json.key("cgroup").begin_object();
    json.member("layout", name_of(cgroup.layout));
    json.member("mountPoint", cgroup.mount_point);
    json.list("controllers", cgroup.controllers);
    json.list("legacyControllers", cgroup.legacy_controllers);
    json.member("own", cgroup.own);
    json.member("canMakeChildren", cgroup.can_make_children);
    json.member("delegation", cgroup.delegation);
    json.list("delegatedControllers", cgroup.delegated);
    json.end_object();
}

void write_systemd(JsonWriter& json, const SystemdInfo& systemd) {
    json.key("systemd").begin_object();
    json.member("running", systemd.running);
    json.member("version", systemd.version);
    json.member("userBus", systemd.user_bus);
    json.end_object();
}

void write_optional(JsonWriter& json, std::string_view name, const std::optional<bool>& value) {
    json.key(name);
    if (value)
        json.value(*value);
    else
        json.null();
}

void write_user_namespaces(JsonWriter& json, const UserNamespaceInfo& info) {
    json.key("userNamespaces").begin_object();
    json.member("available", info.available);
    json.member("detail", info.detail);
    write_optional(json, "unprivileged", info.unprivileged);
    write_optional(json, "restrictedByAppArmor", info.restricted_by_apparmor);
    json.key("limits").begin_object();
    for (const auto& [name, most] : info.limits) json.member(name, most);
    json.end_object().end_object();
}

void write_ranges(JsonWriter& json, std::string_view name, const std::vector<IdRange>& ranges) {
    json.key(name).begin_array();
    for (const IdRange& range : ranges) {
        json.begin_object();
        json.member("first", range.first);
        json.member("count", range.count);
        json.end_object();
    }
    json.end_array();
}

void write_subordinate_ids(JsonWriter& json, const SubordinateIds& ids) {
    json.key("subordinateIds").begin_object();
    write_ranges(json, "uids", ids.uids);
    write_ranges(json, "gids", ids.gids);
    json.key("helpers").begin_object();
    for (const IdMapHelper& helper : ids.helpers) {
        json.key(helper.name).begin_object();
        json.member("path", helper.path);
        json.member("privileged", helper.privileged);
        json.end_object();
    }
    json.end_object().end_object();
}

void write_security(JsonWriter& json, const HostInfo& host) {
    json.key("seccomp").begin_object();
    json.member("available", host.seccomp.available);
    json.member("confined", host.seccomp.confined);
    json.member("libseccomp", host.seccomp.library);
    json.list("actions", host.seccomp.actions);
    json.end_object();
    json.key("security").begin_object();
    json.list("modules", host.security.modules);
    json.member("apparmor", host.security.apparmor);
    json.member("selinux", host.security.selinux);
    json.member("selinuxEnforcing", host.security.selinux_enforcing);
    json.end_object();
}

void write_extras(JsonWriter& json, const HostInfo& host) {
    json.key("criu").begin_object();
    json.member("path", host.criu.path);
    json.member("version", host.criu.version);
    json.end_object();
    json.key("resctrl").begin_object();
    json.member("supported", host.resctrl.supported);
    json.member("mountPoint", host.resctrl.mount_point);
    json.end_object();
}

}  // namespace

std::string info_json(const Info& info) {
    const HostInfo& host = info.host;
    std::string out;
    JsonWriter json{out, 2};
    json.begin_object();
    json.member("distribution", host.distribution.name);
    write_caller(json, host);
    write_kernel(json, host.kernel);
    write_cgroup(json, host.cgroup);
    write_systemd(json, host.systemd);
    write_user_namespaces(json, host.user_namespaces);
    write_subordinate_ids(json, host.subordinate_ids);
    write_security(json, host);
    write_extras(json, host);
    json.key("findings");
    write_findings(json, info.findings);
    json.end_object();
    return out + '\n';
}

}  // namespace oci::cli
