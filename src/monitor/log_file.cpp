// SPDX-License-Identifier: Apache-2.0
#include "monitor/log_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/path.hpp"
#include "kernel/file_metadata.hpp"
#include "kernel/files.hpp"

namespace oci::monitor {

/// Records on their way to the file: pieces of memory, nothing is copied.
class LogFile::Batch {
public:
    static constexpr std::size_t most_records = 128;

    [[nodiscard]] bool is_full() const noexcept { return records_ == most_records; }
    [[nodiscard]] std::size_t records() const noexcept { return records_; }
    [[nodiscard]] std::uint64_t size() const noexcept { return ends_[records_]; }
    [[nodiscard]] std::span<const iovec> pieces() const noexcept {
        return {pieces_.data(), piece_count_};
    }

    void add(const RecordHead& head, const Portion& portion) noexcept {
        put(head.view());
        put(portion.text);
        if (!portion.is_complete) put("\n");
        ends_[records_ + 1] = ends_[records_] + size_of(portion);
        ++records_;
    }

    /// How many records end within so many bytes, and where the last of them does.
    [[nodiscard]] std::size_t records_within(std::uint64_t bytes) const noexcept {
        std::size_t count = 0;
        while (count < records_ && ends_[count + 1] <= bytes) ++count;
        return count;
    }
    [[nodiscard]] std::uint64_t end_of(std::size_t record) const noexcept { return ends_[record]; }

    void clear() noexcept { records_ = piece_count_ = 0; }

    static std::uint64_t size_of(const Portion& portion) noexcept {
        return sizeof(RecordHead) + portion.text.size() + (portion.is_complete ? 0 : 1);
    }

private:
    void put(std::string_view bytes) noexcept {
        // Only read by writev.
        pieces_[piece_count_++] = {const_cast<char*>(bytes.data()), bytes.size()};
    }

    std::array<iovec, 3 * most_records> pieces_;
    std::size_t piece_count_ = 0;
    std::array<std::uint64_t, most_records + 1> ends_{};
    std::size_t records_ = 0;
};

namespace {

kernel::SysResult<UniqueFd> open_file(FdView directory, const char* name) noexcept {
    constexpr int flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    UniqueFd file = OCI_TRY(kernel::open_at(directory, name, flags, 0640));
    const struct stat status = OCI_TRY(kernel::status_of(file));
    if (!S_ISREG(status.st_mode)) return kernel::refuse(EINVAL, "open (not a regular file)");
    return file;
}

std::string numbered(const std::string& name, unsigned number) {
    return number == 0 ? name : name + "." + std::to_string(number);
}

}  // namespace

kernel::SysResult<LogFile> LogFile::open(std::string_view path, LogLimits limits) {
    const std::string folder{parent_path(path)};
    UniqueFd directory =
        OCI_TRY(kernel::open_at(kernel::here, folder.c_str(), O_PATH | O_DIRECTORY));
    LogFile log{std::move(directory), std::string{file_name(path)}, limits};
    OCI_TRY(log.reopen());
    log.mend();
    return log;
}

/// A monitor that was killed while it wrote has left a part of a record: it becomes a whole one,
/// or is none.
void LogFile::mend() noexcept {
    constexpr std::size_t longest = sizeof(RecordHead) + largest_text + 1;
    if (size_ == 0) return;
    const auto file = kernel::open_at(directory_, name_.c_str(), O_RDONLY | O_NOFOLLOW);
    if (!file) return;
    std::array<char, 1> last;
    const auto end = kernel::read_at(file.value(), last, static_cast<off_t>(size_ - 1));
    if (!end || end.value() != 1 || last[0] == '\n') return;
    std::array<char, longest> bytes;
    const std::uint64_t from = size_ - std::min<std::uint64_t>(size_, longest);
    const auto read = kernel::read_at(file.value(), bytes, static_cast<off_t>(from));
    if (!read) return;
    std::string_view part{bytes.data(), read.value()};
    part.remove_prefix(part.rfind('\n') + 1);  // npos + 1: all of it
    if (read_log_record(part)) {
        if (kernel::write_some(file_, "\n")) ++size_;
    } else if (kernel::set_size(file_, static_cast<off_t>(size_ - part.size()))) {
        size_ -= part.size();
    }
}

kernel::SysResult<void> LogFile::reopen() noexcept {
    UniqueFd file = OCI_TRY(open_file(directory_, name_.c_str()));
    const struct stat status = OCI_TRY(kernel::status_of(file));
    file_ = std::move(file);
    size_ = static_cast<std::uint64_t>(status.st_size);
    return {};
}

void LogFile::rotate() noexcept {
    for (unsigned number = limits_.max_files - 1; number > 0; --number)
        // One that is not there is not missed; the oldest is replaced.
        (void)kernel::rename(directory_, numbered(name_, number - 1).c_str(),
                             numbered(name_, number).c_str());
    if (limits_.max_files == 1) (void)kernel::remove(directory_, name_.c_str());
    // Where no new file can be made, the old one grows: that is better than silence.
    if (!reopen()) size_ = 0;
}

void LogFile::write(Stream stream, std::string_view bytes) noexcept {
    const TimeText time = time_now();
    const RecordHead complete = record_head(time, stream, true);
    const RecordHead partial = record_head(time, stream, false);
    Batch batch;
    while (!bytes.empty()) {
        const Portion portion = next_portion(bytes);
        if (is_full(size_ + batch.size(), Batch::size_of(portion), limits_.max_size)) {
            flush(batch);
            rotate();
        }
        batch.add(portion.is_complete ? complete : partial, portion);
        bytes.remove_prefix(portion.text.size());
        if (batch.is_full()) flush(batch);
    }
    flush(batch);
}

void LogFile::flush(Batch& batch) noexcept {
    if (batch.records() == 0) return;
    std::size_t kept = 0;
    if (tell_dropped()) {
        const auto pieces = batch.pieces();
        const auto written = kernel::answer(
            "writev", ::writev(file_.get(), pieces.data(), static_cast<int>(pieces.size())));
        const auto count = written ? static_cast<std::uint64_t>(written.value()) : 0;
        kept = batch.records_within(count);
        // Half a record would be read as one.
        if (count != batch.end_of(kept))
            (void)kernel::set_size(file_, static_cast<off_t>(size_ + batch.end_of(kept)));
        size_ += batch.end_of(kept);
    }
    drop(batch.records() - kept);
    batch.clear();
}

void LogFile::drop(std::uint64_t records) noexcept {
    dropped_ += records;
    all_dropped_ += records;
}

bool LogFile::tell_dropped() noexcept {
    if (dropped_ == 0) return true;
    std::array<char, 128> line;
    const RecordHead head = record_head(time_now(), Stream::Error, true);
    char* at = std::ranges::copy(head.bytes, line.data()).out;
    at = std::ranges::copy(std::string_view{"[oci-rt-monitor: the log could not be written, "}, at)
             .out;
    at = std::to_chars(at, line.data() + line.size(), dropped_).ptr;
    at = std::ranges::copy(std::string_view{" lines are missing]\n"}, at).out;
    const auto size = static_cast<std::size_t>(at - line.data());
    const auto written = kernel::write_some(file_, {line.data(), size});
    if (!written || written.value() != size) {
        if (written) (void)kernel::set_size(file_, static_cast<off_t>(size_));
        return false;
    }
    size_ += size;
    dropped_ = 0;
    return true;
}

void LogFile::finish() noexcept { (void)tell_dropped(); }

}  // namespace oci::monitor
