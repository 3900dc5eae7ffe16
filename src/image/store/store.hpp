// SPDX-License-Identifier: Apache-2.0
//
// store: the directory in which images are kept: content (an OCI image layout), unpacked layers,
// leases. Whoever is killed at any point leaves nothing that could be taken for complete.
#pragma once

#include <string>
#include <string_view>

#include "image/digest.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::image {

/// Where images are kept unless --storage says so: /var/lib/oci-rt, or for a user
/// $XDG_DATA_HOME/oci-rt. Empty if neither variable names an absolute path.
[[nodiscard]] std::string default_storage(bool is_root, std::string_view xdg_data_home,
                                          std::string_view home);

/// Held over every change of what prune() looks at.
class StoreLock {
public:
    explicit StoreLock(UniqueFd file) : file_{std::move(file)} {}

private:
    UniqueFd file_;
};

class Store {
public:
    /// Made (0700) if missing. System if it belongs to another user or others may write to it.
    [[nodiscard]] static Result<Store> open(const std::string& path);

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    /// All of the store is reached from here, by the paths below.
    [[nodiscard]] FdView root() const noexcept { return root_; }

    /// Waits for other processes.
    [[nodiscard]] Result<StoreLock> lock() const;

private:
    Store(std::string path, UniqueFd root) : path_{std::move(path)}, root_{std::move(root)} {}

    std::string path_;
    UniqueFd root_;
};

namespace place {

inline constexpr const char* content = "content";
inline constexpr const char* layout = "content/oci-layout";
inline constexpr const char* index = "content/index.json";
inline constexpr const char* blobs = "content/blobs";
inline constexpr const char* ingest = "content/ingest";
inline constexpr const char* layers = "layers";
inline constexpr const char* links = "l";
inline constexpr const char* temporary = "tmp";
inline constexpr const char* leases = "leases";
inline constexpr const char* lock = "lock";

/// "content/blobs/sha256/…"
[[nodiscard]] std::string blob(const Digest& digest);
/// "content/ingest/sha256-….part"
[[nodiscard]] std::string part(const Digest& digest);
/// "layers/sha256-…": without the ":" that parts the directories of an overlay mount.
[[nodiscard]] std::string layer(const Digest& chain_id);
/// "tmp/layer-sha256-…"
[[nodiscard]] std::string unfinished_layer(const Digest& chain_id);

}  // namespace place
}  // namespace oci::image
