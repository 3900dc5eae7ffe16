// SPDX-License-Identifier: Apache-2.0
#include "image/program/container_volumes.hpp"

#include <fcntl.h>

#include <algorithm>

#include "base/explain.hpp"
#include "base/path.hpp"
#include "base/text.hpp"
#include "image/program/copy_tree.hpp"
#include "image/store/locked.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"

namespace oci::image::program {
namespace {

constexpr int as_directory = O_RDONLY | O_DIRECTORY;
constexpr const char* all_volumes = "volumes";

Result<UniqueFd> make_directory(FdView parent, const std::string& name, mode_t mode) {
    const auto made = kernel::make_directory(parent, name.c_str(), mode);
    if (!made && made.error().code != EEXIST)
        return explain(kernel::SysResult<UniqueFd>{Failure{made.error()}}, "cannot make {}", name);
    return explain(kernel::open_beneath(parent, name.c_str(), as_directory), "cannot open {}",
                   name);
}

/// An image may not put something of its own in place of what the kernel shows (CVE-2019-16884).
Result<void> check_place(const std::string& path) {
    for (const std::string_view place : {"/proc", "/sys", "/dev"})
        if (path == "/" || is_below(path, place))
            return fail(ErrorKind::InvalidConfig, "the image wants a volume at {}",
                        display_text(path, 200));
    return {};
}

class Volumes {
public:
    Volumes(const Store& store, FdView directory, FdView tree, const VolumeRequest& request)
        : store_{store}, directory_{directory}, tree_{tree}, request_{request} {}

    /// One that goes with the container.
    Result<void> add_own(const std::string& path, std::vector<std::string> options, bool copies) {
        const UniqueFd own = OCI_TRY(make_directory(directory_, all_volumes, 0755));
        const std::string name = std::to_string(count_++);
        OCI_TRY(make_filled(own, name, path, copies));
        mounts_.push_back(
            {.path = path,
             .type = "bind",
             .source = join_path(request_.place, fmt::format("{}/{}", all_volumes, name)),
             .options = std::move(options)});
        return {};
    }

    Result<void> add(const run::Volume& volume) {
        if (volume.source.empty()) return add_own(volume.path, volume.options, volume.copies);
        std::string source = volume.source;
        if (volume.is_of_host())
            OCI_TRY(explain(kernel::status_behind(kernel::here, source.c_str()),
                            "--volume: cannot use {}", source));
        else
            source = OCI_TRY(explain(named(volume), "--volume: {}", volume.source));
        mounts_.push_back({volume.path, "bind", std::move(source), volume.options});
        return {};
    }

    void add(const run::Tmpfs& tmpfs) {
        mounts_.push_back({tmpfs.path, "tmpfs", "tmpfs", tmpfs.options});
    }

    [[nodiscard]] std::vector<run::ExtraMount> take() { return std::move(mounts_); }

private:
    Result<void> make_filled(FdView parent, const std::string& name, const std::string& path,
                             bool copies) {
        const UniqueFd made = OCI_TRY(make_directory(parent, name, 0755));
        OCI_TRY(explain(kernel::change_mode(made, "", 0755), "cannot make a volume"));
        if (!copies) return {};
        auto there = kernel::open_in_root(tree_, path.c_str(), as_directory);
        if (!there) return {};  // the image has nothing there
        return explain(copy_tree(there.value(), made), "volume at {}", path);
    }

    /// It is there as a whole or not at all: made beside, and given its name last.
    Result<std::string> named(const run::Volume& volume) {
        const UniqueFd all = OCI_TRY(make_directory(store_.root(), all_volumes, 0700));
        const std::string path =
            join_path(store_.path(), fmt::format("{}/{}", all_volumes, volume.source));
        if (kernel::status_of(all, volume.source.c_str())) return path;
        const std::string aside = fmt::format("volume-{}", count_++);
        OCI_TRY(make_filled(directory_, aside, volume.path, volume.copies));
        const StoreLock lock = OCI_TRY(store_.lock());
        // Another container may have made it meanwhile; then this one goes with the container.
        if (kernel::status_of(all, volume.source.c_str())) return path;
        OCI_TRY(
            explain(kernel::rename(store_.root(), fmt::format("{}/{}", request_.now, aside).c_str(),
                                   fmt::format("{}/{}", all_volumes, volume.source).c_str()),
                    "cannot put it in its place"));
        return path;
    }

    const Store& store_;
    FdView directory_;
    FdView tree_;
    const VolumeRequest& request_;
    unsigned count_ = 0;
    std::vector<run::ExtraMount> mounts_{};
};

}  // namespace

Result<std::vector<run::ExtraMount>> make_volumes(const Store& store, FdView directory, FdView tree,
                                                  const std::vector<std::string>& of_image,
                                                  const VolumeRequest& request) {
    const run::Options& options = request.options;
    Volumes volumes{store, directory, tree, request};
    const auto is_given = [&](const std::string& path) {
        return std::ranges::count(options.volumes, path, &run::Volume::path) > 0 ||
               std::ranges::count(options.tmpfs, path, &run::Tmpfs::path) > 0;
    };
    for (const std::string& path : of_image) {
        OCI_TRY(check_place(path));
        if (!is_given(path)) OCI_TRY(volumes.add_own(path, {"rbind", "rprivate"}, true));
    }
    for (const run::Volume& volume : options.volumes) OCI_TRY(volumes.add(volume));
    for (const run::Tmpfs& tmpfs : options.tmpfs) volumes.add(tmpfs);
    return volumes.take();
}

}  // namespace oci::image::program
