// SPDX-License-Identifier: Apache-2.0
//
// The files of a state directory, after a crash or in the hands of somebody else: each is refused
// or understood; and what is understood is written and read again as it was.
#include <fcntl.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "container/record.hpp"
#include "fuzz/bytes.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"

namespace {

using namespace oci;

/// In memory where there is such a file system; removed at the end.
class Directory {
public:
    Directory() {
        std::string name = std::filesystem::exists("/dev/shm") ? "/dev/shm/oci-rt-fuzz-XXXXXX"
                                                               : "/tmp/oci-rt-fuzz-XXXXXX";
        fuzz::demand(::mkdtemp(name.data()) != nullptr, "a directory can be made");
        path_ = name;
        fd_ = UniqueFd{::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    Directory(Directory&&) = delete;
    Directory& operator=(Directory&&) = delete;
    ~Directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] FdView fd() const { return fd_; }

private:
    std::filesystem::path path_;
    UniqueFd fd_;
};

void write(FdView directory, const char* name, std::string_view text) {
    const UniqueFd file{
        ::openat(directory.get(), name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
    fuzz::demand(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()),
                 "a file can be written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Directory directory;
    fuzz::Bytes bytes{data, size};
    const bool is_record = bytes.truth();
    const std::string_view text = bytes.rest();
    if (is_record) {
        write(directory.fd(), "state.json", text);
        const auto record = container::read_record(directory.fd());
        if (!record) return 0;
        fuzz::demand(static_cast<bool>(container::write_record(directory.fd(), record.value())),
                     "a record can be written");
        const auto again = container::read_record(directory.fd());
        fuzz::demand(again && again.value().id == record.value().id &&
                         again.value().cgroup.path == record.value().cgroup.path &&
                         again.value().init.pid == record.value().init.pid &&
                         again.value().annotations == record.value().annotations &&
                         again.value().poststop.size() == record.value().poststop.size(),
                     "a record is read as it was written");
        return 0;
    }
    write(directory.fd(), "recovery", text);
    const auto recovery = container::read_recovery(directory.fd());
    if (!recovery) return 0;
    fuzz::demand(static_cast<bool>(container::write_recovery(directory.fd(), recovery.value())),
                 "what is to be cleaned up can be written");
    const auto again = container::read_recovery(directory.fd());
    fuzz::demand(again && again.value().cgroup.path == recovery.value().cgroup.path &&
                     again.value().init.pid == recovery.value().init.pid &&
                     again.value().bundle == recovery.value().bundle &&
                     again.value().init.start_time == recovery.value().init.start_time,
                 "what is to be cleaned up is read as it was written");
    return 0;
}
