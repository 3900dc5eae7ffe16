// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"
#include "spec/read_sections.hpp"

namespace oci::spec {

Result<void> read_root_section(const Place& place, Root& root) {
    OCI_TRY(field(place, "path", root.path));
    return field(place, "readonly", root.readonly);
}

Result<void> read_id_mapping(const Place& place, IdMapping& mapping) {
    OCI_TRY(required(place, "containerID", mapping.container_id));
    OCI_TRY(required(place, "hostID", mapping.host_id));
    return required(place, "size", mapping.size);
}

Result<void> read_mount(const Place& place, Mount& mount) {
    OCI_TRY(required(place, "destination", mount.destination));
    if (!mount.destination.empty() && !mount.destination.starts_with('/'))
        log::warning("{}/destination: not absolute, taken as \"/{}\"", place.pointer(),
                     mount.destination);
    OCI_TRY(field(place, "type", mount.type));
    OCI_TRY(field(place, "source", mount.source));
    OCI_TRY(field(place, "options", mount.options));
    OCI_TRY(list(place, "uidMappings", mount.uid_mappings, read_id_mapping));
    return list(place, "gidMappings", mount.gid_mappings, read_id_mapping);
}

}  // namespace oci::spec
