// SPDX-License-Identifier: Apache-2.0
#include "image/store/store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "base/explain.hpp"
#include "base/path.hpp"
#include "image/store/locked.hpp"
#include "kernel/files.hpp"

namespace oci::image {
namespace {

constexpr std::array directories{place::content,         place::blobs,     "content/blobs/sha256",
                                 "content/blobs/sha512", place::ingest,    place::layers,
                                 place::links,           place::temporary, place::leases};

Result<void> make_directories(const std::string& path) {
    for (const std::string& prefix : leading_paths(path)) {
        const auto made = kernel::make_directory(kernel::here, prefix.c_str(), 0700);
        if (!made && made.error().code != EEXIST) return explain(made, "cannot make {}", prefix);
    }
    return {};
}

Result<UniqueFd> open_root(const std::string& path) {
    UniqueFd root =
        OCI_TRY(explain(kernel::open_at(kernel::here, path.c_str(), O_RDONLY | O_DIRECTORY),
                        "cannot open the store {}", path));
    const struct stat status =
        OCI_TRY(explain(kernel::status_of(root), "cannot look at the store {}", path));
    if (status.st_uid != ::geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return fail(ErrorKind::System,
                    "the store {} must belong to the caller and not be writable for others", path);
    return root;
}

/// oci-layout comes last: where it is, all else is.
Result<void> furnish(const Store& store) {
    if (kernel::status_of(store.root(), place::layout)) return {};
    for (const char* directory : directories) {
        const auto made = kernel::make_directory(store.root(), directory, 0700);
        if (!made && made.error().code != EEXIST)
            return explain(made, "cannot make {}/{}", store.path(), directory);
    }
    const StoreLock lock = OCI_TRY(store.lock());
    if (!kernel::status_of(store.root(), place::index))
        OCI_TRY(write_durably(
            store.root(), place::index,
            R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})"));
    return write_durably(store.root(), place::layout, R"({"imageLayoutVersion":"1.0.0"})");
}

std::string name_in_file(const Digest& digest) {
    return fmt::format("{}-{}", name_of(digest.algorithm()), digest.hex());
}

}  // namespace

std::string default_storage(bool is_root, std::string_view xdg_data_home, std::string_view home) {
    if (is_root) return "/var/lib/oci-rt";
    if (xdg_data_home.starts_with('/')) return join_path(xdg_data_home, "oci-rt");
    if (home.starts_with('/')) return join_path(home, ".local/share/oci-rt");
    return {};
}

Result<Store> Store::open(const std::string& path) {
    if (path.empty())
        return fail(ErrorKind::InvalidConfig,
                    "there is no place for images: neither XDG_DATA_HOME nor HOME is set; "
                    "see --storage");
    auto there = kernel::status_behind(kernel::here, path.c_str());
    if (!there) OCI_TRY(make_directories(path));
    UniqueFd root = OCI_TRY(open_root(path));
    Store store{path, std::move(root)};
    OCI_TRY(furnish(store));
    return store;
}

Result<StoreLock> Store::lock() const {
    auto file = OCI_TRY(lock_at(root_, place::lock, {}));
    return StoreLock{std::move(*file)};
}

namespace place {

std::string blob(const Digest& digest) {
    return fmt::format("{}/{}/{}", blobs, name_of(digest.algorithm()), digest.hex());
}

std::string part(const Digest& digest) {
    return fmt::format("{}/{}.part", ingest, name_in_file(digest));
}

std::string layer(const Digest& chain_id) {
    return fmt::format("{}/{}", layers, name_in_file(chain_id));
}

std::string unfinished_layer(const Digest& chain_id) {
    return fmt::format("{}/layer-{}", temporary, name_in_file(chain_id));
}

}  // namespace place
}  // namespace oci::image
