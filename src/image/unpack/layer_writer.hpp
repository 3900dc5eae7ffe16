// SPDX-License-Identifier: Apache-2.0
//
// layer writer: one entry after the other becomes a file. Each is made anew under a name in an open
// directory, exclusively: nothing that is there already is opened for writing, or followed.
#pragma once

#include "image/unpack/budget.hpp"
#include "image/unpack/directories.hpp"
#include "image/unpack/entry_path.hpp"
#include "image/unpack/tar_reader.hpp"
#include "image/unpack/whiteouts.hpp"

namespace oci::image::unpack {

class LayerWriter {
public:
    LayerWriter(const LayerRequest& request, Budget& budget, Warnings& warnings);

    [[nodiscard]] Result<void> start() { return directories_.start(); }
    /// The reader stands at the entry's content.
    [[nodiscard]] Result<void> apply(const TarEntry& entry, TarReader& reader);
    [[nodiscard]] Result<void> finish() { return directories_.finish(); }

private:
    struct Target;

    [[nodiscard]] Result<void> apply_mark(const TarEntry& entry, const std::string& path,
                                          const Marked& marked);
    [[nodiscard]] Result<void> make(const TarEntry& entry, const std::string& path,
                                    TarReader& reader);
    [[nodiscard]] Result<void> make_root(const TarEntry& entry);
    [[nodiscard]] Result<void> make_directory(const TarEntry& entry, const Target& target);
    [[nodiscard]] Result<void> make_file(const TarEntry& entry, const Target& target,
                                         TarReader& reader);
    [[nodiscard]] Result<void> make_symlink(const TarEntry& entry, const Target& target);
    [[nodiscard]] Result<void> make_node(const TarEntry& entry, const Target& target);
    [[nodiscard]] Result<void> make_hard_link(const TarEntry& entry, const std::string& path);
    [[nodiscard]] Result<void> remove_existing(const Target& target);
    [[nodiscard]] Result<struct stat> find_link_target(Directory& directory,
                                                       const std::string& name,
                                                       const std::string& path);
    [[nodiscard]] Result<void> copy_up(Directory& directory, const std::string& name,
                                       const std::string& path);
    template <typename Make>
    [[nodiscard]] Result<void> make_anew(const Target& target, Make make_it);

    const LayerRequest& request_;
    Budget& budget_;
    Warnings& warnings_;
    LowerLayers lower_;
    Changes changes_{};
    Metadata metadata_;
    Directories directories_;
    Whiteouts whiteouts_;
};

}  // namespace oci::image::unpack
