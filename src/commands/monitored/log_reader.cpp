// SPDX-License-Identifier: Apache-2.0
#include "commands/monitored/log_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/explain.hpp"
#include "kernel/files.hpp"
#include "monitor/log_record.hpp"

namespace oci::commands {
namespace {

constexpr std::size_t chunk = 65536;
constexpr std::size_t longest_line = 2 * monitor::largest_text;

std::string numbered(const std::string& path, unsigned number) {
    return number == 0 ? path : path + "." + std::to_string(number);
}

bool is_same_file(const struct stat& one, const struct stat& other) {
    return one.st_ino == other.st_ino && one.st_dev == other.st_dev;
}

kernel::SysResult<UniqueFd> open_log(const std::string& path) {
    return kernel::open_at(kernel::here, path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
}

LogLine to_line(const monitor::LogRecord& record) {
    return {.time = std::string{record.time},
            .stream = record.stream == monitor::Stream::Output ? Stream::Output : Stream::Error,
            .text = std::string{record.text},
            .is_complete = record.is_complete};
}

}  // namespace

Result<LogReader> LogReader::open(std::string path, unsigned files) {
    LogReader reader{std::move(path), files};
    OCI_TRY(reader.open_all());
    return reader;
}

/// From the newest to the oldest: what is renamed meanwhile is met twice, and not missed.
Result<void> LogReader::open_all() {
    for (unsigned number = 0; number < files_; ++number) {
        const std::string path = numbered(path_, number);
        auto opened = open_log(path);
        if (!opened && opened.error().code == ENOENT) continue;
        UniqueFd file = OCI_TRY(explain(std::move(opened), "cannot open the log {}", path));
        if (!waiting_.empty()) {
            const auto mine = kernel::status_of(file);
            const auto newer = kernel::status_of(waiting_.front());
            if (mine && newer && is_same_file(mine.value(), newer.value())) continue;
        }
        waiting_.push_front(std::move(file));
    }
    if (waiting_.empty()) return fail(ErrorKind::NotFound, "there is no log {}", path_);
    file_ = std::move(waiting_.front());
    waiting_.pop_front();
    return {};
}

Result<std::optional<LogLine>> LogReader::next() {
    for (;;) {
        if (auto line = take_line()) return line;
        const bool has_more = OCI_TRY(read_more());
        if (has_more) continue;
        if (waiting_.empty() && !follow_rename()) return std::optional<LogLine>{};
        // What was written between our last look and the rename.
        const bool has_rest = OCI_TRY(read_more());
        if (has_rest) continue;
        if (waiting_.empty()) continue;
        file_ = std::move(waiting_.front());
        waiting_.pop_front();
    }
}

std::optional<LogLine> LogReader::take_line() {
    for (;;) {
        const std::size_t end = text_.find('\n', begin_);
        if (end == std::string::npos) break;
        const std::string_view line{text_.data() + begin_, end - begin_};
        begin_ = end + 1;
        // What is no record was not written by a monitor, and is passed over.
        if (const auto record = monitor::read_log_record(line)) return to_line(*record);
    }
    text_.erase(0, begin_);
    begin_ = 0;
    if (text_.size() > longest_line) text_.clear();
    return std::nullopt;
}

Result<bool> LogReader::read_more() {
    const std::size_t before = text_.size();
    text_.resize(before + chunk);
    const auto count = kernel::read_some(file_, {text_.data() + before, chunk});
    text_.resize(before + (count ? count.value() : 0));
    if (!count)
        return explain(Result<bool, kernel::SysError>{Failure{count.error()}},
                       "cannot read the log {}", path_);
    return count.value() != 0;
}

/// Whether the current file has newer ones by now.
bool LogReader::follow_rename() {
    const auto current = kernel::status_of(file_);
    if (!current) return false;
    std::deque<UniqueFd> newer;
    for (unsigned number = 0; number < files_; ++number) {
        auto opened = open_log(numbered(path_, number));
        if (!opened) break;  // in the middle of a rename: look again
        UniqueFd file = std::move(opened).value();
        const auto status = kernel::status_of(file);
        if (!status) return false;
        if (is_same_file(status.value(), current.value())) break;
        newer.push_front(std::move(file));
        // None of them: ours is gone already, and what is there is all that is left.
    }
    waiting_ = std::move(newer);
    return !waiting_.empty();
}

Result<std::vector<LogLine>> read_tail(LogReader& reader, std::uint64_t lines,
                                       const std::string& since) {
    std::deque<LogLine> kept;
    std::uint64_t complete = 0;
    for (;;) {
        auto line = OCI_TRY(reader.next());
        if (!line) break;
        if (line->time < since) continue;
        complete += line->is_complete ? 1U : 0U;
        kept.push_back(std::move(*line));
        while (complete > lines) {
            complete -= kept.front().is_complete ? 1U : 0U;
            kept.pop_front();
        }
    }
    return std::vector<LogLine>{std::make_move_iterator(kept.begin()),
                                std::make_move_iterator(kept.end())};
}

}  // namespace oci::commands
