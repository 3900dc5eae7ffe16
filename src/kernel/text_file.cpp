// SPDX-License-Identifier: Apache-2.0
#include "kernel/text_file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>

#include "kernel/files.hpp"

namespace oci::kernel {

SysResult<std::string> read_text(FdView directory, const char* path, std::size_t limit) {
    const UniqueFd file = OCI_TRY(open_at(directory, path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
    const struct stat status = OCI_TRY(status_of(file));
    if (!S_ISREG(status.st_mode)) return refuse(EINVAL, "open (not a regular file)");
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size > limit) return refuse(EFBIG, "read");
    std::string text(size == 0 ? 4096 : size + 1, '\0');
    std::size_t filled = 0;
    for (;;) {
        if (filled == text.size()) text.resize(text.size() * 2);
        const std::size_t count =
            OCI_TRY(read_some(file, {text.data() + filled, text.size() - filled}));
        filled += count;
        if (filled > limit) return refuse(EFBIG, "read");
        if (count == 0) break;
    }
    text.resize(filled);
    return text;
}

SysResult<void> write_text(FdView directory, const char* path, std::string_view text) noexcept {
    const UniqueFd file = OCI_TRY(open_at(directory, path, O_WRONLY | O_NOCTTY));
    const std::size_t count = OCI_TRY(write_some(file, text));
    if (count != text.size()) return refuse(EIO, "write");
    return {};
}

SysResult<void> replace_text(FdView directory, const char* name, std::string_view text,
                             unsigned mode) {
    const std::string path{name};
    const std::size_t base = path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1;
    const std::string temporary =
        path.substr(0, base) + "." + path.substr(base) + "." + std::to_string(::getpid());
    (void)remove(directory, temporary.c_str());  // left by a process that was killed, pid reused
    {
        const UniqueFd file = OCI_TRY(
            open_at(directory, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode));
        const SysResult<void> written = write_all(file, text);
        if (!written) {
            (void)remove(directory, temporary.c_str());  // the write error is what counts
            return Failure{written.error()};
        }
    }
    const SysResult<void> renamed = rename(directory, temporary.c_str(), name);
    if (!renamed) (void)remove(directory, temporary.c_str());  // as above
    return renamed;
}

SysResult<std::vector<std::string>> read_directory(FdView directory) {
    UniqueFd copy = OCI_TRY(open_at(directory, ".", O_RDONLY | O_DIRECTORY));
    DIR* opened = nullptr;
    do opened = ::fdopendir(copy.get());
    while (opened == nullptr && errno == EINTR);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream{opened, ::closedir};
    if (!stream) return refuse(errno, "fdopendir");
    (void)copy.release();  // closedir closes it
    std::vector<std::string> names;
    for (;;) {
        errno = 0;
        const dirent* entry = ::readdir(stream.get());
        if (entry == nullptr && errno == EINTR) continue;
        if (entry == nullptr) break;
        const std::string_view name{entry->d_name};
        if (name != "." && name != "..") names.emplace_back(name);
    }
    if (errno != 0) return refuse(errno, "readdir");
    return names;
}

}  // namespace oci::kernel
