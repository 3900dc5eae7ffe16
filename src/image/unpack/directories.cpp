// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/directories.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <climits>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "image/unpack/entry_path.hpp"
#include "kernel/file_metadata.hpp"

namespace oci::image::unpack {
namespace {

constexpr std::size_t most_open = 64;
constexpr int most_symlinks = 40;  // as the kernel's own limit
constexpr int most_steps = 1024;   // of one way: symlinks make long ones out of short texts
constexpr int to_directory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
constexpr mode_t usual_mode = 0755;

Result<void> settle(Directory& directory) {
    if (!directory.touched) return {};
    directory.touched = false;
    return explain(kernel::set_times(directory.fd, "", directory.times),
                   "layer: {}: cannot set its times", shown(directory.path));
}

}  // namespace

struct Directories::Walk {
    Directory* at;
    std::vector<std::string> todo;  ///< The next one last.
    int symlinks = 0;

    void add(std::string_view path) {
        const auto parts = split(path, '/');
        for (auto part = parts.rbegin(); part != parts.rend(); ++part)
            if (!part->empty() && *part != ".") todo.emplace_back(*part);
    }
};

Result<void> Directories::start() {
    root_.fd = OCI_TRY(explain(kernel::open_at(request_.directory, ".", to_directory),
                               "layer: cannot open the directory to unpack to"));
    const auto below = lower_.root();
    if (request_.form == LayerForm::Overlay) {
        if (below)
            OCI_TRY(copy_root(*below));
        else
            OCI_TRY(explain(kernel::change_mode(root_.fd, "", usual_mode),
                            "layer: cannot set the mode of the root"));
    }
    if (root_.touched) return {};
    const struct stat status =
        OCI_TRY(explain(kernel::status_of(root_.fd), "layer: cannot look at the root"));
    root_.times = times_of(status);
    return {};
}

Result<void> Directories::copy_root(FdView below) {
    const UniqueFd from = OCI_TRY(
        explain(kernel::open_at(below, ".", to_directory), "layer: cannot open the layer below"));
    const struct stat status =
        OCI_TRY(explain(kernel::status_of(from), "layer: cannot look at the layer below"));
    OCI_TRY(metadata_.copy(from, status, root_.fd, ""));
    root_.times = times_of(status);
    root_.touched = true;
    return {};
}

Directory* Directories::cached(std::string_view path) {
    if (path.empty()) return &root_;
    if (!recent_.empty() && recent_.front().path == path) return &recent_.front();
    const auto found = by_path_.find(path);
    if (found == by_path_.end()) return nullptr;
    recent_.splice(recent_.begin(), recent_, found->second);
    return &recent_.front();
}

Result<Directory*> Directories::insert(UniqueFd fd, std::string path) {
    if (path.size() > longest_path ||
        std::ranges::count(path, '/') >= static_cast<std::ptrdiff_t>(most_components))
        return fail(ErrorKind::InvalidConfig, "layer: {}: too deep", shown(path));
    const struct stat status = OCI_TRY(
        explain(kernel::status_of(fd), "layer: {}: cannot look at the directory", shown(path)));
    if (recent_.size() == most_open) {
        OCI_TRY(settle(recent_.back()));
        by_path_.erase(recent_.back().path);
        recent_.pop_back();
    }
    recent_.push_front({std::move(fd), path, times_of(status)});
    by_path_.emplace(std::move(path), recent_.begin());
    return &recent_.front();
}

Result<Directory*> Directories::enter(Directory& parent, std::string_view name) {
    std::string path = join(parent.path, name);
    if (Directory* known = cached(path)) return known;
    UniqueFd fd =
        OCI_TRY(explain(kernel::open_at(parent.fd, std::string{name}.c_str(), to_directory),
                        "layer: {}: cannot open the directory", shown(path)));
    return insert(std::move(fd), std::move(path));
}

Result<Directory*> Directories::open(std::string_view path, Missing missing) {
    if (Directory* known = cached(path)) return known;
    // A real path that is open is what the same text means: no symlink is on the way to it.
    std::string_view start = path;
    Directory* nearest = nullptr;
    while (nearest == nullptr) {
        start = parent_of(start);
        nearest = cached(start);
    }
    Walk walk{nearest, {}};
    walk.add(path.substr(start.size()));
    for (int steps = 0; !walk.todo.empty(); ++steps) {
        if (steps == most_steps)
            return fail(ErrorKind::InvalidConfig, "layer: {}: too long a way", shown(path));
        const std::string name = std::move(walk.todo.back());
        walk.todo.pop_back();
        if (name == "..") {
            const std::string parent{parent_of(walk.at->path)};
            walk.at = &root_;
            walk.add(parent);
            continue;
        }
        const Step taken = OCI_TRY(step(walk, name, missing));
        if (taken == Step::Absent) return nullptr;
    }
    return walk.at;
}

Result<Directories::Step> Directories::step(Walk& walk, const std::string& name, Missing missing) {
    std::string path = join(walk.at->path, name);
    if (Directory* known = cached(path)) {
        walk.at = known;
        return Step::Entered;
    }
    auto opened = kernel::open_at(walk.at->fd, name.c_str(), to_directory);
    if (opened) {
        walk.at = OCI_TRY(insert(std::move(opened).value(), std::move(path)));
        return Step::Entered;
    }
    const int code = opened.error().code;
    if (code == ENOTDIR || code == ELOOP) return step_over(walk, name, missing);
    if (code == ENOENT) return step_into_absent(walk, name, missing);
    return explain(Result<Step>{Failure{static_cast<Error>(opened.error())}},
                   "layer: {}: cannot open the directory", shown(path));
}

/// What is there is no directory.
Result<Directories::Step> Directories::step_over(Walk& walk, const std::string& name,
                                                 Missing missing) {
    const std::string path = join(walk.at->path, name);
    const struct stat status = OCI_TRY(explain(kernel::status_of(walk.at->fd, name.c_str()),
                                               "layer: {}: cannot look at it", shown(path)));
    if (S_ISLNK(status.st_mode)) {
        OCI_TRY(follow(walk, walk.at->fd, name));
        return Step::Followed;
    }
    if (missing == Missing::Ignore) return Step::Absent;
    if (request_.form != LayerForm::Overlay || !is_whiteout(status))
        return fail(ErrorKind::InvalidConfig, "layer: {}: is no directory, but has files in it",
                    shown(path));
    OCI_TRY(explain(kernel::remove(walk.at->fd, name.c_str()),
                    "layer: {}: cannot remove the whiteout", shown(path)));
    OCI_TRY(make(walk, name, nullptr));
    return Step::Entered;
}

Result<Directories::Step> Directories::step_into_absent(Walk& walk, const std::string& name,
                                                        Missing missing) {
    const std::string path = join(walk.at->path, name);
    std::optional<LowerLayers::Found> below;
    if (!changes_.hides_below(walk.at->path) && !changes_.removed.contains(path))
        below = OCI_TRY(lower_.find(path));
    if (below && S_ISLNK(below->status.st_mode)) {
        OCI_TRY(follow(walk, below->directory, name));
        return Step::Followed;
    }
    if (below && !S_ISDIR(below->status.st_mode)) {
        if (missing == Missing::Ignore) return Step::Absent;
        return fail(ErrorKind::InvalidConfig,
                    "layer: {}: is no directory in a layer below, but has files in it",
                    shown(path));
    }
    if (!below && missing == Missing::Ignore) return Step::Absent;
    OCI_TRY(make(walk, name, below ? &*below : nullptr));
    return Step::Entered;
}

/// The text of a symlink takes its place in what is still to be walked.
Result<void> Directories::follow(Walk& walk, FdView directory, const std::string& name) {
    const std::string path = join(walk.at->path, name);
    if (++walk.symlinks > most_symlinks)
        return fail(ErrorKind::InvalidConfig, "layer: {}: too many symlinks", shown(path));
    std::array<char, PATH_MAX> buffer{};
    const std::string_view target =
        OCI_TRY(explain(kernel::read_link(directory, name.c_str(), buffer),
                        "layer: {}: cannot read the symlink", shown(path)));
    if (target.starts_with('/')) walk.at = &root_;
    walk.add(target);
    return {};
}

Result<void> Directories::make(Walk& walk, const std::string& name,
                               const LowerLayers::Found* below) {
    Directory& parent = *walk.at;
    const std::string path = join(parent.path, name);
    OCI_TRY(explain(kernel::make_directory(parent.fd, name.c_str(), usual_mode),
                    "layer: {}: cannot make the directory", shown(path)));
    parent.touched = true;
    walk.at = OCI_TRY(enter(parent, name));
    Directory& made = *walk.at;
    if (below != nullptr) {
        const UniqueFd from =
            OCI_TRY(explain(kernel::open_at(below->directory, name.c_str(), to_directory),
                            "layer: {}: cannot open it in a layer below", shown(path)));
        OCI_TRY(metadata_.copy(from, below->status, made.fd, path));
        made.times = times_of(below->status);
        made.touched = true;
        return {};
    }
    // Neither the umask nor a setgid parent has a say.
    OCI_TRY(explain(kernel::change_owner(made.fd, "", 0, 0), "layer: {}: cannot give it to root",
                    shown(path)));
    OCI_TRY(explain(kernel::change_mode(made.fd, "", usual_mode), "layer: {}: cannot set its mode",
                    shown(path)));
    if (changes_.removed.contains(path)) OCI_TRY(make_opaque(made));
    return {};
}

Result<void> Directories::make_opaque(Directory& directory) {
    OCI_TRY(explain(
        kernel::set_attribute(directory.fd, opaque_attribute(request_.in_user_namespace), "y"),
        "layer: {}: cannot mark it as opaque", shown(directory.path)));
    changes_.opaque.insert(directory.path);
    return {};
}

void Directories::forget(std::string_view path) {
    for (auto directory = recent_.begin(); directory != recent_.end();) {
        if (is_at_or_below(directory->path, path)) {
            by_path_.erase(directory->path);
            directory = recent_.erase(directory);
        } else {
            ++directory;
        }
    }
}

Result<void> Directories::finish() {
    for (Directory& directory : recent_) OCI_TRY(settle(directory));
    return settle(root_);
}

}  // namespace oci::image::unpack
