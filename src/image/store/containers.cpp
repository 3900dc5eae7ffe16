// SPDX-License-Identifier: Apache-2.0
#include "image/store/containers.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "base/explain.hpp"
#include "base/path.hpp"
#include "base/text.hpp"
#include "image/store/locked.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/proc_files.hpp"
#include "kernel/text_file.hpp"

namespace oci::image {
namespace {

constexpr std::size_t largest_note = std::size_t{1} << 20U;
constexpr const char* owner_file = "owner";
constexpr const char* held_file = "held";

Result<std::string> note_of(const Store& store, const std::string& id, const char* name) {
    const std::string path = fmt::format("{}/{}", place::container(id), name);
    return explain(kernel::read_text(store.root(), path.c_str(), largest_note), "cannot read {}",
                   path);
}

bool does_run(const std::string_view pid, std::string_view start) {
    const auto number = parse_number<pid_t>(pid);
    const auto began = parse_number<std::uint64_t>(start);
    if (!number || !began || *number <= 0) return false;
    const auto status = kernel::process_status(*number);
    return status && status.value().start_time == *began && !status.value().is_ending;
}

Result<void> make_place(const Store& store) {
    const auto made = kernel::make_directory(store.root(), place::containers, 0700);
    if (!made && made.error().code != EEXIST)
        return explain(made, "cannot make {}/{}", store.path(), place::containers);
    return {};
}

}  // namespace

namespace place {
std::string container(const std::string& id) { return fmt::format("{}/{}", containers, id); }
}  // namespace place

Result<bool> is_container_wanted(const Store& store, const std::string& id) {
    const auto text = note_of(store, id, owner_file);
    if (!text) return false;  // it has no owner
    const auto lines = split(text.value(), '\n');
    if (lines.size() != 4) return false;
    if (does_run(lines[1], lines[2])) return true;
    const std::string state = join_path(lines[0], id);
    const auto status = kernel::status_of(kernel::here, state.c_str());
    if (!status && status.error().code != ENOENT)
        return explain(kernel::SysResult<bool>{Failure{status.error()}}, "cannot look at {}",
                       state);
    return static_cast<bool>(status);
}

Result<ContainerWriter> ContainerWriter::begin(const Store& store, const std::string& id) {
    OCI_TRY(make_place(store));
    if (kernel::status_of(store.root(), place::container(id).c_str())) {
        const bool is_wanted = OCI_TRY(is_container_wanted(store, id));
        if (is_wanted)
            return fail(ErrorKind::AlreadyExists,
                        "there is a container {} already: \"oci-rt delete {}\" removes it", id, id);
    }
    for (unsigned count = 0;; ++count) {
        std::string path = fmt::format("{}/container-{}-{}", place::temporary, ::getpid(), count);
        auto locked = OCI_TRY(lock_at(store.root(), path, {.of = Of::Directory, .wait = Wait::No}));
        if (!locked) continue;
        const auto names =
            OCI_TRY(explain(kernel::read_directory(*locked), "cannot list {}", path));
        if (!names.empty()) continue;  // of a process that was killed
        return ContainerWriter{store, id, std::move(path), std::move(*locked)};
    }
}

Result<void> ContainerWriter::commit(const ContainerOwner& owner, const Held& held) {
    const std::string note =
        fmt::format("{}\n{}\n{}\n", owner.state_root, owner.runner, owner.runner_start);
    OCI_TRY(explain(kernel::replace_text(directory_, owner_file, note, 0600), "cannot write {}/{}",
                    path_, owner_file));
    OCI_TRY(explain(kernel::replace_text(directory_, held_file, text_of(held), 0600),
                    "cannot write {}/{}", path_, held_file));
    const StoreLock lock = OCI_TRY(store_->lock());
    const std::string target = place::container(id_);
    std::string aside;
    if (kernel::status_of(store_->root(), target.c_str())) {
        const bool is_wanted = OCI_TRY(is_container_wanted(*store_, id_));
        if (is_wanted)
            return fail(ErrorKind::AlreadyExists, "there is a container {} meanwhile", id_);
        aside = OCI_TRY(set_container_aside(*store_, lock, id_));
    }
    OCI_TRY(explain(kernel::rename(store_->root(), path_.c_str(), target.c_str()),
                    "cannot put container {} in its place", id_));
    directory_.reset();
    if (!aside.empty()) (void)remove_tree(store_->root(), aside);  // else prune() does
    return {};
}

ContainerWriter::~ContainerWriter() {
    if (directory_) (void)remove_tree(store_->root(), path_);  // else prune() does
}

Result<std::string> set_container_aside(const Store& store, const StoreLock& /*lock*/,
                                        const std::string& id) {
    std::string aside = fmt::format("{}/removed-{}-container-{}", place::temporary, ::getpid(), id);
    const auto moved = kernel::rename(store.root(), place::container(id).c_str(), aside.c_str());
    if (!moved && moved.error().code == ENOENT) return std::string{};
    OCI_TRY(explain(moved, "cannot remove container {} of the store", id));
    return aside;
}

Result<void> remove_container(const Store& store, const std::string& id) {
    std::string aside;
    {
        const StoreLock lock = OCI_TRY(store.lock());
        aside = OCI_TRY(set_container_aside(store, lock, id));
    }
    if (aside.empty()) return {};
    return remove_tree(store.root(), aside);
}

Result<std::vector<std::string>> container_ids(const Store& store) {
    auto directory = kernel::open_beneath(store.root(), place::containers, O_RDONLY | O_DIRECTORY);
    if (!directory && directory.error().code == ENOENT) return std::vector<std::string>{};
    const UniqueFd opened = OCI_TRY(explain(std::move(directory), "cannot open the containers"));
    return explain(kernel::read_directory(opened), "cannot list the containers");
}

Result<Held> held_by_container(const Store& store, const std::string& id) {
    const std::string text = OCI_TRY(note_of(store, id, held_file));
    return held_in(text);
}

}  // namespace oci::image
