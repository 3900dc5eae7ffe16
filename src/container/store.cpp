// SPDX-License-Identifier: Apache-2.0
#include "container/store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/path.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/process.hpp"
#include "kernel/text_file.hpp"

namespace oci::container {
namespace {

constexpr const char* lock_name = "lock";
constexpr const char* record_name = "state.json";
constexpr int lock_attempts = 2000;  // of 5 ms each: 10 s
constexpr int few_attempts = 200;
constexpr const char* hint_for_root =
    "choose another place with --root or, as a user, by XDG_RUNTIME_DIR";

/// Whether two descriptors show the same file.
kernel::SysResult<bool> is_same(FdView one, FdView other) {
    const struct stat first = OCI_TRY(kernel::status_of(one));
    const struct stat second = OCI_TRY(kernel::status_of(other));
    return first.st_ino == second.st_ino && first.st_dev == second.st_dev;
}

/// Of a root that cannot be made, opened or written to.
template <typename T>
Result<T> as_root_failure(Result<T> result) {
    if (result) return result;
    const int number = result.error().number;
    if (number != EACCES && number != EPERM && number != EROFS) return result;
    return with(std::move(result), {.code = "state-root-not-writable", .hint = hint_for_root});
}

Result<void> make_directories(const std::string& path) {
    for (const std::string& prefix : leading_paths(path)) {
        // Sticky: systemd-tmpfiles(8) leaves that alone, however old it gets in XDG_RUNTIME_DIR.
        const mode_t mode = prefix == path ? 01700 : 0700;
        const auto made = kernel::make_directory(kernel::here, prefix.c_str(), mode);
        if (!made && made.error().code != EEXIST)
            return as_root_failure(explain(made, "cannot make the root {}", prefix));
    }
    return {};
}

Result<UniqueFd> open_root(const std::string& root) {
    UniqueFd directory = OCI_TRY(
        as_root_failure(explain(kernel::open_at(kernel::here, root.c_str(), O_PATH | O_DIRECTORY),
                                "cannot open the root {}", root)));
    const struct stat status =
        OCI_TRY(explain(kernel::status_of(directory), "cannot look at the root {}", root));
    if (status.st_uid != ::geteuid() || (status.st_mode & S_IWOTH) != 0)
        return with(
            fail(ErrorKind::System,
                 "the root {} must belong to the caller and not be writable for others", root),
            {.code = "state-root-unsafe",
             .hint = ::geteuid() == 0 ? "see --root, chown(1) and chmod(1)" : hint_for_root});
    return directory;
}

Result<UniqueFd> make_root(const std::string& root) {
    auto existing = open_root(root);
    if (existing) return existing;
    OCI_TRY(make_directories(clean_path(root)));
    return open_root(root);
}

/// Waits for the lock, but not for ever: whoever holds it may run a hook.
Result<UniqueFd> lock_directory(FdView directory, const std::string& id,
                                int attempts = lock_attempts) {
    UniqueFd lock = OCI_TRY(
        explain(kernel::open_beneath(directory, lock_name, O_RDWR | O_CREAT | O_NOFOLLOW, 0600),
                "cannot open the lock of container {}", id));
    for (int attempt = 0; attempt < attempts; ++attempt) {
        const auto locked = kernel::lock(lock, LOCK_EX | LOCK_NB);
        if (locked) return lock;
        if (locked.error().code != EWOULDBLOCK)
            return explain(Result<UniqueFd, kernel::SysError>{Failure{locked.error()}},
                           "cannot lock container {}", id);
        ::usleep(5000);
    }
    return with(
        fail(ErrorKind::WrongStatus, "container {} is busy: another command works on it", id),
        {.code = "container-busy", .hint = "try again when that has ended"});
}

Result<void> remove_contents(FdView directory) {
    std::vector<std::string> names =
        OCI_TRY(explain(kernel::read_directory(directory), "cannot list the state directory"));
    // As long as anything is left, it is seen to be ours, and what it was before: who is killed
    // here leaves a stopped container.
    for (const std::string_view last : {record_name, lock_name})
        std::stable_partition(names.begin(), names.end(),
                              [&](const std::string& name) { return name != last; });
    for (const std::string& name : names) {
        const auto removed = kernel::remove(directory, name.c_str());
        if (removed) continue;
        if (removed.error().code != EISDIR) {
            if (removed.error().code == ENOENT) continue;
            return explain(removed, "cannot remove {} from the state directory", name);
        }
        const UniqueFd child =
            OCI_TRY(explain(kernel::open_beneath(directory, name.c_str(), O_RDONLY | O_DIRECTORY),
                            "cannot open {} in the state directory", name));
        OCI_TRY(remove_contents(child));
        OCI_TRY(explain(kernel::remove(directory, name.c_str(), AT_REMOVEDIR),
                        "cannot remove {} from the state directory", name));
    }
    return {};
}

Failure<Error> not_found(const std::string& id) {
    return fail(ErrorKind::NotFound, "container does not exist: {}", id);
}

/// Engines give the same root to all their runtimes. What is in a directory of ours comes after
/// the lock, and goes before it.
Result<bool> is_of_another_runtime(FdView directory) {
    const auto lock = kernel::status_of(directory, lock_name);
    if (lock || lock.error().code != ENOENT) return false;
    const std::vector<std::string> names =
        OCI_TRY(explain(kernel::read_directory(directory), "cannot list the state directory"));
    return !names.empty();
}

/// Whether the name still leads to the directory that was locked.
Result<bool> is_still_there(FdView root, const std::string& name, FdView directory) {
    auto again = kernel::open_beneath(root, name.c_str(), O_PATH | O_DIRECTORY);
    if (!again && again.error().code == ENOENT) return false;
    const UniqueFd present = OCI_TRY(
        explain(std::move(again), "cannot open the state directory of container {} again", name));
    return explain(is_same(present, directory),
                   "cannot look at the state directory of container {}", name);
}

}  // namespace

StateDirectory::~StateDirectory() {
    if (temporary_ && directory_) (void)remove();  // the error that led here is what counts
}

Result<void> StateDirectory::remove() {
    temporary_ = false;
    OCI_TRY(remove_contents(directory_));
    const auto removed = kernel::remove(root_, id_.c_str(), AT_REMOVEDIR);
    if (!removed && removed.error().code != ENOENT)
        return explain(removed, "cannot remove the state directory of container {}", id_);
    return {};
}

Result<StateDirectory> reserve(const std::string& root, const ContainerId& id) {
    UniqueFd parent = OCI_TRY(make_root(root));
    const std::string& name = id.text();
    const auto made = kernel::make_directory(parent, name.c_str(), 0700);
    if (!made && made.error().code == EEXIST)
        return fail(ErrorKind::AlreadyExists, "container with id {} already exists (below {})",
                    name, root);
    OCI_TRY(as_root_failure(
        explain(made, "cannot make the state directory of container {} below {}", name, root)));
    auto opened = kernel::open_beneath(parent, name.c_str(), O_RDONLY | O_DIRECTORY);
    // Empty it is: whoever put something into it would have locked it.
    if (!opened) (void)kernel::remove(parent, name.c_str(), AT_REMOVEDIR);
    UniqueFd directory = OCI_TRY(
        explain(std::move(opened), "cannot open the state directory of container {}", name));
    auto locked = lock_directory(directory, name);
    if (!locked) (void)kernel::remove(parent, name.c_str(), AT_REMOVEDIR);
    UniqueFd lock = OCI_TRY(std::move(locked));
    StateDirectory reserved{name, std::move(parent), std::move(directory), std::move(lock), true};
    // A forced delete may have taken the directory away before it was locked.
    const bool is_ours = OCI_TRY(is_still_there(reserved.root_, name, reserved.directory_));
    if (!is_ours) {
        reserved.keep();
        return fail(ErrorKind::NotFound, "container {} was deleted while it was created", name);
    }
    return reserved;
}

Result<StateDirectory> open(const std::string& root, const ContainerId& id, Locked locked) {
    const std::string& name = id.text();
    UniqueFd parent;
    {
        auto opened = kernel::open_at(kernel::here, root.c_str(), O_PATH | O_DIRECTORY);
        if (!opened && opened.error().code == ENOENT) return not_found(name);
        parent = OCI_TRY(open_root(root));
    }
    auto opened = kernel::open_beneath(parent, name.c_str(), O_RDONLY | O_DIRECTORY);
    if (!opened && opened.error().code == ENOENT) return not_found(name);
    UniqueFd directory = OCI_TRY(
        explain(std::move(opened), "cannot open the state directory of container {}", name));
    const bool is_foreign = OCI_TRY(is_of_another_runtime(directory));
    if (is_foreign) return not_found(name + " (its directory is that of another runtime)");
    UniqueFd lock;
    if (locked != Locked::No) {
        auto held =
            lock_directory(directory, name, locked == Locked::Soon ? few_attempts : lock_attempts);
        const bool is_there = OCI_TRY(is_still_there(parent, name, directory));
        if (!is_there) return not_found(name);
        lock = OCI_TRY(std::move(held));
    }
    return StateDirectory{name, std::move(parent), std::move(directory), std::move(lock), false};
}

Result<UniqueFd> open_shared(const std::string& root, const char* name) {
    const UniqueFd parent = OCI_TRY(make_root(root));
    const auto made = kernel::make_directory(parent, name, 0700);
    if (!made && made.error().code != EEXIST)
        return explain(Result<UniqueFd, kernel::SysError>{Failure{made.error()}},
                       "cannot make {}/{}", root, name);
    return explain(kernel::open_beneath(parent, name, O_RDONLY | O_DIRECTORY), "cannot open {}/{}",
                   root, name);
}

Result<std::vector<ContainerId>> ids(const std::string& root) {
    std::vector<ContainerId> found;
    const auto directory = kernel::open_at(kernel::here, root.c_str(), O_RDONLY | O_DIRECTORY);
    if (!directory && directory.error().code == ENOENT) return found;
    if (!directory)
        return explain(
            Result<std::vector<ContainerId>, kernel::SysError>{Failure{directory.error()}},
            "cannot open the root {}", root);
    const std::vector<std::string> names = OCI_TRY(
        explain(kernel::read_directory(directory.value()), "cannot list the root {}", root));
    for (const std::string& name : names) {
        auto id = ContainerId::parse(name);
        if (id) found.push_back(std::move(id).value());
    }
    return found;
}

}  // namespace oci::container
