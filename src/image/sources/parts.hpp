// SPDX-License-Identifier: Apache-2.0
//
// parts: the kinds of sources, and what they have in common.
#pragma once

#include <string_view>

#include "image/sources/import.hpp"
#include "image/sources/members.hpp"

namespace oci::image::sources {

inline constexpr std::string_view manifest_type = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view config_type = "application/vnd.oci.image.config.v1+json";

/// What of a blob's first bytes says how it is compressed: one of the layer media types of the
/// specification, or for another compression an empty text.
[[nodiscard]] std::string_view layer_type(std::string_view first_bytes) noexcept;

/// What every source needs.
struct Target {
    const Store& store;
    Lease& lease;
    const ImportRequest& request;
};

/// A blob of known digest, held by the lease.
[[nodiscard]] Result<void> copy_blob(const Target& target, const Descriptor& descriptor,
                                     ByteSource& content);

/// Writes a manifest of a configuration and layers that are in the store.
[[nodiscard]] Result<Descriptor> put_manifest(const Target& target, const std::string& config,
                                              const std::vector<Descriptor>& layers);

[[nodiscard]] Result<std::vector<Imported>> import_layout(const Target& target, Members& members);
[[nodiscard]] Result<std::vector<Imported>> import_docker_archive(const Target& target,
                                                                  Members& members);
[[nodiscard]] Result<std::vector<Imported>> import_rootfs(const Target& target, FdView file);

}  // namespace oci::image::sources
