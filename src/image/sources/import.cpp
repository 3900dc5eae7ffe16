// SPDX-License-Identifier: Apache-2.0
#include "image/sources/import.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/explain.hpp"
#include "image/sources/parts.hpp"
#include "image/store/references.hpp"
#include "kernel/files.hpp"

namespace oci::image {
namespace {

using namespace sources;

Result<std::vector<Imported>> import_archive(const Target& target, UniqueFd file) {
    auto listed = OCI_TRY(list_image_archive(file));
    if (!listed) return import_rootfs(target, file);
    const bool is_layout = listed->contains("oci-layout") && listed->contains("index.json");
    const bool is_docker = listed->contains("manifest.json");
    if (!is_layout && !is_docker) return import_rootfs(target, file);
    ArchiveMembers members{std::move(file), std::move(*listed)};
    return is_layout ? import_layout(target, members) : import_docker_archive(target, members);
}

Result<std::vector<Imported>> import_from(const Target& target) {
    const std::string& path = target.request.path;
    UniqueFd source = OCI_TRY(
        explain(kernel::open_at(kernel::here, path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY),
                "cannot open"));
    const struct stat status = OCI_TRY(explain(kernel::status_of(source), "cannot look at it"));
    if (S_ISREG(status.st_mode)) return import_archive(target, std::move(source));
    if (!S_ISDIR(status.st_mode))
        return fail(ErrorKind::InvalidConfig, "neither a file nor a directory");
    DirectoryMembers members{std::move(source)};
    return import_layout(target, members);
}

}  // namespace

Result<std::vector<Imported>> import_image(const Store& store, const ImportRequest& request) {
    Lease lease = OCI_TRY(Lease::begin(store));
    std::vector<Imported> imported =
        OCI_TRY(explain(import_from({store, lease, request}), "{}", request.path));
    for (const Imported& each : imported) OCI_TRY(set_reference(store, each.name, each.descriptor));
    return imported;
}

}  // namespace oci::image
