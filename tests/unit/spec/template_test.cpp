// SPDX-License-Identifier: Apache-2.0
#include "spec/template.hpp"

#include <algorithm>

#include "spec/read.hpp"
#include "support/catch.hpp"

namespace {

using oci::NamespaceKind;

oci::Spec template_spec(std::optional<std::pair<uid_t, gid_t>> rootless) {
    auto spec = oci::spec::read(oci::spec::template_text(rootless));
    INFO((spec ? std::string() : spec.error().message));
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
    const oci::Spec spec = template_spec(std::nullopt);
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
    const oci::Capabilities caps = template_spec(std::nullopt).process->capabilities;
    CHECK(caps.bounding.size() == 3);
    CHECK(caps.effective == caps.bounding);
    CHECK(caps.permitted == caps.bounding);
    CHECK(caps.inheritable.empty());
    CHECK(caps.ambient.empty());
}

TEST_CASE("the template denies all devices and isolates six namespaces") {
    const oci::Spec spec = template_spec(std::nullopt);
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
    const auto masked = template_spec(std::nullopt).linux_section.masked_paths;
    for (const char* path : {"/proc/kcore", "/proc/interrupts", "/sys/devices/virtual/powercap",
                             "/sys/devices/system/cpu/cpu0/thermal_throttle"})
        CHECK(has(masked, path));
}

TEST_CASE("the rootless template maps the caller and asks for nothing privileged") {
    const oci::Spec spec = template_spec(std::pair<uid_t, gid_t>{1000, 1001});
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

TEST_CASE("the template is indented by tabs and ends with a newline") {
    const std::string text = oci::spec::template_text(std::nullopt);
    CHECK(text.ends_with("}\n"));
    CHECK(text.find("\n  ") == std::string::npos);
    CHECK(text.find("\n\t\"process\": {\n\t\t\"terminal\": true,\n") != std::string::npos);
}
