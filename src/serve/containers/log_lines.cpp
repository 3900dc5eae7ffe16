// SPDX-License-Identifier: Apache-2.0
#include "serve/containers/log_lines.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "kernel/durable.hpp"
#include "kernel/files.hpp"

namespace oci::serve {
namespace {

constexpr int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
constexpr int most_files = 32;

/// A regular file, and no FIFO that somebody has put in its place.
UniqueFd open_log(const std::string& path) {
    auto file = kernel::open_at(kernel::here, path.c_str(), flags);
    if (!file) return {};
    const auto status = kernel::status_of(file.value());
    if (!status || !S_ISREG(status.value().st_mode)) return {};
    return std::move(file).value();
}

}  // namespace

std::optional<LogLine> parse_log_line(std::string_view line) noexcept {
    const std::size_t first = line.find(' ');
    if (first == std::string_view::npos) return std::nullopt;
    const std::size_t second = line.find(' ', first + 1);
    if (second == std::string_view::npos || second + 1 >= line.size()) return std::nullopt;
    LogLine parsed{.time = line.substr(0, first),
                   .stream = line.substr(first + 1, second - first - 1)};
    const char tag = line[second + 1];
    if (parsed.stream != "stdout" && parsed.stream != "stderr") return std::nullopt;
    if (tag != 'F' && tag != 'P') return std::nullopt;
    parsed.is_whole = tag == 'F';
    parsed.text = line.substr(std::min(second + 3, line.size()));
    return parsed;
}

bool LogFilter::takes(const LogLine& line) const noexcept {
    if (line.stream == "stdout" ? !output : !errors) return false;
    // All in UTC, so that texts are ordered as times are.
    if (!since.empty() && line.time < since) return false;
    return until.empty() || line.time.substr(0, until.size()) <= until;
}

bool LogFiles::open() {
    files_.clear();
    at_ = 0;
    for (int number = most_files; number > 0; --number)
        if (UniqueFd file = open_log(fmt::format("{}.{}", path_, number)))
            files_.push_back(std::move(file));
    if (UniqueFd file = open_log(path_)) files_.push_back(std::move(file));
    return !files_.empty();
}

/// What has become of the name since: rotation gives it to a new file, perhaps to several. Where
/// even the last one that was read has gone, the oldest that is there comes next.
bool LogFiles::find_newer() {
    if (at_ + 1 < files_.size()) return true;
    const auto last = kernel::status_of(files_.back());
    std::vector<UniqueFd> newer;  // the newest first
    for (int number = 0; last && number <= most_files; ++number) {
        UniqueFd file = open_log(number == 0 ? path_ : fmt::format("{}.{}", path_, number));
        const auto status = file ? kernel::status_of(file) : last;
        if (!file || !status || status.value().st_ino == last.value().st_ino) break;
        newer.push_back(std::move(file));
    }
    for (auto each = newer.rbegin(); each != newer.rend(); ++each)
        files_.push_back(std::move(*each));
    return at_ + 1 < files_.size();
}

void LogFiles::go_on() {
    ++at_;
    if (is_counting_) return;
    files_.erase(files_.begin(), files_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ = 0;
}

std::string LogFiles::read() {
    std::array<char, 65536> buffer;
    bool has_newer = false;
    for (;;) {
        const std::size_t end = rest_.rfind('\n');
        if (end != std::string::npos) {
            std::string lines = rest_.substr(0, end + 1);
            rest_.erase(0, end + 1);
            return lines;
        }
        const auto count = kernel::read_some(files_[at_], buffer);
        if (!count) return {};
        rest_.append(buffer.data(), count.value());
        if (count.value() > 0) continue;
        // What was written before there was a newer one is in this: it is read once more.
        if (!has_newer) {
            has_newer = find_newer();
            if (!has_newer) return {};
            continue;
        }
        go_on();
        has_newer = false;
    }
}

void LogFiles::rewind() {
    at_ = 0;
    rest_.clear();
    // An offset that is not set makes a reader begin later: no reason to show it nothing.
    for (const UniqueFd& file : files_) (void)kernel::set_offset(file, 0);
}

void LogFiles::skip_to_last(std::uint64_t lines) {
    std::uint64_t total = 0;
    is_counting_ = true;
    for (std::string text = read(); !text.empty(); text = read())
        total += static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
    rewind();
    is_counting_ = false;
    std::uint64_t skip = total - std::min(total, lines);
    while (skip > 0) {
        std::string text = read();
        if (text.empty()) return;
        std::size_t at = 0;
        while (skip > 0 && at < text.size()) {
            at = text.find('\n', at) + 1;
            --skip;
        }
        rest_.insert(0, text.substr(at));
    }
}

}  // namespace oci::serve
