// SPDX-License-Identifier: Apache-2.0
#include "image/store/prune.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/explain.hpp"
#include "image/store/containers.hpp"
#include "image/store/images.hpp"
#include "image/store/lease.hpp"
#include "image/store/locked.hpp"
#include "image/store/references.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/text_file.hpp"

namespace oci::image {
namespace {

/// Paths below the store's root that stay.
using Marked = std::set<std::string>;

Result<std::vector<std::string>> names_in(const Store& store, const std::string& path) {
    const UniqueFd directory =
        OCI_TRY(explain(kernel::open_beneath(store.root(), path.c_str(), O_RDONLY | O_DIRECTORY),
                        "cannot open {} of the store", path));
    return explain(kernel::read_directory(directory), "cannot list {} of the store", path);
}

/// Leases are read before the names: a pull first gives the name, then ends its lease.
Result<Marked> mark(const Store& store, const StoreLock& lock) {
    Held held = OCI_TRY(all_held(store, lock));
    const std::vector<std::string> containers = OCI_TRY(container_ids(store));
    for (const std::string& id : containers) {
        const bool is_wanted = OCI_TRY(is_container_wanted(store, id));
        if (!is_wanted) {
            // Its tree may be large: it goes with the other leftovers.
            OCI_TRY(set_container_aside(store, lock, id));
            continue;
        }
        const Held more = OCI_TRY(held_by_container(store, id));
        held.layers.insert(held.layers.end(), more.layers.begin(), more.layers.end());
        held.blobs.insert(held.blobs.end(), more.blobs.begin(), more.blobs.end());
    }
    const std::vector<NamedImage> names = OCI_TRY(references(store));
    for (const NamedImage& each : names)
        OCI_TRY(explain(add_reachable(store, each.descriptor, held.blobs, held.layers),
                        "image {} is damaged: remove it, or fetch it again",
                        each.name.empty() ? each.descriptor.digest.text() : each.name));
    Marked marked;
    for (const Digest& blob : held.blobs) marked.insert(place::blob(blob));
    for (const Digest& layer : held.layers) marked.insert(place::layer(layer));
    return marked;
}

std::uint64_t size_at(const Store& store, const std::string& path) {
    const auto status = kernel::status_of(store.root(), path.c_str());
    if (!status || !S_ISREG(status.value().st_mode)) return 0;
    return static_cast<std::uint64_t>(status.value().st_size);
}

class Sweep {
public:
    Sweep(const Store& store, const Marked& marked) : store_{store}, marked_{marked} {}

    Result<void> blobs() {
        for (const char* algorithm : {"sha256", "sha512"}) {
            const std::string folder = fmt::format("{}/{}", place::blobs, algorithm);
            const std::vector<std::string> names = OCI_TRY(names_in(store_, folder));
            for (const std::string& name : names) {
                const std::string path = fmt::format("{}/{}", folder, name);
                if (marked_.contains(path)) continue;
                pruned_.bytes += size_at(store_, path);
                OCI_TRY(remove_tree(store_.root(), path));
                ++pruned_.blobs;
            }
        }
        return {};
    }

    /// Their trees may be large: they only go out of the way while others wait for the lock.
    Result<void> layers() {
        const std::vector<std::string> names = OCI_TRY(names_in(store_, place::layers));
        for (const std::string& name : names) {
            const std::string path = fmt::format("{}/{}", place::layers, name);
            if (marked_.contains(path)) continue;
            const std::string aside =
                fmt::format("{}/removed-{}-{}", place::temporary, ::getpid(), name);
            OCI_TRY(explain(kernel::rename(store_.root(), path.c_str(), aside.c_str()),
                            "cannot remove {} of the store", path));
            ++pruned_.layers;
        }
        return {};
    }

    Result<void> links() {
        const std::vector<std::string> names = OCI_TRY(names_in(store_, place::links));
        for (const std::string& name : names) {
            const std::string path = fmt::format("{}/{}", place::links, name);
            const auto there = kernel::status_behind(store_.root(), path.c_str());
            if (there || there.error().code != ENOENT) continue;
            OCI_TRY(remove_tree(store_.root(), path));
        }
        return {};
    }

    /// Whatever nobody has locked.
    Result<void> leftovers(const char* folder) {
        const std::vector<std::string> names = OCI_TRY(names_in(store_, folder));
        for (const std::string& name : names) {
            const std::string path = fmt::format("{}/{}", folder, name);
            const bool is_directory = name.starts_with("layer-") || name.starts_with("removed-") ||
                                      name.starts_with("container-");
            const auto locked = OCI_TRY(lock_at(store_.root(), path,
                                                {.of = is_directory ? Of::Directory : Of::File,
                                                 .missing = Missing::Leave,
                                                 .wait = Wait::No}));
            if (!locked) continue;
            pruned_.bytes += size_at(store_, path);
            OCI_TRY(remove_tree(store_.root(), path));
            const bool was_layer =
                name.starts_with("removed-") && name.find("-container-") == std::string::npos;
            if (!was_layer) ++pruned_.leftovers;
        }
        return {};
    }

    [[nodiscard]] const Pruned& pruned() const noexcept { return pruned_; }

private:
    const Store& store_;
    const Marked& marked_;
    Pruned pruned_{};
};

}  // namespace

Result<Pruned> prune(const Store& store) {
    Marked marked;
    Sweep sweep{store, marked};
    {
        const StoreLock lock = OCI_TRY(store.lock());
        marked = OCI_TRY(mark(store, lock));
        OCI_TRY(sweep.blobs());
        OCI_TRY(sweep.layers());
        OCI_TRY(sweep.links());
    }
    OCI_TRY(sweep.leftovers(place::ingest));
    OCI_TRY(sweep.leftovers(place::temporary));
    return sweep.pruned();
}

}  // namespace oci::image
