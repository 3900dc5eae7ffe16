// SPDX-License-Identifier: Apache-2.0
//
// directories: the directories of the tree that is written, opened one component after the other
// without ever following a symlink: those are read and resolved here, against the tree's own root
// and what the layers below show. The last few stay open; a directory gets its times when it is
// closed, so that what is put into it does not change them.
#pragma once

#include <list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "image/unpack/changes.hpp"
#include "image/unpack/lower_layers.hpp"
#include "image/unpack/metadata.hpp"

namespace oci::image::unpack {

struct Directory {
    UniqueFd fd;
    std::string path{};         ///< Real: no symlink in it.
    kernel::FileTimes times{};  ///< To have in the end.
    bool touched = false;       ///< Something was put into it, or taken out.
};

enum class Missing : unsigned char { Make, Ignore };

class Directories {
public:
    Directories(const LayerRequest& request, const LowerLayers& lower, Metadata& metadata,
                Changes& changes)
        : request_{request}, lower_{lower}, metadata_{metadata}, changes_{changes} {}

    /// Opens the root; that of an overlay gets what the layer below has, or 0755.
    [[nodiscard]] Result<void> start();

    /// A clean path of the layer. Valid until the next call of open(), enter() or forget(). With
    /// Missing::Ignore, nullptr if it is neither here nor below. What is below is made here.
    [[nodiscard]] Result<Directory*> open(std::string_view path, Missing missing = Missing::Make);

    /// A directory in another one, that is there.
    [[nodiscard]] Result<Directory*> enter(Directory& parent, std::string_view name);

    /// A directory has been removed, and all below.
    void forget(std::string_view path);

    /// Sets all times that are not yet.
    [[nodiscard]] Result<void> finish();

    /// Overlay: nothing of the layers below is seen through it from now on.
    [[nodiscard]] Result<void> make_opaque(Directory& directory);

private:
    struct Walk;
    enum class Step : unsigned char { Entered, Followed, Absent };

    [[nodiscard]] Directory* cached(std::string_view path);
    [[nodiscard]] Result<Step> step(Walk& walk, const std::string& name, Missing missing);
    [[nodiscard]] Result<Step> step_over(Walk& walk, const std::string& name, Missing missing);
    [[nodiscard]] Result<Step> step_into_absent(Walk& walk, const std::string& name,
                                                Missing missing);
    [[nodiscard]] Result<void> follow(Walk& walk, FdView directory, const std::string& name);
    [[nodiscard]] Result<void> make(Walk& walk, const std::string& name,
                                    const LowerLayers::Found* below);
    [[nodiscard]] Result<Directory*> insert(UniqueFd fd, std::string path);
    [[nodiscard]] Result<void> copy_root(FdView below);

    const LayerRequest& request_;
    const LowerLayers& lower_;
    Metadata& metadata_;
    Changes& changes_;
    Directory root_{};
    std::list<Directory> recent_;  ///< The last used first.
    std::map<std::string, std::list<Directory>::iterator, std::less<>> by_path_;
};

}  // namespace oci::image::unpack
