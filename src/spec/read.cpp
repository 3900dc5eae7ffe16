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
    OCI_TRY(place.settle(read_annotations(place, spec.annotations)));
    return section(place, "linux", spec.linux_section, read_linux_section);
}

/// Sections and properties for Windows, Solaris, z/OS, FreeBSD and virtual machines.
std::vector<std::string> find_foreign(const Place& place) {
    std::vector<std::string> found;
    for (const char* key : {"windows", "solaris", "zos", "freebsd", "vm"})
        if (place.find(key) != nullptr) found.push_back(pointer_step(key));
    const Value* process = place.find("process");
    if (process == nullptr) return found;
    const Place inner(place, "process", *process);
    if (inner.find("commandLine") != nullptr) found.emplace_back("/process/commandLine");
    const Value* user = inner.find("user");
    if (user != nullptr && Place(inner, "user", *user).find("username") != nullptr)
        found.emplace_back("/process/user/username");
    return found;
}

}  // namespace

Examined examine(std::string_view text) {
    Examined result;
    const auto document = parse_json(text);
    if (!document) {
        result.errors.push_back(document.error());
        return result;
    }
    Examination examination;
    const Place place(document.value(), &examination);
    Problems& problems = examination.problems();
    problems.note_unreadable(read_spec(place, result.spec.emplace()));
    validate(*result.spec, problems);
    result.errors = problems.all();
    result.left_out = problems.left_out();
    result.unreadable = problems.unreadable();
    result.foreign = find_foreign(place);
    result.unknown = examination.unknown(document.value());
    return result;
}

Result<Spec> read(std::string_view text) {
    const Value document = OCI_TRY(parse_json(text));
    Spec spec;
    OCI_TRY(read_spec(Place(document), spec));
    Problems problems;
    validate(spec, problems);
    OCI_TRY(problems.first());
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
    Problems problems;
    validate_process(process, "", problems);
    OCI_TRY(problems.first());
    return process;
}

Result<Resources> read_resources(std::string_view text) {
    const Value document = OCI_TRY(parse_json(text));
    Resources resources;
    OCI_TRY(read_resources_section(Place(document), resources));
    Problems problems;
    validate_resources(resources, "", problems);
    OCI_TRY(problems.first());
    return resources;
}

}  // namespace oci::spec
