// SPDX-License-Identifier: Apache-2.0
#include "spec/read.hpp"

#include "spec/place.hpp"
#include "spec/read_sections.hpp"
#include "spec/validate.hpp"

namespace oci::spec {
namespace {

Result<void> read_annotations(const Place& place, std::map<std::string, std::string>& out) {
    std::vector<std::pair<std::string, std::string>> entries;
    OCI_TRY(text_members(place, "annotations", entries));
    for (auto& [key, value] : entries) out.emplace(std::move(key), std::move(value));
    return {};
}

Result<void> read_spec(const Place& place, Spec& spec) {
    OCI_TRY(field(place, "ociVersion", spec.oci_version));
    OCI_TRY(optional_section(place, "process", spec.process, read_process_section));
    OCI_TRY(section(place, "root", spec.root, read_root_section));
    OCI_TRY(field(place, "hostname", spec.hostname));
    OCI_TRY(field(place, "domainname", spec.domainname));
    OCI_TRY(list(place, "mounts", spec.mounts, read_mount));
    OCI_TRY(section(place, "hooks", spec.hooks, read_hooks_section));
    OCI_TRY(read_annotations(place, spec.annotations));
    return section(place, "linux", spec.linux_section, read_linux_section);
}

}  // namespace

Result<Spec> read(std::string_view text) {
    const Value document = OCI_TRY(parse_json(text));
    Spec spec;
    OCI_TRY(read_spec(Place(document), spec));
    OCI_TRY(validate(spec));
    return spec;
}

Result<Process> read_process(std::string_view text, const Process& container) {
    const Value document = OCI_TRY(parse_json(text));
    const Place place(document);
    Process process;
    OCI_TRY(read_process_section(place, process));
    if (place.find("user") == nullptr) process.user = container.user;
    if (place.find("capabilities") == nullptr) process.capabilities = container.capabilities;
    if (place.find("apparmorProfile") == nullptr)
        process.apparmor_profile = container.apparmor_profile;
    if (place.find("selinuxLabel") == nullptr) process.selinux_label = container.selinux_label;
    OCI_TRY(validate_process(process, ""));
    return process;
}

Result<Resources> read_resources(std::string_view text) {
    const Value document = OCI_TRY(parse_json(text));
    Resources resources;
    OCI_TRY(read_resources_section(Place(document), resources));
    OCI_TRY(validate_resources(resources, ""));
    return resources;
}

}  // namespace oci::spec
