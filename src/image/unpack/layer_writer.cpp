// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/layer_writer.hpp"

#include <fcntl.h>
#include <sys/sysmacros.h>

#include "base/explain.hpp"
#include "image/unpack/entry_path.hpp"
#include "image/unpack/file_content.hpp"
#include "image/unpack/removal.hpp"

namespace oci::image::unpack {
namespace {

constexpr mode_t mode_while_made = 0600;
constexpr mode_t directory_while_made = 0700;

Failure<Error> refuse(std::string_view path, std::string_view why) {
    return fail(ErrorKind::InvalidConfig, "layer: {}: {}", shown(path), why);
}

bool is_device(const TarEntry& entry) {
    return entry.kind == EntryKind::CharacterDevice || entry.kind == EntryKind::BlockDevice;
}

mode_t type_of(EntryKind kind) {
    if (kind == EntryKind::Fifo) return S_IFIFO;
    return kind == EntryKind::CharacterDevice ? S_IFCHR : S_IFBLK;
}

/// What lower layers mean something for.
std::vector<FdView> layers_of(const LayerRequest& request) {
    if (request.form == LayerForm::Flat) return {};
    return request.lower_layers;
}

}  // namespace

/// A name in an open directory.
struct LayerWriter::Target {
    Directory& parent;
    std::string name;
    std::string path;  ///< Real.
};

LayerWriter::LayerWriter(const LayerRequest& request, Budget& budget, Warnings& warnings)
    : request_{request},
      budget_{budget},
      warnings_{warnings},
      lower_{layers_of(request), request.in_user_namespace},
      metadata_{request, warnings},
      directories_{request, lower_, metadata_, changes_},
      whiteouts_{request.form, directories_, lower_, changes_} {}

Result<void> LayerWriter::apply(const TarEntry& entry, TarReader& reader) {
    OCI_TRY(budget_.entry());
    const std::string path = OCI_TRY(clean_entry_path(entry.path));
    const Marked marked = OCI_TRY(mark_of(path));
    if (marked.mark != Mark::None) return apply_mark(entry, path, marked);
    if (entry.kind == EntryKind::Directory && path.empty()) return make_root(entry);
    // Some readers take such a name for a directory's.
    if (path.empty() || (entry.kind != EntryKind::Directory && entry.path.ends_with('/')))
        return refuse(entry.path, "only a directory can have this name");
    if (is_device(entry) && request_.device_nodes == DeviceNodes::Skip) {
        warnings_.add(Omission::Device, path);
        return {};
    }
    if (entry.kind == EntryKind::HardLink) return make_hard_link(entry, path);
    return make(entry, path, reader);
}

Result<void> LayerWriter::apply_mark(const TarEntry& entry, const std::string& path,
                                     const Marked& marked) {
    if (marked.mark == Mark::Aufs) {
        warnings_.add(Omission::AufsFile, path);
        return {};
    }
    if (entry.kind == EntryKind::Directory) return refuse(path, "a whiteout that is a directory");
    if (marked.mark == Mark::Opaque) return whiteouts_.remove_content(parent_of(path));
    return whiteouts_.remove(parent_of(path), marked.name);
}

Result<void> LayerWriter::make(const TarEntry& entry, const std::string& path, TarReader& reader) {
    Directory* parent = OCI_TRY(directories_.open(parent_of(path)));
    const std::string name{name_in(path)};
    const Target target{*parent, name, join(parent->path, name)};
    parent->touched = true;
    if (request_.form == LayerForm::Flat) changes_.note_made(target.path);
    if (entry.kind == EntryKind::Directory) return make_directory(entry, target);
    if (entry.kind == EntryKind::File) return make_file(entry, target, reader);
    if (entry.kind == EntryKind::Symlink) return make_symlink(entry, target);
    return make_node(entry, target);
}

Result<void> LayerWriter::make_root(const TarEntry& entry) {
    Directory* root = OCI_TRY(directories_.open(""));
    OCI_TRY(metadata_.clear(root->fd, ""));
    OCI_TRY(metadata_.give(root->fd, entry, ""));
    root->times = times_of(entry);
    root->touched = true;
    return {};
}

Result<void> LayerWriter::remove_existing(const Target& target) {
    const bool was_directory =
        OCI_TRY(remove_all(target.parent.fd, target.name.c_str(), target.path));
    if (was_directory) directories_.forget(target.path);
    return {};
}

/// Makes it; what is in its place goes before.
template <typename Make>
Result<void> LayerWriter::make_anew(const Target& target, Make make_it) {
    kernel::SysResult<void> made = make_it();
    if (!made && made.error().code == EEXIST) {
        OCI_TRY(remove_existing(target));
        made = make_it();
    }
    return explain(made, "layer: {}: cannot make it", shown(target.path));
}

Result<void> LayerWriter::make_directory(const TarEntry& entry, const Target& target) {
    const char* name = target.name.c_str();
    const auto make_it = [&] {
        return kernel::make_directory(target.parent.fd, name, directory_while_made);
    };
    auto made = make_it();
    bool is_new = static_cast<bool>(made);
    if (!made && made.error().code == EEXIST) {
        const struct stat there =
            OCI_TRY(explain(kernel::status_of(target.parent.fd, name),
                            "layer: {}: cannot look at it", shown(target.path)));
        if (S_ISDIR(there.st_mode)) {
            made = {};
        } else {
            OCI_TRY(remove_existing(target));
            made = make_it();
            is_new = true;
        }
    }
    OCI_TRY(explain(made, "layer: {}: cannot make the directory", shown(target.path)));
    Directory* directory = OCI_TRY(directories_.enter(target.parent, target.name));
    if (!is_new) OCI_TRY(metadata_.clear(directory->fd, target.path));
    if (is_new && changes_.removed.contains(target.path))
        OCI_TRY(directories_.make_opaque(*directory));
    OCI_TRY(metadata_.give(directory->fd, entry, target.path));
    directory->times = times_of(entry);
    directory->touched = true;
    return {};
}

Result<void> LayerWriter::make_file(const TarEntry& entry, const Target& target,
                                    TarReader& reader) {
    UniqueFd file;
    const auto make_it = [&]() -> kernel::SysResult<void> {
        file = OCI_TRY(kernel::open_at(target.parent.fd, target.name.c_str(),
                                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode_while_made));
        return {};
    };
    OCI_TRY(make_anew(target, make_it));
    OCI_TRY(write_content(file, entry, reader, budget_, target.path));
    OCI_TRY(metadata_.give(file, entry, target.path));
    return explain(kernel::set_times(file, "", times_of(entry)), "layer: {}: cannot set its times",
                   shown(target.path));
}

Result<void> LayerWriter::make_symlink(const TarEntry& entry, const Target& target) {
    if (entry.link.empty() || entry.link.size() > longest_path)
        return refuse(target.path, "a symlink to nothing, or too long a one");
    OCI_TRY(make_anew(target, [&] {
        return kernel::make_symlink(entry.link.c_str(), target.parent.fd, target.name.c_str());
    }));
    return metadata_.give_by_name(target.parent.fd, target.name.c_str(), entry, target.path);
}

Result<void> LayerWriter::make_node(const TarEntry& entry, const Target& target) {
    const bool is_fifo = entry.kind == EntryKind::Fifo;
    const dev_t number = is_fifo ? 0 : ::makedev(entry.major, entry.minor);
    if (!is_fifo && number == 0)
        return refuse(target.path, "a device 0:0, which overlayfs takes for a whiteout");
    kernel::SysResult<void> made;
    OCI_TRY(make_anew(target, [&] {
        made = kernel::make_node(target.parent.fd, target.name.c_str(),
                                 type_of(entry.kind) | mode_while_made, number);
        const bool refused = !made && made.error().code == EPERM && !is_fifo;
        return refused && request_.in_user_namespace ? kernel::SysResult<void>{} : made;
    }));
    if (!made) {
        warnings_.add(Omission::Device, target.path);
        return {};
    }
    return metadata_.give_by_name(target.parent.fd, target.name.c_str(), entry, target.path);
}

// ---- hard links ---------------------------------------------------------------------

Result<void> LayerWriter::make_hard_link(const TarEntry& entry, const std::string& path) {
    const std::string to = OCI_TRY(clean_entry_path(entry.link));
    const Marked marked = OCI_TRY(mark_of(to));
    if (to.empty() || marked.mark != Mark::None) return refuse(path, "a hard link to no file");
    Directory* there = OCI_TRY(directories_.open(parent_of(to), Missing::Ignore));
    if (there == nullptr) return refuse(path, "a hard link to what there is not: " + shown(to));
    const std::string to_name{name_in(to)};
    const struct stat linked = OCI_TRY(find_link_target(*there, to_name, path));
    // Opening the other directory may close this one.
    const UniqueFd from =
        OCI_TRY(explain(kernel::duplicate(there->fd), "layer: cannot keep a directory open"));
    Directory* parent = OCI_TRY(directories_.open(parent_of(path)));
    const std::string name{name_in(path)};
    const Target target{*parent, name, join(parent->path, name)};
    const auto here = kernel::status_of(parent->fd, name.c_str());
    if (request_.form == LayerForm::Flat) changes_.note_made(target.path);
    if (here && here.value().st_ino == linked.st_ino && here.value().st_dev == linked.st_dev)
        return {};
    parent->touched = true;
    return make_anew(target,
                     [&] { return kernel::link(from, to_name.c_str(), parent->fd, name.c_str()); });
}

/// What is linked to, copied from a layer below if it is there alone.
Result<struct stat> LayerWriter::find_link_target(Directory& directory, const std::string& name,
                                                  const std::string& path) {
    auto status = kernel::status_of(directory.fd, name.c_str());
    if (!status && status.error().code == ENOENT) {
        OCI_TRY(copy_up(directory, name, path));
        status = kernel::status_of(directory.fd, name.c_str());
    }
    const struct stat found =
        OCI_TRY(explain(status, "layer: {}: cannot look at what it links to", shown(path)));
    if (S_ISDIR(found.st_mode)) return refuse(path, "a hard link to a directory");
    if (is_whiteout(found)) return refuse(path, "a hard link to what has been removed");
    return found;
}

Result<void> LayerWriter::copy_up(Directory& directory, const std::string& name,
                                  const std::string& path) {
    const std::string real = join(directory.path, name);
    std::optional<LowerLayers::Found> below;
    if (!changes_.hides_below(directory.path) && !changes_.removed.contains(real))
        below = OCI_TRY(lower_.find(real));
    if (!below) return refuse(path, "a hard link to what there is not: " + shown(real));
    if (!S_ISREG(below->status.st_mode))
        return refuse(path, "a hard link to what is no file in a layer below: " + shown(real));
    const UniqueFd from =
        OCI_TRY(explain(kernel::open_at(below->directory, name.c_str(), O_RDONLY | O_NOFOLLOW),
                        "layer: {}: cannot open it in a layer below", shown(real)));
    const UniqueFd to =
        OCI_TRY(explain(kernel::open_at(directory.fd, name.c_str(),
                                        O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode_while_made),
                        "layer: {}: cannot make it", shown(real)));
    directory.touched = true;
    OCI_TRY(
        copy_content(from, static_cast<std::uint64_t>(below->status.st_size), to, budget_, real));
    OCI_TRY(metadata_.copy(from, below->status, to, real));
    return explain(kernel::set_times(to, "", times_of(below->status)),
                   "layer: {}: cannot set its times", shown(real));
}

}  // namespace oci::image::unpack
