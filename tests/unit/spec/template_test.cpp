// SPDX-License-Identifier: Apache-2.0
#include "spec/template.hpp"

#include <algorithm>

#include "spec/read.hpp"
#include "support/catch.hpp"

namespace {

using oci::NamespaceKind;

using oci::spec::SeccompSource;
using oci::spec::TemplateRequest;

constexpr std::string_view presets[] = {"docker", "podman", "kubernetes"};

TemplateRequest preset(std::string_view name) {
    TemplateRequest request;
    request.preset = name;
    return request;
}

TemplateRequest rootless(TemplateRequest request = {}) {
    request.rootless = {.uids = {{0, 1000, 1}}, .gids = {{0, 1001, 1}}};
    return request;
}

TemplateRequest with(TemplateRequest request, std::vector<std::string> assignments) {
    request.assignments = std::move(assignments);
    return request;
}

std::string text_of(const TemplateRequest& request) {
    auto text = oci::spec::template_text(request);
    INFO((text ? std::string() : text.error().message));
    REQUIRE(text);
    return std::move(text).value();
}

std::string refusal(const TemplateRequest& request) {
    const auto text = oci::spec::template_text(request);
    return text ? "accepted" : text.error().message;
}

oci::Spec template_spec(const TemplateRequest& request = {}) {
    auto spec = oci::spec::read(text_of(request));
    REQUIRE(spec);
    return std::move(spec).value();
}

const oci::Mount& mount_at(const oci::Spec& spec, std::string_view destination) {
    const auto found = std::ranges::find(spec.mounts, destination, &oci::Mount::destination);
    REQUIRE(found != spec.mounts.end());
    return *found;
}

bool has(const std::vector<std::string>& words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
}

}  // namespace

TEST_CASE("the template is a valid spec that runs a shell on a terminal") {
    const oci::Spec spec = template_spec();
    CHECK(spec.oci_version == "1.3.0");
    CHECK(spec.process->args == std::vector<std::string>{"sh"});
    CHECK(spec.process->terminal);
    CHECK(spec.process->no_new_privileges);
    CHECK(spec.root.path == "rootfs");
    CHECK(spec.root.readonly);
    CHECK(spec.hostname == "oci-rt");
    CHECK(spec.mounts.size() == 7);
}

TEST_CASE("the template gives three capabilities, none inheritable or ambient") {
    const oci::Capabilities caps = template_spec().process->capabilities;
    CHECK(caps.bounding.size() == 3);
    CHECK(caps.effective == caps.bounding);
    CHECK(caps.permitted == caps.bounding);
    CHECK(caps.inheritable.empty());
    CHECK(caps.ambient.empty());
}

TEST_CASE("the template denies all devices and isolates six namespaces") {
    const oci::Spec spec = template_spec();
    REQUIRE(spec.linux_section.resources.devices);
    REQUIRE(spec.linux_section.resources.devices->size() == 1);
    CHECK_FALSE(spec.linux_section.resources.devices->front().allow);
    CHECK(spec.linux_section.namespaces.size() == 6);
    CHECK(oci::find_namespace(spec, NamespaceKind::Network) != nullptr);
    CHECK(oci::find_namespace(spec, NamespaceKind::User) == nullptr);
    CHECK(has(mount_at(spec, "/dev/pts").options, "gid=5"));
    CHECK(has(mount_at(spec, "/sys/fs/cgroup").options, "ro"));
}

TEST_CASE("the template masks what tells about the host") {
    const auto masked = template_spec().linux_section.masked_paths;
    for (const char* path : {"/proc/kcore", "/proc/interrupts", "/sys/devices/virtual/powercap",
                             "/sys/devices/system/cpu/cpu0/thermal_throttle"})
        CHECK(has(masked, path));
}

TEST_CASE("the rootless template maps the caller and asks for nothing privileged") {
    const oci::Spec spec = template_spec(rootless());
    REQUIRE(spec.linux_section.uid_mappings.size() == 1);
    CHECK(spec.linux_section.uid_mappings[0].host_id == 1000);
    CHECK(spec.linux_section.gid_mappings[0].host_id == 1001);
    CHECK(spec.linux_section.gid_mappings[0].size == 1);
    CHECK(oci::find_namespace(spec, NamespaceKind::User) != nullptr);
    CHECK(oci::find_namespace(spec, NamespaceKind::Network) == nullptr);
    CHECK_FALSE(has(mount_at(spec, "/dev/pts").options, "gid=5"));
    CHECK(has(mount_at(spec, "/sys").options, "rbind"));
    CHECK_FALSE(spec.linux_section.resources.devices);
}

TEST_CASE("the rootless template maps what is granted, and the tty group if it is among it") {
    TemplateRequest request;
    request.rootless = {.uids = {{0, 1000, 1}, {1, 100000, 65536}},
                        .gids = {{0, 1001, 1}, {1, 200000, 65536}}};
    const oci::Spec spec = template_spec(request);
    REQUIRE(spec.linux_section.uid_mappings.size() == 2);
    CHECK(spec.linux_section.uid_mappings[1].container_id == 1);
    CHECK(spec.linux_section.gid_mappings[1].host_id == 200000);
    CHECK(spec.linux_section.gid_mappings[1].size == 65536);
    CHECK(has(mount_at(spec, "/dev/pts").options, "gid=5"));
}

TEST_CASE("the template masks the thermal throttle of each processor") {
    TemplateRequest request;
    request.processors = 3;
    const auto masked = template_spec(request).linux_section.masked_paths;
    CHECK(has(masked, "/sys/devices/system/cpu/cpu2/thermal_throttle"));
    CHECK_FALSE(has(masked, "/sys/devices/system/cpu/cpu3/thermal_throttle"));
}

TEST_CASE("the template is indented by tabs and ends with a newline") {
    const std::string text = text_of({});
    CHECK(text.ends_with("}\n"));
    CHECK(text.find("\n  ") == std::string::npos);
    CHECK(text.find("\n\t\"process\": {\n\t\t\"terminal\": true,\n") != std::string::npos);
}

// ---- presets ----------------------------------------------------------------------

TEST_CASE("each preset is a valid spec, also for a user") {
    for (const std::string_view name : presets) {
        INFO(name);
        const oci::Spec spec = template_spec(preset(name));
        CHECK(spec.mounts.size() == 7);
        CHECK(spec.linux_section.namespaces.size() == 6);
        CHECK(spec.linux_section.seccomp);
        CHECK_FALSE(spec.root.readonly);
        CHECK_FALSE(spec.process->no_new_privileges);
        CHECK(spec.process->capabilities.ambient.empty());

        const oci::Spec user = template_spec(rootless(preset(name)));
        CHECK(oci::find_namespace(user, NamespaceKind::User) != nullptr);
        CHECK(oci::find_namespace(user, NamespaceKind::Network) == nullptr);
        CHECK(user.linux_section.uid_mappings.at(0).host_id == 1000);
        CHECK(user.linux_section.sysctl.empty());
        CHECK_FALSE(user.linux_section.resources.devices);
        CHECK(user.process->rlimits.empty());
        CHECK(user.process->user.additional_gids.empty());
        CHECK_FALSE(has(mount_at(user, "/dev/pts").options, "gid=5"));
        CHECK(user.process->capabilities.bounding == spec.process->capabilities.bounding);
        CHECK(user.linux_section.seccomp);
    }
}

TEST_CASE("docker gives 14 capabilities and 8 rules for devices, in their order") {
    const oci::Spec spec = template_spec(preset("docker"));
    CHECK(spec.process->capabilities.bounding.size() == 14);
    CHECK(spec.process->oom_score_adj == 0);
    CHECK(spec.linux_section.sysctl.size() == 2);
    REQUIRE(spec.linux_section.resources.devices);
    CHECK(spec.linux_section.resources.devices->size() == 8);
    CHECK_FALSE(spec.linux_section.resources.devices->front().allow);
    CHECK_FALSE(spec.linux_section.resources.devices->back().allow);
    CHECK(has(spec.linux_section.masked_paths, "/proc/asound"));
}

TEST_CASE("podman gives 11 capabilities, many files, and /proc/asound to read") {
    const oci::Spec spec = template_spec(preset("podman"));
    CHECK(spec.process->capabilities.bounding.size() == 11);
    CHECK(spec.process->user.umask == 18U);
    CHECK(spec.process->rlimits.size() == 2);
    CHECK(spec.process->rlimits.at(0).hard == 1048576);
    CHECK(has(spec.process->env, "container=podman"));
    CHECK(spec.linux_section.resources.pids_limit == 2048);
    CHECK(has(spec.linux_section.readonly_paths, "/proc/asound"));
    CHECK_FALSE(has(spec.linux_section.masked_paths, "/proc/asound"));
    CHECK(has(mount_at(spec, "/dev").options, "noexec"));
}

TEST_CASE("kubernetes gives a container that is the first to go") {
    const oci::Spec spec = template_spec(preset("kubernetes"));
    CHECK(spec.process->capabilities.bounding.size() == 14);
    CHECK(spec.process->oom_score_adj == 1000);
    CHECK(spec.linux_section.resources.cpu.shares == 2U);
    CHECK(template_spec(rootless(preset("kubernetes"))).process->oom_score_adj == 1000);
}

TEST_CASE("an unknown preset is refused") {
    CHECK(refusal(preset("lxc")).starts_with("preset: unknown value \"lxc\""));
}

// ---- assignments -------------------------------------------------------------------

TEST_CASE("assignments change the template in their order") {
    const oci::Spec spec = template_spec(with(
        {}, {R"(/hostname="one")", R"(/hostname="two")", R"(/process/args=["true"])",
             R"(/process/env/-="A=B")", "/process/terminal=false", R"(/annotations/a~1b="c")"}));
    CHECK(spec.hostname == "two");
    CHECK(spec.process->args == std::vector<std::string>{"true"});
    CHECK(spec.process->env.back() == "A=B");
    CHECK_FALSE(spec.process->terminal);
    CHECK(spec.annotations.at("a/b") == "c");
}

TEST_CASE("what the reader refuses is refused") {
    CHECK(refusal(with({}, {"/hostname=7"})) == "/hostname: must be a string (is 7)");
    CHECK(refusal(with({}, {R"(/linux/namespaces/-={"type":"nwt"})"}))
              .starts_with("/linux/namespaces/6/type: unknown value"));
    CHECK(refusal(with({}, {"/process/cwd=null"})).find("cwd") != std::string::npos);
    CHECK(refusal(with({}, {"=[]"})) == "/: must be an object");
    CHECK(refusal(with({}, {"hostname=7"})).starts_with("cannot set hostname: "));
}

// ---- seccomp -------------------------------------------------------------------------

TEST_CASE("the profile follows the capabilities that assignments leave") {
    const auto names = [](const oci::Spec& spec) {
        std::vector<std::string> all;
        for (const oci::SeccompRule& rule : spec.linux_section.seccomp->rules)
            all.insert(all.end(), rule.names.begin(), rule.names.end());
        return all;
    };
    CHECK(has(names(template_spec(preset("docker"))), "chroot"));
    CHECK_FALSE(has(names(template_spec(preset("docker"))), "mount"));
    const oci::Spec admin = template_spec(
        with(preset("docker"), {R"(/process/capabilities/bounding/-="CAP_SYS_ADMIN")"}));
    CHECK(has(names(admin), "mount"));
}

TEST_CASE("assignments change the profile too") {
    const auto seccomp = [](std::vector<std::string> assignments) {
        return template_spec(with(preset("docker"), std::move(assignments))).linux_section.seccomp;
    };
    CHECK(seccomp({"/linux/seccomp/defaultErrnoRet=99"})->default_errno_ret == 99U);
    CHECK_FALSE(seccomp({"/linux/seccomp=null"}));
    CHECK(seccomp({R"(/linux/seccomp={"defaultAction":"SCMP_ACT_LOG"})"})->rules.empty());
    CHECK(seccomp({R"(/linux={"namespaces":[{"type":"mount"},{"type":"uts"}],)"
                   R"("seccomp":{"defaultAction":"SCMP_ACT_LOG"}})"})
              ->rules.empty());
}

TEST_CASE("the profile is chosen apart from the preset") {
    TemplateRequest request;
    CHECK_FALSE(template_spec(request).linux_section.seccomp);
    request.seccomp = SeccompSource::Default;
    CHECK(template_spec(request).linux_section.seccomp->default_errno_ret == 1U);
    request.preset = "podman";
    CHECK(template_spec(request).linux_section.seccomp->default_errno_ret == 38U);
    request.seccomp = SeccompSource::None;
    CHECK_FALSE(template_spec(request).linux_section.seccomp);
    request.seccomp = SeccompSource::Given;
    request.seccomp_text = R"({"defaultAction":"SCMP_ACT_LOG"})";
    CHECK(template_spec(request).linux_section.seccomp->default_action == oci::SeccompAction::Log);
    request.seccomp_text = R"({"archMap":[]})";
    CHECK(refusal(request).starts_with("the seccomp profile: /archMap: "));
    request.seccomp_text = R"({"defaultAction":"SCMP_ACT_NONE"})";
    CHECK(refusal(request).starts_with("/linux/seccomp/defaultAction: "));
}
